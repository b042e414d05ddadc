"""The scheduler room, the rhythm: how often and at which hours of its week a source publishes. Pure.

What is known of a source are its polls: at each one, how many items were new since the poll before. From these come a rate
(gamma prior, decaying evidence) and a shape of the week: two day types (working, rest) by 48 half-hours of the source's own
clock, and a factor for each weekday. A find is an interval, not an instant: it is spread over the half-hours between
two polls in proportion to what the shape already says (expectation maximisation), narrowed by the day that the list
states. Little evidence leans on a profile pooled over other sources, and that on a built-in profile of office hours.
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
HALF_HOUR = timedelta(minutes=30)
UNSHIFTED = 32  # place of no shift among those thought of, -16 to 16 hours: as far as Shanghai is from California
SHIFTS = 2 * UNSHIFTED + 1
WEEK = 7 * HALF_HOURS  # half-hours, from Monday 0:00 on the source's clock
WORKING, REST = 0, 1  # day types
DAYS_OF_TYPE = np.array([5.0, 2.0])  # in a week
USUAL_PER_WEEK = 3.0  # items a week of a source nobody knows yet
PRIOR_ITEMS = 0.3  # weight of that guess, in items; never vanishes, so that a silent source keeps a rate above 0
RATE_HALF_LIFE = timedelta(days=60)
SHAPE_HALF_LIFE = timedelta(days=120)
OWN_ITEMS = 20.0  # so many finds of its own weigh as much as the pooled profile
POOL_ITEMS = 30.0  # so many finds of all sources weigh as much as the built-in profile
POOL_SHARE = 60.0  # no source counts for more finds than this in the pool: a busy one must not be everybody's model
WEEKDAY_ITEMS = 20.0
FLAT_ITEMS = 0.4  # finds, spread flat over the week, in every shape: no hour is ever impossible
SHIFT_DOUBT = 6.0  # nats of evidence before a source is taken to keep other hours than its file and the others say
SHIFT_FAR = 3.0  # and so many more where that is half a day and more: rather the day before
SHIFT_KNOWN = 10.0  # finds from which a source's shift is evidence of what others may keep
SHIFT_USUAL = 3.0  # so many sources without a shift are taken for granted before any is known
SHIFT_NEAR = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9  # a shift that is known speaks for those beside it: summer time
MIXED_LEAST = 0.1  # a shift is not thought of when it is so much less likely than the likeliest
SHIFT_FINDS = 120  # newest finds that are asked for it
UNDATED = 0.05  # of the likelihood of a find: that its stated day is wrong
BATCH = 1.5  # items come in batches; so many of them are one piece of evidence about the hour
SPREAD_MOST = timedelta(days=14)  # a find between polls further apart says nothing about the hour
PASSES = 2  # of expectation maximisation
LIST_WEIGHT = 0.5  # of the entries of the first list against finds of our own
QUIET_HALF_LIFE = timedelta(days=1.5)
QUIET_SPAN = timedelta(days=10)  # older polls say nothing about whether it is a quiet week now
QUIET_ITEMS = 4.0  # so many expected and missing items halve what is expected next
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

    per_week: float  #: expected items in a usual week
    week: Floats  #: 336 half-hours from Monday 0:00 on the source's clock; expected items in each, in a usual week
    shift: timedelta  #: its days lie so much later than the clock of its file and the profile of the others say
    sure: float  #: chance that this is its clock, of those that are thought of
    quiet: float  #: share of the usual that these days bring: 1, or less in a holiday
    own: Floats  #: decayed finds by day type and half-hour (2 x 48), without its shift, for pooling
    finds: float  #: decayed number of finds the shape rests on
    polls: int  #: number of polls it rests on


@cache
def office() -> Floats:
    """The built-in profile: a distribution over day type and half-hour of where an item falls."""
    hours = np.full((2, HALF_HOURS), 0.1)
    for first, last, weight in ((8, 12, 4.0), (12, 13.5, 2.0), (13.5, 18, 4.0), (18, 22, 0.5)):
        hours[WORKING, int(first * 2) : int(last * 2)] = weight
    hours[REST, 16:40] = 0.4
    shape = hours * DAYS_OF_TYPE[:, None]
    normal: Floats = shape / shape.sum()
    return normal


def pool(counts: Sequence[Floats]) -> Floats:
    """A profile over several sources' `Rhythm.own`: what a source with little evidence is taken for."""
    total = np.zeros((2, HALF_HOURS))
    for own in counts:
        total += own * min(1.0, POOL_SHARE / max(float(own.sum()), 1e-9))
    return _blend(total, office(), POOL_ITEMS)


