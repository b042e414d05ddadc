"""The scheduler room, a hand of the fleet: a process that takes jobs from the board, `newsarchive worker`, on any machine.

It crawls as a small installation does (`crawling`); delivers to webhooks; reads captures again. It says every few seconds
that it lives (`life`). A lost board costs a line and a later try, never the process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from archive import Archive, ArchiveError, ArchiveUnavailable
from scheduler.fleet.board import CRAWL, CRAWLS, DELIVER, REPLAY
from scheduler.fleet.crawling import Crawling
from scheduler.fleet.duties import Duties, PutBack
from scheduler.fleet.life import LOOK_S, SILENT, beat, forgive, rescue, said, until
from scheduler.fleet.tables import conninfo, lay

if TYPE_CHECKING:
    import procrastinate
    from procrastinate.worker import Worker as Taker

    from scheduler.worker import Worker

HEARTBEAT_S = 10.0  # between two signs of life
POLL_S = 5.0  # between two looks for jobs, if no notification comes
STOP_MOST_S = 60.0  # a hand that is told to stop ends by then, whatever its crawls do
AGAIN_S = 5.0  # rest after the board was lost
CONNECTION_S = 5.0  # that a connection of the pool is waited for


class Hand:
    """Takes jobs until told to stop."""

    def __init__(
        self,
        archive: Archive,
        worker: Worker,
        duties: Duties,
        *,
        log: Any,
        holder: str,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        """Args:
        archive: on PostgreSQL; its board has the jobs.
        worker: runs the crawls, with claims in the name of `holder`.
        duties: what is done for each kind of job.
        log: a structlog logger.
        holder: who we are, see `claims.new_holder`.
        heartbeat_s: between two signs of life; the same for all hands of an archive.

        """
        self._archive, self._duties = archive, duties
        self._log, self._holder, self._heartbeat_s = log, holder, heartbeat_s
        self._quit = threading.Event()  # what is beside the crawls is to end
        self._crawling = Crawling(archive, worker, duties, log)
        beside = sum(count for queue, count in duties.queues.items() if queue != CRAWLS)
        self._threads = ThreadPoolExecutor(max(1, beside), thread_name_prefix="jobs")

    @property
    def crawling(self) -> int:
        """Crawls that run here now."""
        return self._crawling.running

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; then the running crawls finish their page, and everything is kept."""
        try:
            asyncio.run(self._run(stop))
        finally:
            self._crawling.close()
            self._threads.shutdown()

    async def _run(self, stop: threading.Event) -> None:
        lost: tuple[type[Exception], ...] = (ArchiveUnavailable, *_lost_board())
        while not stop.is_set():
            try:
                lay(self._archive.url)
                await self._serve(stop)
            except lost as error:
                why = said(error)
                self._log.warning(
                    "board lost", error=why, say=f"the job board cannot be reached now, trying again: {why}"
                )
                await until(stop.is_set, AGAIN_S)

    async def _serve(self, stop: threading.Event) -> None:
        """Take jobs until told to stop, or the board is lost."""
        self._quit.clear()
        self._crawling.begin()
        app = self._app()
        async with app.open_async():
            takers = self._takers(app)
            tasks = [asyncio.create_task(_take(taker)) for taker in takers.values()]
            beside = [
                asyncio.create_task(beat(app, takers, self._holder, self._heartbeat_s)),
                asyncio.create_task(rescue(app, self._log, self._heartbeat_s)),
                asyncio.create_task(self._crawling.tend_all()),
            ]
            try:
                queues = {queue: count for queue, count in self._duties.queues.items() if count}
                offer = ", ".join(f"{count} {queue}" for queue, count in queues.items())
                self._log.info("taking jobs", holder=self._holder, queues=queues, say=f"taking jobs: {offer}")
                await self._until(stop, [*tasks, *beside])
            finally:
                await self._finish(takers, tasks)
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)

    async def _until(self, stop: threading.Event, tasks: list[asyncio.Task[None]]) -> None:
        """Until told to stop; raises what ended one of these tasks."""
        while not stop.is_set():
            done, _ = await asyncio.wait(tasks, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
                raise ArchiveUnavailable("a taker of jobs has ended")

    async def _finish(self, takers: Mapping[str, Taker], tasks: list[asyncio.Task[None]]) -> None:
        """Take nothing more; let what is being done end, and be written down."""
        self._quit.set()
        for taker in takers.values():
            taker.stop()  # type: ignore[no-untyped-call]
        await self._crawling.stop()
        ending = asyncio.gather(*tasks, return_exceptions=True)
        try:
            await asyncio.wait_for(asyncio.shield(ending), STOP_MOST_S)
        except TimeoutError:
            await self._crawling.stop()  # a second time: kill
            await ending

    # --- the jobs -----------------------------------------------------------------------------------------------------

    def _app(self) -> procrastinate.App:
        import procrastinate  # noqa: PLC0415 - the extra `postgres`

        most = 2 * len(self._duties.queues) + 2
        connector = procrastinate.PsycopgConnector(
            conninfo=conninfo(self._archive.url, "worker"), min_size=1, max_size=most, timeout=CONNECTION_S
        )
        app = procrastinate.App(connector=connector)
        forgive(app)
        again = _again()
        app.task(name=CRAWL, retry=again)(self._crawl)
        app.task(name=DELIVER, retry=again)(self._deliver)
        app.task(name=REPLAY, retry=again)(self._replay)
        return app

    def _takers(self, app: procrastinate.App) -> dict[str, Taker]:
        from procrastinate.worker import Worker as Taker  # noqa: PLC0415

        return {
            queue: Taker(
                app=app,
                queues=[queue],
                name=queue,
                concurrency=count,
                fetch_job_polling_interval=POLL_S,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=self._heartbeat_s,
                stalled_worker_timeout=self._heartbeat_s * SILENT,
            )
            for queue, count in self._duties.queues.items()
            if count
        }

    async def _crawl(self, source: str) -> None:
        await self._crawling.crawl(source)

    async def _deliver(self, webhook: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._duties.deliver, webhook, self._quit)

    async def _replay(self, source: str, since: str | None = None) -> None:
        act = self._duties.replay
        await asyncio.get_running_loop().run_in_executor(self._threads, act, source, since, self._quit)


async def _take(taker: Taker) -> None:
    await taker.run()  # type: ignore[no-untyped-call]


def _again() -> Any:
    """What was put back is tried again at once, by whoever is free; what broke is kept to be looked at."""
    from procrastinate.retry import BaseRetryStrategy, RetryDecision  # noqa: PLC0415

    class Again(BaseRetryStrategy):
        def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:  # noqa: ARG002
            if isinstance(exception, PutBack):
                return RetryDecision(retry_in={"seconds": 1})
            if isinstance(exception, ArchiveError):
                return RetryDecision(retry_in={"seconds": 30})
            return None

    return Again()


def _lost_board() -> tuple[type[Exception], ...]:
    import psycopg  # noqa: PLC0415
    import psycopg_pool  # noqa: PLC0415
    from procrastinate.exceptions import ConnectorException, RunTaskError  # noqa: PLC0415

    return (ConnectorException, RunTaskError, psycopg.Error, psycopg_pool.PoolTimeout)
