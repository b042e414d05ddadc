"""What a large backfill takes of memory: all processes of one crawl together, from its first thousand pages to its last.

    python benchmarks/memory.py [--pages 20000]

A site of so many pages of 20 KB on loopback is crawled into an empty archive, as `newsarchive crawl` would. Every second the
resident memory of the crawl's process and of all it started is summed: RSS counts shared pages in each of them (an upper bound),
PSS counts them once. Flat means: no more at the end than after the first tenth, but for what a cache may grow.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

from crawl import PER_LIST, a_list, an_article

from crawler import Limits, Progress, start_crawl
from crawler.source import parse_source

MARKS = 10  # lines printed


async def serve(pages: int) -> None:
    """Answer until killed; pages are made when they are asked for."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ", 2)[1]
                name, _, number = path.partition("?page=")
                body, status = b"no", "404 Not Found"
                if name == "/list":
                    body, status = a_list(int(number or 1), pages), "200 OK"
                elif name.startswith("/news/"):
                    body, status = an_article(int(name.rpartition("_")[2].removesuffix(".html"))), "200 OK"
                head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Watch(threading.Thread):
    """Sums the memory of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.ended = pid, threading.Event()
        self.rss_mb = self.pss_mb = self.peak_rss_mb = self.peak_pss_mb = 0.0
        self.start()

    def run(self) -> None:
        while not self.ended.wait(1.0):
            sums = [memory_mb(pid) for pid in family(self.pid)]
            self.rss_mb, self.pss_mb = (sum(column) for column in zip(*sums, strict=True)) if sums else (0.0, 0.0)
            self.peak_rss_mb, self.peak_pss_mb = max(self.peak_rss_mb, self.rss_mb), max(self.peak_pss_mb, self.pss_mb)


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def memory_mb(pid: int) -> tuple[float, float]:
    """RSS and PSS."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    except OSError:
        return 0.0, 0.0
    return tuple(int(lines[name].split()[0]) / 1024 for name in ("Rss", "Pss"))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pages", type=int, default=20_000)
    ask.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = ask.parse_args()
    if args.serve:
        asyncio.run(serve(args.pages))
        return
    command = [sys.executable, __file__, "--serve", "--pages", str(args.pages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server, tempfile.TemporaryDirectory() as folder:
        at = f"127.0.0.1:{int(server.stdout.readline())}"
        text = (
            f'name="x"\nhome="http://{at}/"\nlanguages=["en"]\nhosts=["{at}"]\nallow_private=["{at}"]\ndelay="0s"\n'
            f'[[discover]]\nkind="listing"\nurl="http://{at}/list"\nlinks="ul.list a"\npages={args.pages // PER_LIST + 10}\n'
        )
        marks = iter(range(args.pages // MARKS, args.pages + 1, args.pages // MARKS))
        state = {"next": next(marks), "watch": None}
        began = time.monotonic()

        def heard(progress: Progress) -> None:
            if progress.fetched >= state["next"] and state["watch"] is not None:
                watch = state["watch"]
                print(f"{progress.fetched:8} pages  RSS {watch.rss_mb:5.0f} MB  PSS {watch.pss_mb:5.0f} MB  {time.monotonic() - began:5.0f} s", flush=True)  # fmt: skip
                state["next"] = next(marks, 1 << 60)

        limits = Limits(crawl=timedelta(hours=6), requests=10 * args.pages)
        process = start_crawl(
            parse_source(text, slug="leaf"), f"sqlite:///{folder}/a.db", limits=limits, on_progress=heard
        )
        state["watch"] = watch = Watch(process.pid)
        report = process.wait()
        watch.ended.set()
        server.kill()
    print(f"{report.new} articles of {args.pages}; at most RSS {watch.peak_rss_mb:.0f} MB, PSS {watch.peak_pss_mb:.0f} MB over all processes of the crawl")  # fmt: skip


if __name__ == "__main__":
    main()