def pool_shifts(rhythms: Sequence[Rhythm]) -> Floats:
    """How many of several sources keep which clock: shares of the shifts from -16 to 16 hours. What makes it
    more or less likely that a source with little evidence keeps another clock than its file says.
    """
    shares = np.zeros(SHIFTS)
    shares[UNSHIFTED] = SHIFT_USUAL
    for rhythm in rhythms:
        if rhythm.finds >= SHIFT_KNOWN:
            at = UNSHIFTED + round(rhythm.shift / HALF_HOUR)
            if at == UNSHIFTED:
                shares[at] += 1.0
            else:
                np.add.at(shares, np.clip(at + np.arange(-2, 3), 0, SHIFTS - 1), SHIFT_NEAR)
    normal: Floats = shares / shares.sum()
    return normal


def learn(
    polls: Sequence[Poll],
    now: datetime,
    zone: tzinfo,
    *,
    pooled: Floats | None = None,
    shifts: Floats | None = None,
    listed: Mapping[date, int] | None = None,
) -> Rhythm:
    """What the polls say.

    Args:
        polls: oldest first; what the first one found was there before we came, it is no find.
        now: aware UTC.
        zone: the source's clock.
        pooled: the profile of other sources, from `pool`.
        shifts: how many of them keep which clock, from `pool_shifts`.
        listed: days stated by the entries of the first list: evidence of the rate before we ever came.

    """
    profile = office() if pooled is None else pooled
    per_week = _rate(polls, now, listed or {})
    counts = np.zeros((7, HALF_HOURS))
    week = _week(profile, np.ones(7))
    finds = _finds(polls, now, zone)
    chances = _clocks(finds, week, shifts)
    place = int(chances.argmax())
    shift = place - UNSHIFTED
    begin, end = _narrowed(finds, shift)
    dated = begin < end
    for _ in range(PASSES if dated.any() else 0):
        counts = _share_out(begin[dated], end[dated], finds[dated, 4], week).reshape(7, HALF_HOURS)
        shape = _blend(_by_type(counts), profile, OWN_ITEMS)
        week = _week(shape, _weekdays(counts.sum(axis=1), shape))
    week = _on_any_clock(week, chances)
    return Rhythm(
        per_week=per_week,
        week=week * per_week,
        shift=shift * HALF_HOUR,
        sure=float(chances[place]),
        quiet=_quiet(polls, now, zone, week * per_week),
        own=_by_type(counts),
        finds=float(counts.sum()),
        polls=len(polls),
    )


def _by_type(days: Floats) -> Floats:
    return np.stack([days[:5].sum(axis=0), days[5:].sum(axis=0)])


def _blend(counts: Floats, above: Floats, weight: float) -> Floats:
    flat = (DAYS_OF_TYPE / DAYS_OF_TYPE.sum() / HALF_HOURS)[:, None]
    blended: Floats = (counts + weight * above + FLAT_ITEMS * flat) / (counts.sum() + weight + FLAT_ITEMS)
    return blended


def _decay(age_days: Floats | float, half_life: timedelta) -> Floats:
    decayed: Floats = 0.5 ** (np.maximum(age_days, 0.0) / (half_life / timedelta(days=1)))
    return decayed


