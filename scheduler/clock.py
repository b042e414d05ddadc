"""The scheduler room, the clock: APScheduler in memory rings when a source's turn has come. It remembers nothing.

The truth about turns is in the archive; a lost process loses no turn. APScheduler is used for waiting alone: its cron
is not cron (Sunday, day of month and week) and its job stores are not safe for two processes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any


class Watch:
    """What time it is. Usually the machine's time; for rehearsals a virtual time that runs faster, from a chosen moment."""

    def __init__(self, *, start: datetime | None = None, real: datetime | None = None, speed: float = 1.0) -> None:
        """Args:
        start: the virtual time at the real moment `real`; None: the machine's.
        real: default: now. A rehearsal that is started again goes on where it would be by naming its first moment.
        speed: virtual seconds a real second; politeness towards sites stays in real seconds.

        """
        if speed <= 0:
            raise ValueError(f"speed {speed}: a clock that does not go forward never rings")
        self._real = real or datetime.now(UTC)
        self._virtual = start or self._real
        self.speed = speed
        self.virtual = start is not None or speed != 1.0

    def now(self) -> datetime:
        """Aware UTC."""
        real = datetime.now(UTC)
        return self._virtual + (real - self._real) * self.speed if self.virtual else real

    def real(self, at: datetime) -> datetime:
        """When the machine's clock will show the virtual time `at`."""
        return self._real + (at - self._virtual) / self.speed if self.virtual else at


class Clock:
    """Calls `ring(slug)` when a turn has come, once however late. `ring` runs in the clock's thread: keep it short."""

    def __init__(self, watch: Watch, ring: Callable[[str], None]) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor  # noqa: PLC0415 - `newsarchive --help` needs no clock
        from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # one line a turn is the service's to write
        self._watch = watch
        self._ring = ring
        self._scheduler: Any = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            # None: a turn that was missed by however much is run once, not skipped.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._set: dict[str, datetime] = {}

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            # First: a job that is due while APScheduler 3.11 shuts down is looked up where it is not, and its thread dies.
            self._scheduler.remove_all_jobs()
            self._scheduler.shutdown(wait=True)

    def set(self, slug: str, at: datetime) -> None:
        """Ring for this source at this time (aware UTC, of the watch), and no more at the time set before."""
        if self._set.get(slug) == at:
            return
        self._set[slug] = at
        earliest = datetime.now(UTC) - timedelta(seconds=1)  # what is long past is due now
        self._scheduler.add_job(
            self._rang,
            "date",
            run_date=max(self._watch.real(at), earliest),
            args=[slug],
            id=slug,
            replace_existing=True,
        )

    def cancel(self, slug: str) -> None:
        if self._set.pop(slug, None) is not None and self._scheduler.get_job(slug):
            self._scheduler.remove_job(slug)

    def wake(self) -> None:
        """Look at the machine's clock again: it may have been set, or the machine may have slept."""
        if self._scheduler.running:
            self._scheduler.wakeup()

    def _rang(self, slug: str) -> None:
        self._set.pop(slug, None)
        self._ring(slug)
