"""The scheduler room, the look-ahead: when to poll next, so that a poll falls just after what it waits for. Pure.

A wait costs the items expected in it, each times its delay to the power of `power`; a poll costs `price`. The cheapest
series of polls over the days ahead comes from dynamic programming backward in steps of a quarter-hour; its first wait is
the answer. One price for all sources divides a budget of requests best (it is the multiplier of the budget), so there is
no auction between them.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from scheduler.rhythm import HALF_HOURS, WEEK, Floats

STEP = timedelta(minutes=15)
STEPS_A_DAY = 96
STEPS_A_WEEK = 7 * STEPS_A_DAY
BEYOND = 4 * STEPS_A_DAY  # looked ahead past the longest wait; more changes no first choice
POWER = 1.3  # of the delay; 1 serves the mean, 2 the slow sources
PRICE = 0.9  # item-hours^1.3 a poll: 60 to 67 polls a day over thirty sources of 0.2 to 20 items a week
CAP = timedelta(hours=24)  # longest wait
CAP_MOST = timedelta(days=7)
PRICE_STEP = (
    0.4  # exponent of the daily correction by the week behind: the budget is held within weeks and does not swing
)
PRICE_LEAST, PRICE_MOST = 1e-4, 1e4


def steps_ahead(week: Floats, position: float, count: int) -> Floats:
    """Expected items in each of the next quarter-hours from `position` (half-hours since a Monday 0:00)."""
    edges = position % WEEK + np.arange(count + 1) / 2
    whole = edges.astype(np.int64)
    total = np.concatenate([[0.0], np.cumsum(week)])
    upto = whole // WEEK * total[-1] + total[whole % WEEK] + (edges - whole) * week[whole % WEEK]
    return np.diff(upto)


def steps_within(cap: timedelta) -> int:
    """The longest wait in steps; at least one."""
    return max(1, min(STEPS_A_WEEK, int(cap / STEP)))


def waits(
    expected: Floats,
    *,
    most: int,
    least: int = 1,
    price: float = PRICE,
    power: float = POWER,
    open_: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """For each step, the best wait after a poll at its beginning, in steps.

    Args:
        expected: items in each step from now; `most` steps at its end are looked into, not decided.
        most: longest wait, in steps.
        least: shortest wait, in steps.
        price: what a poll costs, in item-hours to the power of `power`.
        power: of the delay.
        open_: at the beginning of which steps a poll may be; as long as `expected`. Where none may be within `most`, the
            rule is passed over.

    """
    steps = len(expected) - most
    cost = _costs(expected, most, power)[:steps, least - 1 :]
    if open_ is not None:
        shut = ~np.lib.stride_tricks.sliding_window_view(open_[1:], most)[:steps, least - 1 :]
        shut[shut.all(axis=1)] = False
        cost = np.where(shut, np.inf, cost)
    value = np.zeros(steps + most + 1)
    best = np.ones(steps, dtype=np.int64)
    for step in range(steps - 1, -1, -1):
        row = cost[step] + value[step + least : step + most + 1]
        wait = row.argmin()
        value[step] = row[wait] + price
        best[step] = wait + least
    return best


def _costs(expected: Floats, most: int, power: float) -> Floats:
    """costs[i, m - 1]: the waiting of what is expected from step i until a poll at the beginning of step i + m. A view: not to
    be written to.
    """
    hours = STEP / timedelta(hours=1)
    delay = (np.arange(most) + 0.5) * hours  # from the middle of the step before, of the one before that, ...
    padded = np.concatenate([np.zeros(most), expected])
    before = np.lib.stride_tricks.sliding_window_view(padded, most)[:, ::-1]  # row j: steps j - 1, j - 2, ...
    ending = before * delay**power
    np.cumsum(ending, axis=1, out=ending)
    down, right = ending.strides  # the waits from one step end one row and one column further each
    costs: Floats = np.lib.stride_tricks.as_strided(
        ending[1:], (len(expected) - most + 1, most), (down, down + right), writeable=False
    )
    return costs


def polls_a_day(week: Floats, *, cap: timedelta = CAP, price: float = PRICE, power: float = POWER) -> float:
    """How many polls a day a source of this week gets at this price."""
    most = steps_within(cap)
    best = waits(steps_ahead(week, 0.0, 2 * STEPS_A_WEEK + most), most=most, price=price, power=power)
    step = count = 0
    while step < STEPS_A_WEEK:
        step += int(best[step])
        count += 1
    return count * STEPS_A_DAY / step


def next_price(price: float, planned: float, budget: float) -> float:
    """The price for the next day, so that `planned` polls a day of all sources together come to `budget`.

    `planned` should count the requests that are really made: retries and further list pages as well.
    """
    if budget <= 0 or planned <= 0:
        return price
    return float(min(PRICE_MOST, max(PRICE_LEAST, price * (planned / budget) ** PRICE_STEP)))


def opening(minutes: Floats, opens: int, closes: int) -> NDArray[np.bool_]:
    """Which minutes of the day lie within a daily window; it may run over midnight."""
    minute = minutes % (24 * 60)
    if opens < closes:
        return (minute >= opens) & (minute < closes)
    return (minute >= opens) | (minute < closes)


assert STEPS_A_DAY == 2 * HALF_HOURS
