"""Full-text search: does it find every substring, how quickly, and how large is the index?

    python benchmarks/search.py [--articles 20000] [--queries 200] [--keep FILE]

An archive is filled with invented articles, half Chinese and half English, whose words are as unevenly frequent as those
of a language. Then pieces of their texts are searched for. Times are CPU of the whole verb, highlights included.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from archive import Archive, Arrival, Article

AT = datetime(2026, 11, 1, tzinfo=UTC)
BATCH = 200
VOCABULARY = 20_000
HITS = 20


class Texts:
    """Articles from a seed; word number n is about as frequent as 1/n (Zipf)."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        made = random.Random(1)
        hanzi = [chr(code) for code in made.sample(range(0x4E00, 0x4E00 + 6000), 3500)]
        self.zh = ["".join(made.choices(hanzi, k=2)) for _ in range(VOCABULARY)]
        syllables = [a + b for a in "bcdfghklmnprstvw" for b in "aeiou"]
        self.en = ["".join(made.choices(syllables, k=made.randint(1, 4))) for _ in range(VOCABULARY)]

    def words(self, words: list[str], count: int) -> list[str]:
        return [words[int(VOCABULARY ** self.chance.random()) - 1] for _ in range(count)]

    def article(self, number: int) -> Article:
        chinese = number % 2 == 0
        join, words, end = ("", self.zh, "。") if chinese else (" ", self.en, ". ")
        paragraphs = [
            "".join(join.join(self.words(words, self.chance.randint(7, 20))) + end for _ in range(3)) for _ in range(6)
        ]
        return Article(
            source=f"source{number % 30}", url=f"http://s{number % 30}.test/{number}", language="zh" if chinese else "en",
            title=join.join(self.words(words, 8)), body="\n\n".join(paragraphs), published=f"20{number % 20 + 6:02}-05-01",
        )  # fmt: skip


def fill(archive: Archive, count: int) -> int:
    """Bytes of text stored."""
    texts, size = Texts(1), 0
    for at in range(0, count, BATCH):
        batch = [texts.article(number) for number in range(at, min(at + BATCH, count))]
        size += sum(len((article.title or "").encode()) + len(article.body.encode()) for article in batch)
        archive.store_batch([Arrival(article=article, at=AT) for article in batch])
    return size


def queries(kind: str, count: int) -> Iterator[str]:
    texts = Texts(1)
    chance = random.Random(7)
    for number in range(count):
        zh, en = texts.article(2 * number), texts.article(2 * number + 1)
        run = chance.choice(chance.choice(zh.body.split("\n\n")).rstrip("。").split("。"))
        words = en.body.split(".")[0].split()
        at, length = chance.randrange(max(1, len(run) - 6)), chance.randint(3, 6)
        yield {
            "2 characters": run[at : at + 2], "3 to 6 characters": run[at : at + length],
            "1 word": chance.choice(words), "2 words": " ".join(chance.sample(words, 2)), "phrase": f'"{words[2]} {words[3]}"',
        }[kind]  # fmt: skip


def timed(archive: Archive, asked: list[str], **more: bool) -> str:
    spent = []
    for query in asked:
        start = time.process_time()
        archive.search(query, limit=HITS, **more)
        spent.append(1e3 * (time.process_time() - start))
    spent.sort()
    return f"{spent[len(spent) // 2]:9.2f}{spent[int(len(spent) * 0.95)]:9.2f}"


def recall(archive: Archive, asked: list[str], file: Path) -> float:
    """Share of the articles holding a piece of text that are found by it; asked of the plain table for the truth."""
    found = wanted = 0
    with closing(sqlite3.connect(file)) as connection:
        for query in asked:
            sql = "SELECT a.id FROM articles a JOIN revisions r ON r.n = a.newest WHERE instr(r.title, ?1) OR instr(r.body, ?1)"
            truth = {row[0] for row in connection.execute(sql, (query,))}
            if len(truth) <= 1000:
                found += len(truth & {hit.known.id for hit in archive.search(query, limit=1000)})
                wanted += len(truth)
    return found / max(1, wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="file of the archive; used again when it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = options.keep or Path(folder) / "archive.db"
        filled = file.exists()
        with Archive(f"sqlite:///{file.absolute()}") as archive:
            start = time.process_time()
            size = 0 if filled else fill(archive, options.articles)
            if size:
                spent = time.process_time() - start
                print(
                    f"stored {options.articles} articles at {options.articles / spent:.0f} a CPU second, {size / 1e6:.0f} MB"
                )
                with closing(sqlite3.connect(file)) as connection:
                    index = connection.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'search%'").fetchone()[0]
                print(f"index/text {index / size:.2f}, whole file/text {file.stat().st_size / size:.2f}")
            print(f"{'':24}ms:  p50      p95    newest first p50, p95")
            for kind in ("2 characters", "3 to 6 characters", "1 word", "2 words", "phrase"):
                asked = list(queries(kind, options.queries))
                print(f"{kind:24}{timed(archive, asked)}   {timed(archive, asked, newest=True)}")
            asked = [*queries("2 characters", 40), *queries("3 to 6 characters", 40)]
            print(f"recall of pieces of Chinese text: {recall(archive, asked, file):.4f}")


if __name__ == "__main__":
    main()
