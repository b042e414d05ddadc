"""The crawler room: what a crawl was worth. Counts and the source's history in, outcome and evidence out. Pure.

"No news" is not "broken": a crawl is *empty* when the site answered as always and had nothing new, *degraded* when it
answered but not as it used to, *blocked* when it refuses us, *failed* when its seeds could not be read at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from archive import CrawlReport, Outcome, Sign, TemplateFit
from crawler import drift, habits

# Statuses that mean a wall by themselves. 429 ("not now") is one where nothing else came.
WALL_STATUSES = frozenset({401, 402, 403, 406, 412, 418, 451, 493, 512, 521})
TOO_MANY = 429
HISTORY = 10  # crawls looked back at
LOOK_BACK = 200  # crawls that are looked through for articles: a slow source brings one in fifty
FRUITFUL = 60  # crawls with news that silence and floods are measured by

ENOUGH = 5  # articles, below which a share says nothing
# A field died when most articles had it, and now few have it. What is rarely whole (the author) must die more clearly.
FIELDS = {"title": (0.7, 0.3), "published": (0.7, 0.3), "body": (0.7, 0.3), "author": (0.9, 0.1), "origin": (0.9, 0.1)}
ENOUGH_MINOR = 10  # articles that show it, for the fields after the first three
MAJOR = ("title", "published", "body")

LIST_LEAST = 8  # articles that a list usually has, for its size to say something
LIST_SHRUNK = 0.3  # of them, below which it has lost its articles
LIST_CRAWLS = 3  # crawls that saw the list at its usual size


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSaw:
    """What one seed of the source answered."""

    url: str
    problem: str | None = None  #: why it could not be read; None: it was read, or answered 304
    status: int | None = None
    found: int | None = None  #: article links on its first page; None: 304, or not read
    blocked: bool = False
    lost: bool = False  #: it is not where it was: 404, 410, "not found", the front page in its place
    leads_to: str | None = None  #: where its address sends its readers: for good, or out of the source's scope
    names: tuple[str, ...] = ()  #: what its column was called when it was read last


@dataclass(frozen=True, slots=True, kw_only=True)
class Saw:
    """What there is to weigh at the end of a crawl."""

    seeds: tuple[SeedSaw, ...]
    articles: int = 0  #: new, revised, copied, moved, restored
    new: int = 0
    tried: int = 0  #: article addresses asked for
    walled: int = 0  #: of them: answered by a wall (status, challenge, login)
    fields: Mapping[str, int] = field(default_factory=dict)
    read: int = 0  #: articles that `fields` counts over
    skipped: Mapping[str, int] = field(default_factory=dict)
    ended_early: str | None = None  #: "stopped", "time", "requests", ...: why work is left
    error: str | None = None
    articles_per_month: tuple[int, int] | None = None  #: the source file's expectation
    body_words_min: int | None = None  #: the same
    short: int = 0  #: articles whose body has fewer words than that
    template: tuple[TemplateFit, ...] = ()  #: how its pages fitted the site's template
    proposals: Mapping[str, tuple[str, str]] = field(default_factory=dict)  #: lost seed -> where it may be now, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The verdict."""

    outcome: Outcome
    evidence: tuple[str, ...]
    alarms: tuple[str, ...]
    signs: tuple[Sign, ...] = ()  #: what each of the alarms is a sign of


