"""The crawler room: the writer thread. Stations 6 to 11 of an article's way: captured, read, put into normal form, compared,
kept, logged. The event loop hands answers over and never waits for the database.

One bad page costs that page alone; when the archive cannot be written the crawl is told to stop, and nothing is lost:
whatever was not kept is still waiting in the archive's frontier.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from archive import Archive, ArchiveError, ArchiveUnavailable, Arrival, Article, Capture, CaptureWriter, Visit
from crawler import frontier
from crawler.fetch import Answer
from crawler.parsing import read_article
from crawler.reader import Reader, Unreadable
from crawler.source import Source
from crawler.stations import NotAnArticle, PageKind
from crawler.tally import Tally
from crawler.urls import BadAddress, canonical, same_page

QUEUE_MAX = 6  # answers between loop and writer: with the group, what a kill makes the next crawl ask for again
GROUP_MAX = 16  # articles in one transaction
GROUP_S = 0.3  # seconds that the first of them waits for the others
TRIES = 4  # to write, when the archive is locked; each waits longer
TRY_FIRST_S = 0.5
WAITING = frozenset({PageKind.CHALLENGE, PageKind.LOGIN, PageKind.SHELL})  # stand in the page's place for now
WALLS = frozenset({PageKind.CHALLENGE, PageKind.LOGIN})

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An article's address and what it answered."""

    visit: Visit
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Call:
    do: Callable[[], Any]
    done: Callable[[Any, BaseException | None], None]


