"""How soon is news found, for how many requests? A modelled year of thirty sources, polled by several policies.

    python benchmarks/freshness.py [--seeds 2] [--mixes] [--budget N]

Prints, for each policy, requests a day against the delay between publication and the poll that finds it (median, 95 %,
mean), for all items, for the items of sources below one a week, and for the worst source. The traces are modelled: office
hours of the source's zone with edges, a lunch break, weekends, holidays, items in batches; the edges, the share of evenings
and weekends are set so that fixed intervals, an office cron and a plan that knows the truth cost what they cost in
earlier models. The mixes change what ours was built upon (other hours, bursts, zones, a change of rhythm in mid-year). The first 28 days are not counted.
"""

from __future__ import annotations

import argparse
import heapq
import sys
import time as stopwatch
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scheduler.adaptive import OFFSET_MOST
from scheduler.plan import share
from scheduler.rhythm import Poll, learn, pool
from scheduler.weekplan import CAP, PRICE, next_poll, next_price, plan_week

START = datetime(2029, 1, 1, tzinfo=UTC)  # a Monday
DAYS, WARM_UP = 365, 28
SOURCES = 30
SHANGHAI, BERLIN, CHICAGO = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/Chicago")
HOLIDAYS = {
    date(2029, 1, 1) + timedelta(days=n)
    for first, length in ((0, 1), (43, 8), (93, 3), (120, 5), (164, 3), (273, 8))
    for n in range(first, first + length)
}
REPLAN = timedelta(days=7)
REPLAN_EARLY = timedelta(days=1)  # while little is known

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


def density(profile, zone, *, shift=0.0, weekdays=None):
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


def draw(rng, rate, weights, *, batch=0.35, spread_h=0.0):
    """Item times in hours: a Poisson process of postings with these weights, each with a batch around it."""
    mean_batch = 1 / (1 - batch)
    expected = weights / weights.sum() * rate / mean_batch * DAYS / 7
    slots = np.repeat(np.arange(len(weights)), rng.poisson(expected))
    heads = (slots + rng.random(len(slots))) / 4
    sizes = rng.geometric(1 - batch, len(heads))
    times = np.repeat(heads, sizes)
    times += rng.exponential(spread_h, len(times)) * (
        np.arange(len(times)) != np.repeat(np.cumsum(sizes) - sizes, sizes)
    )
    times = np.sort(times)
    return times[times < DAYS * 24]


CACHE: dict = {}


def weights_of(profile, zone, shift=0.0, weekdays=None):
    key = (profile, zone.key, shift, weekdays)
    if key not in CACHE:
        CACHE[key] = density(profile, zone, shift=shift, weekdays=weekdays)
    return CACHE[key]


