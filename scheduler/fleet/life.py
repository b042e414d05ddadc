"""The scheduler room, the fleet's signs of life: who is there, and who is not any more; the jobs of those are put back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from archive import ArchiveUnavailable
from scheduler.claims import is_gone, say_holder

if TYPE_CHECKING:
    import procrastinate
    from procrastinate.worker import Worker as Taker

SILENT = 3  # signs of life that are missed before a hand is taken for lost
KEPT_H = 7 * 24  # hours that jobs which broke are kept to be looked at
LOOK_S = 0.2  # between two looks at what nobody tells us of


async def beat(app: procrastinate.App, takers: Mapping[str, Taker], holder: str, every_s: float) -> None:
    """Say who takes jobs here, and that they live, until cancelled. Raises ArchiveUnavailable when the others gave us up."""
    for queue, taker in takers.items():
        await until(partial(_is_known, taker))
        await _execute(
            app,
            "INSERT INTO hands (worker, holder, queue) VALUES (%(worker)s, %(holder)s, %(queue)s)",
            worker=taker.worker_id,
            holder=holder,
            queue=queue,
        )
    while True:
        await asyncio.sleep(every_s)
        for taker in takers.values():  # a taker that ends waits for its jobs without a sign of life
            if taker.worker_id is not None:
                await app.job_manager.update_heartbeat(taker.worker_id)
        rows = await app.connector.execute_query_all_async(
            "SELECT worker FROM hands WHERE holder = %(holder)s", holder=holder
        )
        if {row["worker"] for row in rows} < {taker.worker_id for taker in takers.values()}:
            raise ArchiveUnavailable("the others took this process for lost (it slept, or the net was down)")


async def rescue(app: procrastinate.App, log: Any, every_s: float) -> None:
    """Put back what lost hands were doing, until cancelled. Every hand does it; who comes second finds nothing."""
    while True:
        for worker, holder in await _lost(app):
            await _execute(app, "DELETE FROM procrastinate_workers WHERE id = %(worker)s", worker=worker)
            log.info("hand lost", holder=holder, say=f"{say_holder(holder)} is gone; its jobs are taken by others")
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=every_s * SILENT):
            await app.job_manager.retry_job(job)
        await app.job_manager.delete_old_jobs(
            nb_hours=KEPT_H, include_failed=True, include_cancelled=True, include_aborted=True
        )
        await asyncio.sleep(every_s)


async def _lost(app: procrastinate.App) -> list[tuple[int, str]]:
    """Hands whose process is seen from here to have ended: nobody need wait until they have been silent for long."""
    rows = await app.connector.execute_query_all_async("SELECT worker, holder FROM hands")
    return [(row["worker"], row["holder"]) for row in rows if is_gone(row["holder"])]


def forgive(app: procrastinate.App) -> None:
    """A job that ends here may be somebody else's by then, or nobody's: whoever had no sign of life from us put it back, and
    the turn's truth is in the archive's tables. So that is no mistake; nor is that the clock has pinned the same again.
    """
    from procrastinate.exceptions import ConnectorException, UniqueViolation  # noqa: PLC0415
    from procrastinate.jobs import Status  # noqa: PLC0415
    from procrastinate.manager import JobManager  # noqa: PLC0415

    class Jobs(JobManager):
        async def finish_job_by_id_async(self, *args: Any, **told: Any) -> None:
            with _unless_gone(ConnectorException):
                await super().finish_job_by_id_async(*args, **told)

        async def retry_job_by_id_async(self, job_id: int, *args: Any, **told: Any) -> None:
            try:
                with _unless_gone(ConnectorException):
                    await super().retry_job_by_id_async(job_id, *args, **told)
            except UniqueViolation:
                await self.finish_job_by_id_async(job_id=job_id, status=Status.ABORTED, delete_job=True)

    app.job_manager = Jobs(app.connector)


@contextmanager
def _unless_gone(kind: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kind as error:
        if "not found" not in said(error):
            raise


def _is_known(taker: Taker) -> bool:
    return taker.worker_id is not None


async def _execute(app: procrastinate.App, query: str, **values: Any) -> None:
    await app.connector.execute_query_async(query, **values)


def said(error: Exception) -> str:
    """What lies under an error of Procrastinate, in one line."""
    cause = error.__cause__ or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]


async def until(true: Callable[[], bool], most_s: float = float("inf")) -> None:
    """Until something is true that nobody tells us of (other threads, foreign libraries), or so much time has passed."""
    left_s = most_s
    while not true() and left_s > 0:
        await asyncio.sleep(LOOK_S)
        left_s -= LOOK_S
