"""What a crawl costs: CPU a page of the whole pipeline, beside bare Scrapy and beside Scrapy + trafilatura + SQLite.

    python benchmarks/crawl.py [--pages 1000] [--rounds 3]

A site of so many pages of 20 KB is served on loopback by a process of its own. Each way of crawling runs in a fresh process;
counted is the CPU time of that process and of all it started, from the first request to the last thing kept, not its start.
Wall times are noise on a shared machine: compare the ratios of one run. Below stand the shares of our own processes and
threads, and what each stage costs when it is run by itself over the same pages. The last line is a second crawl of the
unchanged site.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PER_LIST = 50  # articles on a list page
SYLLABLES = [
    "ba",
    "cor",
    "den",
    "fi",
    "gal",
    "hum",
    "in",
    "jo",
    "kel",
    "lam",
    "mo",
    "nur",
    "ot",
    "pra",
    "qui",
    "ras",
    "sen",
    "tu",
]
# As many words as a language has in use, the frequent ones far more often (Zipf): neighbours must look like in life.
WORDS = ["".join(random.Random(n).choices(SYLLABLES, k=2 + n % 3)) for n in range(5000)]
WEIGHTS = [1 / (n + 3) for n in range(len(WORDS))]
PAGE_BYTES = 20_000


# ---- the site --------------------------------------------------------------------------------------------------------


def an_article(n: int) -> bytes:
    """About 20 KB: navigation, title, date line, 15 paragraphs, related links, footer."""
    rng = random.Random(n)
    nav = "".join(f'<li><a href="/section/{k}">Section number {k}</a></li>' for k in range(60))
    paragraphs = "".join(
        f"<p>{' '.join(rng.choices(WORDS, WEIGHTS, k=60)).capitalize()} {n}.{k}.</p>" for k in range(15)
    )
    related = "".join(
        f'<li><a href="/news/t20310402_{rng.randrange(9999)}.html">Another finding {k}</a></li>' for k in range(20)
    )
    page = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Finding {n} of the garden - Leaf Institute</title>'
        f'<meta name="PubDate" content="2031-04-{n % 28 + 1:02d} 08:00"><style>.x{{}}</style></head><body><div id="nav"><ul>{nav}</ul></div>'
        f'<div class="main"><h1>Finding {n} of the garden</h1><p class="info">Date: 2031-04-{n % 28 + 1:02d} Source: Leaf Institute</p>'
        f'<div class="TRS_Editor">{paragraphs}</div></div><div class="related"><ul>{related}</ul></div>'
        f'<div class="foot">Copyright Leaf Institute, 1 Moss Lane</div><!--'
    )
    return (page + "f" * max(0, PAGE_BYTES - len(page) - 20) + "--></body></html>").encode()


def a_list(number: int, pages: int) -> bytes:
    first = (number - 1) * PER_LIST
    items = "".join(
        f'<li><a href="/news/t20310402_{n}.html">Finding {n} of the garden</a><span>2031-04-{n % 28 + 1:02d}</span></li>'
        for n in range(first, min(first + PER_LIST, pages))
    )
    more = f'<a rel="next" href="/list?page={number + 1}">Next</a>' if first + PER_LIST < pages else ""
    return f'<html><body><ul class="list">{items}</ul>{more}</body></html>'.encode()


async def serve(pages: int) -> None:
    """Answer until killed; `/_asked` says how often which status was answered."""
    bodies = {f"/news/t20310402_{n}.html": an_article(n) for n in range(pages)}
    for number in range(1, -(-pages // PER_LIST) + 1):
        bodies["/list" if number == 1 else f"/list?page={number}"] = a_list(number, pages)
    asked: dict[str, int] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1]
                body, status = bodies.get(path), "200 OK"
                if path == "/_asked":
                    body = json.dumps(asked).encode()
                elif body is None:
                    body, status = b"no", "404 Not Found"
                tag = '"' + hashlib.md5(body).hexdigest() + '"'
                if tag in head:
                    body, status = b"", "304 Not Modified"
                asked[status[:3]] = asked.get(status[:3], 0) + 1
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nETag: {tag}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# ---- the ways of crawling it -------------------------------------------------------------------------------------------


def run_spider(spider, settings: dict) -> tuple[float, object]:
    """CPU seconds of the crawl, and the crawler."""
    from scrapy.crawler import AsyncCrawlerProcess

    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider)
    before = cpu_s()
    process.crawl(crawler)
    process.start()
    return cpu_s() - before, crawler


def cpu_s() -> float:
    """Of this process and of those it started that have ended."""
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(one.ru_utime + one.ru_stime for one in both)


BARE = {"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False}


def bare(site: str, pages: int, _folder: Path) -> tuple[float, int]:
    import scrapy

    kept = []

    class Bare(scrapy.Spider):
        name = "bare"
        start_urls = [f"{site}/news/t20310402_{n}.html" for n in range(pages)]  # noqa: RUF012

        def parse(self, response):
            kept.append(len(response.body))

    return run_spider(Bare, BARE)[0], len(kept)


def trafilatura(site: str, pages: int, folder: Path) -> tuple[float, int]:
    import scrapy
    from trafilatura import bare_extraction

    database = sqlite3.connect(folder / "t.db")
    database.execute("create table a (url text primary key, title text, date text, body text)")

    class Usual(scrapy.Spider):
        name = "usual"
        start_urls = [f"{site}/news/t20310402_{n}.html" for n in range(pages)]  # noqa: RUF012

        def parse(self, response):
            read = bare_extraction(response.text, url=response.url, with_metadata=True).as_dict()
            database.execute(
                "insert into a values (?, ?, ?, ?)", (response.url, read["title"], read["date"], read["text"])
            )
            database.commit()

    spent = run_spider(Usual, BARE)[0]
    return spent, database.execute("select count(*) from a").fetchone()[0]


def ours(site: str, _pages: int, folder: Path) -> tuple[float, int]:
    """Everything: robots, lists, fetch, capture, extract, compare, keep, index, log."""
    from datetime import UTC, datetime, timedelta

    from scrapy.settings import Settings

    from crawler.source import parse_source
    from crawler.spider import spider_for
    from crawler.stations import Limits
    from crawler.wire import Orders

    at = site.removeprefix("http://")
    text = (
        f'name="x"\nhome="{site}/"\nlanguages=["en"]\nhosts=["{at}"]\nallow_private=["{at}"]\ndelay="0s"\n'
        f'[[discover]]\nkind="listing"\nurl="{site}/list"\nlinks="ul.list a"\npages=100000\n'
    )
    spider = spider_for(parse_source(text, slug="leaf"))
    spider.orders = Orders(
        archive=f"sqlite:///{folder}/a.db",
        now=datetime(2031, 5, 1, tzinfo=UTC),  # a little after its articles: a date far ahead is none
        limits=Limits(crawl=timedelta(hours=3), requests=1_000_000),
    )
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    threads = watch_threads()
    spent, crawler = run_spider(spider, settings)
    report = crawler.spider.report
    threads["reader (parse)"] = children_s()
    threads["writer (capture, compare, keep, log)"] = threads.pop("writer", 0.0)
    threads["event loop (fetch)"] = spent - sum(threads.values())
    print(json.dumps({"threads": threads}), file=sys.stderr)
    return spent, report.new or -report.requests


def watch_threads() -> dict[str, float]:
    """CPU seconds of the writer's thread, once it has ended."""
    from crawler.writer import Writer

    spent: dict[str, float] = {}
    run = Writer.run

    def watched(self) -> None:
        run(self)
        spent["writer"] = time.thread_time()

    Writer.run = watched
    return spent


