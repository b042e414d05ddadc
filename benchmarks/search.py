"""Full-text search: does it find every substring, how quickly, and how large is the index?

    python benchmarks/search.py [--articles 20000] [--queries 200] [--keep FILE_OR_URL | --postgres]

An archive is filled with invented news (benchmarks/news.py), half Chinese and half English, and then asked for pieces of
its own texts, so that frequent words are asked for often. Times are CPU of the whole verb on a warm cache, highlights
included; on PostgreSQL they are wall-clock, because the work is done in the server. Recall is measured against the texts.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

from news import News
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from cluster import cluster

from archive import Archive
from archive.dialect import reading

BATCH = 200
HITS = 20
MOST = 1000  # hits that one answer may have
HAN = re.compile("[\u4e00-\u9fff]+")
WHOLE = {
    "sqlite": "SELECT sum(length(CAST(coalesce(title, '') AS BLOB)) + length(CAST(body AS BLOB))) FROM revisions",
    "postgresql": "SELECT sum(octet_length(title) + octet_length(body)) FROM revisions",
}
TEXTS = "SELECT a.id, coalesce(r.title, ''), r.body FROM articles a JOIN revisions r ON r.n = a.newest"
SIZE = {
    "sqlite": "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'search%' AND name NOT LIKE 'search\\_files%' ESCAPE '\\'",
    "postgresql": "SELECT pg_total_relation_size('search')",
}


def fill(archive: Archive, news: News, count: int) -> int:
    """Bytes of text stored."""
    size, began = 0, time.process_time()
    for at in range(0, count, BATCH):
        batch = [news.arrival(number) for number in range(at, min(at + BATCH, count))]
        size += sum(len((a.article.title or "").encode()) + len(a.article.body.encode()) for a in batch)
        archive.store_batch(batch)
        if (at + BATCH) % 50_000 == 0:
            print(f"  {at + BATCH} after {time.process_time() - began:.0f} CPU seconds", flush=True)
    return size


def piece(chance: random.Random, body: str, length: int) -> str | None:
    """So many Chinese characters that stand together."""
    runs = [run for run in HAN.findall(body) if len(run) >= length]
    if not runs:
        return None
    run = chance.choice(runs)
    at = chance.randrange(len(run) - length + 1)
    return run[at : at + length]


def query(kind: str, chance: random.Random, news: News, count: int) -> str | None:
    article = news.article(chance.randrange(count))
    if kind.endswith("characters"):
        lengths = {"2 characters": (2, 2), "3 to 6 characters": (3, 6), "7 to 12 characters": (7, 12)}[kind]
        return piece(chance, article.body, chance.randint(*lengths)) if article.language == "zh" else None
    words = [word for word in re.split(r"\W+", article.body.lower()) if word.isascii() and word]
    if article.language != "en" or len(words) < 8:
        return None
    at = chance.randrange(len(words) - 2)
    return {
        "1 word": words[at], "2 words": " ".join(chance.sample(words, 2)), "phrase": f'"{words[at]} {words[at + 1]}"',
        "one OR other": " OR ".join(chance.sample(words, 2)), "word without": f"{words[at]} -{words[at + 1]}",
        "prefix": words[at][:3] + "*" if len(words[at]) > 3 else None,
    }[kind]  # fmt: skip


def queries(kind: str, news: News, count: int, size: int) -> Iterator[str]:
    chance = random.Random(f"{kind} 7")
    while count:
        asked = query(kind, chance, news, size)
        if asked:
            count -= 1
            yield asked


def timed(clock: Callable[[], float], asked: list[str], ask: Callable[[str], object]) -> str:
    spent = []
    for one in asked:
        start = clock()
        ask(one)
        spent.append(1e3 * (clock() - start))
    spent.sort()
    return f"{spent[len(spent) // 2]:9.2f}{spent[int(len(spent) * 0.95)]:9.2f}{spent[-1]:9.2f}"


def holders(archive: Archive, asked: Iterable[str]) -> dict[str, set[str]]:
    """Ids of the articles whose title or body holds each of these pieces of Chinese."""
    holding: dict[str, set[str]] = {one: set() for one in asked}
    with reading(archive._engine) as connection:  # noqa: SLF001
        rows = connection.execution_options(yield_per=1000).execute(text(TEXTS))
        for article, title, body in rows:
            whole = f"{title}\n{body}"
            for one, true in holding.items() if not whole.isascii() else ():
                if one in whole:
                    true.add(article)
    return holding


def recall(archive: Archive, holding: dict[str, set[str]]) -> str:
    """Of the articles whose text holds each piece, how many are found by it."""
    found = wanted = wrong = 0
    for one, true in holding.items():
        hits = {hit.known.id for hit in archive.search(one, limit=MOST, newest=True)}
        wrong += len(hits - true)
        found += len(hits & true)
        wanted += min(len(true), MOST)
    return f"{found / max(1, wanted):.4f} of {wanted} articles, {wrong} found that do not hold it"


def measure(archive: Archive, news: News, options: argparse.Namespace, clock: Callable[[], float]) -> None:
    print(f"{'ms':22}best first: p50   p95      max   newest first: p50  p95  max   best of one source: p50 p95 max")
    kinds = ["2 characters", "3 to 6 characters", "7 to 12 characters", "1 word", "2 words", "phrase", "one OR other"]
    for kind in [*kinds, "word without", "prefix"]:
        asked = list(queries(kind, news, options.queries, options.articles))
        for one in asked[:20]:
            archive.search(one)
        best = timed(clock, asked, lambda one: archive.search(one, limit=HITS))
        newest = timed(clock, asked, lambda one: archive.search(one, limit=HITS, newest=True))
        narrow = timed(clock, asked, lambda one: archive.search(one, limit=HITS, source="source100"))
        print(f"{kind:22}{best}   {newest}   {narrow}", flush=True)
    if options.recall:
        pieces = {kind: list(queries(kind, news, options.recall, options.articles)) for kind in kinds[:3]}
        holding = holders(archive, {one for asked in pieces.values() for one in asked})
        for kind, asked in pieces.items():
            print(f"recall, {kind}: {recall(archive, {one: holding[one] for one in asked})}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--recall", type=int, default=40, help="pieces of each length whose recall is measured")
    parser.add_argument("--keep", help="the archive's file or postgresql:// address; used again when it is filled")
    parser.add_argument("--postgres", action="store_true", help="on a private PostgreSQL, made for this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, cluster("") if options.postgres else nullcontext() as server:
        url = server % "postgres" if server else options.keep or str(Path(folder) / "archive.db")
        url = url if "://" in url else f"sqlite:///{Path(url).absolute()}"
        start = time.process_time()
        with Archive(url, captures=folder) as archive:
            print(f"opened in {1e3 * (time.process_time() - start):.0f} ms")
            look(archive, News(1), options)


def look(archive: Archive, news: News, options: argparse.Namespace) -> None:
    start = time.process_time()
    if not archive.latest():
        size = fill(archive, news, options.articles)
        spent = time.process_time() - start
        print(
            f"stored {options.articles} articles, {size / 1e6:.0f} MB, at {options.articles / spent:.0f} a CPU second"
        )
    with reading(archive._engine) as connection:  # noqa: SLF001
        name = connection.dialect.name
        index = connection.execute(text(SIZE[name])).scalar_one()
        size = connection.execute(text(WHOLE[name])).scalar_one()
    print(
        f"{archive.latest()} changes, index {index / 1e6:.0f} MB, text {size / 1e6:.0f} MB: index/text {index / size:.2f}"
    )
    measure(archive, news, options, time.process_time if name == "sqlite" else time.perf_counter)


if __name__ == "__main__":
    main()
