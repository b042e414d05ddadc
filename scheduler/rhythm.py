"""The scheduler room, the rhythm: how often and at which hours of its week a source publishes. Pure.

What is known of a source are its polls: at each one, how many items were new since the poll before. From these come a rate
(gamma prior, decaying evidence) and a shape of the week: two day types (working, rest) by 48 half-hours of the source's own
clock, and a factor for each weekday. A find is an interval, not an instant: it is spread over the half-hours between
two polls in proportion to what the shape already says (one step of expectation maximisation), narrowed by the day that the
list states. Little evidence leans on a profile pooled over other sources, and that on a built-in profile of office hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HALF_HOURS = 48  # a day
BIN = timedelta(minutes=30)
WORKING, REST = 0, 1  # day types
DAYS_OF_TYPE = (5, 2)  # in a week
USUAL_PER_WEEK = 3.0  # items a week of a source nobody knows yet
PRIOR_ITEMS = 0.3  # weight of that guess, in items; never vanishes, so that a silent source keeps a rate above 0
RATE_HALF_LIFE = timedelta(days=60)
SHAPE_HALF_LIFE = timedelta(days=120)
OWN_ITEMS = 20.0  # so many finds of its own weigh as much as the pooled profile
POOL_ITEMS = 30.0  # so many finds of all sources weigh as much as the built-in profile
WEEKDAY_ITEMS = 20.0
BATCH = 1.5  # items come in batches; so many of them are one piece of evidence about the hour
FLAT = 0.02  # share of a flat line in every shape: no hour is ever impossible
SPREAD_MOST = timedelta(days=14)  # a find between polls further apart says nothing about the hour
PASSES = 2  # of expectation maximisation
LIST_WEIGHT = 0.5  # of the entries of the first list against finds of our own
WEEK_S = 7 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One crawl that read the source's list, as the rhythm sees it."""

    at: datetime  #: aware UTC
    found: int  #: items that were not there at the poll before
    days: Mapping[date, int] = field(default_factory=dict)  #: of these, how many state which day (in the source's zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What is known of a source's publishing at one moment."""

    per_week: float  #: expected items a week
    week: Floats  #: 336 half-hours from Monday 0:00 on the source's clock; expected items in each
    own: Floats  #: decayed finds by day type and half-hour (2 x 48), for pooling
    finds: float  #: decayed number of finds the shape rests on
    polls: int  #: number of polls it rests on


@cache
def office() -> Floats:
    """The built-in profile: a distribution over day type and half-hour of where an item falls."""
    hours = np.full((2, HALF_HOURS), 0.1)
    for first, last, weight in ((8, 12, 4.0), (12, 13.5, 2.0), (13.5, 18, 4.0), (18, 22, 0.5)):
        hours[WORKING, int(first * 2) : int(last * 2)] = weight
    hours[REST, 16:40] = 0.4
    shape = hours * np.array(DAYS_OF_TYPE, dtype=float)[:, None]
    normal: Floats = shape / shape.sum()
    return normal


def pool(counts: Sequence[Floats]) -> Floats:
    """A profile over several sources' `Rhythm.own`: what a source with little evidence is taken for."""
    total: Floats = np.sum(counts, axis=0) if counts else np.zeros((2, HALF_HOURS))
    return _blend(total, office(), POOL_ITEMS)


def learn(
    polls: Sequence[Poll],
    now: datetime,
    zone: tzinfo,
    *,
    pooled: Floats | None = None,
    listed: Mapping[date, int] | None = None,
) -> Rhythm:
    """What the polls say.

    Args:
        polls: oldest first; what the first one found was there before we came, it is no find.
        now: aware UTC.
        zone: the source's clock.
        pooled: the profile of other sources, from `pool`.
        listed: days stated by the entries of the first list: evidence of the rate before we ever came.

    """
    profile = office() if pooled is None else pooled
    rate = _rate(polls, now, listed or {}) / WEEK_S
    finds = _finds(polls, now, zone)
    counts, by_day = np.zeros((2, HALF_HOURS)), np.zeros(7)
    week = _week(profile, np.ones(7))
    for _ in range(PASSES if finds else 0):
        counts, by_day = np.zeros((2, HALF_HOURS)), np.zeros(7)
        for first, last, weight in finds:
            _spread(first, last, weight, week, counts, by_day)
        shape = _blend(counts, profile, OWN_ITEMS)
        week = _week(shape, _weekdays(by_day, shape))
    return Rhythm(
        per_week=rate * WEEK_S,
        week=week * rate * WEEK_S,
        own=counts,
        finds=float(counts.sum()),
        polls=len(polls),
    )


