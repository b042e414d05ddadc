"""What comparing costs as an archive grows; benchmarks/duplicates.py --rows runs it.

Rows are invented news (benchmarks/news.py), a sixth of them reprints and filled-in notices. At each size texts that the
archive does not know come one at a time, as the worst case, and in batches, as crawls bring them. Times are CPU of looking
candidates up, reading their texts, cutting and judging them, on a warm cache; nothing is kept. Keeping a million takes an
hour: `--padded` brings the tables that are looked up to a size in a minute, with rows that no text leads to.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
from news import News

from archive import Archive
from archive.dialect import writing
from archive.fingerprint import KEY_BITS, read, shingles
from archive.neighbours import Company, Neighbours

BATCH = 200
ASKED = 1000  # texts that come one at a time
WARM = 200  # before them
SIZES = "SELECT name, sum(pgsize) FROM dbstat WHERE name IN ('keys', 'links', 'forms', 'sqlite_autoindex_links_1', 'ix_links_other') GROUP BY 1"


class Undone(Exception):
    pass


def fill(archive: Archive, news: News, rows: int) -> None:
    for start in range(archive.latest(), rows, BATCH):
        archive.store_batch([news.arrival(number) for number in range(start, min(rows, start + BATCH))])


def pad(file: Path, rows: int, padded: int) -> int:
    """Articles that nobody asks for, in the tables that are looked up, until there are as many: with as many keys each, of
    random hashes, and digests of their own. They have no texts.
    """
    with closing(sqlite3.connect(file)) as connection, connection:
        held = connection.execute("SELECT count(*) FROM keys").fetchone()[0]
        more = padded - rows
        count = held * more // rows
        number = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?) "
        connection.execute(
            f"{number} INSERT OR IGNORE INTO keys SELECT abs(random()) & {(1 << KEY_BITS) - 1} AS key, ? + n % ? FROM number ORDER BY key",
            (count, rows + 1, more),
        )
        names = [row[1] for row in connection.execute("PRAGMA table_info(articles)")]
        other = {
            "n": "n + ?1",
            "id": "lower(hex(randomblob(8)))",
            "text_digest": "randomblob(16)",
            "shelf": "-shelf - ?1",
        }
        taken = ", ".join(other.get(name, name) for name in names)
        for at in range(rows, padded, rows):
            size = min(rows, padded - at)
            connection.execute(f"INSERT INTO articles SELECT {taken} FROM articles WHERE n <= ?2", (at, size))
        return connection.execute("SELECT count(*) FROM articles").fetchone()[0]


def ours(archive: Archive, file: Path, news: News, rows: int, held: int | None = None) -> str:
    """What comparing costs with so many rows; `held`: of all articles, where there are more."""
    held = held or rows
    asked = [news.article(rows + number) for number in range(WARM + ASKED)]
    company, spent, readings = Company(), [], []
    for article in asked:
        start = time.process_time()
        readings.append(read(article.title, article.body))
        spent.append(time.process_time() - start)
    reading = 1e3 * np.array(spent)
    alone, batched = [], []
    try:
        with writing(archive._engine, serial=True) as connection:  # noqa: SLF001
            for n, (article, one) in enumerate(zip(asked, readings, strict=True)):
                start = time.process_time()
                Neighbours(connection, company, [one]).compare(1 << 40 | n, article.source, one, fresh=True)
                alone.append(time.process_time() - start)
            for at in range(0, len(asked), BATCH):
                start = time.process_time()
                found = Neighbours(connection, company, readings[at : at + BATCH])
                for n, (article, one) in enumerate(zip(asked[at : at + BATCH], readings[at : at + BATCH], strict=True)):
                    found.compare(1 << 40 | n, article.source, one, fresh=True)
                batched.append((time.process_time() - start) / BATCH)
            raise Undone  # noqa: TRY301 - what was asked is not to be kept
    except Undone:
        pass
    with closing(sqlite3.connect(file)) as connection:
        sizes = dict(connection.execute(SIZES))
    alone_ms = 1e3 * np.array(alone[WARM:])
    p50, p95, p99 = np.percentile(alone_ms, [50, 95, 99])
    return (
        f"{held:9}  one at a time: p50 {p50:.2f}  p95 {p95:.2f}  p99 {p99:.2f} ms   in batches: {1e3 * np.mean(batched):.2f} ms   "
        f"reading the text: {np.median(reading):.2f} ms   on disk: {sum(sizes.values()) / held:.0f} bytes an article "
        f"(keys alone {sizes['keys'] / held:.0f})"
    )


def peers(news: News, rows: int) -> list[str]:
    """The tables that simhash and MinHash are looked up by, in memory, as their libraries keep them."""
    from datasketch import MinHash, MinHashLSH

    def grams(number: int) -> np.ndarray:
        article = news.article(number)
        text = read(article.title, article.body).text
        return shingles(text.tokens, text.shingle)

    def minhash(found: np.ndarray) -> MinHash:
        made = MinHash(num_perm=128)
        made.update_batch([value.tobytes() for value in found])
        return made

    def blocks(found: np.ndarray) -> list[int]:
        bits = ((found[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)).sum(axis=0) * 2 > len(found)
        return [
            block << 16 | int("".join(map(str, map(int, bits[16 * block : 16 * block + 16]))), 2) for block in range(4)
        ]

    lsh, table = MinHashLSH(threshold=0.6, num_perm=128), {}
    before, sizes = resident(), {}
    for number in range(rows):
        lsh.insert(number, minhash(grams(number)), check_duplication=False)
    sizes["MinHash 128"] = resident() - before
    before = resident()
    for number in range(rows):
        found = blocks(grams(number))
        for block in found:
            table.setdefault(block, []).append((number, found))
    sizes["simhash 64"] = resident() - before
    asked = [grams(rows + number) for number in range(ASKED)]
    shown = []
    for name, ask in (
        ("MinHash 128", lambda found: lsh.query(minhash(found))),
        ("simhash 64", lambda found: [n for block in blocks(found) for n, _ in table.get(block, ())]),
    ):
        p50, p95 = np.percentile(timed(ask, asked), [50, 95])
        size = f"in memory: {sizes[name] / rows:.0f} bytes an article"
        shown.append(f"{rows:9}  {name}: sketching and looking up p50 {p50:.2f}  p95 {p95:.2f} ms, no check   {size}")
    return shown


def timed(ask: Callable[[np.ndarray], object], asked: list[np.ndarray]) -> list[float]:
    spent = []
    for one in asked:
        start = time.process_time()
        ask(one)
        spent.append(1e3 * (time.process_time() - start))
    return spent


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def scale(file: Path, sizes: list[int], peers_up_to: int, padded: int) -> None:
    news = News(1)
    with Archive(f"sqlite:///{file.absolute()}", captures=file.parent) as archive:
        for rows in sorted(sizes):
            fill(archive, news, rows)
            print(ours(archive, file, news, rows), flush=True)
            if rows <= peers_up_to:
                print("\n".join(peers(news, rows)), flush=True)
        if padded:
            found = pad(file, archive.latest(), padded)
            print(f"with rows that nobody asks for beside them: {found} articles")
            print(ours(archive, file, news, archive.latest(), found), flush=True)
