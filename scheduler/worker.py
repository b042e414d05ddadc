"""The scheduler room, the worker: runs crawls as child processes, a few at a time, one a host and one a source.

It owns no thread and no clock of its own: whoever owns it calls `tend` a few times a second with the time, and gets the
crawls that ended. A crash of a child is an outcome of its crawl, never an exception here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from archive import CrawlReport, Outcome

if TYPE_CHECKING:
    from crawler import Source

DEADLINE_GRACE_S = 120.0  # beyond its own limit a crawl may finish the page in hand and write its report
TERM_GRACE_S = 30.0  # from SIGTERM to SIGKILL
WAITING_MOST = 100_000  # sources in the queue; a source is in it once at most


class Child(Protocol):
    """What the worker asks of a running crawl; `crawler.start_crawl` gives one."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> CrawlReport: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(slots=True)
class Running:
    """A crawl in a child process."""

    source: Source
    child: Child
    since_s: float  #: monotonic
    terminated_s: float | None = None  #: when SIGTERM was sent
    killed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A crawl that is over."""

    source: Source
    report: CrawlReport
    stopped: bool  #: it was asked to stop before its end: what is left waits for the next one
    took_s: float


class Worker:
    """Queue and child processes. Not thread-safe: one thread owns it."""

    def __init__(self, start: Callable[[Source], Child], *, most: int, crawl_s: float) -> None:
        """Args:
        start: starts the crawl of a source.
        most: crawls at a time.
        crawl_s: a crawl's own limit; the worker ends it DEADLINE_GRACE_S later.

        """
        self._start = start
        self._most = most
        self._deadline_s = crawl_s + DEADLINE_GRACE_S
        self._waiting: deque[Source] = deque()
        self._slugs: set[str] = set()
        self.running: dict[str, Running] = {}
        self._stopping = False

    def submit(self, source: Source) -> bool:
        """Queue a crawl; False when this source waits or runs already, or nothing is taken any more."""
        if self._stopping or source.slug in self._slugs or len(self._waiting) >= WAITING_MOST:
            return False
        self._slugs.add(source.slug)
        self._waiting.append(source)
        return True

    def has(self, slug: str) -> bool:
        """Whether this source waits or runs here."""
        return slug in self._slugs

    def forget(self, slug: str) -> None:
        """Take a source out of the queue, if it still waits there."""
        if slug in self._slugs and slug not in self.running:
            self._waiting = deque(source for source in self._waiting if source.slug != slug)
            self._slugs.discard(slug)

    @property
    def idle(self) -> bool:
        return not self.running and not self._waiting

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def tend(self, now_s: float) -> tuple[list[Running], list[Ended]]:
        """Collect what ended, enforce deadlines, start what may start. Gives what was started and what ended."""
        ended = [over for running in list(self.running.values()) if (over := self._look_at(running, now_s))]
        started: list[Running] = []
        while len(self.running) < self._most and not self._stopping:
            source = self._next()
            if source is None:
                break
            try:
                running = Running(source, self._start(source), now_s)
            except (OSError, ValueError) as error:  # no process to be had; no contact for somebody else's site
                self._slugs.discard(source.slug)
                ended.append(_not_started(source, error))
                continue
            self.running[source.slug] = running
            started.append(running)
        return started, ended

    def stop(self, now_s: float) -> None:
        """Take nothing more; ask the running crawls to finish their page. Called again: kill what is still there."""
        again = self._stopping
        self._stopping = True
        for source in self._waiting:
            self._slugs.discard(source.slug)
        self._waiting.clear()
        for running in self.running.values():
            if again:
                self._kill(running)
            else:
                self._terminate(running, now_s)

    def _next(self) -> Source | None:
        """The first source in the queue none of whose hosts is being crawled; the order is kept for the others."""
        busy = hosts_of(running.source for running in self.running.values())
        for source in self._waiting:
            if not busy & hosts_of([source]):
                self._waiting.remove(source)
                return source
        return None

    def _look_at(self, running: Running, now_s: float) -> Ended | None:
        if running.child.poll() is None:
            if now_s - running.since_s > self._deadline_s:
                self._terminate(running, now_s)
            if running.terminated_s is not None and now_s - running.terminated_s > TERM_GRACE_S:
                self._kill(running)
            return None
        del self.running[running.source.slug]
        self._slugs.discard(running.source.slug)
        return Ended(
            source=running.source,
            report=running.child.wait(),
            stopped=running.terminated_s is not None,
            took_s=now_s - running.since_s,
        )

    def _terminate(self, running: Running, now_s: float) -> None:
        if running.terminated_s is None:
            running.terminated_s = now_s
            running.child.terminate()

    def _kill(self, running: Running) -> None:
        if not running.killed:
            running.killed = True
            running.child.kill()


def _not_started(source: Source, error: Exception) -> Ended:
    """A crawl that could not begin is a failed crawl: it is reported, and tried again later like any other."""
    now = datetime.now(UTC)
    report = CrawlReport(
        source=source.slug,
        crawl=0,
        started=now,
        ended=now,
        outcome=Outcome.FAILED,
        evidence=("the crawl could not be started",),
        error=str(error),
    )
    return Ended(source=source, report=report, stopped=False, took_s=0.0)


def hosts_of(sources: Iterable[Source]) -> set[str]:
    """The hosts that these sources ask; a port makes another host of it (a replica on loopback is a site of its own)."""
    return {host for source in sources for host in source.hosts}
