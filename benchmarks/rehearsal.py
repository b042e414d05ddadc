"""A rehearsal: the demo's sites publish by a virtual clock, and `newsarchive run` is a process that is stopped, killed and started
again. For month.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from month_news import month_of
from surroundings import clean_environment

from archive import Archive, Outcome
from newsarchive.demo.run import source_file
from newsarchive.demo.server import FIRST_DAY, Town, serve
from newsarchive.demo.sites import Site, load_sites
from scheduler import Watch

PATIENCE_S = 600.0  # real seconds for a process to do what it was asked, on a machine that is busy with other things


@dataclass
class Rehearsal:
    """A folder, sites that publish by a virtual clock, and the scheduler's process."""

    folder: Path
    sites: tuple[Site, ...]
    town: Town
    watch: Watch
    began: datetime  #: the real moment at which the virtual clock showed FIRST_DAY
    process: subprocess.Popen[bytes] | None = None
    marks: list[str] = field(default_factory=list)

    @property
    def day(self) -> float:
        return self.day_of(self.watch.now())

    @staticmethod
    def day_of(moment: datetime) -> float:
        return 1 + (moment - FIRST_DAY) / timedelta(days=1)

    @property
    def log(self) -> Path:
        return self.folder / "run.jsonl"

    def archive(self) -> Archive:
        return Archive(f"sqlite:///{self.folder / 'newsarchive.db'}", captures=self.folder / "captures")

    def start(self) -> None:
        when = f"{FIRST_DAY.isoformat()}@{self.began.isoformat()}"
        only = [part for site in self.sites for part in ("--only", site.slug)]
        command = [
            sys.executable,
            "-m",
            "newsarchive",
            "run",
            "--log",
            "json",
            "--start",
            when,
            "--speed",
            str(self.watch.speed),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *only], cwd=self.folder, env=clean_environment(), stderr=log, stdout=subprocess.DEVNULL
            )

    def end(self, how: signal.Signals) -> None:
        """Ask it to end, or kill it, in the middle of a crawl."""
        assert self.process is not None
        self.next_crawl()
        self.process.send_signal(how)
        self.process.wait(PATIENCE_S)
        self.mark(f"the clock had {how.name}")
        if how is not signal.SIGKILL and self.process.returncode != 0:
            raise AssertionError(f"the scheduler ended with {self.process.returncode}, see {self.log}")

    def mark(self, what: str) -> None:
        """A line of our own in the scheduler's log."""
        self.marks.append(f"day {self.day:5.2f}: {what}")
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"event": "mark", "what": what}) + "\n")

    def wait_for(self, day: float) -> None:
        while self.day < day:
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"the scheduler ended by itself with {self.process.returncode}, see {self.log}")
            time.sleep(0.05)

    def wait_until_seen(self, day: float) -> None:
        """Until every source was crawled well after this day, however busy this machine is."""
        moment = FIRST_DAY + timedelta(days=day - 1)
        deadline = time.monotonic() + PATIENCE_S * 2
        with self.archive() as archive:
            for site in self.sites:
                while not any(
                    report.started > moment and report.outcome in (Outcome.OK, Outcome.EMPTY)
                    for report in archive.crawls(site.slug, limit=3)
                ):
                    if time.monotonic() > deadline:
                        raise AssertionError(f"{site.slug} was not crawled after day {day:.1f}, see {self.log}")
                    time.sleep(0.1)

    def next_crawl(self) -> dict[str, str | int]:
        """Wait for the next crawl that begins; what the log says of it."""
        with self.log.open("rb") as log:
            log.seek(0, 2)
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                line = log.readline()
                if not line.endswith(b"\n"):
                    log.seek(-len(line), 1)
                    time.sleep(0.01)
                    continue
                event = json.loads(line)
                if event["event"] == "crawl began":
                    return event
        raise AssertionError(f"no crawl began within {PATIENCE_S} s, see {self.log}")

    def kill_a_crawl(self) -> None:
        """kill -9 of the next crawl that begins."""
        while not (event := self.next_crawl())["pid"]:
            pass  # it was not born yet when that was written
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(event["pid"]), signal.SIGKILL)
            self.mark(f"the crawl of {event['source']} had SIGKILL")


@contextlib.contextmanager
def rehearsed(folder: Path, days: float, minutes: float, slugs: set[str] | None = None) -> Iterator[Rehearsal]:
    """Sites that publish from now on, `days` in `minutes`, and nothing that crawls them yet."""
    sites = tuple(month_of(site, days) for site in load_sites() if slugs is None or site.slug in slugs)
    speed = days * 1440 / minutes
    quit_ = threading.Event()
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    with serve(sites) as town:
        lines = ['archive = "sqlite:///newsarchive.db"', 'sources = ["sources"]', "[alarms]", 'late = "48h"', ""]
        (folder / "newsarchive.toml").write_text("\n".join(lines), encoding="utf-8")
        for site in sites:
            text_ = source_file(site, town.bases[site.slug])
            (folder / "sources" / f"{site.slug}.toml").write_text(text_, encoding="utf-8")
        began = datetime.now(UTC)
        watch = Watch(start=FIRST_DAY, real=began, speed=speed)
        rehearsal = Rehearsal(folder, sites, town, watch, began)

        def turn_the_day() -> None:
            while not quit_.wait(0.05):
                town.day = rehearsal.day  # type: ignore[assignment]  # a fraction of a day as well

        thread = threading.Thread(target=turn_the_day, daemon=True)
        thread.start()
        try:
            yield rehearsal
        finally:
            quit_.set()
            thread.join()
            if rehearsal.process is not None and rehearsal.process.poll() is None:
                rehearsal.process.kill()
                rehearsal.process.wait()