def _rate(polls: Sequence[Poll], now: datetime, listed: Mapping[date, int]) -> float:
    """Expected items a week: decayed items over decayed time, with a prior that never vanishes."""
    times = np.array([poll.at.timestamp() for poll in polls])
    ages = (now.timestamp() - times) / 86_400
    prior = PRIOR_ITEMS * (1 + (float(_decay(ages[0], RATE_HALF_LIFE)) if polls else 1.0))
    items, weeks = prior, prior / USUAL_PER_WEEK
    if len(polls) > 1:
        weights = _decay(ages[1:], RATE_HALF_LIFE)
        items += float(np.array([poll.found for poll in polls[1:]]) @ weights)
        weeks += float(np.diff(times) @ weights) / WEEK_S
    if polls and len(listed) > 1:
        noon = np.array([datetime.combine(day, time(12), tzinfo=UTC).timestamp() for day in listed])
        counted = np.array(list(listed.values()), dtype=float)
        items += LIST_WEIGHT * float(counted @ _decay((now.timestamp() - noon) / 86_400, RATE_HALF_LIFE))
        oldest = (now.timestamp() - float(noon.min())) / 86_400 + 0.5
        weeks += LIST_WEIGHT * _decayed_weeks(float(ages[0]), max(oldest, float(ages[0])))
    return items / weeks


def _decayed_weeks(youngest: float, oldest: float) -> float:
    """The weeks between two ages in days, each moment weighed by its age."""
    mean_life = RATE_HALF_LIFE / timedelta(days=1) / float(np.log(2))
    return mean_life / 7 * float(_decay(youngest, RATE_HALF_LIFE) - _decay(oldest, RATE_HALF_LIFE))


def _position(moment: datetime) -> float:
    """Half-hours since a Monday 0:00, of a time on the source's clock without its zone."""
    return (moment.toordinal() - 1) * HALF_HOURS + (moment.hour * 3600 + moment.minute * 60 + moment.second) / 1800


def _finds(polls: Sequence[Poll], now: datetime, zone: tzinfo) -> Floats:
    """Finds on the source's clock, in half-hours, oldest first: (n x 5), each row the polls it lies between, the ends of
    the day that the list states, and its weight as evidence of the hour.
    """
    finds: list[tuple[float, ...]] = []
    for before, poll in pairwise(polls):
        if poll.found <= 0 or poll.at - before.at > SPREAD_MOST:
            continue
        first, last = (_position(moment.astimezone(zone)) for moment in (before.at, poll.at))
        if first >= last:
            continue  # an hour that comes twice
        age = (now - poll.at) / timedelta(days=1)
        undated = poll.found
        for day, count in poll.days.items():
            undated -= count
            begin = (day.toordinal() - 1) * HALF_HOURS
            finds.append((first, last, begin, begin + HALF_HOURS, _pieces(count), age))
        if undated > 0:
            finds.append((first, last, -np.inf, np.inf, _pieces(undated), age))
    table = np.array(finds).reshape(-1, 6)
    table[:, 4] *= _decay(table[:, 5], SHAPE_HALF_LIFE)
    return table[:, :5]


def _narrowed(finds: Floats, shift: Floats | float) -> tuple[Floats, Floats]:
    """When the finds were published, by a clock that shows `shift` less than the one its file states: from, to. A stated
    day is by the source's own clock. An end before its beginning is a back-dated item: it says nothing about the hour.
    """
    return np.maximum(finds[:, 0] - shift, finds[:, 2]), np.minimum(finds[:, 1] - shift, finds[:, 3])


def _pieces(count: int) -> float:
    return max(1.0, count / BATCH)


class _Line:
    """A week's values, repeated without end, as a running sum: how much lies between two positions."""

    def __init__(self, week: Floats, weeks: int) -> None:
        self.values = np.tile(week, weeks)
        self._sum = np.concatenate([[0.0], np.cumsum(self.values)])

    def between(self, begin: Floats, end: Floats) -> Floats:
        start = begin % WEEK
        between: Floats = self._upto(start + (end - begin)) - self._upto(start)
        return between

    def _upto(self, position: Floats) -> Floats:
        whole = position.astype(np.int64)
        upto: Floats = self._sum[whole] + (position - whole) * self.values[np.minimum(whole, len(self.values) - 1)]
        return upto


