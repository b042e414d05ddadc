"""The scheduler room, the worker: runs crawls as child processes, a few at a time, one a host and one a source.

It owns no thread and no clock of its own: whoever owns it calls `tend` a few times a second with the time, and gets the
crawls that ended. A crash of a child is an outcome of its crawl, never an exception here; so is a child that had to be ended
because it took too long or too much memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from archive import CrawlReport, Outcome, Sign
from scheduler.claims import hosts_of, say_holder
from scheduler.durations import say_bytes, say_duration
from scheduler.memory import held_bytes

if TYPE_CHECKING:
    from crawler import Progress, Source

DEADLINE_GRACE_S = 120.0  # beyond its own limit a crawl may finish the page in hand and write its report
TERM_GRACE_S = 30.0  # from SIGTERM to SIGKILL
WEIGH_S = 2.0  # between two looks at the memory of a crawl
MUCH_TOO_MUCH = 1.5  # of its memory limit: a crawl is not asked to finish its page any more
CLAIM_S = 2.0  # a source whose claim somebody else holds is tried again after this
WAITING_MOST = 100_000  # sources in the queue; a source is in it once at most
STOP = "stop"  # why a crawl was ended: everything is to end


class Child(Protocol):
    """What the worker asks of a running crawl; `crawler.start_crawl` gives one."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> CrawlReport: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Claiming(Protocol):
    """How the worker keeps others from what it crawls; `scheduler.claims.Claims` does."""

    def take(self, source: Source) -> str | None: ...
    def renew(self, now_s: float) -> list[str]: ...
    def give(self, slug: str) -> None: ...


class Crew(Protocol):
    """Whom a service gives its crawls to: `Worker` runs them here, `fleet.dispatch.Dispatch` has them done elsewhere."""

    @property
    def running(self) -> Mapping[str, Running]: ...
    @property
    def waiting(self) -> int: ...
    def submit(self, source: Source, *, first: bool = False) -> bool: ...
    def has(self, slug: str) -> bool: ...
    def forget(self, slug: str) -> None: ...
    def tend(self, now_s: float) -> tuple[list[Running], list[Ended]]: ...
    def stop(self, now_s: float) -> None: ...
    def take_again(self) -> None: ...


