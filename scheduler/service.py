"""The scheduler room, the service: clock, jobs and worker together, what `newsarchive run` runs until it is told to stop.

One thread owns everything here but the clock, which only drops slugs into a queue. A broken source or a lost archive
costs a line on stderr and a later try, never the service.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from archive import Archive, ArchiveUnavailable
from scheduler import jobs
from scheduler.clock import Clock, Watch
from scheduler.plan import BadSchedule
from scheduler.worker import Ended, Running, Worker

if TYPE_CHECKING:
    from crawler import Source

TEND_S = 0.2  # between two looks at the running crawls
STEER_S = 2.0  # between two looks for what others wrote into the turns (pause, resume, now)
RELOAD_S = 60.0  # between two looks for new and changed source files
STOP_MOST_S = 60.0  # a service that is told to stop ends by then, whatever its crawls do


class Service:
    """Crawls every source of the catalog at its turns until `stop` is set."""

    def __init__(
        self,
        archive: Archive,
        sources: Callable[[], Mapping[str, Source]],
        worker: Worker,
        *,
        tell: Callable[[str], None],
        watch: Watch | None = None,
        on_ended: Callable[[Ended], None] | None = None,
    ) -> None:
        """Args:
        archive: where turns and reports are.
        sources: gives all sources by slug, read anew.
        worker: runs the crawls.
        tell: takes one line of words for the operator.
        watch: what time it is; default: the machine's.
        on_ended: hears of every crawl that ended.

        """
        self._archive = archive
        self._read_sources = sources
        self._worker = worker
        self._tell = tell
        self._watch = watch or Watch()
        self._on_ended = on_ended
        self._sources: dict[str, Source] = {}
        self._rung: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._clock = Clock(self._watch, self._rung.put)
        self._broken: set[str] = set()  # sources whose schedule was complained about

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; then the running crawls finish their page, and everything is kept."""
        lost = jobs.forget_running(self._archive)
        if lost:
            self._tell(f"{lost} crawls were lost with the last scheduler; they go on")
        self._reload()
        self._tell(f"watching {len(self._sources)} sources; Ctrl-C or SIGTERM ends it after the page in hand")
        self._clock.start()
        steer_at = reload_at = time.monotonic()
        try:
            while not stop.is_set():
                now_s = time.monotonic()
                self._guarded(self._take_rung)
                self._guarded(self._tend)
                if now_s - steer_at >= STEER_S:
                    steer_at = now_s
                    self._clock.wake()
                    self._guarded(self._steer)
                if now_s - reload_at >= RELOAD_S:
                    reload_at = now_s
                    self._reload()
                stop.wait(TEND_S)
        finally:
            self._clock.stop()
            self._end()

    def _guarded(self, act: Callable[[], None]) -> None:
        """The one place where a lost archive is caught: the service goes on and tries again."""
        try:
            act()
        except ArchiveUnavailable as error:
            self._tell(f"the archive cannot be written now, trying again: {error}")

    def _reload(self) -> None:
        self._sources = dict(self._read_sources())
        self._guarded(self._plan_all)

    def _plan_all(self) -> None:
        for source in self._sources.values():
            if not self._worker.has(source.slug):
                self._plan(source)

    def _steer(self) -> None:
        """Follow what others wrote into the turns since; one query, however many sources there are."""
        turns = {turn.source: turn for turn in self._archive.turns()}
        for slug, source in self._sources.items():
            turn = turns.get(slug)
            if turn is not None and turn.paused:
                self._silence(slug)
            elif self._worker.has(slug):
                continue
            elif turn is None or turn.next_at is None:
                self._plan(source)
            else:
                self._clock.set(slug, turn.next_at)

    def _silence(self, slug: str) -> None:
        self._clock.cancel(slug)
        self._worker.forget(slug)

    def _plan(self, source: Source) -> None:
        try:
            due = jobs.plan(self._archive, source, self._watch.now())
        except BadSchedule as error:
            if source.slug not in self._broken:
                self._broken.add(source.slug)
                self._tell(f"{source.slug}: {error}")
            return
        if due is None:
            self._silence(source.slug)
        else:
            self._clock.set(source.slug, due.at)

    def _take_rung(self) -> None:
        while True:
            try:
                slug = self._rung.get_nowait()
            except queue.Empty:
                return
            if slug in self._sources:
                self._worker.submit(self._sources[slug])

    def _tend(self) -> None:
        started, ended = self._worker.tend(time.monotonic())
        for over in ended:
            self._over(over)
        for running in started:
            self._began(running)

    def _began(self, running: Running) -> None:
        jobs.began(self._archive, running.source.slug, self._watch.now())

    def _over(self, over: Ended) -> None:
        due = jobs.ended(self._archive, over.source, over.report, self._watch.now(), stopped=over.stopped)
        if self._on_ended:
            self._on_ended(over)
        if due is not None:
            self._clock.set(over.source.slug, due.at)

    def _end(self) -> None:
        """Let the children finish their page; kill those that do not."""
        if self._worker.running:
            self._tell(f"stopping; {len(self._worker.running)} crawls finish the page in hand")
        since = time.monotonic()
        self._worker.stop(since)
        while self._worker.running:
            if time.monotonic() - since > STOP_MOST_S:
                self._worker.stop(time.monotonic())
            self._guarded(self._tend)
            time.sleep(TEND_S / 4)
