"""A month in minutes: `newsarchive run` on the demo's sites by a virtual clock, stopped, killed and started again meanwhile.

    python benchmarks/month.py [--days 30] [--minutes 20] [--keep FOLDER]

The six sites of the demo publish for a month: news every few hours to once a week, corrections, a withdrawal, a move. The
scheduler is a process of its own, with crawls as its children. It is asked to end and started again twice, killed once (and
stays away for a day), and one of its crawls is killed once. Afterwards everything that was published must be in the archive, as it
was published last, once; and from the scheduler's own log: no turn was had twice, none was lost, no source overlapped itself.

Ends with 1 if any of that does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from archive import Archive, Outcome, Status, UnknownArticle
from newsarchive.demo.run import source_file
from newsarchive.demo.server import FIRST_DAY, Town, serve
from newsarchive.demo.sites import Edit, Item, Site, Withdrawal, load_sites
from scheduler import Watch

LAST_QUIET = 1.5  # days at the end without news, so that what came last is found
RECHECKED = 4.0  # days after which a correction must have been seen
PATIENCE_S = 120.0  # real seconds for a process to do what it was asked
SPECIES = [
    "moss",
    "fern",
    "lichen",
    "sedge",
    "heather",
    "birch",
    "alder",
    "rowan",
    "juniper",
    "gorse",
    "thistle",
    "clover",
    "vetch",
    "yarrow",
    "sorrel",
    "plantain",
]
PLACES = [
    "garden",
    "ridge",
    "harbour",
    "quarry",
    "meadow",
    "terrace",
    "island",
    "valley",
    "greenhouse",
    "cellar",
    "tower",
    "bridge",
    "orchard",
    "canal",
]
DEEDS = [
    "measured",
    "counted",
    "mapped",
    "weighed",
    "photographed",
    "compared",
    "dried",
    "numbered",
    "traced",
    "sorted",
    "watered",
    "drew",
]
ZH_SPECIES = [
    "苔藓",
    "蕨类",
    "地衣",
    "石楠",
    "白桦",
    "赤杨",
    "花楸",
    "杜松",
    "蓟草",
    "三叶草",
    "野豌豆",
    "酸模",
    "车前",
    "芦苇",
    "睡莲",
    "冷杉",
]
ZH_PLACES = [
    "花园",
    "山脊",
    "港口",
    "采石场",
    "草甸",
    "梯田",
    "岛屿",
    "山谷",
    "温室",
    "地窖",
    "塔楼",
    "桥梁",
    "果园",
    "运河",
]
ZH_DEEDS = ["测量", "统计", "绘制", "称量", "拍摄", "比较", "晾晒", "编号", "追踪", "分类", "浇灌", "描绘"]


@dataclass(frozen=True)
class Manner:
    """How a site publishes in the month."""

    path: str
    every_days: float
    chinese: bool = False


MANNERS = {
    "yiao-english": Manner("/ns/{ym}/t{ymd}_{n}.html", 0.4),
    "lipp-english": Manner("/news/ue/{ym}/t{ymd}_{n}.html", 1.1),
    "yunchuan-city": Manner("/news/{y}-{m}/{d}/c_{n}.html", 0.7, chinese=True),
    "meridian-press": Manner("/news/finding-{n}.html", 2.5),
    "yiao-chinese": Manner("/xwdt/zhxw/{ym}/t{ymd}_{n}.html", 0.6, chinese=True),
    "hollin-lake": Manner("/{y}/{m}/story-{n}/", 7.0),
}


# --- what is published ------------------------------------------------------------------------------------------------


def text(rng: random.Random, *, chinese: bool) -> tuple[str, tuple[str, ...]]:
    """A title and paragraphs that nobody else has."""
    if chinese:
        pick = lambda: f"{rng.choice(ZH_PLACES)}里的{rng.choice(ZH_SPECIES)}{rng.randint(2, 999)}株"  # noqa: E731
        title = f"研究人员{rng.choice(ZH_DEEDS)}{pick()}"
        lines = [
            f"工作组在{rng.randint(2, 30)}天内{rng.choice(ZH_DEEDS)}了{pick()}，并与{pick()}作了{rng.choice(ZH_DEEDS)}。"
            for _ in range(12)
        ]
        return title, tuple("".join(lines[n : n + 4]) for n in (0, 4, 8))
    pick = lambda: f"{rng.randint(2, 999)} {rng.choice(SPECIES)} plants in the {rng.choice(PLACES)}"  # noqa: E731
    title = f"A group {rng.choice(DEEDS)} {pick()}"
    lines = [
        f"Within {rng.randint(2, 30)} days the group {rng.choice(DEEDS)} {pick()} and {rng.choice(DEEDS)} {pick()} as well."
        for _ in range(12)
    ]
    return title, tuple(" ".join(lines[n : n + 4]) for n in (0, 4, 8))


def month_of(site: Site, days: float, seed: int = 1) -> Site:
    """The site with a month of news after its own: items at fractions of days, corrections, one withdrawal."""
    manner, rng = MANNERS[site.slug], random.Random(f"{site.slug} {seed}")
    model = next(item for item in site.items if item.news)
    items: list[Item] = []
    at = 2.0
    while (at := at + manner.every_days * rng.uniform(0.4, 1.6)) < 1 + days - LAST_QUIET:
        when = (FIRST_DAY + timedelta(days=at - 1)).date()
        values = {"y": when.year, "m": f"{when:%m}", "d": f"{when:%d}", "ym": f"{when:%Y%m}", "ymd": f"{when:%Y%m%d}"}
        title, paragraphs = text(rng, chinese=manner.chinese)
        items.append(
            replace(
                model,
                path=manner.path.format(n=500_000 + len(items), **values),
                title=title,
                paragraphs=paragraphs,
                since=at,
                date=_day_in(model.date, when.isoformat()),
                listed=_day_in(model.listed, when.isoformat()),
                reprint_of=None,
                attachment=None,
                image=None,
            )
        )
    edits = list(site.edits)
    for item in items[3::7]:
        was = item.paragraphs[0]
        edits.append(Edit(path=item.path, since=item.since + rng.uniform(0.2, 1.5), was=was, now=f"{was} (2026)"))
    gone = tuple(Withdrawal(path=item.path, since=item.since + 3) for item in items[5:6])
    return replace(
        site, items=(*reversed(items), *site.items), edits=tuple(edits), withdrawals=(*site.withdrawals, *gone)
    )


def _day_in(stated: str | None, day: str) -> str | None:
    return stated and day + stated[10:]


# --- the rehearsal ----------------------------------------------------------------------------------------------------


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
        return 1 + (self.watch.now() - FIRST_DAY) / timedelta(days=1)

    @property
    def log(self) -> Path:
        return self.folder / "run.jsonl"

    def archive(self) -> Archive:
        return Archive(f"sqlite:///{self.folder / 'newsarchive.db'}", captures=self.folder / "captures")

    def start(self) -> None:
        env = {
            k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("NEWSARCHIVE_")
        }
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
                [*command, *only], cwd=self.folder, env=env, stderr=log, stdout=subprocess.DEVNULL
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
        event = self.next_crawl()
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


# --- what must hold ---------------------------------------------------------------------------------------------------


def differences(rehearsal: Rehearsal, last_day: float) -> list[str]:
    """Where the archive departs from what was published."""
    wrong: list[str] = []
    published = 0
    with rehearsal.archive() as archive:
        wrong += [f"{found.what} {found.where}: {found.problem}" for found in archive.verify()]
        changes = archive.changes(0, 10_000)
        if [change.seq for change in changes] != list(range(1, len(changes) + 1)):
            wrong.append("the feed has holes")
        kept = archive.counts()
        for site in rehearsal.sites:
            base = rehearsal.town.bases[site.slug]
            ever = [item for item in site.items if item.news and item.since <= last_day]
            published += len(ever)
            if kept.get(site.slug) != len(ever):
                wrong.append(f"{site.slug}: {kept.get(site.slug, 0)} articles are kept, {len(ever)} were published")
            edited = {edit.path: edit.since for edit in site.edits}
            gone = {away.path: away.since for away in site.withdrawals}
            for item in site.news(last_day):
                try:
                    known = archive.known(base + item.path)
                except UnknownArticle:
                    wrong.append(f"{site.slug}: {item.path} of day {item.since:.1f} is missing")
                    continue
                seen_again = edited.get(item.path, 0) < last_day - RECHECKED
                if seen_again and item.paragraphs[0][:60] not in known.article.body.replace("\n", " "):
                    wrong.append(f"{site.slug}: {item.path} does not read as it did last")
            for path, since in gone.items():
                if since < last_day - RECHECKED and archive.known(base + path).status is not Status.GONE:
                    wrong.append(f"{site.slug}: {path} was withdrawn and is not marked gone")
        doubled = [
            url for url, count in Counter(known.article.url for known in archive.articles()).items() if count > 1
        ]
        wrong += [f"{url} is kept twice" for url in doubled]
    rehearsal.marks.append(
        f"{published} articles were published, {sum(kept.values())} are kept, {len(changes)} changes"
    )
    return wrong


@dataclass
class Turns:
    """What the scheduler's log says of turns."""

    had: int = 0
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    overlapping: list[str] = field(default_factory=list)
    interrupted: int = 0
    longest_gap: timedelta = timedelta(0)
    outcomes: Counter[str] = field(default_factory=Counter)