@dataclass(slots=True)
class Running:
    """A crawl in a child process."""

    source: Source
    since_s: float  #: monotonic
    child: Child = field(init=False)
    progress: Progress | None = None  #: the newest; written by another thread
    ending: str = ""  #: why it was asked to end, in words; STOP when everything ends
    terminated_s: float | None = None  #: when SIGTERM was sent
    killed: bool = False
    weighed_s: float = 0.0
    held_bytes: int = 0  #: memory, at the last look

    def hear(self, progress: Progress) -> None:
        self.progress = progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A crawl that is over."""

    source: Source
    report: CrawlReport
    stopped: bool  #: it was asked to stop because everything stops: what is left waits for the next one
    took_s: float
    amended: bool = False  #: the report says more than what the crawl itself has kept


class Worker:
    """Queue and child processes. Not thread-safe: one thread owns it."""

    def __init__(
        self,
        start: Callable[[Source, Callable[[Progress], None]], Child],
        *,
        most: int,
        crawl_s: float,
        claims: Claiming | None = None,
        memory_bytes: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Args:
        start: starts the crawl of a source, given what hears of its progress.
        most: crawls at a time.
        crawl_s: a crawl's own limit; the worker ends it DEADLINE_GRACE_S later.
        claims: keeps other processes from what is crawled here; None: nobody else is there.
        memory_bytes: that the processes of one crawl may hold; 0: any.
        now: what time it is, for reports of crawls that could not begin.
        tell: hears, once a source, that a claim is waited for.

        """
        self._start = start
        self._most = most
        self._deadline_s = crawl_s + DEADLINE_GRACE_S
        self._crawl_s, self._memory_bytes = crawl_s, memory_bytes
        self._claims, self._now, self._tell = claims, now, tell
        self._waiting: deque[Source] = deque()
        self._resting: dict[str, float] = {}  # slugs whose claim somebody else has -> when to try again
        self._slugs: set[str] = set()
        self.running: dict[str, Running] = {}
        self._ended: list[Ended] = []  # not given to whoever calls `tend` yet: an unavailable archive may come between
        self._stopping = False

    def submit(self, source: Source, *, first: bool = False) -> bool:
        """Queue a crawl; False when this source waits or runs already, or nothing is taken any more. `first`: before those
        that wait; somebody asked for it.
        """
        if self._stopping or source.slug in self._slugs or len(self._waiting) >= WAITING_MOST:
            return False
        self._slugs.add(source.slug)
        if first:
            self._waiting.appendleft(source)
        else:
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
            self._resting.pop(slug, None)

    @property
    def idle(self) -> bool:
        return not self.running and not self._waiting

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def tend(self, now_s: float) -> tuple[list[Running], list[Ended]]:
        """Collect what ended, enforce limits, start what may start. Gives what was started and what ended."""
        for running in list(self.running.values()):
            self._look_at(running, now_s)
        for slug in self._claims.renew(now_s) if self._claims else []:
            if slug in self.running:
                self._terminate(self.running[slug], now_s, "somebody else crawls this source or host now")
        started: list[Running] = []
        for _ in range(self._most):
            source = self._next(now_s)
            if source is None:
                break
            running = Running(source, now_s)
            try:
                running.child = self._start(source, running.hear)
            except (OSError, ValueError) as error:  # no process to be had; no contact for somebody else's site
                self._ended.append(self._not_started(source, error))
                self._let_go(source.slug)
                continue
            self.running[source.slug] = running
            started.append(running)
        ended, self._ended = self._ended, []
        return started, ended

    def stop(self, now_s: float) -> None:
        """Take nothing more; ask the running crawls to finish their page. Called again: kill what is still there."""
        again = self._stopping
        self._stopping = True
        for source in self._waiting:
            self._slugs.discard(source.slug)
        self._waiting.clear()
        self._resting.clear()
        for running in self.running.values():
            if again:
                self._kill(running)
            else:
                self._terminate(running, now_s, STOP)

    def take_again(self) -> None:
        """After `stop`, when all has ended: crawls may be submitted again."""
        self._stopping = False

    def _next(self, now_s: float) -> Source | None:
        """The first source in the queue none of whose hosts is being crawled; the order is kept for the others."""
        if len(self.running) >= self._most or self._stopping:
            return None
        busy = hosts_of(running.source for running in self.running.values())
        for source in self._waiting:
            if self._resting.get(source.slug, 0.0) > now_s or not busy.isdisjoint(source.hosts):
                continue
            if self._claims is not None and (other := self._claims.take(source)) is not None:
                if source.slug not in self._resting:
                    self._tell(f"{source.slug}: {say_holder(other)} crawls it or its host; waiting for that to end")
                self._resting[source.slug] = now_s + CLAIM_S
                continue
            self._resting.pop(source.slug, None)
            self._waiting.remove(source)
            return source
        return None

    def _look_at(self, running: Running, now_s: float) -> None:
        if running.child.poll() is None:
            self._limit(running, now_s)
            return
        report = running.child.wait()
        reason = running.ending if running.ending != STOP else ""
        amended = _with_reason(report, reason) if reason else report
        del self.running[running.source.slug]
        over = Ended(
            source=running.source,
            report=amended,
            stopped=running.ending == STOP,
            took_s=now_s - running.since_s,
            amended=amended is not report,
        )
        self._ended.append(over)
        self._let_go(running.source.slug)

    def _limit(self, running: Running, now_s: float) -> None:
        if now_s - running.since_s > self._deadline_s:
            said = say_duration(timedelta(seconds=self._crawl_s))
            self._terminate(running, now_s, f"did not end within limits.crawl ({said}) and the grace after it")
        if self._memory_bytes and now_s - running.weighed_s >= WEIGH_S:
            running.weighed_s = now_s
            running.held_bytes = held_bytes(running.child.pid)
            if running.held_bytes > self._memory_bytes:
                held, most = say_bytes(running.held_bytes), say_bytes(self._memory_bytes)
                self._terminate(running, now_s, f"held {held} of memory, more than limits.memory ({most})")
                if running.held_bytes > self._memory_bytes * MUCH_TOO_MUCH:
                    self._kill(running)
        if running.terminated_s is not None and now_s - running.terminated_s > TERM_GRACE_S:
            self._kill(running)

    def _let_go(self, slug: str) -> None:
        self._slugs.discard(slug)
        if self._claims is not None:
            self._claims.give(slug)

    def _terminate(self, running: Running, now_s: float, why: str) -> None:
        if running.terminated_s is None:
            running.terminated_s, running.ending = now_s, why
            running.child.terminate()

    def _kill(self, running: Running) -> None:
        if not running.killed:
            running.killed = True
            running.child.kill()

    def _not_started(self, source: Source, error: Exception) -> Ended:
        """A crawl that could not begin is a failed crawl: it is reported, and tried again later like any other."""
        now = self._now()
        report = CrawlReport(source=source.slug, crawl=0, started=now, ended=now, outcome=Outcome.OK)
        return Ended(
            source=source,
            report=_with_reason(report, f"the crawl could not be started: {error}"),
            stopped=False,
            took_s=0.0,
        )


def _with_reason(report: CrawlReport, reason: str) -> CrawlReport:
    """The report of a crawl that had to be ended for what it took: failed, with what it did before that."""
    return replace(
        report,
        outcome=Outcome.FAILED,
        error=reason,
        evidence=(reason, *(line for line in report.evidence if line != reason)),
        alarms=(reason,),
        signs=(Sign.BROKEN,),
    )