def _clocks(finds: Floats, week: Floats, shares: Floats | None) -> Floats:
    """Chances of the half-hours, from -16 to 16 hours, by which the source's days may be shifted against the profile: its file
    may state no zone or a wrong one, or it keeps hours of its own. By nothing, or as others are, unless the finds clearly say
    otherwise. The likeliest, and what else is as likely among the clocks that others keep.
    """
    if shares is None:
        shares = (np.arange(SHIFTS) == UNSHIFTED).astype(np.float64)
    shifts = np.arange(SHIFTS, dtype=np.float64) - UNSHIFTED
    doubt = SHIFT_DOUBT + SHIFT_FAR * (np.abs(shifts) > HALF_HOURS / 2)
    odds: Floats = np.log(shares + np.exp(-doubt))
    finds = finds[-SHIFT_FINDS:]
    if len(finds):
        line = _Line(week, 2 + int(SPREAD_MOST / timedelta(days=7)))
        begin, end = _narrowed(finds, shifts[:, None])
        likely = line.between(begin, np.maximum(begin, end))
        likely += UNDATED * line.between(finds[:, 0] - shifts[:, None], finds[:, 1] - shifts[:, None])
        odds += np.log(likely) @ finds[:, 4]
    place = int(odds.argmax())
    chances: Floats = np.exp(odds - odds[place])
    beside = np.abs(np.arange(SHIFTS) - place) < len(SHIFT_NEAR)  # the same clock, by other edges
    chances[beside | (shares == 0) | (chances < MIXED_LEAST)] = 0.0
    chances[place] = 1.0
    chances /= chances.sum()
    return chances


def _on_any_clock(week: Floats, chances: Floats) -> Floats:
    """The source's week on the clock of its file, as it is likely to be shifted."""
    mixed = np.zeros(WEEK)
    for place in np.flatnonzero(chances):
        mixed += chances[place] * np.roll(week, int(place) - UNSHIFTED)
    return mixed


def _share_out(begin: Floats, end: Floats, weights: Floats, week: Floats) -> Floats:
    """Each find spread over its interval's half-hours in proportion to the week's present intensity; their sum."""
    weeks = 2 + int(SPREAD_MOST / timedelta(days=7))
    line = _Line(week, weeks)
    density = weights / line.between(begin, end)
    steps = np.zeros(weeks * WEEK + 2)
    start = begin % WEEK
    for position, sign in ((start, 1.0), (start + end - begin, -1.0)):
        whole = position.astype(np.int64)
        part = position - whole
        np.add.at(steps, whole, sign * density * (1 - part))
        np.add.at(steps, whole + 1, sign * density * part)
    spread = np.cumsum(steps)[: weeks * WEEK] * line.values
    counts: Floats = spread.reshape(weeks, WEEK).sum(axis=0)
    return counts


def _week(shape: Floats, factors: Floats) -> Floats:
    """336 half-hours from Monday 0:00 that sum to 1."""
    days = shape / DAYS_OF_TYPE[:, None]
    week = (days[[WORKING] * 5 + [REST] * 2] * factors[:, None]).ravel()
    normal: Floats = week / week.sum()
    return normal


def _weekdays(by_day: Floats, shape: Floats) -> Floats:
    """How much more or less each weekday brings than its day type says."""
    expected = np.array([shape[WORKING].sum() / 5] * 5 + [shape[REST].sum() / 2] * 2)
    factors: Floats = (by_day + WEEKDAY_ITEMS * expected) / ((by_day.sum() + WEEKDAY_ITEMS) * expected)
    return factors


def _quiet(polls: Sequence[Poll], now: datetime, zone: tzinfo, week: Floats) -> float:
    """Holidays and quiet weeks: how far the last days fell short of what they usually bring. Never above 1: that a source
    says more than usual is its rate's to learn.
    """
    recent = [pair for pair in pairwise(polls[-100:]) if now - pair[1].at < QUIET_SPAN]
    if not recent:
        return 1.0
    weights = _decay(np.array([(now - poll.at) / timedelta(days=1) for _, poll in recent]), QUIET_HALF_LIFE)
    first, last = (np.array([_position(pair[n].at.astimezone(zone)) for pair in recent]) for n in (0, 1))
    line = _Line(week, 2 + int(SPREAD_MOST / timedelta(days=7)))
    length = np.clip(last - first, 0, 2 * WEEK)
    expected = line.between(first, first + length)
    found = np.minimum([poll.found for _, poll in recent], expected + QUIET_ITEMS)
    return min(1.0, (QUIET_ITEMS + float(found @ weights)) / (QUIET_ITEMS + float(expected @ weights)))
