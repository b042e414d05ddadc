"""The crawler room: what a crawl was worth. Counts and the source's history in, outcome and evidence out. Pure.

"No news" is not "broken": a crawl is *empty* when the site answered as always and had nothing new, *degraded* when it
answered but not as it used to, *blocked* when it refuses us, *failed* when its seeds could not be read at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from archive import CrawlReport, Outcome

BLOCK_STATUSES = frozenset({401, 402, 403, 406, 412, 418, 429, 451, 493, 503, 512, 521})
# Statuses that mean a wall by themselves; 429 and 503 only say "not now", so they count when nothing else came.
WALL_STATUSES = BLOCK_STATUSES - {429, 503}
HISTORY = 10  # crawls looked back at
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


def weigh(saw: Saw, history: Sequence[CrawlReport] = (), *, now: datetime) -> Weighed:
    """How a crawl ended, and why. `history`: this source's earlier reports, newest first.

    The order of the rules is the policy: what broke comes before what refused, that before what has changed.
    """
    evidence = [f"{seed.url}: {seed.problem}" for seed in saw.seeds if seed.problem]
    if saw.ended_early:
        evidence.append(f"ended early: {saw.ended_early}")
    if saw.error:
        return _verdict(Outcome.FAILED, [saw.error, *evidence])
    unread = [seed for seed in saw.seeds if seed.problem]
    if unread and len(unread) == len(saw.seeds):
        blocked = any(seed.blocked for seed in unread)
        return _verdict(Outcome.BLOCKED if blocked else Outcome.FAILED, evidence)
    if saw.walled and saw.walled * 2 > saw.tried:
        evidence.append(f"{saw.walled} of {saw.tried} article addresses answered with a wall instead of the page")
        return _verdict(Outcome.BLOCKED, evidence)
    odd = [
        *(f"seed cannot be read: {seed.url}: {seed.problem}" for seed in unread),
        *_barren(saw, history),
        *_dead_fields(saw, history),
        *_volume(saw, history, now),
        *_nothing_kept(saw),
    ]
    if odd:
        return Weighed(outcome=Outcome.DEGRADED, evidence=tuple(dict.fromkeys([*evidence, *odd])), alarms=tuple(odd))
    if saw.articles:
        return Weighed(outcome=Outcome.OK, evidence=tuple(evidence), alarms=())
    return Weighed(outcome=Outcome.EMPTY, evidence=(*evidence, "nothing new"), alarms=())


def _verdict(outcome: Outcome, evidence: Sequence[str]) -> Weighed:
    return Weighed(outcome=outcome, evidence=tuple(evidence), alarms=tuple(evidence[:1]))


def _barren(saw: Saw, history: Sequence[CrawlReport]) -> list[str]:
    """Seeds that find nothing where they used to find something."""
    found = []
    for seed in saw.seeds:
        if seed.problem or seed.found is None or seed.found > 0:
            continue
        before = [report.seeds[seed.url] for report in history[:HISTORY] if seed.url in report.seeds]
        if any(before):
            found.append(f"seed finds nothing where it used to find {median(n for n in before if n):.0f}: {seed.url}")
        elif len(saw.seeds) == 1 or not before:
            found.append(f"seed finds nothing: {seed.url}")
    return found


def _dead_fields(saw: Saw, history: Sequence[CrawlReport]) -> list[str]:
    """Fields that most articles of this source had, and few have now: the template has changed."""
    if saw.read < ENOUGH:
        return []
    dead = []
    for name in FIELDS:
        past = [r for r in history[:HISTORY] if r.fields.get("articles", 0)]
        total = sum(r.fields["articles"] for r in past)
        if total < ENOUGH:
            continue
        lived = sum(r.fields.get(name, 0) for r in past) / total
        share = saw.fields.get(name, 0) / saw.read
        if lived >= FIELD_LIVED and share < FIELD_DIED:
            dead.append(f"field {name}: {share:.0%} of {saw.read} articles have it, {lived:.0%} had it before")
    return dead


def _volume(saw: Saw, history: Sequence[CrawlReport], now: datetime) -> list[str]:
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
        return [f"articles per month: {count} in the last thirty days, fewer than the {low} expected"]
    if count > high:
        return [f"articles per month: {count} in the last thirty days, more than the {high} expected"]
    return []


def _nothing_kept(saw: Saw) -> list[str]:
    """Addresses were asked for, and not one page could be read as an article."""
    broken = saw.skipped.get("page cannot be processed", 0)
    if broken:
        return [f"{broken} pages could not be processed; the log of the crawl says why"]
    unread = sum(n for reason, n in saw.skipped.items() if reason.startswith("not an article"))
    if unread >= ENOUGH and not saw.read:
        return [f"none of {unread} pages that lists led to could be read as an article"]
    return []
