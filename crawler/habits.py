"""The crawler room: what a source usually brings, learned from the reports of its crawls, and what is out of that. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from archive import CrawlReport

MONTH = timedelta(days=30)
SETTLED_CRAWLS = 5  # crawls with news after the backfill from which a source has habits
SETTLED = timedelta(days=14)  # over which they lie at least
FLOOD_LEAST = 30  # new articles in one crawl, from which they may be a flood
FLOOD_TIMES = 5.0  # as many as ever came at once, and as habit gives for the time since the last crawl
SILENT_OVERDUE = 12.0  # finds that habit would have brought: none coming has a chance of 1 in 100,000
SILENT_TIMES = 3.0  # a silence is longer than so many times the longest before
SILENT_LEAST = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month with fewer or more articles than the source file expects."""

    few: bool
    text: str


def month(new: int, bounds: tuple[int, int], history: Sequence[CrawlReport], *, now: datetime) -> Month | None:
    """The last thirty days against these bounds; only once a month of crawls lies behind: the first holds the backfill."""
    low, high = bounds
    within = [report for report in history if now - report.started <= MONTH]
    if len(within) == len(history):
        return None
    count = new + sum(report.new for report in within)
    if low <= count <= high:
        return None
    than = f"fewer than the {low}" if count < low else f"more than the {high}"
    return Month(few=count < low, text=f"articles per month: {count} in the last thirty days, {than} expected")


def settled(history: Sequence[CrawlReport], fruitful: Sequence[CrawlReport]) -> list[CrawlReport]:
    """The crawls with news since the backfill was through, newest first: the source's habits. Empty while it has none."""
    known = {(report.crawl, report.started): report for report in (*fruitful, *history) if report.new}
    ordered = sorted(known.values(), key=lambda report: report.started)
    # A backfill is the first crawl and all that goes on with it: each of them ends early but the last.
    through = 0
    while through < len(ordered) and ordered[through].ended_early:
        through += 1
    since = ordered[through + 1 :]
    if len(since) < SETTLED_CRAWLS or since[-1].started - since[0].started < SETTLED:
        return []
    return since[::-1]


def silence(settled: Sequence[CrawlReport], *, now: datetime) -> str | None:
    """Nothing new for far longer than ever before. The scheduler, which sees its neighbours too, notices sooner."""
    moments = [report.started for report in settled]
    silent, span = now - moments[0], moments[0] - moments[-1]
    overdue = len(settled) * (silent / span)
    longest = max(later - earlier for later, earlier in pairwise(moments))
    if overdue < SILENT_OVERDUE or silent < max(SILENT_LEAST, longest * SILENT_TIMES):
        return None
    day = timedelta(days=1)
    return (
        f"nothing new since {moments[0].date()}, for {silent.days} days; before, something came every "
        f"{span / (len(settled) - 1) / day:.1f} days and the longest wait was {longest / day:.1f} days"
    )


def flood(new: int, settled: Sequence[CrawlReport], *, now: datetime) -> str | None:
    """Far more at once than ever: every page got a new address, or a list shows what is no news."""
    if new < FLOOD_LEAST:
        return None
    span = settled[0].started - settled[-1].started
    habit = sum(report.new for report in settled) * ((now - settled[0].started) / span)
    most = max(report.new for report in settled)
    if new <= FLOOD_TIMES * max(most, habit):
        return None
    return f"{new} new articles at once; before, never more than {most} came at once"
