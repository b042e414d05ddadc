"""The scheduler room, the fleet's board: jobs that wait or are being done, pinned by the clock, taken by hands.

Safe to share between threads. A job waits once at most for each source, webhook or replay.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from archive import ArchiveUnavailable
from scheduler.fleet.tables import conninfo, is_laid, lay

if TYPE_CHECKING:
    import procrastinate

CRAWLS, DELIVERIES, REPLAYS = "crawls", "deliveries", "replays"
QUEUES = (CRAWLS, DELIVERIES, REPLAYS)
CRAWL, DELIVER, REPLAY = "crawl", "deliver", "replay"  # names of tasks
SOON = 10  # priority of what a person asked for; the others have 0
CONNECTIONS = 2  # of one board
WAIT_S = 10.0  # for a connection

logging.getLogger("procrastinate").setLevel(logging.WARNING)  # one line a crawl is ours to write
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandState:
    """A process that takes jobs from one queue."""

    holder: str
    queue: str
    since: datetime
    silent_s: float  #: since its last heartbeat
    doing: Sequence[str]  #: what it works on: slugs of sources, names of webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardState:
    """What waits and who works."""

    waiting: Mapping[str, int]  #: jobs by queue
    oldest_s: Mapping[str, float]  #: for how long the oldest of them waits
    failed: int  #: jobs that broke: mistakes of ours
    hands: Sequence[HandState] = ()


def board_state(url: str) -> BoardState:
    """What waits and who works for the archive at this URL; changes nothing. Raises NoBoard, ArchiveUnavailable."""
    if not is_laid(url):
        return BoardState(waiting={}, oldest_s={}, failed=0)
    with Board(url, "status") as board:
        return board.state()


class Board:
    """Where the clock pins jobs. Any verb may raise ArchiveUnavailable."""

    def __init__(self, url: str, purpose: str = "clock") -> None:
        """Open the board of the archive at this URL, making its tables where they are not. Raises NoBoard."""
        info = conninfo(url, purpose)
        lay(url)
        import procrastinate  # noqa: PLC0415 - the extra `postgres`

        connector = procrastinate.SyncPsycopgConnector(conninfo=info, min_size=1, max_size=CONNECTIONS, timeout=WAIT_S)
        self._app: procrastinate.App = procrastinate.App(connector=connector)
        with _translated():
            self._app.open()

    def close(self) -> None:
        self._app.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pin_crawl(self, slug: str, host: str, *, first: bool = False) -> bool:
        """A source's turn has come; False when it waits already. No two jobs of one host are done at a time."""
        return self._pin(CRAWL, CRAWLS, f"host:{host}", slug, SOON if first else 0, {"source": slug})

    def pin_delivery(self, webhook: str) -> bool:
        """There is something to deliver."""
        return self._pin(DELIVER, DELIVERIES, f"webhook:{webhook}", webhook, 0, {"webhook": webhook})

    def pin_replay(self, source: str, since: str | None) -> bool:
        """The captures of a source are to be read again."""
        return self._pin(REPLAY, REPLAYS, f"replay:{source}", source, 0, {"source": source, "since": since})

    def _pin(self, task: str, queue: str, lock: str, about: str, priority: int, values: dict[str, Any]) -> bool:
        from procrastinate.exceptions import AlreadyEnqueued  # noqa: PLC0415

        job = self._app.configure_task(
            task, queue=queue, lock=lock, queueing_lock=f"{queue}:{about}", priority=priority
        )
        try:
            with _translated():
                job.defer(**values)
        except AlreadyEnqueued:
            return False
        return True

    def at_hand(self, queue: str) -> dict[str, str]:
        """What waits ("todo") and what is being done ("doing"), by what it is about. Doing wins."""
        rows = self._all(
            "SELECT queueing_lock AS about, status::text AS status FROM procrastinate_jobs "
            "WHERE queue_name = %(queue)s AND status IN ('todo', 'doing') ORDER BY status",
            queue=queue,
        )
        states: dict[str, str] = {}
        for row in rows:
            about = row["about"].partition(":")[2]
            if states.get(about) != "doing":
                states[about] = row["status"]
        return states

    def take_down(self, queue: str, about: str) -> None:
        """A job that waits is not to be done any more."""
        self._all(
            "DELETE FROM procrastinate_jobs WHERE queueing_lock = %(lock)s AND status = 'todo' RETURNING id",
            lock=f"{queue}:{about}",
        )

    def state(self) -> BoardState:
        """What waits, who works, and how long since anybody heard of them."""
        waiting = self._all(
            "SELECT j.queue_name AS queue, count(*) AS jobs, "
            "max(extract(epoch FROM now() - e.at))::float8 AS oldest "
            "FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred' "
            "WHERE j.status = 'todo' GROUP BY j.queue_name"
        )
        failed = self._all("SELECT count(*) AS jobs FROM procrastinate_jobs WHERE status = 'failed'")
        hands = self._all(
            "SELECT h.holder, h.queue, h.since, extract(epoch FROM now() - w.last_heartbeat)::float8 AS silent, "
            "array(SELECT j.queueing_lock FROM procrastinate_jobs j WHERE j.worker_id = w.id AND j.status = 'doing' "
            "ORDER BY 1)::text[] AS doing "
            "FROM hands h JOIN procrastinate_workers w ON w.id = h.worker ORDER BY h.since, h.worker"
        )
        return BoardState(
            waiting={row["queue"]: row["jobs"] for row in waiting},
            oldest_s={row["queue"]: row["oldest"] for row in waiting},
            failed=failed[0]["jobs"],
            hands=[
                HandState(
                    holder=row["holder"],
                    queue=row["queue"],
                    since=row["since"],
                    silent_s=row["silent"],
                    doing=[about.partition(":")[2] for about in row["doing"]],
                )
                for row in hands
            ],
        )

    def _all(self, query: str, **values: Any) -> list[dict[str, Any]]:
        with _translated():
            return self._app.connector.get_sync_connector().execute_query_all(query, **values)


@contextmanager
def _translated() -> Iterator[None]:
    """The wall at which errors of Procrastinate and its driver become ours."""
    import psycopg  # noqa: PLC0415
    import psycopg_pool  # noqa: PLC0415
    from procrastinate.exceptions import ConnectorException, UniqueViolation  # noqa: PLC0415

    try:
        yield
    except UniqueViolation:
        raise
    except (ConnectorException, psycopg.Error, psycopg_pool.PoolTimeout) as error:
        said = str(error.__cause__ or error).strip().splitlines() or [type(error).__name__]
        raise ArchiveUnavailable(f"the job board cannot be reached now: {said[0]}") from error
