"""The crawler room: waiting for one's turn at a host. The turns are kept by the archive, so all processes share them."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit

from archive import Archive

PATIENCE_S = 60.0  # a host that wants to be left alone for longer is visited again in another crawl
PATIENCE_TURNS = 20  # but never fewer than so many of its usual pauses: other crawls may wait at the same host
UNPACED_LOOK_S = 1.0  # a host without a delay is still looked up so often: another process may have been told to rest


class Stop:
    """The crawl's end, seen from inside: a wish to stop, or the end of its time. Waiting ends with it."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._asked = asyncio.Event()
        self.reason: str | None = None

    def ask(self, reason: str) -> None:
        """Finish what is in hand, begin nothing new. The first reason stays."""
        self.reason = self.reason or reason
        self._asked.set()

    @property
    def left_s(self) -> float:
        """Seconds of the crawl's time that are left."""
        return max(self._ends - time.monotonic(), 0.0)

    def why(self) -> str | None:
        """Why nothing new may begin; None: go on."""
        if self.reason is None and self.left_s <= 0:
            self.ask("the crawl's time is over")
        return self.reason

    async def wait(self, seconds: float) -> bool:
        """Wait; False when the crawl is to stop before that."""
        try:
            await asyncio.wait_for(self._asked.wait(), seconds)
        except TimeoutError:
            return True
        return False


class Pace:
    """Keeps the pause between two requests to one host, with every other process that uses this archive."""

    def __init__(self, archive: Archive, stop: Stop) -> None:
        self._archive, self._stop = archive, stop
        self._locks: dict[str, asyncio.Lock] = {}
        self._looked: dict[str, float] = {}
        self._sent: dict[str, float] = {}  # when the last request here really left: a busy machine sends late

    def one_at_a_time(self, host: str) -> asyncio.Lock:
        """Held from a request's turn to the last byte of its answer."""
        return self._locks.setdefault(host, asyncio.Lock())

    async def turn(self, host: str, delay_s: float) -> bool:
        """Wait until this host may be asked. False: the crawl ends before that, and `stop` says why."""
        now = time.monotonic()
        if delay_s <= 0 and now - self._looked.get(host, -UNPACED_LOOK_S) < UNPACED_LOOK_S:
            return True
        self._looked[host] = now
        wait = await asyncio.to_thread(self._archive.host_turn, host, delay_s, datetime.now(UTC))
        wait = max(wait, self._sent.get(host, now - delay_s) + delay_s - time.monotonic())
        if wait > min(self._stop.left_s, max(PATIENCE_S, PATIENCE_TURNS * delay_s)):
            self._stop.ask(f"{host} wants no request for another {wait:.0f} s")
            return False
        return wait <= 0 or await self._stop.wait(wait)

    def sent(self, host: str, at: float) -> None:
        """A request to this host left at this moment (of the monotonic clock)."""
        self._sent[host] = at

    async def rest(self, host: str, until: datetime) -> None:
        """The host wants to be left alone until then (Retry-After); every process keeps to it."""
        self._looked.pop(host, None)
        await asyncio.to_thread(self._archive.host_rest, host, until)


def host_of(url: str) -> str:
    """The name under which a host's turns are kept: "host", or "host:port" off the usual ports."""
    return _host_of(authority_of(url))


def authority_of(url: str) -> str:
    """Scheme, host and port of an address in canonical form: all of it before the path."""
    end = url.find("/", url.find("://") + 3)
    return url[:end] if end > 0 else url.partition("?")[0]


@lru_cache(maxsize=1024)
def _host_of(authority: str) -> str:
    parts = urlsplit(authority)
    usual = parts.port is None or (parts.scheme, parts.port) in {("http", 80), ("https", 443)}
    return (parts.hostname or "") if usual else f"{parts.hostname}:{parts.port}"
