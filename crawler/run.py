"""The crawler room: one run over one source, from its first request to its report.

The order of a crawl: robots.txt (before the first request to each host), seeds, rechecks whose turn has come, what is new.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from scrapy import Request
from scrapy.http import Response

from archive import Archive, ArchiveError, CrawlReport, Outcome, Visit
from crawler import expect
from crawler.attachments import roles
from crawler.browsers import NoBrowser, check_browser, fetcher_for
from crawler.fetch import Means
from crawler.filing import Filing
from crawler.frontier import choose
from crawler.pace import Pace, Stop
from crawler.patience import patiently
from crawler.permission import check_contact, pause_s
from crawler.pipeline import Fetched, Pipeline
from crawler.politeness import user_agent
from crawler.reader import Reader
from crawler.safety import Guard, pairs, proxy_address
from crawler.source import Source
from crawler.stations import Progress
from crawler.tally import Tally
from crawler.version import VERSION
from crawler.walk import Walker
from crawler.whereabouts import Lost, Search, carried_over
from crawler.wire import Orders
from crawler.writer import Writer

CHUNK = 500  # addresses taken from the frontier at a time
ROUNDS_MAX = 10_000  # chunks of one crawl
SILENT_MAX = 6  # requests in a row without any answer, after which the home page is asked whether anybody is there
WALLED_MAX = 10  # pages in a row that are walls, after which a crawl gives up for this time
REPEATS_MAX = 60  # new addresses in a row that bring no new text, after which a crawl gives up for this time: a trap
INSIST_S = 3.0  # after a first signal, from when on a second one ends the process at once
PROGRESS_S = 0.2  # between two reports of progress

log = logging.getLogger(__name__)


class Crawl:
    """One run over one source, from its first request to its report."""

    def __init__(
        self,
        source: Source,
        orders: Orders,
        *,
        download: Callable[[Request], Awaitable[Response]],
        on_begun: Callable[[int], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        reader: Reader | None = None,
    ) -> None:
        """`download` is Scrapy's engine."""
        self._source, self._orders = source, orders
        self._download = download
        self._on_begun, self._on_progress, self._reader = on_begun, on_progress, reader
        self._tally = Tally()
        self._stop = Stop(self._orders.limits.crawl.total_seconds())
        self._seeds: list[expect.SeedSaw] = []
        self._fruitful: list[CrawlReport] = []
        self._proposals: dict[str, tuple[str, str]] = {}  # lost seed -> where it may be now ("": nowhere), and why
        self._error: str | None = None
        self._asked: set[str] = set()
        self._phase, self._waiting, self._told = "starting", 0, 0.0
        self._number = 0

    def clock(self) -> datetime:
        """The crawl's clock, UTC."""
        return self._orders.now or datetime.now(UTC)

    async def run(self) -> CrawlReport:
        """Crawl, weigh, and keep the report. Raises only what speaks against beginning at all."""
        check_contact(self._source, self._orders.contact)
        check_browser(self._source)
        started = self.clock()
        opened = partial(Archive, self._orders.archive, captures=self._orders.captures)
        archive = await asyncio.to_thread(patiently, opened)
        try:
            self._listen()
            writer = self._writer(archive)
            writer.start()
            history = await self._begin(archive, writer)
            try:
                await self._work(archive, writer, history)
            except (ArchiveError, NoBrowser) as error:
                self._error = str(error)
            except Exception as error:
                log.exception("crawl of %s broke", self._source.slug)
                self._error = f"the crawl itself broke: {type(error).__name__}: {error}"
            self._tell("closing", force=True)
            await writer.close()
            report = self._weigh(started, history, writer)
            try:
                await asyncio.to_thread(archive.end_crawl, report)
            except ArchiveError as error:
                log.warning("the report of crawl %d cannot be kept: %s", self._number, error)
            return report
        finally:
            await asyncio.to_thread(archive.close)

    def _writer(self, archive: Archive) -> Writer:
        orders, source = self._orders, self._source
        guard = Guard(hosts=source.hosts, allow_private=pairs(source.allow_private), proxy=proxy_address(orders.proxy))
        self._fetcher = fetcher_for(
            source,
            Means(
                download=self._download,
                guard=guard,
                pace=Pace(archive, self._stop),
                stop=self._stop,
                limits=orders.limits,
                delay_s=pause_s(source, orders.limits),
                agent=user_agent(VERSION, orders.contact),
                proxy=orders.proxy,
                tally=self._tally,
                clock=self.clock,
            ),
            self._reader,
        )
        loop = asyncio.get_running_loop()
        self._pipeline = Pipeline(
            archive,
            source,
            tally=self._tally,
            clock=self.clock,
            software=f"newsarchive/{VERSION}",
            probe=lambda url: asyncio.run_coroutine_threadsafe(self._fetcher.fetch(url), loop).result(),
            files_of=roles(source, orders.limits),
            reader=self._reader,
        )
        return Writer(
            self._pipeline,
            name=source.slug,
            broken=lambda why: self._stop.ask(f"the archive cannot be written: {why}"),
        )

    async def _begin(self, archive: Archive, writer: Writer) -> list[CrawlReport]:
        source = self._source
        await writer.call(archive.keep_source, source.slug, name=source.name, home=source.home, definition=source.text)
        self._number = await writer.call(archive.begin_crawl, source.slug, self.clock())
        if self._on_begun is not None:
            self._on_begun(self._number)
        self._fruitful = await writer.call(archive.crawls, source.slug, limit=expect.FRUITFUL, outcome=Outcome.OK)
        return await writer.call(archive.crawls, source.slug, limit=expect.LOOK_BACK)

    async def _work(self, archive: Archive, writer: Writer, history: list[CrawlReport]) -> None:
        """The order of a crawl. robots.txt comes by itself, before the first request to a host."""
        self._tell("seeds", force=True)
        walker = Walker(
            self._source,
            fetcher=self._fetcher,
            writer=writer,
            archive=archive,
            tally=self._tally,
            limits=self._orders.limits,
            clock=self.clock,
            crawl=self._number,
            full=self._orders.full,
            reader=self._reader,
            moved_on=partial(self._tell, "seeds"),
        )
        for seed in self._source.discover:
            if self._stop.why():
                self._tally.skip("seeds left for the next crawl")
                continue
            self._seeds.append(await walker.walk(seed))
        await self._look_for_lost(archive, writer, walker, history)
        if any(saw.blocked for saw in self._seeds) and all(saw.problem for saw in self._seeds):
            return
        await writer.call(self._pipeline.learn, walker.lists)
        news = await writer.call(archive.visits, self._source.slug, list(walker.news))
        fresh = [news[url] for url in walker.news if url in news and news[url].state == "todo"]
        if await self._round(archive, writer, fresh):
            for _ in range(ROUNDS_MAX):
                if self._stop.why() or not await self._round(archive, writer):
                    break
        await self._count_left(archive, writer)
        await self._file(archive, writer)

    async def _file(self, archive: Archive, writer: Writer) -> None:
        """Attachments and pictures, when no article waits any more."""
        filing = Filing(
            self._source,
            self._orders,
            fetcher=self._fetcher,
            writer=writer,
            archive=archive,
            files=self._pipeline.files,
            tally=self._tally,
            stop=self._stop,
            clock=self.clock,
            tell=lambda url: self._tell("files", url=url),
        )
        await filing.run()

    async def _look_for_lost(
        self, archive: Archive, writer: Writer, walker: Walker, history: list[CrawlReport]
    ) -> None:
        """Where seeds that are not where they were may be now. Asked less and less often while that finds nothing."""

        async def known(urls: Sequence[str]) -> int:
            return len(await writer.call(archive.visits, self._source.slug, urls))

        search = Search(self._fetcher, hosts=self._source.hosts, parse=walker.parse, reader=self._reader, known=known)
        tables = {seed.url: seed for seed in self._source.discover}
        for saw in self._seeds:
            if self._stop.why() or not (saw.lost or expect.emptied(saw, history)):
                continue
            if carried := carried_over(saw.url, history):
                self._proposals[saw.url] = carried
                continue
            found = await search.look_for(Lost(seed=tables[saw.url], names=saw.names), start=self._source.home)
            self._proposals[saw.url] = (found.url, found.why) if found else ("", "")

    async def _round(self, archive: Archive, writer: Writer, news: list[Visit] | None = None) -> bool:
        """One chunk of the frontier, or these news; False when nothing is left for this crawl."""
        slug, now = self._source.slug, self.clock()
        waiting = list(news or ()) or await writer.call(archive.pending, slug, limit=CHUNK, at=now)
        due = await writer.call(archive.due, slug, now, limit=CHUNK, everything=self._orders.recheck)
        waiting = [visit for visit in waiting if visit.url not in self._asked]
        due = [visit for visit in due if visit.url not in self._asked]
        visits = {visit.url: visit for visit in [*waiting, *due]}
        room = self._orders.limits.requests - self._tally.requests
        if room <= 0 and visits:
            self._stop.ask(f"the crawl's {self._orders.limits.requests} requests are used up")
        chosen = choose(due, waiting, requests=min(room, max(CHUNK, len(waiting))))
        self._waiting = len(chosen)
        for fetch in chosen:
            if self._stop.why() or await self._hopeless():
                return False
            self._asked.add(fetch.url)
            self._tell("rechecks" if fetch.why == "recheck" else "articles", url=fetch.url)
            answer = await self._fetcher.fetch(fetch.url, etag=fetch.etag, last_modified=fetch.last_modified)
            self._tally.tried += answer.trouble != "stopped"
            await writer.put(Fetched(visit=visits[fetch.url], answer=answer))
            self._waiting -= 1
        return bool(chosen)

    async def _hopeless(self) -> bool:
        """Is the host dead, or does it refuse everything? Then more requests would only be a burden to it."""
        if self._tally.walled_in_a_row >= WALLED_MAX:
            self._stop.ask(f"{WALLED_MAX} pages in a row answered with a wall")
        elif self._tally.repeats_in_a_row >= REPEATS_MAX:
            self._stop.ask(f"{REPEATS_MAX} new addresses in a row brought nothing but texts that stand elsewhere here")
        elif self._tally.trouble_in_a_row >= SILENT_MAX:
            # Some pages drop every connection while their host is well: ask it before giving up the rest.
            alive = await self._fetcher.fetch(self._source.discover[0].url)
            if alive.status is None and alive.trouble != "stopped":
                self._stop.ask(f"no answer to {SILENT_MAX} requests in a row, nor from the first seed")
            self._tally.trouble_in_a_row = 0
        return self._stop.reason is not None

    async def _count_left(self, archive: Archive, writer: Writer) -> None:
        left = await writer.call(archive.pending, self._source.slug, limit=CHUNK, at=self.clock())
        count = sum(visit.url not in self._asked for visit in left)
        more = " or more" if len(left) == CHUNK else ""
        self._tally.skip(f"left for the next crawl{more}", count)

    def _weigh(self, started: datetime, history: list[CrawlReport], writer: Writer) -> CrawlReport:
        tally, source = self._tally, self._source
        error = self._error or (str(writer.error) if writer.error else None)
        saw = expect.Saw(
            seeds=tuple(self._seeds),
            articles=sum(tally.changes.get(k, 0) for k in ("new", "revised", "copied", "moved", "restored")),
            new=tally.changes.get("new", 0),
            tried=tally.tried,
            walled=tally.walled,
            fields=dict(tally.fields),
            read=tally.read,
            skipped=dict(tally.skipped),
            ended_early=self._stop.reason,
            error=error,
            articles_per_month=source.expect.articles_per_month,
            body_words_min=source.expect.body_words_min,
            short=tally.short,
            proposals={url: found for url, found in self._proposals.items() if found[0]},
            template=self._pipeline.site.fits(),
        )
        weighed = expect.weigh(saw, history, now=self.clock(), fruitful=self._fruitful)
        counted = {name: tally.changes.get(name, 0) for name in ("new", "revised", "copied", "moved", "restored")}
        return CrawlReport(
            source=source.slug,
            crawl=self._number,
            started=started,
            ended=self.clock(),
            outcome=weighed.outcome,
            evidence=weighed.evidence,
            alarms=weighed.alarms,
            signs=weighed.signs,
            template=saw.template,
            ended_early=self._stop.reason,
            error=error,
            requests=tally.requests,
            bytes=tally.bytes,
            discovered=tally.discovered,
            fetched=tally.fetched,
            gone=tally.gone,
            unchanged=tally.unchanged,
            not_modified=tally.not_modified,
            files=tally.files,
            skipped=dict(tally.skipped),
            statuses=dict(tally.statuses),
            fields=dict(tally.fields),
            days=tally.newest_days(),
            seeds={saw.url: saw.found for saw in self._seeds if saw.found is not None},
            proposals={url: found for url, (found, _) in self._proposals.items()},
            **counted,
        )

    def _tell(self, phase: str, *, url: str = "", force: bool = False) -> None:
        now = time.monotonic()
        if self._on_progress is None or (now - self._told < PROGRESS_S and not force):
            return
        self._told = now
        tally = self._tally
        self._on_progress(
            Progress(
                source=self._source.slug,
                phase=phase,
                requests=tally.requests,
                discovered=tally.discovered,
                fetched=tally.fetched,
                waiting=self._waiting,
                changes=tally.changes_total,
                url=url,
            )
        )

    def _listen(self) -> None:
        """SIGTERM and SIGINT: finish the page in hand, keep it, report. A later one ends the process at once; one that comes
        right after the first does not: a service's stop reaches the whole group, and who started us tells us as well.
        """
        loop = asyncio.get_running_loop()

        def heard(number: signal.Signals) -> None:
            self._stop.ask(f"stopped ({number.name})")
            loop.call_later(INSIST_S, signal.signal, number, signal.SIG_DFL)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, heard, number)
