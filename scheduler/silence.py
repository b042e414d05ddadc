"""The scheduler room, silence: has a source that usually speaks fallen silent? Its crawls in, words out. Pure.

Judged by the source's own habits alone: how often a poll found something, and the longest it ever waited. A weekend is no
silence, nor is a holiday that all its neighbours keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from itertools import pairwise
from statistics import median

from archive import CrawlReport
from scheduler.adaptive import polls_of
from scheduler.durations import say_duration

FINDS_LEAST = 5  # polls that found something; fewer are no habit
OVERDUE = 6.0  # finds that should have come by its habit; none coming has then a chance of 1 in 400
LONGEST_TIMES = 2.0  # a silence is longer than so many times the longest before
LEAST = timedelta(days=1)
LEAST_EARLY = timedelta(days=4)  # while a weekend may not have been seen yet
KNOWN_AFTER = timedelta(days=14)
QUIET_MEDIAN = 2.0  # finds overdue at the middle neighbour: then it is a holiday
NEIGHBOURS_LEAST = 5  # that have habits; fewer tell nothing of a holiday


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """How long nothing came, against the habit."""

    overdue: float | None = None  #: finds that should have come since the last one; None while there is no habit
    why: str = ""  #: in words, when it is a sign that something is wrong; else ""


def silence_of(crawls: Sequence[CrawlReport], zone: tzinfo = UTC) -> Silence:
    """What a source's crawls (newest first) say of its silence."""
    polls, _ = polls_of(crawls, zone)
    spoke = [poll.at for poll in polls if poll.found]
    if len(spoke) < FINDS_LEAST:
        return Silence()
    begin, now = polls[0].at, polls[-1].at
    silent = now - spoke[-1]
    known = spoke[-1] - begin
    overdue = len(spoke) * (silent / known) if known > timedelta(0) else 0.0
    longest = max(later - earlier for earlier, later in pairwise([begin, *spoke]))
    least = LEAST if known >= KNOWN_AFTER else LEAST_EARLY
    if overdue < OVERDUE or silent < longest * LONGEST_TIMES or silent < least:
        return Silence(overdue=overdue)
    habit = say_duration(known / len(spoke))
    why = (
        f"nothing new for {say_duration(silent)}, since {spoke[-1].isoformat(timespec='minutes')}; before, something came "
        f"every {habit} and the longest wait was {say_duration(longest)}"
    )
    return Silence(overdue=overdue, why=why)


def is_holiday(neighbours: Sequence[float | None]) -> bool:
    """Whether the sources around are silent as well: `neighbours` are their finds overdue, None without a habit."""
    habits = [overdue for overdue in neighbours if overdue is not None]
    return len(habits) >= NEIGHBOURS_LEAST and median(habits) >= QUIET_MEDIAN
