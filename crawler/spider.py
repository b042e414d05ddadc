"""The crawler room: the one spider there is, for every source. Scrapy downloads; everything else is `crawler.run`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

import scrapy
from scrapy.crawler import Crawler

from archive import ArchiveError, ArchiveUnavailable, CrawlReport
from crawler.birth import FORKING
from crawler.browsers import NoBrowser, scrapy_settings
from crawler.parsing import warm
from crawler.permission import NoContact
from crawler.reader import Reader
from crawler.run import Crawl
from crawler.source import Source
from crawler.stations import Progress
from crawler.wire import Orders, Problem, write_report

log = logging.getLogger(__name__)


class SourceSpider(scrapy.Spider):
    """Crawls one source. Subclassed a source by `spider_for`, so that Scrapy knows each by its slug."""

    source: Source
    orders: Orders | None = None
    on_progress: Callable[[Progress], None] | None = None
    on_begun: Callable[[int], None] | None = None
    reader: Reader | None = None  #: parses pages in a process of its own; made here unless given
    by_hand = False  #: started by the bare `scrapy` command: the report goes to stdout
    report: CrawlReport | None = None
    problem: Problem | None = None  #: why the crawl could not even begin

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """As Scrapy calls it; for the bare `scrapy crawl` the orders come from Scrapy's settings."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        if spider.orders is None:
            spider.orders, spider.by_hand = _orders_of(crawler), True
        if spider.reader is None and FORKING:
            spider.reader = Reader(warm)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """The whole crawl. Yields nothing: the archive is the output."""
        assert self.orders is not None
        crawl = Crawl(
            self.source,
            self.orders,
            download=self.crawler.engine.download_async,
            on_begun=self.on_begun,
            on_progress=self.on_progress,
            reader=self.reader,
        )
        try:
            self.report = await crawl.run()
            if self.by_hand:
                print(write_report(self.report))  # noqa: T201  (data on stdout, as `newsarchive crawl --json` has it)
        except (NoContact, NoBrowser, ArchiveError) as error:
            self.problem = Problem(text=str(error), away=isinstance(error, ArchiveUnavailable))
            log.error("%s cannot be crawled: %s", self.name, error)  # noqa: TRY400  (the sentence says it all)
        finally:
            if self.reader is not None:
                self.reader.close()
        nothing: list[Any] = []  # what makes this an async generator, as Scrapy wants it
        for item in nothing:
            yield item


def spider_for(source: Source) -> type[SourceSpider]:
    """The spider class of a source, named by its slug."""
    values = {"name": source.slug, "source": source, "custom_settings": scrapy_settings(source)}
    return type(f"Spider_{source.slug}", (SourceSpider,), values)


def _orders_of(crawler: Crawler) -> Orders:
    settings = crawler.settings
    captures = settings.get("NEWSARCHIVE_CAPTURES")
    return Orders(
        archive=settings.get("NEWSARCHIVE_ARCHIVE"),
        captures=captures or None,
        contact=settings.get("NEWSARCHIVE_CONTACT") or None,
        proxy=settings.get("NEWSARCHIVE_PROXY") or None,
    )
