"""The scheduler room, the week plan: at which quarter-hours of the week to poll, so that a poll falls just after what it waits
for. Pure.

A wait from slot i to slot j costs the items expected in it, each times its delay to the power of `power`; a poll costs
`price`. The cheapest plan of a periodic week comes from dynamic programming backward over two weeks. One price for all
sources divides a budget of requests best (it is the multiplier of the budget), so there is no auction between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from scheduler.rhythm import HALF_HOURS, Floats

SLOT = timedelta(minutes=15)
DAY_SLOTS = 96
WEEK_SLOTS = 7 * DAY_SLOTS
WEEKS_BACK = 2  # of dynamic programming; a third changes nothing
POWER = 1.3  # of the delay; 1 serves the mean, 2 the slow sources
PRICE = 0.9  # item-hours^1.3 a poll: 58 to 66 polls a day over thirty sources of 0.2 to 20 items a week
CAP = timedelta(hours=24)  # longest wait
PRICE_STEP = 0.8  # exponent of the daily correction; the budget is held within days and does not swing
PRICE_LEAST, PRICE_MOST = 1e-4, 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekPlan:
    """When to poll next, from every quarter-hour of the week (from Monday 0:00 on the source's clock)."""

    wait: NDArray[np.int64]  #: for each of 672 slots: slots until the next poll
    polls_per_day: float  #: over its week
    week: Floats  #: expected items in each of the 672 slots


def plan_week(
    half_hours: Floats,
    *,
    price: float = PRICE,
    power: float = POWER,
    cap: timedelta = CAP,
    open_: NDArray[np.bool_] | None = None,
) -> WeekPlan:
    """The cheapest week of polls.

    Args:
        half_hours: expected items in each of 336 half-hours, from Monday 0:00 (`Rhythm.week`).
        price: what a poll costs, in item-hours to the power of `power`.
        power: of the delay.
        cap: longest wait, at least one slot.
        open_: which of the 672 slots may hold a poll; None: all. Where no open slot lies within the cap, the first after it.

    """
    week = np.repeat(half_hours / 2, WEEK_SLOTS // len(half_hours))
    most = max(1, min(WEEK_SLOTS, int(cap / SLOT)))
    cost = _costs(week, most, power) + price
    if open_ is not None:
        cost = np.where(_arrivals(most, open_), cost, np.inf)
    value = np.zeros(WEEK_SLOTS * WEEKS_BACK + WEEK_SLOTS + 1)
    wait = np.ones(WEEK_SLOTS, dtype=np.int64)
    for slot in range(WEEK_SLOTS * WEEKS_BACK - 1, -1, -1):
        row = cost[slot % WEEK_SLOTS] + value[slot + 1 : slot + most + 1]
        best = int(row.argmin())
        if open_ is not None and np.isinf(row[best]):  # shut for longer than the cap: the first slot when it opens
            best = _opening(slot % WEEK_SLOTS, open_)
            value[slot] = price + value[slot + best + 1]
        else:
            value[slot] = row[best]
        wait[slot % WEEK_SLOTS] = best + 1
    return WeekPlan(wait=wait, polls_per_day=_polls(wait) / 7, week=week)


def _costs(week: Floats, most: int, power: float) -> Floats:
    """cost[i, m - 1]: the waiting of what is expected from slot i until a poll at the beginning of slot i + m."""
    hours = SLOT / timedelta(hours=1)
    delay = (np.arange(most) + 0.5) * hours  # from the middle of the slot before, the one before that, ...
    slots = np.arange(WEEK_SLOTS)
    before = (slots[:, None] - 1 - np.arange(most)[None, :]) % WEEK_SLOTS
    ending = np.cumsum(week[before] * delay**power, axis=1)  # ending[j, m - 1]: a wait of m slots that ends at j
    starts = (slots[:, None] + 1 + np.arange(most)[None, :]) % WEEK_SLOTS
    costs: Floats = ending[starts, np.arange(most)[None, :]]
    return costs


def _arrivals(most: int, open_: NDArray[np.bool_]) -> NDArray[np.bool_]:
    slots = np.arange(WEEK_SLOTS)
    arrivals: NDArray[np.bool_] = open_[(slots[:, None] + 1 + np.arange(most)[None, :]) % WEEK_SLOTS]
    return arrivals


def _opening(slot: int, open_: NDArray[np.bool_]) -> int:
    if not open_.any():
        return 0
    return int(np.argmax(np.roll(open_, -(slot + 1))))


def _polls(wait: NDArray[np.int64]) -> float:
    """Polls a week once the plan runs in its own steps."""
    slot, count, turns = 0, 0, 4
    while slot < WEEK_SLOTS * turns:
        slot += int(wait[slot % WEEK_SLOTS])
        count += 1
    return count * WEEK_SLOTS / slot


def slot_of(moment: datetime, zone: tzinfo) -> int:
    """The quarter-hour of the week this moment lies in, on the source's clock."""
    local = moment.astimezone(zone)
    return local.weekday() * DAY_SLOTS + (local.hour * 60 + local.minute) // 15


def next_poll(plan: WeekPlan, last: datetime, zone: tzinfo) -> datetime:
    """The beginning of the slot of the next poll after a poll at `last`, aware, in the source's zone.

    Counted on the wall clock: where summer time begins or ends, the plan's 18:00 stays 18:00.
    """
    local = last.astimezone(zone)
    slot = slot_of(last, zone)
    begin = local.replace(tzinfo=None, minute=local.minute - local.minute % 15, second=0, microsecond=0)
    return (begin + SLOT * int(plan.wait[slot])).replace(tzinfo=zone)


def expected_between(plan: WeekPlan, first: datetime, last: datetime, zone: tzinfo) -> float:
    """Items expected between two moments no more than a week apart."""
    begin = slot_of(first, zone)
    count = max(0, min(WEEK_SLOTS, round((last - first) / SLOT)))
    return float(plan.week[(begin + np.arange(count)) % WEEK_SLOTS].sum())


def next_price(price: float, planned: float, budget: float) -> float:
    """The price for the next day, so that `planned` polls a day of all sources together come to `budget`.

    `planned` should count the requests that are really made: retries and further list pages as well.
    """
    if budget <= 0 or planned <= 0:
        return price
    return float(min(PRICE_MOST, max(PRICE_LEAST, price * (planned / budget) ** PRICE_STEP)))


def windows(opens_minute: int, closes_minute: int) -> NDArray[np.bool_]:
    """Which slots of the week lie within a daily window, in minutes of the day; it may run over midnight."""
    minute = (np.arange(WEEK_SLOTS) % DAY_SLOTS) * 15
    if opens_minute < closes_minute:
        return (minute >= opens_minute) & (minute < closes_minute)
    return (minute >= opens_minute) | (minute < closes_minute)


assert WEEK_SLOTS % (7 * HALF_HOURS) == 0