def traces(mix, seed):
    """Thirty sources of a mix. Rates do not follow the order of the sources."""
    rng = np.random.default_rng([seed, sum(map(ord, mix))])
    low, high = (0.1, 5) if mix == "slow" else (0.2, 20)
    rates = rng.permutation(np.geomspace(low, high, SOURCES))
    made = []
    for n, rate in enumerate(rates):
        zone = told = SHANGHAI
        profile, shift, weekdays, batch, spread = OFFICE, 0.0, None, 0.35, 0.0
        if mix in ("zones", "zones untold"):
            zone = (SHANGHAI, BERLIN, CHICAGO)[n % 3]
            told = zone if mix == "zones" else SHANGHAI
        if mix == "bursty":
            batch, spread = 0.7, 1.5
        if mix == "night" and n % 2:
            profile = (NIGHT, MIDNIGHT, EVENING)[n % 3]
        if mix == "shifted":
            shift = round(float(rng.uniform(-1.25, 1.25)) * 4) / 4
        if mix == "tue-thu":
            weekdays = (1, 3) if n % 3 == 0 else None
            profile = ROUND if n % 3 == 1 else OFFICE
        weights = weights_of(profile, zone, shift, weekdays)
        if mix == "change" and n % 3 == 0:
            weights = np.concatenate([weights[: len(weights) // 2], weights_of(EVENING, zone)[len(weights) // 2 :]])
        if mix == "change" and n % 3 == 1:
            half = len(weights) // 2
            factor = 5.0 if n % 2 else 0.2
            weights = np.concatenate([weights[:half], weights[half:] * factor])
        made.append(Trace(f"source-{n}", rate, zone, told, draw(rng, rate, weights, batch=batch, spread_h=spread)))
    return made


@dataclass
class Result:
    """Delays in hours, by source, and the requests of the counted days."""

    delays: dict = field(default_factory=dict)
    polls: int = 0

    def row(self, year):
        all_ = np.concatenate(list(self.delays.values()))
        slow = [d for t in year if t.rate < 1 and len(d := self.delays[t.slug])]
        slow_all = np.concatenate(slow) if slow else np.array([np.nan])
        worst = max(np.percentile(d, 95) for d in self.delays.values() if len(d) >= 5)
        per_day = self.polls / (DAYS - WARM_UP)
        return [per_day, np.median(all_), np.percentile(all_, 95), all_.mean(), np.percentile(slow_all, 95), worst]


def count(year, polls_of):
    """The result of polls given as hours since START, by slug."""
    result = Result()
    first = WARM_UP * 24
    for trace in year:
        polls = np.asarray(polls_of[trace.slug])
        items = trace.items[(trace.items >= first) & (trace.items < polls[-1])]
        result.delays[trace.slug] = polls[np.searchsorted(polls, items)] - items
        result.polls += int((polls >= first).sum())
    return result


def fixed(hours):
    def policy(year):
        return {t.slug: np.arange(share(t.slug) * hours, DAYS * 24 + hours, hours) for t in year}

    return policy


def office_cron(hours):
    """At these hours of working days, in the zone the file states."""

    def policy(year):
        polls = {}
        for trace in year:
            at = []
            for day in range(-1, DAYS + 4):
                local = (START + timedelta(days=day)).astimezone(trace.told_zone).date()
                if local.weekday() < 5:
                    moments = (datetime.combine(local, time(h), tzinfo=trace.told_zone) for h in hours)
                    at += [(m - START).total_seconds() / 3600 for m in moments]
            polls[trace.slug] = np.array(sorted({h for h in at if h >= 0}))
        return polls

    return policy


def oracle(year):
    return {t.slug: np.append(np.unique(t.items), DAYS * 24 + 1) for t in year}


@dataclass
class Mind:
    """What ours knows of a source while the year passes."""

    trace: Trace
    polls: list = field(default_factory=list)
    rhythm: object = None
    plan: object = None
    planned: datetime | None = None
    price: float = 0.0


def ours(*, price=PRICE, power=1.3, cap=CAP, budget=None):
    """The week plan, replanned daily in the first four weeks and weekly afterwards; one price for all, or a budget."""

    def policy(year):
        return Year(year, price, power, cap, budget).live()

    return policy


class Year:
    """One year of all sources in the order of time, so that no source learns from another one's future."""

    def __init__(self, year, price, power, cap, budget):
        self.minds = {t.slug: Mind(t) for t in year}
        self.price, self.power, self.cap, self.budget = price, power, cap, budget
        self.pooled, self.pooled_at = None, START

    def live(self):
        times = {slug: [] for slug in self.minds}
        turns = [(START + timedelta(minutes=share(slug) * 60), slug) for slug in self.minds]
        heapq.heapify(turns)
        end, day = START + timedelta(days=DAYS), START + timedelta(days=1)
        while turns:
            now, slug = heapq.heappop(turns)
            while now >= day:
                self.new_day()
                day += timedelta(days=1)
            times[slug].append((now - START).total_seconds() / 3600)
            if now <= end:
                heapq.heappush(turns, (self.poll(self.minds[slug], now), slug))
        return times

    def new_day(self):
        known = [m for m in self.minds.values() if m.plan]
        if self.budget and known:
            planned = sum(m.plan.polls_per_day for m in known) * len(self.minds) / len(known)
            self.price = next_price(self.price, planned, self.budget)
        self.pooled = pool([m.rhythm.own for m in known])

    def poll(self, mind, now):
        trace, zone = mind.trace, mind.trace.told_zone
        hours = (now - START).total_seconds() / 3600
        before = (mind.polls[-1].at - START).total_seconds() / 3600 if mind.polls else None
        days = {}
        if before is not None:
            first, last = np.searchsorted(trace.items, [before, hours], side="right")
            for item in trace.items[first:last]:
                day = (START + timedelta(hours=float(item))).astimezone(trace.zone).date()
                days[day] = days.get(day, 0) + 1
        mind.polls.append(Poll(at=now, found=sum(days.values()), days=days))
        early = now - START < timedelta(days=WARM_UP)
        moved = mind.price and not 0.8 < self.price / mind.price < 1.25
        if mind.planned is None or moved or now - mind.planned >= (REPLAN_EARLY if early else REPLAN):
            mind.rhythm = learn(mind.polls[-500:], now, zone, pooled=self.pooled)
            mind.plan = plan_week(mind.rhythm.week, price=self.price, power=self.power, cap=self.cap)
            mind.planned, mind.price = now, self.price
        slot = next_poll(mind.plan, now, zone).astimezone(UTC)
        return max(slot + OFFSET_MOST * share(trace.slug), now + timedelta(minutes=1))


POLICIES = {
    "fixed 6 h": fixed(6),
    "fixed 8 h": fixed(8),
    "fixed 12 h": fixed(12),
    "cron 10,12,14,16,18,22 working days": office_cron((10, 12, 14, 16, 18, 22)),
    "cron 12,18 working days": office_cron((12, 18)),
    "ours, default price": ours(),
    "ours, budget 65": ours(budget=65),
    "ours, d^1.6, budget 87": ours(budget=87, power=1.6),
    "oracle": oracle,
}
MIXES = ("base", "slow", "bursty", "zones", "night", "change", "tue-thu", "shifted", "zones untold")
HEAD = f"{'policy':38} {'req/day':>8} {'median':>7} {'p95':>7} {'mean':>7} {'slow p95':>9} {'worst p95':>10}"


def table(mix, policies, seeds):
    print(f"\n{mix}\n{HEAD}")
    for name, policy in policies.items():
        since = stopwatch.perf_counter()
        rows = []
        for seed in range(seeds[0], seeds[0] + seeds[1]):
            year = traces(mix, seed)
            rows.append(count(year, policy(year)).row(year))
        per_day, median, p95, mean, slow, worst = np.mean(rows, axis=0)
        took = stopwatch.perf_counter() - since
        print(
            f"{name:38} {per_day:8.1f} {median:7.2f} {p95:7.2f} {mean:7.2f} {slow:9.1f} {worst:10.1f}   {took:5.0f} s",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2, help="years to average over")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--mixes", action="store_true", help="the changed mixes as well")
    parser.add_argument("--only", help="only policies whose name holds this")
    given = parser.parse_args()
    seeds = (given.first_seed, given.seeds)
    chosen = {name: policy for name, policy in POLICIES.items() if given.only is None or given.only in name}
    table("base", chosen, seeds)
    if given.mixes:
        for mix in MIXES[1:]:
            table(mix, {name: policy for name, policy in chosen.items() if "budget" in name}, seeds)


if __name__ == "__main__":
    main()