def turns_of(log: Path, end: datetime) -> Turns:
    """Follow every turn through the log. A turn is named by its source and the moment it was due."""
    turns = Turns()
    running: dict[str, str] = {}  # source -> the turn it is crawled for
    done: set[tuple[str, str]] = set()
    planned: dict[str, str] = {}
    clocks: dict[str, list[datetime]] = defaultdict(list)
    for line in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        source = event.get("source")
        if event["event"] == "mark" and event["what"].startswith("the clock had"):
            turns.interrupted += len(running)
            for lost in running:
                planned.pop(lost, None)
            running.clear()
        elif event["event"] == "crawl began":
            if source in running:
                turns.overlapping.append(f"{source} at {event['turn']}")
            if (source, event["turn"]) in done:
                turns.doubled.append(f"{source} at {event['turn']}")
            if source in planned and planned[source] != event["turn"]:
                turns.lost.append(f"{source}: planned for {planned[source]}, the next turn was {event['turn']}")
            running[source] = event["turn"]
            clocks[source].append(datetime.fromisoformat(event["clock"]))
        elif event["event"] == "crawl ended":
            turn = running.pop(source, None)
            turns.outcomes[event["outcome"]] += 1
            planned[source] = event["next"]
            if event["stopped"]:
                turns.interrupted += 1
            elif turn is not None:
                turns.had += 1
                done.add((source, turn))
    turns.lost += [
        f"{source}: planned for {at}, never had"
        for source, at in planned.items()
        if datetime.fromisoformat(at) < end - timedelta(hours=12)
    ]
    gaps = [later - earlier for times in clocks.values() for earlier, later in pairwise(times)]
    turns.longest_gap = max(gaps, default=timedelta(0))
    return turns


