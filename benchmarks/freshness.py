"""How soon is news found, for how many requests? A modelled year of thirty sources, polled by several policies.

    python benchmarks/freshness.py [--seeds 2] [--first-seed 1] [--mixes] [--only NAME] [--days 365]

Prints, for each policy, requests a day against the delay between publication and the poll that finds it (median, 95 %,
mean), for all items, for the items of sources below one a week, and for the worst source. Ours is the product's own plan:
each poll becomes a crawl report, `scheduler.plan.next_turn` says when the next one is, and `scheduler.terms.settled` renews
the terms of all sources once a day. The traces are modelled (benchmarks/news_year.py). The first 28 days are not counted;
the cold start has a table of its own. Years were tuned on with seeds below 100; judge by others.
"""

from __future__ import annotations

import argparse
import heapq
import sys
import time as stopwatch
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

import news_year  # noqa: E402
from news_year import MIXES, START, traces  # noqa: E402

from archive import CrawlReport, Outcome  # noqa: E402
from scheduler.adaptive import Adaptive, Terms, Wishes, adapt, turn_after  # noqa: E402
from scheduler.plan import Timetable, next_turn, share  # noqa: E402
from scheduler.rhythm import Rhythm  # noqa: E402
from scheduler.terms import CRAWLS_SEEN, settled  # noqa: E402

WARM_UP = 28
COLD = 14


def end():
    return START + timedelta(days=news_year.DAYS)


@dataclass
class Result:
    """Delays in hours, by source, and the requests of the counted days."""

    delays: dict = field(default_factory=dict)
    polls: int = 0
    days: int = 0


def row(results, years):
    """Of these years together: requests a day; median, p95 and mean of the delays; p95 of sources below one item a week, of which
    one year has too few items to say; and the p95 of the worst source, mean of the years.
    """
    both = list(zip(results, years, strict=True))
    every = np.concatenate([delays for result in results for delays in result.delays.values()])
    slow = np.concatenate([result.delays[t.slug] for result, year in both for t in year if t.rate < 1] or [[np.nan]])
    worst = [max((np.percentile(d, 95) for d in r.delays.values() if len(d) >= 5), default=np.nan) for r in results]
    per_day = np.mean([result.polls / result.days for result in results])
    slow95 = np.percentile(slow, 95) if len(slow) else np.nan
    return [per_day, np.median(every), np.percentile(every, 95), every.mean(), slow95, np.nanmean(worst)]


def count(year, polls_of, first_day=WARM_UP, last_day=None):
    """The result of polls given as hours since START, by slug, for what appears between two days."""
    last_day = last_day or news_year.DAYS
    result = Result(days=last_day - first_day)
    first, last = first_day * 24, last_day * 24
    for trace in year:
        polls = np.asarray(polls_of[trace.slug])
        items = trace.items[(trace.items >= first) & (trace.items < min(last, polls[-1]))]
        result.delays[trace.slug] = polls[np.searchsorted(polls, items)] - items
        result.polls += int(((polls >= first) & (polls < last)).sum())
    return result


# --- peers ------------------------------------------------------------------------------------------------------------


def fixed(hours):
    def policy(year):
        return {t.slug: np.arange(share(t.slug) * hours, news_year.DAYS * 24 + hours, hours) for t in year}

    return policy


def office_cron(hours):
    """At these hours of working days, in the zone the file states."""

    def policy(year):
        polls = {}
        for trace in year:
            at = []
            for day in range(-1, news_year.DAYS + 4):
                local = (START + timedelta(days=day)).astimezone(trace.told_zone).date()
                if local.weekday() < 5:
                    moments = (datetime.combine(local, time(h), tzinfo=trace.told_zone) for h in hours)
                    at += [(m - START).total_seconds() / 3600 for m in moments]
            polls[trace.slug] = np.array(sorted({h for h in at if h >= 0}))
        return polls

    return policy


def rate_adaptive(items, least=2.0, most=24.0):
    """As feed readers do: wait until so many items are expected, by the rate of the last sixty days."""

    def policy(year):
        polls = {}
        for trace in year:
            at, seen, span, before = [share(trace.slug)], 0.3, 0.3 / 3 * 7 * 24, 0
            while at[-1] < news_year.DAYS * 24:
                wait = min(most, max(least, items * span / seen))
                now = at[-1] + wait
                found = int(np.searchsorted(trace.items, now))
                fade = 0.5 ** (wait / (60 * 24))
                seen, span, before = seen * fade + found - before, span * fade + wait, found
                at.append(now)
            polls[trace.slug] = np.array(at)
        return polls

    return policy


def oracle(year):
    return {t.slug: np.append(np.unique(t.items), news_year.DAYS * 24 + 1) for t in year}


# --- ours -------------------------------------------------------------------------------------------------------------