class Writer(threading.Thread):
    """Takes answers in order; everything the crawl asks of the archive goes through this one thread."""

    def __init__(  # noqa: PLR0913 - each is asked for by its name
        self,
        archive: Archive,
        source: Source,
        *,
        tally: Tally,
        clock: Callable[[], datetime],
        software: str,
        probe: Callable[[str], Coroutine[Any, Any, Answer]],
        broken: Callable[[str], None],
        reader: Reader | None = None,
    ) -> None:
        """`probe` asks an address on the event loop; `broken` is told, once, that the archive cannot be written. Without
        a `reader` pages are parsed in this process.
        """
        super().__init__(name=f"writer-{source.slug}", daemon=True)
        self._archive, self._source, self._tally, self._clock = archive, source, tally, clock
        self._probe, self._broken, self._reader = probe, broken, reader
        self._captures = CaptureWriter(archive.captures, prefix=source.slug, software=software)
        self._queue: queue.Queue[Fetched | _Call | None] = queue.Queue(QUEUE_MAX)
        self._loop = asyncio.get_running_loop()
        self._group: list[Arrival] = []
        self._group_since = 0.0
        self._alive: set[str] = set()  # addresses that answered as articles in this crawl
        self._selectors = source.extract.selectors()
        self.error: ArchiveError | None = None

    # ---- for the event loop ------------------------------------------------------------------------------------------

    async def put(self, item: Fetched) -> None:
        """Hand an answer over; waits, without blocking the loop, while the writer is behind."""
        await self._enqueue(item)

    async def call(self, do: Callable[..., T], *args: Any, **options: Any) -> T:
        """The result of `do` in the writer thread, after everything that was handed over before is kept."""
        future: asyncio.Future[T] = self._loop.create_future()

        def done(result: Any, error: BaseException | None) -> None:
            def settle() -> None:
                if not future.done():
                    future.set_exception(error) if error is not None else future.set_result(result)

            self._loop.call_soon_threadsafe(settle)

        await self._enqueue(_Call(lambda: do(*args, **options), done))
        return await future

    async def close(self) -> None:
        """Keep what is left, and end the thread."""
        await self._enqueue(None)
        await asyncio.to_thread(self.join)

    async def _enqueue(self, item: Fetched | _Call | None) -> None:
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            await asyncio.to_thread(self._queue.put, item)

    # ---- in the thread -----------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until `close`; also after the archive failed, so that nobody waits for it in vain."""
        try:
            while (item := self._next()) is not None:
                self._guarded(item)
            self._try(self._flush)
        finally:
            try:
                self._captures.close()
            except ArchiveError as error:
                self._fail(error)

    def _next(self) -> Fetched | _Call | None:
        while self._group:
            left = self._group_since + GROUP_S - time.monotonic()
            if left > 0 and len(self._group) < GROUP_MAX:
                try:
                    return self._queue.get(timeout=left)
                except queue.Empty:
                    pass
            self._try(self._flush)
        return self._queue.get()

    def _guarded(self, item: Fetched | _Call) -> None:
        if isinstance(item, _Call):
            self._try(self._flush)
            try:
                item.done(item.do(), None)
            except Exception as error:  # noqa: BLE001  (the caller on the loop is the one to handle it)
                item.done(None, error)
            return
        if self.error is not None:
            return  # what cannot be kept waits in the frontier
        self._try(lambda: self._survive(item))

    def _survive(self, item: Fetched) -> None:
        """The one place where a page that cannot be processed is caught, named and left behind."""
        try:
            self._take(item)
        except ArchiveError:
            raise
        except Unreadable as error:
            self._tally.skip("parsing took too much")
            self._keep(frontier.after_doubt(item.visit, self._clock(), why=str(error), status=item.answer.status))
        except Exception as error:
            log.exception("page %s cannot be processed", item.visit.url)
            self._tally.skip("page cannot be processed")
            why = f"cannot be processed: {type(error).__name__}: {error}"[:500]
            self._keep(frontier.after_trouble(item.visit, self._clock(), why=why, status=item.answer.status))

    def _try(self, do: Callable[[], None]) -> None:
        if self.error is not None:
            return
        try:
            do()
        except ArchiveError as error:
            self._fail(error)

    def _fail(self, error: ArchiveError) -> None:
        if self.error is None:
            self.error = error
            self._group.clear()
            self._loop.call_soon_threadsafe(self._broken, str(error))

    def _patiently(self, do: Callable[[], T]) -> T:
        """Write, and again where the archive was locked or the disk full for a moment."""
        for attempt in range(TRIES - 1):
            try:
                return do()
            except ArchiveUnavailable:
                time.sleep(TRY_FIRST_S * 2**attempt)
        return do()

    def _flush(self) -> None:
        if not self._group:
            return
        group, self._group = self._group, []
        self._captures.flush()
        changes = self._patiently(lambda: self._archive.store_batch(group))
        for arrival, change in zip(group, changes, strict=True):
            self._tally.changed(change, arrival.article.published)

    def _keep(self, visit: Visit) -> None:
        self._patiently(lambda: self._archive.keep_visit(visit))

    # ---- one answer --------------------------------------------------------------------------------------------------

    def _take(self, item: Fetched) -> None:
        visit, answer, now = item.visit, item.answer, self._clock()
        if answer.trouble is not None:
            self._no_answer(visit, answer, now)
        elif answer.status == 200:
            self._page(visit, answer, now)
        elif answer.status == 304 and visit.state == "done":
            self._unchanged(visit, answer, now)
        elif answer.status in (404, 410):
            self._missing(visit, answer, now)
        elif answer.walled:
            self._walled(visit, answer, now, f"answers {answer.status}")
        else:
            self._tally.skip(f"status {answer.status}")
            self._keep(frontier.after_trouble(visit, now, why=f"status {answer.status}", status=answer.status))

    def _unchanged(self, visit: Visit, answer: Answer, now: datetime) -> None:
        """The bytes we have. Where they stand at another address for good now, the article is re-addressed."""
        self._tally.not_modified += 1
        self._alive.add(visit.url)
        new = self._address(visit, answer)
        if same_page(new, visit.url):
            self._keep(frontier.after_unchanged(visit, now, status=answer.status or 304))
            return
        self._flush()
        kept = frontier.after_move(visit, now, to=new, status=answer.moved_by)
        change = self._patiently(lambda: self._archive.moved(visit.source, visit.url, new, at=now, visit=kept))
        if change is not None:
            self._tally.changed(change)

    def _no_answer(self, visit: Visit, answer: Answer, now: datetime) -> None:
        if answer.trouble == "stopped":
            return  # it was never asked: it stays as it is
        self._tally.skip(answer.trouble or "trouble")
        after = frontier.after_trouble if answer.passing else frontier.after_refusal
        self._keep(after(visit, now, why=answer.why, status=answer.status))

    def _missing(self, visit: Visit, answer: Answer, now: datetime) -> None:
        after = frontier.after_gone if answer.status == 410 else frontier.after_missing
        kept = after(visit, now)
        change = None
        if visit.state == "done":
            self._flush()
            change = self._patiently(lambda: self._archive.gone(visit.source, visit.url, at=now, visit=kept))
        else:
            self._keep(kept)
            self._tally.skip(f"status {answer.status}")
        if change is not None:
            self._tally.gone += 1
            self._tally.changed(change)

    def _walled(self, visit: Visit, answer: Answer, now: datetime, why: str) -> None:
        self._tally.walled += 1
        self._tally.walled_in_a_row += 1
        self._tally.skip(f"blocked: {why}")
        self._keep(frontier.after_doubt(visit, now, why=why, status=answer.status))

    def _page(self, visit: Visit, answer: Answer, now: datetime) -> None:
        digest = "sha256:" + hashlib.sha256(answer.body).hexdigest()
        if visit.state == "done" and visit.digest == digest:
            self._unchanged(visit, answer, now)
            return
        self._tally.fetched += 1
        url = self._address(visit, answer)
        capture = self._captures.write(
            url=answer.final,
            at=now,
            request_headers=answer.request_headers,
            status=200,
            reason=answer.reason,
            headers=answer.headers,
            body=answer.body,
        )
        made = self._read(visit, answer, url, now)
        if isinstance(made, NotAnArticle):
            self._not_an_article(visit, answer, now, made)
            return
        self._tally.walled_in_a_row = 0
        self._count_fields(made)
        self._arrive(visit, answer, made, capture, now)

    def _address(self, visit: Visit, answer: Answer) -> str:
        """The article's own address: where permanent redirects lead, else the one that was discovered."""
        target = answer.moved_to or visit.url
        if same_page(target, answer.final):
            target = answer.final  # the scheme that answered
        try:
            return canonical(target, self._source.hosts)
        except BadAddress:
            return visit.url

    def _read(self, visit: Visit, answer: Answer, url: str, now: datetime) -> Article | NotAnArticle:
        hints = self._source.hints(visit.title, visit.date)
        told = (answer.body, url, dict(answer.headers), now, self._selectors, hints, self._source.slug)
        return read_article(*told) if self._reader is None else self._reader.read(read_article, *told)

    def _not_an_article(self, visit: Visit, answer: Answer, now: datetime, made: NotAnArticle) -> None:
        why = f"{made.kind.value}: {made.why}" if made.why else made.kind.value
        if made.kind in WALLS:
            self._walled(visit, answer, now, made.kind.value)
            return
        self._tally.skip(f"not an article: {made.kind.value}")
        after = frontier.after_doubt if made.kind in WAITING else frontier.after_refusal
        self._keep(after(visit, now, why=why, status=200))

    def _arrive(self, visit: Visit, answer: Answer, article: Article, capture: Capture, now: datetime) -> None:
        moved_from = None
        here = visit
        if not same_page(article.url, visit.url):
            here = Visit(
                source=visit.source, url=article.url, found_in=visit.found_in, title=visit.title, date=visit.date
            )
            moved_from = visit.url if visit.state == "done" else None
        elif visit.state == "todo":
            moved_from, passing = self._old_address(article)
            if passing is not None:  # copy or move? That is decided when the old address answers
                if passing.trouble != "stopped":
                    self._tally.skip(passing.trouble or "trouble")
                    self._keep(frontier.after_trouble(visit, now, why=passing.why, status=None))
                return
        here = frontier.after_article(
            here,
            now,
            etag=answer.header("ETag"),
            last_modified=answer.header("Last-Modified"),
            digest=capture.digest,
            published=article.published,
        )
        self._alive.add(article.url)
        if not self._group:
            self._group_since = time.monotonic()
        self._group.append(Arrival(article=article, at=now, visit=here, capture=capture, moved_from=moved_from))
        if not same_page(article.url, visit.url):
            self._flush()
            self._keep(frontier.after_move(visit, now, to=article.url, status=answer.moved_by))

    def _old_address(self, article: Article) -> tuple[str | None, Answer | None]:
        """Where the same text stands at another address of this source: that address, if it leads here now or is gone.
        Asked once a crawl; an address that still answers by itself makes this one a copy. The second value is the old
        address's answer where it was none for the moment.
        """
        twin = self._archive.twin(article)
        if twin is None or twin.article.url in self._alive or same_page(twin.article.url, article.url):
            return None, None
        self._flush()
        old = twin.article.url
        answer = asyncio.run_coroutine_threadsafe(self._probe(old), self._loop).result()
        if answer.status in (404, 410) or (answer.moved_to is not None and same_page(answer.moved_to, article.url)):
            return old, None
        if answer.status is None and answer.passing:
            return None, answer
        self._alive.add(old)
        return None, None

    def _count_fields(self, article: Article) -> None:
        counted = self._tally.fields
        self._tally.read += 1
        counted["articles"] += 1
        for name in ("title", "body", "published", "author", "origin", "section", "language"):
            if getattr(article, name):
                counted[name] += 1
