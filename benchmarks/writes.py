"""Keeping articles: rows a CPU second beside the quickest way into the same tables with the same index.

    python benchmarks/writes.py [--articles 20000] [--batch 200] [--postgres]

Ours is `Archive.store_batch`: every text is read, compared with all that is known, given its place in the feed, and kept
with its visit, capture, revision, cluster and search entry. Beside it, in the same run and in turns, the very rows that
this made go into an empty archive: on SQLite by executemany of the driver (same pragmas, same batches, one transaction
a batch), on PostgreSQL by one INSERT … SELECT FROM unnest(…) ON CONFLICT a table and batch. There all ids, digests, keys
and JSON are given; only what the search index takes is made from the texts, as by ours. On PostgreSQL the CPU of the
server's process counts as well.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from news import News
from sqlalchemy import Connection, text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from cluster import cluster

from archive import Archive
from archive.dialect import reading, writing
from archive.schema import metadata
from archive.words import entries

# As a batch writes them. The feed's counter is one row, and clusters that joined are settled by then: as they ended.
TABLES = ("visits", "captures", "clusters", "articles", "revisions", "addresses", "keys", "forms", "links", "changes")
KEYS = {
    "keys": ("article",),
    "links": ("other", "one"),
    "addresses": ("article",),
    "changes": ("seq",),
    "clusters": ("n",),
}


class Raw:
    """The same rows, put in as quickly as the driver can."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.columns = {name: [column.name for column in metadata.tables[name].columns] for name in TABLES}

    def put(self, rows: dict[str, list[tuple]], texts: list[tuple]) -> None:
        with writing(self.archive._engine, serial=True) as connection:  # noqa: SLF001
            found = [(shelf, entries(source, title, body)) for shelf, source, title, body in texts]
            found.sort(key=lambda one: one[0])
            postgres = connection.dialect.name == "postgresql"
            for name, values in rows.items():
                if values:
                    (self._unnest if postgres else self._many)(connection, name, values)
            if postgres:
                driver = connection.connection.driver_connection
                with driver.cursor() as cursor:
                    cursor.execute(
                        "INSERT INTO search (shelf, words) SELECT n, array_to_tsvector(string_to_array(words, ' ')) "
                        "FROM unnest(%s::bigint[], %s::text[]) AS added(n, words)",
                        [list(column) for column in zip(*found, strict=True)],
                    )
            else:
                driver = connection.connection.driver_connection
                driver.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", found)

    def _many(self, connection: Connection, name: str, values: list[tuple]) -> None:
        names = self.columns[name]
        marks = ", ".join("?" * len(names))
        columns = ", ".join(f'"{one}"' for one in names)
        driver = connection.connection.driver_connection
        driver.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", values)

    def _unnest(self, connection: Connection, name: str, values: list[tuple]) -> None:
        table = metadata.tables[name]
        names = self.columns[name]
        columns = ", ".join(f'"{one}"' for one in names)
        types = [table.c[one].type.compile(connection.dialect).partition(" COLLATE")[0] for one in names]
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        driver = connection.connection.driver_connection
        with driver.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {name} ({columns}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING",
                [list(column) for column in zip(*values, strict=True)],
            )


def made(connection: Connection, before: dict[str, int], raw: Raw) -> tuple[dict[str, list[tuple]], list[tuple]]:
    """The rows that are new since `before`, as the driver takes them, and the texts for the index."""
    driver = connection.connection.driver_connection
    rows = {}
    for name in TABLES:
        by = KEYS.get(name, ("n",))[0]
        columns = ", ".join(f'"{one}"' for one in raw.columns[name])
        rows[name] = [tuple(row) for row in driver.execute(f"SELECT {columns} FROM {name} WHERE {by} > {before[name]}")]
    texts = driver.execute(
        "SELECT a.shelf, a.source, r.title, r.body FROM articles a JOIN revisions r ON r.n = a.newest "
        f"WHERE a.n > {before['articles']}"
    )
    return rows, [tuple(row) for row in texts]


def newest(connection: Connection) -> dict[str, int]:
    return {
        name: connection.execute(text(f"SELECT coalesce(max({KEYS.get(name, ('n',))[0]}), 0) FROM {name}")).scalar_one()
        for name in TABLES
    }


def cpu(connection: Connection | None) -> float:
    """Seconds of this process, and of the server's that works for it."""
    spent = time.process_time()
    if connection is not None and connection.dialect.name == "postgresql":
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def spent(archive: Archive, work: Callable[[], object]) -> float:
    with reading(archive._engine) as connection:  # noqa: SLF001 - the one connection of its pool, which `work` takes next
        before = cpu(connection)
    work()
    with reading(archive._engine) as connection:  # noqa: SLF001
        return cpu(connection) - before


def measure(ours: Archive, raw: Raw, articles: int, batch: int, chunk: int) -> None:
    news = News(1)
    total = {"ours": 0.0, "raw": 0.0}
    print(f"{'articles':>10}{'ours/s':>10}{'raw/s':>10}{'ratio':>8}   (per CPU second; ratio of all so far)")
    for start in range(0, articles, chunk):
        arrivals = [news.arrival(number) for number in range(start, min(articles, start + chunk))]
        batches = [arrivals[at : at + batch] for at in range(0, len(arrivals), batch)]
        gc.collect()
        gc.freeze()  # what this script holds is nobody's to look through
        given = []
        mine = 0.0
        for one in batches:
            with reading(ours._engine) as connection:  # noqa: SLF001
                before = newest(connection)
            mine += spent(ours, lambda one=one: ours.store_batch(one))
            with reading(ours._engine) as connection:  # noqa: SLF001
                given.append(made(connection, before, raw))
        gc.freeze()
        theirs = sum(spent(raw.archive, lambda rows=rows, texts=texts: raw.put(rows, texts)) for rows, texts in given)
        total = {"ours": total["ours"] + mine, "raw": total["raw"] + theirs}
        count = len(arrivals)
        print(
            f"{start + count:10}{count / mine:10.0f}{count / theirs:10.0f}{total['raw'] / total['ours']:8.2f}",
            flush=True,
        )


def created(server: str, name: str) -> str:
    import psycopg

    with psycopg.connect(server % "postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server % name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--chunk", type=int, default=2000, help="articles kept by one before the other takes its turn")
    parser.add_argument("--postgres", action="store_true", help="on a private PostgreSQL, made for this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, cluster("") if options.postgres else nullcontext() as server:
        urls = [f"sqlite:///{folder}/{name}.db" for name in ("ours", "raw")]
        if server:
            urls = [created(server, name) for name in ("ours", "raw")]
        with Archive(urls[0], captures=folder) as ours, Archive(urls[1], captures=folder) as raw:
            measure(ours, Raw(raw), options.articles, options.batch, options.chunk)


if __name__ == "__main__":
    main()
