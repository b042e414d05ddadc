"""The crawler room: what a crawl was worth. Counts and the source's history in, outcome and evidence out. Pure.

"No news" is not "broken": a crawl is *empty* when the site answered as always and had nothing new, *degraded* when it
answered but not as it used to, *blocked* when it refuses us, *failed* when its seeds could not be read at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from archive import CrawlReport, Outcome, Sign

BLOCK_STATUSES = frozenset({401, 402, 403, 406, 412, 418, 429, 451, 493, 503, 512, 521})
# Statuses that mean a wall by themselves; 429 and 503 only say "not now", so they count when nothing else came.
WALL_STATUSES = BLOCK_STATUSES - {429, 503}
HISTORY = 10  # crawls looked back at
LOOK_BACK = 200  # crawls that are looked through for articles: a slow source brings one in fifty
GONE_STATUSES = frozenset({404, 410})
FIELDS = ("title", "published", "body")  # whose fill rate is watched
FIELD_DIED = 0.3  # a field that most articles had, and now fewer than this share have
FIELD_LIVED = 0.7
ENOUGH = 5  # articles, below which a share says nothing
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSaw:
    """What one seed of the source answered."""

    url: str
    problem: str | None = None  #: why it could not be read; None: it was read, or answered 304
    status: int | None = None
    found: int | None = None  #: article links on its first page; None: 304, or not read
    blocked: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The verdict."""

    outcome: Outcome
    evidence: tuple[str, ...]
    alarms: tuple[str, ...]
    signs: tuple[Sign, ...] = ()  #: what each of the alarms is a sign of


def weigh(saw: Saw, history: Sequence[CrawlReport] = (), *, now: datetime) -> Weighed:
    """How a crawl ended, and why. `history`: this source's earlier reports, newest first.

    The order of the rules is the policy: what broke comes before what refused, that before what has changed.
    """
    evidence = [f"{seed.url}: {seed.problem}" for seed in saw.seeds if seed.problem]
    if saw.ended_early:
        evidence.append(f"ended early: {saw.ended_early}")
    if saw.error:
        return _verdict(Outcome.FAILED, Sign.BROKEN, [saw.error, *evidence])
    unread = [seed for seed in saw.seeds if seed.problem]
    if unread and len(unread) == len(saw.seeds):
        if any(seed.blocked for seed in unread):
            return _verdict(Outcome.BLOCKED, Sign.BLOCKED, evidence)
        lost = any(seed.status in GONE_STATUSES or seed.status == 200 for seed in unread)
        return _verdict(Outcome.FAILED, Sign.LIST if lost else Sign.UNREACHABLE, evidence)
    if saw.walled and saw.walled * 2 > saw.tried:
        evidence.append(f"{saw.walled} of {saw.tried} article addresses answered with a wall instead of the page")
        return _verdict(Outcome.BLOCKED, Sign.BLOCKED, evidence[-1:] + evidence[:-1])
    odd = [
        *((_unread_sign(seed), f"seed cannot be read: {seed.url}: {seed.problem}") for seed in unread),
        *((Sign.LIST, text) for text in _barren(saw, history)),
        *((Sign.TEMPLATE, text) for text in _dead_fields(saw, history)),
        *_volume(saw, history, now),
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


def _verdict(outcome: Outcome, sign: Sign, evidence: Sequence[str]) -> Weighed:
    return Weighed(outcome=outcome, evidence=tuple(evidence), alarms=tuple(evidence[:1]), signs=(sign,))


def _unread_sign(seed: SeedSaw) -> Sign:
    return Sign.LIST if seed.status in GONE_STATUSES else Sign.SEED


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
            found.append(f"seed finds nothing where it used to find {median(n for n in before if n):.0f}: {seed.url}")
        elif len(saw.seeds) == 1 or not before:
            found.append(f"seed finds nothing: {seed.url}")
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
    if now["articles"] < ENOUGH or before["articles"] < ENOUGH:
        return []
    dead = []
    for name in FIELDS:
        lived, share = before[name] / before["articles"], now[name] / now["articles"]
        if lived >= FIELD_LIVED and share < FIELD_DIED:
            dead.append(f"field {name}: {share:.0%} of {now['articles']} articles have it, {lived:.0%} had it before")
    return dead


def _sums(counted: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(fields.get(name, 0) for fields in counted) for name in ("articles", *FIELDS)}


def _volume(saw: Saw, history: Sequence[CrawlReport], now: datetime) -> list[tuple[Sign, str]]:
    """New articles of the last thirty days against the source file's bounds; only once a month of crawls lies behind."""
    if saw.articles_per_month is None or saw.ended_early:
        return []
    low, high = saw.articles_per_month
    month = [report for report in history if now - report.started <= MONTH]
    older = [report for report in history if now - report.started > MONTH]
    if not older:
        return []  # the first month holds the backfill
    count = saw.new + sum(report.new for report in month)
    if count < low:
        return [(Sign.SILENT, f"articles per month: {count} in the last thirty days, fewer than the {low} expected")]
    if count > high:
        return [(Sign.FLOOD, f"articles per month: {count} in the last thirty days, more than the {high} expected")]
    return []


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
