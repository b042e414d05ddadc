"""The scheduler room, the fleet's crawling: a hand has the jobs of sources done by the same worker as a small installation.

The hand lives in an event loop; all that touches the worker runs in one thread of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from archive import Archive, ArchiveUnavailable
from scheduler import jobs
from scheduler.fleet.duties import Duties, PutBack
from scheduler.plan import BadSchedule

if TYPE_CHECKING:
    from crawler import Source
    from scheduler.worker import Ended, Worker

TEND_S = 0.2  # between two looks at the running crawls
PROGRESS_S = 2.0  # between two notes of how far they are
AGAIN_S = 5.0  # rest after the archive could not be written
CLOCKS_DIFFER = timedelta(minutes=1)  # by which those of two machines may: a turn that is due there is due here


class Crawling:
    """The crawls of one hand. For one event loop."""

    def __init__(self, archive: Archive, worker: Worker, duties: Duties, log: Any) -> None:
        self._archive, self._worker, self._duties, self._log = archive, worker, duties, log
        self._owner = ThreadPoolExecutor(1, thread_name_prefix="crawls")
        self._waited: dict[str, asyncio.Future[None]] = {}  # by slug
        self._ended: list[Ended] = []  # crawls that are over and not settled yet
        self._progress_s = 0.0

    @property
    def running(self) -> int:
        return len(self._worker.running)

    def close(self) -> None:
        self._owner.shutdown()

    def begin(self) -> None:
        """Crawls are taken, again if there was a `stop`."""
        self._worker.take_again()

    async def crawl(self, slug: str) -> None:
        """The job of a source: until its crawl is over and written down. Raises PutBack."""
        source = await self._owned(self._due, slug)
        if source is None:
            return
        if not await self._owned(self._worker.submit, source):
            raise PutBack
        over = self._waited[slug] = asyncio.get_running_loop().create_future()
        await over

    def _due(self, slug: str) -> Source | None:
        """The source, if its turn has still to be had: a job may come twice, or late."""
        turn = self._archive.turn(slug)
        soon = datetime.now(UTC) + CLOCKS_DIFFER
        if turn is not None and (turn.paused or (turn.next_at is not None and turn.next_at > soon)):
            return None
        found = self._duties.find(slug)
        if found is None:
            said = f"{slug}: nothing defines this source any more; its turn is passed over"
            self._log.warning("unknown source", source=slug, say=said)
        return found

    async def tend_all(self) -> None:
        """Look after the crawls, until cancelled."""
        while True:
            rest_s = TEND_S
            try:
                await self._owned(self._tend)
            except ArchiveUnavailable as error:
                said = f"the archive cannot be written now, trying again: {error}"
                self._log.warning("archive unavailable", error=str(error), say=said)
                rest_s = AGAIN_S
            for slug in [slug for slug in self._waited if self._is_over(slug)]:
                self._settle(slug)
            await asyncio.sleep(rest_s)

    async def stop(self) -> None:
        """Take nothing more; crawls finish the page in hand, those not begun are put back. Called again: kill."""
        if self._worker.running:
            count = len(self._worker.running)
            self._log.info("stopping", crawls=count, say=f"stopping; {count} crawls finish the page in hand")
        await self._owned(self._worker.stop, time.monotonic())
        for slug in [slug for slug in self._waited if self._is_over(slug)]:
            self._settle(slug, PutBack())

    def _is_over(self, slug: str) -> bool:
        return not self._worker.has(slug) and all(over.source.slug != slug for over in self._ended)

    def _settle(self, slug: str, problem: Exception | None = None) -> None:
        over = self._waited.pop(slug)
        if over.done():  # its job was cancelled
            return
        if problem is None:
            over.set_result(None)
        else:
            over.set_exception(problem)

    async def _owned(self, act: Callable[..., Any], *values: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._owner, act, *values)

    # --- in the thread that owns the worker ------------------------------------------------------------------------------

    def _tend(self) -> None:
        """Start, look after and write down crawls; what cannot be written now is written at the next look."""
        started, ended = self._worker.tend(time.monotonic())
        self._ended += ended
        for running in started:
            slug = running.source.slug
            turn = jobs.began(self._archive, slug, datetime.now(UTC))
            self._log.info("crawl began", source=slug, pid=running.child.pid or None, why=turn.why)
        while self._ended:
            self._over(self._ended[0])
            del self._ended[0]
        if time.monotonic() - self._progress_s >= PROGRESS_S:
            self._progress_s = time.monotonic()
            told = {slug: running.progress for slug, running in self._worker.running.items() if running.progress}
            jobs.keep_progress(self._archive, told)

    def _over(self, over: Ended) -> None:
        try:
            settled = jobs.ended(
                self._archive,
                over.source,
                over.report,
                datetime.now(UTC),
                stopped=over.stopped,
                amended=over.amended,
                neighbours=self._duties.neighbours(over.source),
            )
        except BadSchedule as error:
            slug = over.source.slug
            self._log.warning("bad schedule", source=slug, error=str(error), say=f"{slug}: {error}")
            return
        self._duties.on_ended(over, settled)
        for alarm in settled.alarms:
            self._duties.on_alarm(alarm)