class Year:
    """One year of all sources in the order of time, so that no source learns from another one's future."""

    def __init__(self, year, terms, budget):
        self.traces = {t.slug: t for t in year}
        self.terms, self.budget = terms, budget
        self.tables = {t.slug: Timetable(slug=t.slug, schedule="adaptive", zone=t.told_zone) for t in year}
        self.crawls = {t.slug: [] for t in year}  # newest first
        self.made = Counter()

    def live(self):
        times = {slug: [] for slug in self.traces}
        turns = [(START + timedelta(minutes=share(slug) * 60), slug) for slug in self.traces]
        heapq.heapify(turns)
        today = 0
        while turns:
            now, slug = heapq.heappop(turns)
            while (now - START).days > today:
                today += 1
                self.new_day(today)
            self.made[today] += 1
            times[slug].append((now - START).total_seconds() / 3600)
            if now <= end():
                heapq.heappush(turns, (self.poll(slug, now), slug))
        return times

    def new_day(self, today):
        now = START + timedelta(days=today)
        rhythms = [
            adapt(crawls, now, Wishes(zone=self.tables[slug].zone), self.terms).rhythm
            for slug, crawls in self.crawls.items()
            if crawls
        ]
        made = sum(self.made[day] for day in range(today - 7, today)) / 7 if today >= 7 else None
        self.terms = settled(self.terms, rhythms, made=made, budget=self.budget)

    def poll(self, slug, now):
        crawls = self.crawls[slug]
        crawls.insert(0, self.crawl(self.traces[slug], crawls[0].started if crawls else None, now))
        del crawls[CRAWLS_SEEN:]
        due = next_turn(self.tables[slug], None, crawls, now, terms=self.terms)
        assert due.at > now, (slug, now, due)
        return due.at

    def crawl(self, trace, before, now):
        """What the product's crawl would report: new items, and the days that the list states for them."""
        if before is None:
            days = Counter(day.isoformat() for day in trace.listed)
        else:
            hours = [(moment - START).total_seconds() / 3600 for moment in (before, now)]
            first, last = np.searchsorted(trace.items, hours, side="right")
            moments = (START + timedelta(hours=float(item)) for item in trace.items[first:last])
            days = Counter(moment.astimezone(trace.zone).date().isoformat() for moment in moments)
        new = sum(days.values())
        return CrawlReport(
            source=trace.slug, crawl=1, started=now, ended=now, outcome=Outcome.OK if new else Outcome.EMPTY,
            new=new, days=days,
        )  # fmt: skip


def ours(*, budget=None, **terms):
    def policy(year):
        return Year(year, Terms(**terms), budget).live()

    return policy


def truth_known(**terms):
    """The bound of what learning could reach: our look-ahead with each source's true rate and rhythm."""

    def policy(year):
        polls = {}
        for trace in year:
            rhythm = Rhythm(
                per_week=trace.rate,
                week=trace.week,
                shift=timedelta(0),
                sure=1.0,
                quiet=1.0,
                own=np.zeros((2, 48)),
                finds=100.0,
                polls=100,
            )
            wishes = Wishes(zone=trace.zone, share=share(trace.slug))
            adaptive = Adaptive(rhythm=rhythm, wishes=wishes, terms=Terms(**terms))
            at = [START + timedelta(minutes=share(trace.slug) * 60)]
            while at[-1] <= end():
                at.append(turn_after(adaptive, at[-1])[0])
            polls[trace.slug] = np.array([(moment - START).total_seconds() / 3600 for moment in at])
        return polls

    return policy


POLICIES = {
    "fixed 24 h": fixed(24),
    "fixed 12 h": fixed(12),
    "fixed 6 h": fixed(6),
    "fixed 1 h": fixed(1),
    "cron 12,18 working days": office_cron((12, 18)),
    "cron 10,12,14,16,18,22 working days": office_cron((10, 12, 14, 16, 18, 22)),
    "rate-adaptive, every 0.3 items": rate_adaptive(0.3),
    "rate-adaptive, every 0.6 items": rate_adaptive(0.6),
    "ours, default price": ours(),
    "ours, 66 a day": ours(budget=66),
    "ours, 88 a day": ours(budget=88),
    "bound: truth known": truth_known(),
    "oracle": oracle,
}
HEAD = f"{'policy':38} {'req/day':>8} {'median':>7} {'p95':>7} {'mean':>7} {'slow p95':>9} {'worst p95':>10}"


def line(name, figures, note=""):
    per_day, median, p95, mean, slow, worst = figures
    print(f"{name:38} {per_day:8.1f} {median:7.2f} {p95:7.2f} {mean:7.2f} {slow:9.1f} {worst:10.1f} {note}", flush=True)


def table(mix, policies, seeds):
    """Returns the figures of the cold start."""
    print(f"\n{mix}\n{HEAD}")
    years = [traces(mix, seed) for seed in seeds]
    cold = {}
    for name, policy in policies.items():
        since = stopwatch.process_time()
        polls = [policy(year) for year in years]
        results = [count(year, times) for year, times in zip(years, polls, strict=True)]
        young = [count(year, times, 0, COLD) for year, times in zip(years, polls, strict=True)]
        cold[name] = row(young, years)
        single = [row([result], [year]) for result, year in zip(results, years, strict=True)]
        spread = " ".join(f"{figures[1]:.2f}/{figures[2]:.2f}" for figures in single) if "ours" in name else ""
        line(name, row(results, years), f"{stopwatch.process_time() - since:4.0f} s CPU  {spread}")
    return cold


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2, help="years to look at")
    parser.add_argument("--first-seed", type=int, default=101)
    parser.add_argument("--mixes", action="store_true", help="the changed mixes as well")
    parser.add_argument("--mix", action="append", choices=MIXES, help="this mix alone")
    parser.add_argument("--days", type=int, default=news_year.DAYS, help="of a year")
    parser.add_argument("--only", help="only policies whose name holds this")
    given = parser.parse_args()
    news_year.DAYS = given.days
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    chosen = {name: policy for name, policy in POLICIES.items() if given.only is None or given.only in name}
    budgets = {name: policy for name, policy in chosen.items() if "ours" in name and "a day" in name}
    for mix in given.mix or (MIXES if given.mixes else MIXES[:1]):
        cold = table(mix, chosen if mix == "base" else budgets, seeds)
        if mix == "base":
            print(f"\nbase, the first {COLD} days\n{HEAD}")
            for name, figures in cold.items():
                line(name, figures)


if __name__ == "__main__":
    main()