def weigh(
    saw: Saw, history: Sequence[CrawlReport] = (), *, now: datetime, fruitful: Sequence[CrawlReport] = ()
) -> Weighed:
    """How a crawl ended, and why. `history`: this source's earlier reports, newest first; `fruitful` those that had news,
    which for a slow source reach further back.

    The order of the rules is the policy: what broke comes before what refused, that before what has changed.
    """
    evidence = [f"{seed.url}: {seed.problem}{_now_at(saw, seed)}" for seed in saw.seeds if seed.problem]
    evidence += [
        f"{seed.url}: leads for good to {seed.leads_to}: write that address into the source file"
        for seed in saw.seeds
        if seed.leads_to and not seed.problem
    ]
    if saw.ended_early:
        evidence.append(f"ended early: {saw.ended_early}")
    evidence += drift.evidence(saw.template)
    if saw.error:
        return _verdict(Outcome.FAILED, Sign.BROKEN, [saw.error, *evidence])
    unread = [seed for seed in saw.seeds if seed.problem]
    if unread and len(unread) == len(saw.seeds):
        if any(seed.blocked or seed.status == TOO_MANY for seed in unread):
            return _verdict(Outcome.BLOCKED, Sign.BLOCKED, evidence)
        lost = any(seed.lost or seed.leads_to or seed.status == 200 for seed in unread)
        return _verdict(Outcome.FAILED, Sign.LIST if lost else Sign.UNREACHABLE, evidence)
    if refused := _refused(saw):
        return _verdict(Outcome.BLOCKED, Sign.BLOCKED, [refused, *evidence])
    settled = habits.settled(history, fruitful)
    odd = [
        *(
            (_unread_sign(seed), f"seed cannot be read: {seed.url}: {seed.problem}{_now_at(saw, seed)}")
            for seed in unread
        ),
        *((Sign.LIST, text) for text in _barren(saw, history)),
        *((Sign.LIST, text) for text in _shrunk(saw, history)),
        *((Sign.TEMPLATE, text) for text in _dead_fields(saw, history)),
        *_volume(saw, history, now),
        *_silence(saw, settled, now),
        *_flood(saw, settled, now),
        *_nothing_kept(saw, history),
    ]
    if odd:
        texts = tuple(text for _, text in odd)
        return Weighed(
            outcome=Outcome.DEGRADED,
            evidence=tuple(dict.fromkeys([*evidence, *texts])),
            alarms=texts,
            signs=tuple(sign for sign, _ in odd),
        )
    if saw.articles:
        return Weighed(outcome=Outcome.OK, evidence=tuple(evidence), alarms=())
    return Weighed(outcome=Outcome.EMPTY, evidence=(*evidence, "nothing new"), alarms=())


def emptied(seed: SeedSaw, history: Sequence[CrawlReport]) -> bool:
    """Does this seed find nothing where it used to find something?"""
    return seed.problem is None and seed.found == 0 and any(report.seeds.get(seed.url) for report in history[:HISTORY])


def _verdict(outcome: Outcome, sign: Sign, evidence: Sequence[str]) -> Weighed:
    return Weighed(outcome=outcome, evidence=tuple(evidence), alarms=tuple(evidence[:1]), signs=(sign,))


def _now_at(saw: Saw, seed: SeedSaw) -> str:
    """Where a lost seed may be now, as the end of a sentence."""
    if found := saw.proposals.get(seed.url):
        return f"; it is probably {found[0]} now ({found[1]}): write that address into the source file"
    if seed.leads_to:
        return f"; it leads to {seed.leads_to}: if that is the same institute, add its host to `hosts`"
    return ""


def _unread_sign(seed: SeedSaw) -> Sign:
    return Sign.LIST if seed.lost or seed.leads_to else Sign.SEED


def _refused(saw: Saw) -> str | None:
    """Most of what was asked for is refused."""
    if saw.walled and saw.walled * 2 > saw.tried:
        return f"{saw.walled} of {saw.tried} article addresses answered with a wall instead of the page"
    forbidden = saw.skipped.get("robots", 0)
    if forbidden >= ENOUGH and forbidden * 2 > saw.tried and not saw.articles:
        return f"robots.txt forbids {forbidden} of {saw.tried} article addresses"
    return None


def _barren(saw: Saw, history: Sequence[CrawlReport]) -> list[str]:
    """Seeds that find nothing where they used to find something."""
    found = []
    for seed in saw.seeds:
        before = [report.seeds[seed.url] for report in history[:HISTORY] if seed.url in report.seeds]
        # 304: the list is as it was, also if it was empty.
        count = before[0] if seed.found is None and before else seed.found
        if seed.problem or count is None or count > 0:
            continue
        if any(before):
            usual = f"{median(n for n in before if n):.0f}"
            found.append(f"seed finds nothing where it used to find {usual}: {seed.url}{_now_at(saw, seed)}")
        elif len(saw.seeds) == 1 or not before:
            found.append(f"seed finds nothing: {seed.url}")
    return found


