"""The archive room, differences: sleeping until something was committed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from archive.dialect.transactions import driver_of, translated

CHANNEL = "newsarchive_changes"  # of PostgreSQL's LISTEN and NOTIFY
LOOK_S = 0.1  # between two looks at SQLite's data_version, which is a number in shared memory: a few microseconds each


def announce(connection: Connection) -> None:
    """Tell those who wait that the log has grown; they hear it when this transaction is committed."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


@contextmanager
def watching(engine: Engine) -> Iterator[Callable[[float], None]]:
    """Gives a function that waits until something was committed since it last returned (at first: since now), or so many
    seconds have passed. It may return early; it never misses anything.
    """
    with driver_of(engine) as driver:
        if engine.dialect.name == "postgresql":
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")
            try:
                with translated(engine):
                    yield lambda seconds: _next(driver.notifies(timeout=seconds, stop_after=1))
            finally:
                driver.execute(f"UNLISTEN {CHANNEL}")
                driver.autocommit = False
        else:
            yield _DataVersion(driver).wait


def _next(notifications: Iterator[object]) -> None:
    next(notifications, None)


class _DataVersion:
    """SQLite counts what other connections commit."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver
        self._last = self._look()

    def _look(self) -> int:
        return int(self._driver.execute("PRAGMA data_version").fetchone()[0])

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (now := self._look()) == self._last and time.monotonic() < until:
            time.sleep(LOOK_S)
        self._last = now
