"""The crawler room: the place between the event loop and the writer's thread. The loop never blocks here, the thread takes
all there is at once; so neither wakes the other for every single page.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Handover(Generic[T]):
    """A bounded queue from one event loop to one thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, most: int, gather_s: float) -> None:
        """`most` items wait here, and are taken together; the first waits `gather_s` at most for the others."""
        self._loop, self._most, self._gather_s = loop, most, gather_s
        self._items: deque[T] = deque()
        self._urgent = False
        self._lock = threading.Lock()
        self._filled = threading.Condition(self._lock)
        self._waiting: list[asyncio.Future[None]] = []

    async def put(self, item: T, *, urgent: bool = False) -> None:
        """On the loop: hand over, waiting while there is no room. An urgent item makes all that wait be taken at once."""
        while True:
            with self._lock:
                if len(self._items) < self._most:
                    self._items.append(item)
                    self._urgent = self._urgent or urgent
                    if urgent or len(self._items) in (1, self._most):
                        self._filled.notify()
                    return
                room = self._loop.create_future()
                self._waiting.append(room)
            await room

    def take(self) -> list[T]:
        """In the thread: all that is there, at least one item, in order."""
        with self._lock:
            while not self._items:
                self._filled.wait()
            ends = time.monotonic() + self._gather_s
            while len(self._items) < self._most and not self._urgent and (left := ends - time.monotonic()) > 0:
                self._filled.wait(left)
            taken = list(self._items)
            self._items.clear()
            self._urgent = False
            waiting, self._waiting = self._waiting, []
        if waiting:
            self._loop.call_soon_threadsafe(_make_room, waiting)
        return taken


def _make_room(waiting: list[asyncio.Future[None]]) -> None:
    for room in waiting:
        if not room.done():
            room.set_result(None)
