"""A modelled year of thirty sources, for benchmarks/freshness.py: when items appear. Knows nothing of how they are polled.

Office hours of the source's zone with edges and a lunch break, weekends, holidays, items in batches; the edges, the share
of evenings and weekends are set so that fixed intervals, an office cron and a plan that knows the truth cost what they
cost in earlier models. The mixes change what ours was built upon: other hours, bursts, zones, a change of rhythm in mid-year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

START = datetime(2029, 1, 1, tzinfo=UTC)  # a Monday
DAYS = 365
SOURCES = 30
LISTED = 20  # entries of a list on the first day
SHANGHAI, BERLIN, CHICAGO = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/Chicago")
HOLIDAYS = {
    date(2029, 1, 1) + timedelta(days=n)
    for first, length in ((0, 1), (43, 8), (93, 3), (120, 5), (164, 3), (273, 8))
    for n in range(first, first + length)
}
MIXES = ("base", "slow", "bursty", "zones", "night", "change", "tue-thu", "shifted", "zones untold")

# Hour of day -> weight, as (from, to, weight); working days and days of rest.
OFFICE = (((8.5, 11.75, 4), (11.75, 13.5, 1), (13.5, 18, 4), (18, 22, 0.25)), ((9, 18, 0.7),))
NIGHT = (((22, 24, 4), (0, 2, 2), (9, 18, 0.5)), ((22, 24, 1),))
MIDNIGHT = (((0, 0.25, 10), (9, 17, 0.5)), ((0, 0.25, 3),))
EVENING = (((17, 23, 4), (9, 17, 0.7)), ((17, 22, 1),))
ROUND = (((0, 24, 1),), ((0, 24, 1),))


@dataclass
class Trace:
    """A source's year: when its items appear, in hours since START."""

    slug: str
    rate: float  #: items a week
    zone: ZoneInfo
    told_zone: ZoneInfo  #: the zone its source file states
    items: np.ndarray
    listed: tuple[date, ...]  #: days of the entries of its list on the first day
    week: np.ndarray  #: its true rhythm without holidays: items in each half-hour of a week from Monday 0:00 in `zone`


@cache
def weights_of(profile, zone, shift=0.0, weekdays=None):
    """Relative intensity for each quarter-hour of the year, in UTC."""
    values = np.empty(DAYS * 96)
    for slot in range(DAYS * 96):
        local = (START + timedelta(minutes=15 * slot)).astimezone(zone) - timedelta(hours=shift)
        rest = local.weekday() >= 5
        hour = local.hour + local.minute / 60
        weight = 0.03 + sum(w for first, last, w in profile[rest] if first <= hour < last)
        if rest:
            weight *= 0.25 if profile is not ROUND else 1.0
        if weekdays and local.weekday() not in weekdays:
            weight *= 0.05
        if local.date() in HOLIDAYS:
            weight *= 0.15
        values[slot] = weight
    return values


def draw(rng, expected, *, batch, spread_h):
    """Item times in hours: a Poisson process of postings with these expected items, each with a batch around it."""
    slots = np.repeat(np.arange(len(expected)), rng.poisson(expected * (1 - batch)))
    heads = (slots + rng.random(len(slots))) / 4
    sizes = rng.geometric(1 - batch, len(heads))
    times = np.repeat(heads, sizes)
    times += rng.exponential(spread_h, len(times)) * (
        np.arange(len(times)) != np.repeat(np.cumsum(sizes) - sizes, sizes)
    )
    times = np.sort(times)
    return times[times < DAYS * 24]


def true_week(expected, zone):
    """The mean working week of the year's first half, in local half-hours."""
    total, count = np.zeros(336), np.zeros(336)
    for slot in range(len(expected) // 2):
        local = (START + timedelta(minutes=15 * slot)).astimezone(zone)
        if local.date() not in HOLIDAYS:
            half = local.weekday() * 48 + (local.hour * 60 + local.minute) // 30
            total[half] += expected[slot]
            count[half] += 1
    return 2 * total / count


def _expected(mix, n, rate, zone, rng):
    """Items expected in each quarter-hour of source n's year."""
    profile, shift, weekdays = OFFICE, 0.0, None
    if mix == "night" and n % 2:
        profile = (NIGHT, MIDNIGHT, EVENING)[n % 3]
    if mix == "shifted":
        shift = round(float(rng.uniform(-1.25, 1.25)) * 4) / 4
    if mix == "tue-thu":
        weekdays = (1, 3) if n % 3 == 0 else None
        profile = ROUND if n % 3 == 1 else OFFICE
    weights = weights_of(profile, zone, shift, weekdays)
    half = len(weights) // 2
    if mix == "change" and n % 3 == 0:
        weights = np.concatenate([weights[:half], weights_of(EVENING, zone)[half:]])
    if mix == "change" and n % 3 == 1:
        weights = np.concatenate([weights[:half], weights[half:] * (5.0 if n % 2 else 0.2)])
    return weights / weights.sum() * rate * DAYS / 7


def traces(mix, seed):
    """Thirty sources of a mix. Rates do not follow the order of the sources."""
    rng = np.random.default_rng([seed, sum(map(ord, mix))])
    low, high = (0.1, 5) if mix == "slow" else (0.2, 20)
    made = []
    for n, rate in enumerate(rng.permutation(np.geomspace(low, high, SOURCES))):
        zone = told = SHANGHAI
        if mix in ("zones", "zones untold"):
            zone = (SHANGHAI, BERLIN, CHICAGO)[n % 3]
            told = zone if mix == "zones" else SHANGHAI
        batch, spread_h = (0.7, 1.5) if mix == "bursty" else (0.35, 0.0)
        expected = _expected(mix, n, rate, zone, rng)
        items = draw(rng, expected, batch=batch, spread_h=spread_h)
        ages = np.cumsum(rng.exponential(7 / rate, LISTED))
        listed = tuple((START - timedelta(days=float(age))).date() for age in ages)
        made.append(Trace(f"source-{n}", rate, zone, told, items, listed, true_week(expected, zone)))
    return made
