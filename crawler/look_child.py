"""The crawler room: the process that looks at pages for `crawler.look`: `python -m crawler.look_child`.

The first line of stdin is the orders, each further one an address; each is answered by one line of JSON on stdout.
The process ends when stdin does.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, TextIO

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from archive import Archive
from crawler.browsers import NoBrowser, fetcher_for, scrapy_settings
from crawler.fetch import Answer, Fetcher, Means
from crawler.pace import Pace, Stop
from crawler.permission import pause_s
from crawler.politeness import user_agent
from crawler.safety import Guard, pairs, proxy_address
from crawler.source import Source
from crawler.tally import Tally
from crawler.version import VERSION
from crawler.wire import Orders, read_orders


class LookSpider(scrapy.Spider):
    """Asks for the addresses that come on stdin."""

    name = "look"
    source: Source
    orders: Orders
    out: TextIO

    async def start(self) -> AsyncIterator[Any]:
        """One answer a line until stdin ends."""
        archive = await asyncio.to_thread(Archive, self.orders.archive, captures=self.orders.captures)
        try:
            fetcher = self._fetcher(archive)
            while line := await asyncio.to_thread(sys.stdin.readline):
                url = json.loads(line)["url"]
                try:
                    answer = await fetcher.fetch(url)
                except NoBrowser as error:
                    answer = Answer(url=url, at=datetime.now(UTC), final=url, trouble="no browser", why=str(error))
                print(_line(answer), file=self.out, flush=True)
        finally:
            await asyncio.to_thread(archive.close)
        nothing: list[Any] = []  # what makes this an async generator, as Scrapy wants it
        for item in nothing:
            yield item

    def _fetcher(self, archive: Archive) -> Fetcher:
        source, orders = self.source, self.orders
        proxy = proxy_address(orders.proxy)
        guard = Guard(hosts=source.hosts, allow_private=pairs(source.allow_private), proxy=proxy)
        stop = Stop(orders.limits.crawl.total_seconds())
        return fetcher_for(
            source,
            Means(
                download=self.crawler.engine.download_async,
                guard=guard,
                pace=Pace(archive, stop),
                stop=stop,
                limits=orders.limits,
                delay_s=pause_s(source, orders.limits),
                agent=user_agent(VERSION, orders.contact),
                proxy=orders.proxy,
                tally=Tally(),
                clock=lambda: datetime.now(UTC),
            ),
            None,
        )


def _line(answer: Answer) -> str:
    return json.dumps(
        {
            "final": answer.final,
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": base64.b64encode(answer.body).decode("ascii"),
            "trouble": answer.trouble,
            "why": answer.why,
        }
    )


def main() -> int:
    """Look at what stdin names."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")  # the real stdout for our lines alone
    os.dup2(2, 1)
    source, orders = read_orders(sys.stdin.readline())
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    process = AsyncCrawlerProcess(settings)
    spider = type(
        "Looker",
        (LookSpider,),
        {"source": source, "orders": orders, "out": out, "custom_settings": scrapy_settings(source)},
    )
    process.crawl(process.create_crawler(spider))
    process.start(install_signal_handlers=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
