"""Writers and readers of one change feed, killed with -9 at random moments, and what must hold afterwards.

The tests do it for a few rounds, benchmarks/changes.py for a hundred. Writers go through steps of their own, as crawls do
that are repeated after a crash: new articles, edited ones, the same text as all others at the same time, some that are gone
and come back. They note what each step was told. Readers come in two kinds: `follow` keeps its cursor with its results, in
one transaction; `consume` has the archive keep it under a name. Every process is one of its own, with its own connection.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from archive import Archive, Arrival, Article, Change, UnknownConsumer, Visit, change_row

AT = datetime(2031, 4, 2, tzinfo=UTC)
NEW = 3  # articles a step
GONE = 5  # steps between two that find an article gone
LIMIT_MAX = 40  # changes in one answer
GROWTH_MAX = 60  # changes between two rounds, where it is not said otherwise
PATIENCE_S = 600.0  # for a write of the others, and for one that is to end: the machine may be busy with other things
WORDS = [a + b + c for a in "bdfgklmnprst" for b in "aeiou" for c in ("n", "rs", "st", "l", "t", "ve")]

# A fresh interpreter for each process would be most of the work.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["archive.archive", "archive.export"])

Line = dict[str, object]


class Log:
    """Lines that stay when their writer is killed: each is one write."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, said: object) -> None:
        os.write(self._file, f"{json.dumps(said)}\n".encode())


def noted(file: Path) -> list:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


# --- those who write --------------------------------------------------------------------------------------------------


def arrival(source: str, path: str, seed: str, step: int) -> Arrival:
    words = random.Random(seed).choices(WORDS, k=40)
    url = f"http://{source}.example/{path}"
    article = Article(source=source, url=url, title=" ".join(words[:5]), body=" ".join(words), published="2031-04-01")
    visit = Visit(source=source, url=url, state="done")
    return Arrival(article=article, at=AT + timedelta(minutes=step), visit=visit)


def batch(source: str, step: int) -> list[Arrival]:
    """What a crawl brings in this step."""
    edited = step * NEW // 2
    return [
        *(arrival(source, str(n), f"{source} {n}", step) for n in range(step * NEW, step * NEW + NEW)),
        *([arrival(source, str(edited), f"{source} {edited} {step}", step)] if step else []),
        arrival(source, f"shared/{step}", f"shared {step}", step),
    ]


def write(url: str, folder: Path, name: str) -> None:
    told = Log(folder / f"{name}.told")
    done = len(noted(folder / f"{name}.told"))
    with Archive(url, captures=folder / "captures", patience_s=PATIENCE_S) as archive:
        for step in count(done):
            if (folder / "enough").exists():
                return
            arrivals, at = batch(name, step), AT + timedelta(minutes=step)
            changes = [change for made in archive.store_batch(arrivals) for change in made]
            if step % GONE == GONE - 1:
                lost = f"http://{name}.example/{step * NEW // 2 + 1}"
                gone = archive.gone(name, lost, at=at)
                changes += [gone] if gone else []
            told.note([change_row(change) for change in changes])


# --- those who read ---------------------------------------------------------------------------------------------------


def batches(archive: Archive, cursor: int, folder: Path, chance: random.Random) -> Iterator[Sequence[Change]]:
    """What comes after the cursor, for as long as something may come."""
    with archive.watch() as wait:
        while True:
            last = (folder / "stop").exists()  # asked first: what is written before it was made is there
            if changes := archive.changes(cursor, chance.randint(1, LIMIT_MAX)):
                yield changes
                cursor = changes[-1].seq
            elif last:
                return
            else:
                wait(0.5)


def follow(url: str, folder: Path, name: str) -> None:
    with closing(sqlite3.connect(folder / f"{name}.db")) as own, Archive(url, read_only=True) as archive:
        own.execute("CREATE TABLE IF NOT EXISTS seen (n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, line TEXT NOT NULL)")
        cursor = own.execute("SELECT coalesce((SELECT seq FROM seen ORDER BY n DESC LIMIT 1), 0)").fetchone()[0]
        for changes in batches(archive, cursor, folder, random.Random(os.getpid())):
            rows = [(change.seq, json.dumps(change_row(change))) for change in changes]
            with own:
                own.executemany("INSERT INTO seen (seq, line) VALUES (?, ?)", rows)


def consume(url: str, folder: Path, name: str) -> None:
    log = Log(folder / f"{name}.log")
    with Archive(url, captures=folder / "captures", patience_s=PATIENCE_S) as archive:
        try:
            cursor = archive.consumer(name).cursor
        except UnknownConsumer:
            cursor = 0
        log.note({"from": cursor})
        for changes in batches(archive, cursor, folder, random.Random(os.getpid())):
            for change in changes:
                log.note(change_row(change))
            archive.commit(name, changes[-1].seq)
            log.note({"kept": changes[-1].seq})


# --- the siege --------------------------------------------------------------------------------------------------------


@dataclass
class Siege:
    """How it went. Of the counts all but `again` must be nothing."""

    rounds: int = 0
    killed: Counter = field(default_factory=Counter)  #: by role
    changes: int = 0
    kinds: Counter = field(default_factory=Counter)
    read: int = 0  #: lines over all readers
    again: int = 0  #: read again by a named consumer that was killed before its commit: at least once
    lost: int = 0  #: told to a writer and not in the feed, or in the feed and not read by one reader
    out_of_order: int = 0
    doubled: int = 0
    altered: int = 0  #: another line than the writer was told, or than the feed has

    @property
    def faults(self) -> int:
        return self.lost + self.out_of_order + self.doubled + self.altered

    def __str__(self) -> str:
        killed = ", ".join(f"{count} {role}s" for role, count in sorted(self.killed.items()))
        return (
            f"{self.rounds} rounds, killed: {killed}; {self.changes} changes, {self.read} lines read: {self.lost} lost, "
            f"{self.out_of_order} out of order, {self.doubled} doubled, {self.altered} altered; "
            f"{self.again} read again after a kill before the commit"
        )


