"""kill -9 at random moments of crawls, and what must hold afterwards. The tests do it a few times, benchmarks/kills.py fifty.

A siege is a row of days. On each day the site has changed, and crawls of it are killed until one gets through. Beside it an
undisturbed archive sees the same days. In the end both hold the same, the feed has no gap, and little was asked for twice.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

from institute import DAY_1, Institute

from archive import Archive, Outcome, write_export
from crawler import CrawlProcess, start_crawl

EARLY = 0.5  # share of the delay below which a request came too early: clock, crawl and server share few cores here
PATIENCE_S = 180.0


def a_site(articles: int) -> Institute:
    """Articles with some of everything: copies inside the site, redirects, pages that are gone."""
    site = Institute()
    paths = site.articles(articles - 10)
    for n in range(5):
        site.pages[f"/copies/{n}.html"] = site.pages[paths[n]]
        site.entries[f"/copies/{n}.html"] = site.entries[paths[n]]
    for n in range(3):
        site.entries[f"/old/{n}.html"] = (f"Moved number {n}", "2031-04-02")
        site.moved(f"/old/{n}.html", paths[50 + n])
    for n in range(2):
        site.entries[f"/lost/{n}.html"] = (f"Lost number {n}", "2031-04-02")
    site.listing(per_page=15)
    return site


def another_day(site: Institute, day: int) -> None:
    """The site goes on: every tenth page is edited, some are new, some gone, some moved for good."""
    paths = [path for path in site.entries if path.startswith("/news/203104/")]
    for path in paths[day::10]:
        site.article(
            path,
            site.entries[path][0],
            f"Rewritten on day {day}.",
            "The rest of it stays what it was.",
            date="2031-04-02",
        )
    for n, path in enumerate(paths[3 + day :: 40]):
        site.gone(path, 410 if n % 2 else 404)
    for n, path in enumerate(paths[7 + day :: 50]):
        if path in site.entries:
            new = f"/moved/{day}/{n}.html"
            site.pages[new], site.entries[new] = site.pages[path], site.entries.pop(path)
            site.moved(path, new)
    site.articles(len(paths) // 20, start=10_000 * day)
    site.listing(per_page=15)


class Consumer(threading.Thread):
    """Reads the change feed all the while and keeps what it saw."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.seen, self.stop, self.problem = url, [], threading.Event(), None
        self.start()

    def run(self) -> None:
        try:
            with Archive(self.url) as archive:
                while True:
                    last = self.stop.is_set()
                    fresh = archive.changes(after=self.seen[-1].seq if self.seen else 0)
                    self.seen += fresh
                    if last and not fresh:
                        return
                    if not fresh:
                        self.stop.wait(0.01)
        except Exception as error:  # noqa: BLE001
            self.problem = error

    def end(self) -> list[int]:
        """The numbers it saw, in its order."""
        self.stop.set()
        self.join(60)
        if self.problem is not None:
            raise self.problem
        return [change.seq for change in self.seen]


@dataclass
class Siege:
    """What happened."""

    kills: int = 0
    fatal: int = 0  #: kills that met a crawl still at work
    days: int = 0
    requests: int = 0
    bodies: int = 0  #: article pages answered with a body
    twice: int = 0  #: of them, those that were answered before on the same day
    worst: int = 0  #: most of them that one kill cost
    early: int = 0  #: requests that came sooner after the one before than the delay allows
    early_anew: int = 0  #: of them, the first of a crawl: what a killed one had in flight may have just left

    def __str__(self) -> str:
        return (
            f"{self.kills} kills over {self.days} days, {self.fatal} in the midst of work; {self.requests} requests, "
            f"{self.bodies} article pages, {self.twice} of them once more after a kill (at most {self.worst} after one), "
            f"{self.early} requests sooner than the delay allows, {self.early_anew} of them the first after a kill"
        )


