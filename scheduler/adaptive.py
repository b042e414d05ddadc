"""The scheduler room, adaptive turns: from a source's past crawls to its rhythm and its next turn. Pure.

`rhythm` learns, `lookahead` weighs waits against polls, this module translates: crawl reports become polls, a wait becomes
a turn with its reason in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

import numpy as np

from archive import CrawlReport, Outcome
from scheduler.lookahead import BEYOND, CAP, POWER, PRICE, STEP, opening, steps_ahead, steps_within, waits
from scheduler.rhythm import HALF_HOURS, Floats, Poll, Rhythm, learn

READ = (Outcome.OK, Outcome.EMPTY, Outcome.DEGRADED)  # outcomes of crawls that read the list
BACKLOG = timedelta(days=30)  # an item that states an older day than this before the last poll was always there
LEAST = timedelta(minutes=15)  # shortest wait, unless its source asks for more
LEARNT_FROM = 5.0  # decayed finds from which a reason speaks of the source's own habits
SURE = 0.8  # chance of its clock below which a source is asked more often, whenever that may be
CAP_UNSURE = timedelta(hours=12)  # longest wait of such a source
QUIET = 0.5  # share of the usual below which a reason says that these are quiet days


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an installation gives and demands; one for all its sources."""

    price: float = PRICE
    power: float = POWER
    cap: timedelta = CAP
    pooled: Floats | None = None  #: the profile of other sources
    shifts: Floats | None = None  #: how many of them keep which clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What one source asks of its adaptive turns."""

    zone: tzinfo = UTC
    window: tuple[time, time] | None = None
    least: timedelta = LEAST  #: shortest wait
    most: timedelta | None = None  #: longest wait; None: the installation's
    share: float = 0.0  #: in [0, 1): its turns lie so far into each quarter-hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """A source's learnt rhythm with what it and its installation ask for."""

    rhythm: Rhythm
    wishes: Wishes
    terms: Terms


def polls_of(crawls: Sequence[CrawlReport], zone: tzinfo) -> tuple[list[Poll], dict[date, int]]:
    """Crawls (newest first) as polls (oldest first), and the days that the entries of the first list state."""
    polls: list[Poll] = []
    listed: dict[date, int] = {}
    for report in reversed(crawls):
        if report.outcome not in READ or (report.ended_early and not report.seeds):
            continue  # it did not see the list
        if not polls:
            listed = _days(report)
            polls.append(Poll(at=report.started, found=0))
            continue
        found = report.new + report.copied
        if not report.days:
            polls.append(Poll(at=report.started, found=max(0, found)))
            continue
        days = _days(report)
        oldest = polls[-1].at.astimezone(zone).date() - BACKLOG
        old = {day: count for day, count in days.items() if day < oldest}
        for day, count in old.items():
            listed[day] = listed.get(day, 0) + count
        recent = {day: count for day, count in days.items() if day >= oldest}
        polls.append(Poll(at=report.started, found=max(0, found - sum(old.values())), days=recent))
    return polls, listed


def _days(report: CrawlReport) -> dict[date, int]:
    return {day: count for text, count in report.days.items() if (day := _day(text)) is not None}


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None  # a month or a year alone, or none


def adapt(crawls: Sequence[CrawlReport], now: datetime, wishes: Wishes, terms: Terms) -> Adaptive:
    """What a source's crawls (newest first) teach."""
    polls, listed = polls_of(crawls, wishes.zone)
    rhythm = learn(polls, now, wishes.zone, pooled=terms.pooled, shifts=terms.shifts, listed=listed)
    return Adaptive(rhythm=rhythm, wishes=wishes, terms=terms)


def turn_after(adaptive: Adaptive, last: datetime) -> tuple[datetime, str]:
    """The turn after a poll at `last`, and why then. Counted on the source's clock: where summer time begins or ends,
    its 18:00 stays 18:00.
    """
    wishes, terms, rhythm = adaptive.wishes, adaptive.terms, adaptive.rhythm
    offset = STEP * wishes.share
    local = last.astimezone(wishes.zone).replace(tzinfo=None)
    begin = _step_of(local - offset) + offset  # the step in which the poll was
    position = (begin.toordinal() - 1) * HALF_HOURS + (begin - datetime.combine(begin, time(0))) / (2 * STEP)
    most = steps_within(wishes.most or (terms.cap if rhythm.sure >= SURE else min(terms.cap, CAP_UNSURE)))
    least = min(most, max(1, -((begin - local - wishes.least) // STEP)))
    expected = steps_ahead(rhythm.week * rhythm.quiet, position, BEYOND + 2 * most)
    expected[0] *= 1 - (local - begin) / STEP
    open_ = None
    if wishes.window:
        minutes: Floats = position % HALF_HOURS * 30 + np.arange(len(expected), dtype=np.float64) * 15
        open_ = opening(minutes, _minutes(wishes.window[0]), _minutes(wishes.window[1]))
    wait = int(waits(expected, most=most, least=least, price=terms.price, power=terms.power, open_=open_)[0])
    turn = begin + STEP * wait
    at = _moment(turn, last, wishes.zone)
    if at < last + wishes.least:  # an hour that comes twice
        at = last + max(wishes.least, turn - local)
    return at, f"adaptive: {_habit(rhythm, turn)}; {expected[:wait].sum():.1f} new expected"


def _step_of(local: datetime) -> datetime:
    return local.replace(minute=local.minute - local.minute % 15, second=0, microsecond=0)


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _moment(local: datetime, after: datetime, zone: tzinfo) -> datetime:
    """When it is this time on the source's clock; the second time, where the first has passed."""
    at = local.replace(tzinfo=zone).astimezone(UTC)
    return at if at > after else local.replace(tzinfo=zone, fold=1).astimezone(UTC)


def _habit(rhythm: Rhythm, turn: datetime) -> str:
    rate = f"{rhythm.per_week:.1f} a week" if rhythm.per_week >= 0.95 else f"one in {1 / rhythm.per_week:.0f} weeks"
    if rhythm.sure < SURE:
        return f"about {rate}, by which clock is not known yet"
    if rhythm.finds < LEARNT_FROM:
        return f"about {rate}, its hours are not known yet"
    if rhythm.quiet < QUIET:
        return f"{rate}, but these are quiet days"
    hours = rhythm.week.reshape(7, HALF_HOURS)[turn.weekday()]
    done = float(hours[: max(1, int((turn.hour * 60 + turn.minute) // 30))].sum() / hours.sum())
    return f"{rate}, {done:.0%} of a {turn:%A}'s by {turn:%H:%M}"