def children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def stages(folder: Path, pages: int) -> dict[str, float]:
    """CPU seconds a page of each stage by itself: what is left of the whole is fetching and handing over."""
    from datetime import UTC, datetime

    from archive import Archive, Arrival, CaptureWriter, Visit
    from crawler.parsing import read_page
    from crawler.stations import Hints, Selectors

    now, urls = datetime(2031, 4, 3, tzinfo=UTC), [f"http://leaf.example/news/t20310402_{n}.html" for n in range(pages)]
    bodies, lines = [an_article(n) for n in range(pages)], (("Content-Type", "text/html"),)
    hints = Hints(linked=True, title="Finding of the garden", date="2031-04-02", languages=("en",))
    read_page(bodies[0], urls[0], dict(lines), now, Selectors(), hints, "leaf")  # models are loaded once

    spent: dict[str, float] = {}

    def timed(name, do):
        began = time.process_time()
        result = do()
        spent[name] = (time.process_time() - began) / pages
        return result

    writer = CaptureWriter(folder / "captures", prefix="leaf", software="benchmark")
    captures = timed(
        "capture",
        lambda: [
            writer.write(url=u, at=now, request_headers=lines, status=200, reason="OK", headers=lines, body=b)
            for u, b in zip(urls, bodies, strict=True)
        ],
    )
    articles = timed(
        "extract",
        lambda: [
            read_page(b, u, dict(lines), now, Selectors(), hints, "leaf").made
            for b, u in zip(bodies, urls, strict=True)
        ],
    )
    arrivals = [
        Arrival(article=a, at=now, visit=Visit(source="leaf", url=u, state="done"), capture=c)
        for a, u, c in zip(articles, urls, captures, strict=True)
    ]
    with Archive(f"sqlite:///{folder / 'stages.db'}", captures=folder / "captures") as archive:
        timed(
            "compare, keep, log (16 at a time)",
            lambda: [archive.store_batch(arrivals[n : n + 16]) for n in range(0, pages, 16)],
        )
    writer.close()
    return spent