def besiege(folder: Path, *, kills: int, articles: int, seed: int, delay_s: float) -> tuple[Siege, Path, Path]:
    """Kill so many crawls, backfill first, then recrawls; what happened, the folders of the calm and the besieged archive.
    `delay_s`: between two requests to the site, as its source file says.
    """
    calm, wild = folder / "calm", folder / "wild"
    for place in (calm, wild):
        place.mkdir()
        Archive(url_of(place)).close()
    siege, rng, consumer = Siege(), random.Random(seed), Consumer(url_of(wild))
    site = a_site(articles)
    with site.served():
        source = site.source(folder).model_copy(update={"delay": timedelta(seconds=delay_s), "text": ""})
        while siege.kills < kills:
            now, recheck = DAY_1 + timedelta(days=2 * siege.days), siege.days > 0
            if siege.days:
                another_day(site, siege.days)
            done = start_crawl(source, url_of(calm), now=now, recheck=recheck).wait(PATIENCE_S)
            assert done.outcome in (Outcome.OK, Outcome.EMPTY), done
            site.forget()
            begin = partial(start_crawl, source, url_of(wild), now=now, recheck=recheck)
            firsts = _one_day(siege, site, begin, kills, rng)
            early = {n for n, (one, next_) in enumerate(pairwise(site.moments), 1) if next_ - one < EARLY * delay_s}
            siege.early += len(early)
            siege.early_anew += len(early & firsts)
            siege.days += 1
    numbers = consumer.end()
    assert numbers == list(range(1, len(numbers) + 1)), "the feed has a gap"
    with Archive(url_of(wild)) as archive:
        assert archive.latest() == len(numbers), "the feed was not read to its end"
    return siege, calm, wild


def _one_day(
    siege: Siege, site: Institute, start: Callable[[], CrawlProcess], kills: int, rng: random.Random
) -> set[int]:
    """Kill until a crawl gets through; which requests of the day were the first of a crawl."""
    through, twice, firsts = False, 0, set()
    while not through:
        firsts.add(len(site.log))
        process, spared = start(), siege.kills >= kills
        if not spared:
            aim, patience = len(site.log) + rng.randint(1, 60), time.monotonic() + PATIENCE_S
            while len(site.log) < aim and process.poll() is None and time.monotonic() < patience:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.05))  # anywhere in the work on an answer, not only at its arrival
            process.kill()
        report = process.wait(PATIENCE_S)
        through = report.outcome is not Outcome.FAILED
        siege.kills += not spared
        siege.fatal += not through
        assert through or not spared, report
        before, twice = twice, sum(count - 1 for count in Counter(bodies(site)).values())
        siege.worst = max(siege.worst, twice - before)
    siege.requests += len(site.log)
    siege.bodies += len(bodies(site))
    siege.twice += twice
    return firsts


def bodies(site: Institute) -> list[str]:
    """The article pages that were answered with a body, in order."""
    return [
        path
        for path, status in site.log
        if status == 200 and not path.startswith(("/news/?", "/robots")) and path != "/news/"
    ]


def url_of(folder: Path) -> str:
    """The archive in this folder."""
    return f"sqlite:///{folder / 'a.db'}"


def exported(folder: Path) -> list[dict]:
    """All that the archive says, in one order."""
    rows = io.StringIO()
    with Archive(url_of(folder)) as archive:
        write_export(archive, rows)
    return sorted((json.loads(line) for line in rows.getvalue().splitlines()), key=lambda row: row["id"])


def revisions(folder: Path) -> dict[str, list[tuple]]:
    """What was when said by each article."""
    with Archive(url_of(folder)) as archive:
        return {
            known.id: [(r.number, r.at, r.digest) for r in archive.revisions(known.id)] for known in archive.articles()
        }


def findings(folder: Path) -> list[str]:
    """What contradicts itself in the archive or in its captures, as we and as warcio see it."""
    files = sorted((folder / "captures").glob("*.warc.gz"))
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", *map(str, files)], capture_output=True, text=True, check=False
    )
    left = [f"{path.name} was left open" for path in (folder / "captures").glob("*.open")]
    with Archive(url_of(folder)) as archive:
        own = [str(finding) for finding in archive.verify()]
    return [*own, *left, *([done.stdout + done.stderr] if done.returncode else [])]