def month(rehearsal: Rehearsal, days: float) -> tuple[list[str], Turns]:
    """Rehearse it; what does not hold, and what the log says of turns."""
    rehearsal.start()
    rehearsal.wait_for(days * 0.27)
    rehearsal.end(signal.SIGTERM)
    rehearsal.start()
    rehearsal.wait_for(days * 0.45)
    rehearsal.end(signal.SIGKILL)
    rehearsal.process = None
    rehearsal.wait_for(days * 0.45 + 1)
    rehearsal.start()
    rehearsal.wait_for(days * 0.6)
    rehearsal.kill_a_crawl()
    rehearsal.wait_for(days * 0.75)
    rehearsal.end(signal.SIGTERM)
    rehearsal.start()
    rehearsal.wait_for(days + 1)
    rehearsal.wait_until_seen(days)
    rehearsal.end(signal.SIGTERM)
    last_day = rehearsal.day
    wrong = differences(rehearsal, last_day)
    turns = turns_of(rehearsal.log, rehearsal.watch.now())
    return [*wrong, *turns.doubled, *turns.lost, *turns.overlapping], turns


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=float, default=30, help="virtual days")
    parser.add_argument("--minutes", type=float, default=20, help="real minutes that they take")
    parser.add_argument("--keep", type=Path, help="leave archive and log in this folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        with rehearsed(given.keep or Path(temporary), given.days, given.minutes) as rehearsal:
            wrong, turns = month(rehearsal, given.days)
        for line in rehearsal.marks:
            print(line)
        print(
            f"{turns.had} turns were had, {turns.interrupted} crawls interrupted; doubled {len(turns.doubled)}, "
            f"lost {len(turns.lost)}, overlapping {len(turns.overlapping)}; longest time between two crawls of a source "
            f"{turns.longest_gap / timedelta(hours=1):.1f} h; outcomes {dict(turns.outcomes)}"
        )
        for line in wrong:
            print(f"WRONG: {line}")
        print("all holds" if not wrong else f"{len(wrong)} things are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
