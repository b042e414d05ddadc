"""The scheduler room, the fleet's dispatch: what the clock of a large installation has instead of children: it pins jobs.

`Dispatch` stands where a service has its worker; `Postman` where it has its courier. Both only say what is due: the
crawls and deliveries, and what is written down of them, are the hands' (`hand`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive import Archive
from scheduler.courier import is_due
from scheduler.fleet.board import CRAWLS, Board
from scheduler.worker import Ended, Running

if TYPE_CHECKING:
    from crawler import Source

REFRESH_S = 2.0  # between two looks at what is pinned
LOOK_S = 5.0  # longest wait between two looks for changes to deliver, whatever happens in the archive
REST_S = 0.5  # shortest


class Dispatch:
    """Pins crawls on the board. Not thread-safe: one thread owns it."""

    def __init__(self, archive: Archive, board: Board) -> None:
        self._archive, self._board = archive, board
        self.running: Mapping[str, Running] = {}  #: none of its own, ever
        self._pinned: dict[str, str] = {}
        self._looked_s = float("-inf")
        self._told: dict[str, str] = {}  # definitions that the archive has, by slug

    def submit(self, source: Source, *, first: bool = False) -> bool:
        """Pin a crawl; False when it is pinned or being done already. The hands find the source's definition in the archive."""
        slug = source.slug
        if slug in self._pinned and not (first and self._pinned[slug] == "todo"):
            return False
        if self._told.get(slug) != source.text:
            self._archive.keep_source(slug, name=source.name, home=source.home, definition=source.text)
            self._told[slug] = source.text
        if first:
            self._board.take_down(CRAWLS, slug)
        pinned = self._board.pin_crawl(slug, source.hosts[0], first=first)
        self._pinned.setdefault(slug, "todo")
        return pinned

    def has(self, slug: str) -> bool:
        """Whether a crawl of this source is pinned or being done."""
        return slug in self._pinned

    def forget(self, slug: str) -> None:
        """Take a crawl off the board, if nobody took it yet."""
        if self._pinned.get(slug) == "todo":
            self._board.take_down(CRAWLS, slug)
            del self._pinned[slug]

    def tend(self, now_s: float) -> tuple[list[Running], list[Ended]]:
        """Look at the board again, when it is time."""
        if now_s - self._looked_s >= REFRESH_S:
            self._looked_s = now_s
            self._pinned = self._board.at_hand(CRAWLS)
        return [], []

    @property
    def waiting(self) -> int:
        return sum(state == "todo" for state in self._pinned.values())

    def stop(self, now_s: float) -> None:
        """Nothing to end: what is pinned stays, for hands and for the next clock."""

    def take_again(self) -> None:
        self._pinned, self._looked_s = {}, float("-inf")


class Postman:
    """An errand of the service: pins a delivery for every webhook that is behind."""

    def __init__(self, archive: Archive, board: Board, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._archive, self._board, self._now = archive, board, now

    def act(self, quit_: threading.Event) -> None:
        """Until told to end."""
        with self._archive.watch() as wait:
            while not quit_.is_set():
                behind = {consumer.name for consumer in self._archive.consumers() if consumer.lag}
                for hook in self._archive.webhooks():
                    if f"webhook:{hook.name}" in behind and is_due(hook, self._now()):
                        self._board.pin_delivery(hook.name)
                begin = time.monotonic()
                wait(LOOK_S)
                quit_.wait(max(0.0, REST_S - (time.monotonic() - begin)))
