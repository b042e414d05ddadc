"""The change feed: is anything lost, out of order or doubled under kill -9, and how quickly is it read?

    python benchmarks/changes.py [--rounds 100] [--growth 60] [--seed 1] [--only sqlite|postgresql]
    python benchmarks/changes.py --read [--rows 1000000] [--only sqlite|postgresql]

The first lets four processes write on SQLite and eight on a private PostgreSQL, beside four readers: two that keep their
cursor with their results and two whose cursor the archive keeps under a name. In each round one to three of them are killed.
The tests do the same for three rounds (tests/archive/following.py says what must hold).

The second reads lines of JSON at several depths of the feed: ours by cursor, as `newsarchive changes` writes them, and as a
named consumer that commits after each answer; beside them, in turns, the driver alone: the same columns by keyset, a
dictionary and JSON a row, the same with its cursor committed (the peer of the named consumer), and by OFFSET, as feeds
without a cursor are read. On PostgreSQL the CPU of the server's process counts as well.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "archive")]

from cluster import cluster  # noqa: E402
from following import GROWTH_MAX, besiege  # noqa: E402
from writes import cpu  # noqa: E402

from archive import Archive, change_line  # noqa: E402
from archive.changes import log  # noqa: E402
from archive.dialect import reading, writing  # noqa: E402

WRITERS = {"sqlite": 4, "postgresql": 8}
READERS = 2  # of each kind
AT = datetime(2026, 11, 1, tzinfo=UTC)
DEPTHS = (0, 0.25, 0.5, 0.75, 0.99)
LIMIT = 500  # as the command asks
TURN = 10_000  # rows that one reads before another takes its turn
TURNS = 5
FIELDS = ("seq", "at", "kind", "article", "source", "url", "revision", "cause")
KEYSET = f"SELECT {', '.join(FIELDS)} FROM changes WHERE seq > %s ORDER BY seq LIMIT %s"
OFFSET = f"SELECT {', '.join(FIELDS)} FROM changes ORDER BY seq LIMIT %s OFFSET %s"
COMMIT = (
    "INSERT INTO consumers (name, cursor, at) VALUES (%s, %s, %s) "
    "ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, at = excluded.at"
)
KINDS = ("new", "new", "new", "copied", "revised", "new", "gone", "restored")
_json = json.JSONEncoder(ensure_ascii=False).encode


@contextmanager
def databases(only: str | None, folder: Path) -> Iterator[dict[str, str]]:
    found = {}
    if only != "postgresql":
        found["sqlite"] = f"sqlite:///{folder}/archive.db"
    if only == "sqlite":
        yield found
        return
    import psycopg

    with cluster("-c fsync=off") as server:
        with psycopg.connect(server % "postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE archive")
        yield {**found, "postgresql": server % "archive"}


# --- reading ----------------------------------------------------------------------------------------------------------


def fill(archive: Archive, rows: int) -> None:
    for start in range(archive.latest(), rows, 5000):
        lines = [
            {
                "at": AT + timedelta(seconds=n), "kind": KINDS[n % len(KINDS)], "article": f"{n * 2654435761 % (1 << 64):016x}",
                "source": f"source{n % 300}", "url": f"http://s{n % 300}.example/news/{n}.html",
                "revision": 1 + n % 3 // 2, "cause": "content" if n % 8 == 4 else None,
            }
            for n in range(start, min(rows, start + 5000))
        ]  # fmt: skip
        with writing(archive._engine, serial=True) as connection:  # noqa: SLF001
            log(connection, lines)


class Ours:
    def __init__(self, archive: Archive, *, name: str | None = None) -> None:
        self.archive, self.name = archive, name

    def cpu(self) -> float:
        with reading(self.archive._engine) as connection:  # noqa: SLF001 - the one connection of its pool
            return cpu(connection)

    def read(self, after: int) -> tuple[int, str]:
        changes = self.archive.changes(after, LIMIT)
        lines = "\n".join(map(change_line, changes))
        if self.name is not None:
            self.archive.commit(self.name, changes[-1].seq)
        return changes[-1].seq, lines


class Plain:
    """The driver, and nothing else."""

    def __init__(self, connection: object, *, offset: bool = False, name: str | None = None) -> None:
        self.connection, self.offset, self.name = connection, offset, name
        self.sqlite = isinstance(connection, sqlite3.Connection)
        self.sql = OFFSET if offset else KEYSET
        self.sql = self.sql.replace("%s", "?") if self.sqlite else self.sql

    def cpu(self) -> float:
        return cpu(None) if self.sqlite else server_cpu(self.connection)

    def read(self, after: int) -> tuple[int, str]:
        given = (LIMIT, after) if self.offset else (after, LIMIT)
        rows = [dict(zip(FIELDS, row, strict=True)) for row in self.connection.execute(self.sql, given).fetchall()]
        if not self.sqlite:
            for row in rows:
                row["at"] = row["at"].isoformat()
        if self.name is not None:
            kept = (self.name, rows[-1]["seq"], datetime.now(UTC) if not self.sqlite else datetime.now(UTC).isoformat())
            self.connection.execute(COMMIT.replace("%s", "?") if self.sqlite else COMMIT, kept)
            self.connection.commit()
        return rows[-1]["seq"], "\n".join(map(_json, rows))


def server_cpu(connection: object) -> float:
    fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rate(reader: Ours | Plain, after: int, rows: int) -> float:
    before, done = reader.cpu(), 0
    while done < rows:
        after, _ = reader.read(after)
        done += LIMIT
    return done / (reader.cpu() - before)


def read_rates(url: str, rows: int, folder: Path) -> None:
    with Archive(url, captures=folder) as archive, closing(driver(url)) as connection:
        fill(archive, rows)
        readers = {
            "by cursor": Ours(archive),
            "keyset": Plain(connection),
            "by name": Ours(archive, name="ours"),
            "keyset, commit": Plain(connection, name="plain"),
            "OFFSET": Plain(connection, offset=True),
        }
        print(f"{url.partition(':')[0]}, {rows} changes: lines of JSON a CPU second, and the ratio to keyset")
        print(f"{'after':>10}", *(f"{name:>18}" for name in readers))
        for depth in DEPTHS:
            after = min(int(rows * depth), rows - TURN)
            seen: dict[str, list[float]] = {name: [] for name in readers}
            for _ in range(TURNS):
                for name, reader in readers.items():
                    # What OFFSET costs is plain after a few answers.
                    seen[name].append(rate(reader, after, 4 * LIMIT if name.startswith("OFFSET") else TURN))
            middle = {name: statistics.median(values) for name, values in seen.items()}
            bases = {name: middle["keyset, commit" if name == "by name" else "keyset"] for name in readers}
            shown = (f"{value:11.0f} ({value / bases[name]:4.2f})" for name, value in middle.items())
            print(f"{after:10}", *shown, flush=True)


def driver(url: str) -> object:
    if url.startswith("sqlite"):
        return sqlite3.connect(url.removeprefix("sqlite:///"))
    import psycopg

    return psycopg.connect(url, autocommit=True)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=100)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--growth", type=int, default=GROWTH_MAX, help="changes between two rounds at most")
    ask.add_argument("--read", action="store_true", help="how quickly it is read")
    ask.add_argument("--rows", type=int, default=1_000_000, help="changes in the feed that is read")
    ask.add_argument("--only", choices=sorted(WRITERS))
    args = ask.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory() as place, databases(args.only, Path(place)) as urls:
        for name, url in urls.items():
            if args.read:
                read_rates(url, args.rows, Path(place))
                continue
            folder = Path(place) / name
            folder.mkdir()
            siege = besiege(
                url,
                folder,
                writers=WRITERS[name],
                readers=READERS,
                rounds=args.rounds,
                seed=args.seed,
                growth=args.growth,
            )
            print(f"{name}, {WRITERS[name]} writers, {2 * READERS} readers: {siege}", flush=True)
            print(f"  {', '.join(f'{count} {kind}' for kind, count in siege.kinds.most_common())}", flush=True)
            faults += siege.faults
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