ROLES: dict[str, Callable[[str, Path, str], None]] = {"writer": write, "follower": follow, "consumer": consume}


class Crowd:
    """Processes by their names, of which each can be killed and comes again."""

    def __init__(self, url: str, folder: Path, names: Iterable[str]) -> None:
        self._given = url, folder
        self._running = {name: self._start(name) for name in names}

    def _start(self, name: str) -> multiprocessing.Process:
        process = PROCESSES.Process(target=ROLES[role_of(name)], args=(*self._given, name), daemon=True)
        process.start()
        return process

    def names(self, role: str | None = None) -> list[str]:
        return [name for name in self._running if role in {None, role_of(name)}]

    def kill(self, name: str) -> None:
        process = self._running[name]
        process.kill()
        process.join()
        if process.exitcode != -9:
            raise RuntimeError(f"{name} had ended by itself with {process.exitcode}")
        self._running[name] = self._start(name)

    def look(self) -> None:
        """Raises RuntimeError when one has ended by itself."""
        for name, process in self._running.items():
            if process.exitcode is not None:
                raise RuntimeError(f"{name} ended by itself with {process.exitcode}")

    def finish(self, names: Iterable[str]) -> None:
        for name in names:
            self._running[name].join(PATIENCE_S)
            if self._running[name].exitcode != 0:
                raise RuntimeError(f"{name} should have ended: {self._running[name].exitcode}")

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
            process.join()


def role_of(name: str) -> str:
    return name.rstrip("0123456789")


@contextmanager
def crowd(url: str, folder: Path, names: Iterable[str]) -> Iterator[Crowd]:
    gathered = Crowd(url, folder, names)
    try:
        yield gathered
    finally:
        gathered.end()


def besiege(
    url: str, folder: Path, *, writers: int, readers: int, rounds: int, seed: int, growth: int = GROWTH_MAX
) -> Siege:
    """Let them write and read, kill one to three of them in each round, let them finish, and count what is wrong."""
    chance = random.Random(seed)
    found = Siege(rounds=rounds)
    wanted = {"writer": writers, "follower": readers, "consumer": readers}
    with Archive(url, captures=folder / "captures", patience_s=PATIENCE_S) as archive:
        names = [f"{role}{n}" for role, size in wanted.items() for n in range(size)]
        with crowd(url, folder, names) as running, archive.watch() as wait:
            for _ in range(rounds):
                target = archive.latest() + chance.randint(1, growth)
                while archive.latest() < target:
                    running.look()
                    wait(1.0)
                for name in chance.sample(running.names(), chance.choice((1, 1, 2, 3))):
                    running.kill(name)
                    found.killed[role_of(name)] += 1
            (folder / "enough").touch()
            running.finish(running.names("writer"))
            (folder / "stop").touch()
            running.finish(running.names())
        feed = whole_feed(archive)
    judge(found, feed, folder, names)
    return found


def whole_feed(archive: Archive) -> dict[int, Line]:
    feed: dict[int, Line] = {}
    while changes := archive.changes(len(feed), 1000):
        feed |= {change.seq: change_row(change) for change in changes}
    return feed


# --- what must hold ---------------------------------------------------------------------------------------------------


def judge(found: Siege, feed: dict[int, Line], folder: Path, names: Iterable[str]) -> None:
    found.changes, found.kinds = len(feed), Counter(line["kind"] for line in feed.values())
    found.out_of_order += list(feed) != list(range(1, len(feed) + 1))
    first = Counter(line["article"] for line in feed.values() if line["kind"] in {"new", "copied"})
    found.doubled += sum(count - 1 for count in first.values())  # an article that came twice
    for name in names:
        match role_of(name):
            case "writer":
                told = [line for step in noted(folder / f"{name}.told") for line in step]
                found.lost += sum(line["seq"] not in feed for line in told)
                found.altered += sum(line["seq"] in feed and feed[line["seq"]] != line for line in told)
            case "follower":
                with closing(sqlite3.connect(folder / f"{name}.db")) as own:
                    lines = [json.loads(line) for (line,) in own.execute("SELECT line FROM seen ORDER BY n")]
                _read(found, feed, [{"from": 0}, *lines], exactly=True)
            case _:
                _read(found, feed, noted(folder / f"{name}.log"), exactly=False)


def _read(found: Siege, feed: dict[int, Line], log: Sequence[Line], *, exactly: bool) -> None:
    """Hold what one reader saw against the feed. A consumer that comes again begins where it last committed."""
    seen: Counter = Counter()
    last = kept = 0
    for line in log:
        if "from" in line:
            found.lost += line["from"] > last  # it would begin after something that it never saw
            found.doubled += line["from"] < kept  # a commit that was told is forgotten
            last = line["from"]
        elif "kept" in line:
            kept = line["kept"]
        else:
            found.out_of_order += line["seq"] != last + 1
            found.altered += feed.get(line["seq"]) != line
            found.doubled += line["seq"] <= kept
            last = line["seq"]
            seen[last] += 1
    found.read += seen.total()
    found.lost += len(feed.keys() - seen.keys())
    again = seen.total() - len(seen)
    if exactly:
        found.doubled += again
    else:
        found.again += again