def _shrunk(saw: Saw, history: Sequence[CrawlReport]) -> list[str]:
    """Lists whose first page has far fewer articles than it always had."""
    found = []
    for seed in saw.seeds:
        before = [report.seeds[seed.url] for report in history[:HISTORY] if report.seeds.get(seed.url)]
        if seed.problem or not seed.found or len(before) < LIST_CRAWLS:
            continue
        usual = median(before)
        if usual >= LIST_LEAST and seed.found < LIST_SHRUNK * usual:
            found.append(
                f"list has {seed.found} articles on its first page where it used to have {usual:.0f}: {seed.url}"
            )
    return found


def _dead_fields(saw: Saw, history: Sequence[CrawlReport]) -> list[str]:
    """Fields that most articles of this source had, and few have now: the template has changed.

    A source that brings one article a crawl is judged by its last few crawls together.
    """
    if not saw.read:
        return []
    past = [report for report in history if report.fields.get("articles", 0)]
    recent = [{**saw.fields, "articles": saw.read}]
    while past and sum(fields["articles"] for fields in recent) < ENOUGH:
        recent.append(dict(past.pop(0).fields))
    now, before = _sums(recent), _sums([dict(report.fields) for report in past[:HISTORY]])
    dead = []
    for name, (lived_least, died_below) in FIELDS.items():
        if min(now["articles"], before["articles"]) < (ENOUGH if name in MAJOR else ENOUGH_MINOR):
            continue
        lived, share = before[name] / before["articles"], now[name] / now["articles"]
        if lived >= lived_least and share < died_below:
            dead.append(f"field {name}: {share:.0%} of {now['articles']} articles have it, {lived:.0%} had it before")
    if saw.body_words_min is not None and saw.read >= ENOUGH and saw.short * 2 > saw.read:
        dead.append(f"field body: {saw.short} of {saw.read} articles have fewer than {saw.body_words_min} words")
    return dead


def _sums(counted: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(fields.get(name, 0) for fields in counted) for name in ("articles", *FIELDS)}


def _volume(saw: Saw, history: Sequence[CrawlReport], now: datetime) -> list[tuple[Sign, str]]:
    """New articles of the last thirty days against the source file's bounds."""
    if saw.articles_per_month is None or saw.ended_early:
        return []
    odd = habits.month(saw.new, saw.articles_per_month, history, now=now)
    return [(Sign.SILENT if odd.few else Sign.FLOOD, odd.text)] if odd else []


def _silence(saw: Saw, settled: Sequence[CrawlReport], now: datetime) -> list[tuple[Sign, str]]:
    if saw.new or saw.ended_early or not settled:
        return []
    return [(Sign.SILENT, text)] if (text := habits.silence(settled, now=now)) else []


def _flood(saw: Saw, settled: Sequence[CrawlReport], now: datetime) -> list[tuple[Sign, str]]:
    if not settled or any(seed.found and not any(seed.url in r.seeds for r in settled) for seed in saw.seeds):
        return []  # a seed that was added brings its past
    return [(Sign.FLOOD, text)] if (text := habits.flood(saw.new, settled, now=now)) else []


def _nothing_kept(saw: Saw, history: Sequence[CrawlReport]) -> list[tuple[Sign, str]]:
    """Addresses were asked for, and not one page could be read as an article: in this crawl, or in the last few of a source
    that has few news.
    """
    broken = saw.skipped.get("page cannot be processed", 0)
    if broken:
        return [(Sign.PAGES, f"{broken} pages could not be processed; the log of the crawl says why")]
    unread = _unread(saw.skipped)
    if saw.read or not unread:
        return []
    for report in history:
        if report.fields.get("articles", 0):
            break
        unread += _unread(report.skipped)
    if unread >= ENOUGH:
        return [(Sign.TEMPLATE, f"none of {unread} pages that lists led to could be read as an article")]
    return []


def _unread(skipped: Mapping[str, int]) -> int:
    return sum(count for reason, count in skipped.items() if reason.startswith("not an article"))
