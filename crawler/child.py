"""The crawler room: the process of one crawl: `python -m crawler.child`. Twisted's reactor lives once a process.

Orders come as one JSON line on stdin, which stays open as a lifeline: when it closes, whoever started us is dead, and we
die as well (a crawl may be killed at any moment without losing anything). Lines of JSON go to stdout, words to stderr.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TextIO

from crawler.wire import Orders, Problem, read_orders, write_begun, write_problem, write_progress, write_report

ORPHANED = 75  # exit status of a crawl whose starter died: EX_TEMPFAIL of sysexits.h


def main() -> int:
    """Crawl as told on stdin; 0 when a report was given, whatever the outcome."""
    out = _own_stdout()
    line = sys.stdin.readline()
    try:
        source, orders = read_orders(line)
    except ValueError as error:
        print(write_problem(Problem(text=f"the crawl's orders cannot be read: {error}")), file=out, flush=True)
        return 1
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415  (Scrapy is imported only where it runs)
    from scrapy.settings import Settings  # noqa: PLC0415

    from crawler.birth import FORKING  # noqa: PLC0415
    from crawler.parsing import warm  # noqa: PLC0415
    from crawler.reader import Reader  # noqa: PLC0415
    from crawler.spider import spider_for  # noqa: PLC0415

    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    process = AsyncCrawlerProcess(settings)
    if orders.wordy:
        _be_wordy(settings["LOG_FORMAT"])
    spider = spider_for(source)
    spider.orders = orders
    spider.on_progress = staticmethod(lambda progress: print(write_progress(progress), file=out, flush=True))
    spider.on_begun = staticmethod(lambda number: print(write_begun(number), file=out, flush=True))
    spider.reader = Reader(warm) if FORKING else None  # before the first thread
    threading.Thread(target=_lifeline, daemon=True).start()
    crawler = process.create_crawler(spider)
    process.crawl(crawler)
    process.start(install_signal_handlers=False)
    report = getattr(crawler.spider, "report", None)
    problem = getattr(crawler.spider, "problem", None)
    print(
        write_report(report) if report else write_problem(problem or Problem(text="the crawl ended without a report")),
        file=out,
        flush=True,
    )
    return 0 if report else 1


def _be_wordy(form: str) -> None:
    """Say on stderr what this room does, request by request; what others say below a warning is about themselves."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(form))
    room = logging.getLogger("crawler")
    room.setLevel(logging.INFO)
    room.propagate = False
    room.addHandler(handler)


def _own_stdout() -> TextIO:
    """The real stdout for our lines alone; whatever else writes to stdout goes to stderr."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return lines


def _lifeline() -> None:
    while os.read(0, 1024):
        pass
    os._exit(ORPHANED)


__all__ = ["ORPHANED", "Orders", "main"]

if __name__ == "__main__":
    sys.exit(main())
