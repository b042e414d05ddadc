"""The scheduler room, adaptive turns: from a source's past crawls to its rhythm, its week plan and the next turn. Pure.

`rhythm` learns, `weekplan` plans, this module translates: crawl reports become polls, a slot of the plan becomes a turn with
its reason in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from archive import CrawlReport, Outcome
from scheduler.rhythm import HALF_HOURS, Floats, Poll, Rhythm, learn
from scheduler.weekplan import CAP, POWER, PRICE, SLOT, WeekPlan, expected_between, next_poll, plan_week, windows

READ = (Outcome.OK, Outcome.EMPTY, Outcome.DEGRADED)  # outcomes of crawls that read the list
BACKLOG = timedelta(days=30)  # an item that states an older day than this before the last poll was always there
OFFSET_MOST = timedelta(
    minutes=14
)  # turns are spread over so long after their slot, never before: at 17:50 the rush is missed
LEARNT_FROM = 5.0  # decayed finds from which a reason speaks of the source's own habits


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an installation gives and demands; one for all its sources."""

    price: float = PRICE
    power: float = POWER
    cap: timedelta = CAP
    pooled: Floats | None = None  #: the profile of other sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """A source's learnt rhythm and its plan; lasts until its next crawl."""

    rhythm: Rhythm
    plan: WeekPlan


def polls_of(crawls: Sequence[CrawlReport], zone: tzinfo) -> tuple[list[Poll], dict[date, int]]:
    """Crawls (newest first) as polls (oldest first), and the days that the entries of the first list state."""
    polls: list[Poll] = []
    listed: dict[date, int] = {}
    for report in reversed(crawls):
        if report.outcome not in READ:
            continue
        days = {day: count for text, count in report.days.items() if (day := _day(text)) is not None}
        since = polls[-1].at.astimezone(zone).date() if polls else None
        if since is None:
            listed = days
            polls.append(Poll(at=report.started, found=0))
            continue
        old = sum(count for day, count in days.items() if day < since - BACKLOG)
        for day, count in days.items():
            if day < since - BACKLOG:
                listed[day] = listed.get(day, 0) + count
        recent = {day: count for day, count in days.items() if day >= since - BACKLOG}
        found = max(0, report.new + report.copied - old)
        polls.append(Poll(at=report.started, found=found, days=recent))
    return polls, listed


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None  # a month or a year alone, or none


def adapt(
    crawls: Sequence[CrawlReport],
    now: datetime,
    zone: tzinfo,
    *,
    terms: Terms | None = None,
    window: tuple[time, time] | None = None,
) -> Adaptive:
    """What a source's crawls (newest first) teach, and the cheapest week of polls for it."""
    terms = terms or Terms()
    polls, listed = polls_of(crawls, zone)
    rhythm = learn(polls, now, zone, pooled=terms.pooled, listed=listed)
    open_ = windows(_minutes(window[0]), _minutes(window[1])) if window else None
    plan = plan_week(rhythm.week, price=terms.price, power=terms.power, cap=terms.cap, open_=open_)
    return Adaptive(rhythm=rhythm, plan=plan)


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def turn_after(adaptive: Adaptive, last: datetime, zone: tzinfo, share: float) -> tuple[datetime, str]:
    """The turn after a poll at `last`, and why then; `share` in [0, 1) spreads sources over OFFSET_MOST."""
    slot = next_poll(adaptive.plan, last, zone)
    expected = expected_between(adaptive.plan, last, slot, zone)
    return slot + OFFSET_MOST * share, f"adaptive: {_habit(adaptive.rhythm, slot)}; {expected:.1f} new expected"


def _habit(rhythm: Rhythm, slot: datetime) -> str:
    rate = f"{rhythm.per_week:.1f} a week" if rhythm.per_week >= 0.95 else f"one in {1 / rhythm.per_week:.0f} weeks"
    if rhythm.finds < LEARNT_FROM:
        return f"about {rate}, its hours are not known yet"
    day = slot.weekday()
    hours = rhythm.week.reshape(7, HALF_HOURS)[day]
    done = float(hours[: max(1, int((slot.hour * 60 + slot.minute) // 30))].sum() / hours.sum())
    return f"{rate}, {done:.0%} of a {slot:%A}'s by {slot:%H:%M}"


assert OFFSET_MOST < SLOT  # the turn lies in the slot it was planned for