def _blend(counts: Floats, above: Floats, weight: float) -> Floats:
    blended: Floats = (counts + weight * above) / (counts.sum() + weight)
    return blended


def _decay(age: timedelta, half_life: timedelta) -> float:
    return float(0.5 ** (max(age, timedelta(0)) / half_life))


def _rate(polls: Sequence[Poll], now: datetime, listed: Mapping[date, int]) -> float:
    """Expected items a week: decayed items over decayed time, with a prior that never vanishes."""
    prior = PRIOR_ITEMS * (1 + (_decay(now - polls[0].at, RATE_HALF_LIFE) if polls else 1.0))
    items, weeks = prior, prior / USUAL_PER_WEEK
    for before, poll in pairwise(polls):
        weight = _decay(now - poll.at, RATE_HALF_LIFE)
        items += poll.found * weight
        weeks += (poll.at - before.at).total_seconds() / WEEK_S * weight
    if polls and len(listed) > 1:
        first = polls[0].at
        for day, count in listed.items():
            items += LIST_WEIGHT * count * _decay(now - datetime.combine(day, time(12), tzinfo=UTC), RATE_HALF_LIFE)
        oldest = datetime.combine(min(listed), time(0), tzinfo=UTC)
        weeks += LIST_WEIGHT * _decayed_span(oldest, first, now)
    return items / weeks


def _decayed_span(first: datetime, last: datetime, now: datetime) -> float:
    """Weeks between two moments, each day weighed by its age."""
    days = max(0, (last - first).days)
    return sum(_decay(now - last + timedelta(days=n), RATE_HALF_LIFE) for n in range(min(days, 3650))) / 7


def _finds(polls: Sequence[Poll], now: datetime, zone: tzinfo) -> list[tuple[datetime, datetime, float]]:
    """Finds as intervals on the source's clock (naive local time), each with its weight as evidence of the hour."""
    finds = []
    for before, poll in pairwise(polls):
        if poll.found <= 0 or poll.at - before.at > SPREAD_MOST:
            continue
        weight = _decay(now - poll.at, SHAPE_HALF_LIFE)
        first, last = (moment.astimezone(zone).replace(tzinfo=None) for moment in (before.at, poll.at))
        undated = poll.found
        for day, count in poll.days.items():
            undated -= count
            begin, end = datetime.combine(day, time(0)), datetime.combine(day, time(0)) + timedelta(days=1)
            if max(first, begin) < min(last, end):  # else it is back-dated: evidence of the rate, not of the hour
                finds.append((max(first, begin), min(last, end), weight * _pieces(count)))
        if undated > 0 and first < last:
            finds.append((first, last, weight * _pieces(undated)))
    return finds


def _pieces(count: int) -> float:
    return max(1.0, count / BATCH)


def _week(shape: Floats, factors: Floats) -> Floats:
    """336 half-hours from Monday 0:00 that sum to 1."""
    days = [shape[WORKING if day < 5 else REST] / DAYS_OF_TYPE[WORKING if day < 5 else REST] for day in range(7)]
    week = np.concatenate([day * factor for day, factor in zip(days, factors, strict=True)])
    week = week / week.sum()
    flat: Floats = (1 - FLAT) * week + FLAT / len(week)
    return flat


def _weekdays(by_day: Floats, shape: Floats) -> Floats:
    """How much more or less each weekday brings than its day type says."""
    expected = np.array([shape[WORKING].sum() / 5] * 5 + [shape[REST].sum() / 2] * 2)
    factors: Floats = (by_day + WEEKDAY_ITEMS * expected) / ((by_day.sum() + WEEKDAY_ITEMS) * expected)
    return factors


def _spread(first: datetime, last: datetime, weight: float, week: Floats, counts: Floats, by_day: Floats) -> None:
    """Spread one find over the half-hours between two moments, in proportion to the week's present intensity."""
    monday = datetime.combine(first.date() - timedelta(days=first.weekday()), time(0))
    begin, end = (first - monday) / BIN, (last - monday) / BIN
    bins = np.arange(int(begin), int(np.ceil(end)))
    overlap = np.minimum(bins + 1, end) - np.maximum(bins, begin)
    shares = week[bins % len(week)] * overlap
    total = shares.sum()
    if total <= 0:
        return
    shares *= weight / total
    days = bins // HALF_HOURS % 7
    np.add.at(counts, ((days >= 5).astype(int), bins % HALF_HOURS), shares)
    np.add.at(by_day, days, shares)