WAYS = {"bare Scrapy": bare, "Scrapy + trafilatura + SQLite": trafilatura, "newsarchive, all of it": ours}


def one(way: str, site: str, pages: int, folder: str) -> None:
    spent, kept = WAYS[way](site, pages, Path(folder))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": spent, "kept": kept, "peak_mb": peak_mb}))


@contextmanager
def served(pages: int) -> Iterator[str]:
    """The site, in a process that ends with this."""
    command = [sys.executable, __file__, "--serve", "--pages", str(pages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


def measured(way: str, site: str, pages: int, folder: Path) -> dict:
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, "--site", site, "--pages", str(pages), "--folder", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(
            f"{way}: ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}; peers come with `make bench`"
        )
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith('{"threads"')]
    return json.loads(done.stdout.splitlines()[-1]) | (told[0] if told else {})


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pages", type=int, default=1000)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--ways", nargs="*", default=list(WAYS))
    ask.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    ask.add_argument("--way", help=argparse.SUPPRESS)
    ask.add_argument("--site", help=argparse.SUPPRESS)
    ask.add_argument("--folder", help=argparse.SUPPRESS)
    args = ask.parse_args()
    if args.serve:
        asyncio.run(serve(args.pages))
        return
    if args.way:
        one(args.way, args.site, args.pages, args.folder)
        return
    with served(args.pages) as site, tempfile.TemporaryDirectory() as root:
        best: dict[str, dict] = {}
        for round_ in range(args.rounds):
            for way in args.ways:
                folder = Path(root) / f"{round_}-{list(WAYS).index(way)}"
                folder.mkdir()
                got = measured(way, site, args.pages, folder)
                assert got["kept"] == args.pages, (way, got)
                best[way] = min(best.get(way, got), got, key=lambda one: one["cpu"])
        base = best.get("bare Scrapy", {}).get("cpu")
        print(
            f"{args.pages} pages of {PAGE_BYTES // 1000} KB, best of {args.rounds} rounds, CPU of the crawling process"
        )
        for way, got in best.items():
            ratio = f"{base / got['cpu']:.2f} of bare Scrapy" if base else ""
            print(f"{way:32} {1000 * got['cpu'] / args.pages:7.2f} ms a page   {ratio:22} peak {got['peak_mb']:.0f} MB")
        if "newsarchive, all of it" in best:
            for name, spent in best["newsarchive, all of it"]["threads"].items():
                print(f"    {name:44} {1000 * spent / args.pages:7.2f} ms a page")
            alone = Path(root) / "stages"
            alone.mkdir()
            for name, spent in stages(alone, min(args.pages, 500)).items():
                print(f"    by itself: {name:33} {1000 * spent:7.2f} ms a page")
        again = measured("newsarchive, all of it", site, args.pages, folder)
        print(f"a second crawl of the unchanged site: {-again['kept']} requests, {again['cpu']:.2f} s of CPU")


if __name__ == "__main__":
    main()
