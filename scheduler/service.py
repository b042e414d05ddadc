"""The scheduler room, the service: clock, jobs and worker together, what `newsarchive run` runs until it is told to stop.

Of several that are started on one archive one leads, by lease; the others stand by and take over. One thread owns everything
here but the clock, which only drops slugs into a queue, and the errands. A broken source or a lost archive costs a line and
a later try, never the service.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from archive import Alarm, Archive, ArchiveUnavailable, Turn
from scheduler import jobs
from scheduler.claims import Lead, say_holder
from scheduler.clock import Clock, Watch
from scheduler.durations import say_duration
from scheduler.errands import Errand, Errands
from scheduler.late import LATE, Lateness
from scheduler.plan import BadSchedule, Due
from scheduler.worker import Crew, Ended, Running

if TYPE_CHECKING:
    from crawler import Source

TEND_S = 0.2  # between two looks at the running crawls
STEER_S = 2.0  # between two looks for what others wrote into the turns (pause, resume, now)
PROGRESS_S = 2.0  # between two notes of how far running crawls are
RELOAD_S = 60.0  # between two looks for new and changed source files, and for lost crawls
STANDBY_S = 2.0  # between two tries to become the one clock
REST_S = 3.0  # after the archive could not be written
COMPLAIN_S = 60.0  # between two words about that
STOP_MOST_S = 60.0  # a service that is told to stop ends by then, whatever its crawls do
FAR = datetime.max.replace(tzinfo=UTC)
JUMP = timedelta(seconds=60)  # by which the machine's clock must differ from its steady one to have been set


class Service:
    """Crawls every source of the catalog at its turns until `stop` is set."""

    def __init__(  # noqa: PLR0913 - each is asked for by its name
        self,
        archive: Archive,
        sources: Callable[[], Mapping[str, Source]],
        worker: Crew,
        *,
        log: Any,
        holder: str,
        watch: Watch | None = None,
        whole: bool = False,
        late: timedelta = LATE,
        on_ended: Callable[[Ended, jobs.Settled], None] | None = None,
        on_alarm: Callable[[Alarm], None] = lambda _: None,
        errands: Sequence[Errand] = (),
    ) -> None:
        """Args:
        archive: where turns and reports are.
        sources: gives all sources by slug, read anew.
        worker: has the crawls done.
        log: a structlog logger; `say` is the event in words for the operator.
        holder: who we are in leases, see `claims.new_holder`; the worker's claims are in the same name.
        watch: what time it is; default: the machine's.
        whole: `sources` gives all there are: what else has turns in the archive has none any more.
        late: a turn that is later than this is an alarm.
        on_ended: hears of every crawl that ended.
        on_alarm: hears of every alarm that rings or is mended.
        errands: what is done beside it while it leads.

        """
        self._archive = archive
        self._read_sources = sources
        self._worker = worker
        self._log = log
        self._lead = Lead(archive, holder)
        self._watch = watch or Watch()
        self._whole = whole
        self._late = Lateness(archive, late)
        self._on_ended, self._on_alarm = on_ended, on_alarm
        self._errands = Errands(errands, log)
        self._sources: dict[str, Source] = {}
        self._turns: dict[str, Turn] = {}  # as of the last look
        self._rung: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._clock: Clock | None = None
        self._ended: deque[Ended] = deque()  # crawls that are over and not settled yet
        self._broken: dict[str, str] = {}  # sources whose schedule was complained about
        self._serving = False
        self._rest_until_s, self._complained_s = 0.0, -COMPLAIN_S
        self._off: timedelta = timedelta(0)  # wall clock against steady clock, at the last look

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; then the running crawls finish their page, and everything is kept."""
        told = ""
        while not stop.is_set():
            try:
                leads = self._lead.ours(time.monotonic())
            except ArchiveUnavailable as error:
                self._unavailable(error)
                stop.wait(STANDBY_S)
                continue
            if leads:
                told = ""
                self._serve(stop)
                continue
            other = say_holder(self._lead.other) if self._lead.other else "nobody can be asked"
            if other != told:
                told = other
                self._log.info("standing by", other=other, say=f"another clock runs ({other}); standing by")
            stop.wait(STANDBY_S)

    @property
    def leads(self) -> bool:
        """Whether it is the clock now."""
        return self._serving

    def _serve(self, stop: threading.Event) -> None:
        """Be the clock until told to stop or somebody else is it."""
        self._serving = True
        self._clock = Clock(self._watch, self._rung.put)
        self._worker.take_again()
        self._off = _offset()
        self._guarded(self._free_lost)
        self._sources, self._turns = {}, {}
        self._reload()
        self._guarded(self._begin_watching)
        self._clock.start()
        self._errands.start()
        try:
            self._loop(stop)
        finally:
            self._clock.stop()
            self._end()
            self._errands.stop()
            self._serving = False
            self._guarded(self._lead.give)

    def _loop(self, stop: threading.Event) -> None:
        acts: list[tuple[float, Callable[[], None]]] = [
            (0.0, self._take_rung),
            (0.0, self._tend),
            (STEER_S, self._steer),
            (PROGRESS_S, self._keep_progress),
            (RELOAD_S, self._look_around),
        ]
        done = dict.fromkeys(range(len(acts)), time.monotonic())
        while not stop.is_set():
            now_s = time.monotonic()
            try:
                if not self._lead.ours(now_s):
                    self._log.warning("lead lost", say="another clock has taken over; the crawls here end")
                    return
            except ArchiveUnavailable as error:  # whether somebody else leads now shows when the archive is back
                self._unavailable(error)
            if now_s < self._rest_until_s:
                stop.wait(TEND_S)
                continue
            for number, (every_s, act) in enumerate(acts):
                if now_s - done[number] >= every_s:
                    done[number] = now_s
                    self._guarded(act)
            stop.wait(TEND_S)

    def _guarded(self, act: Callable[[], object]) -> None:
        """The one place where a lost archive is caught: the service goes on and tries again."""
        try:
            act()
        except ArchiveUnavailable as error:
            self._unavailable(error)

    def _unavailable(self, error: ArchiveUnavailable) -> None:
        """Leave the archive alone for a while; said once in a while."""
        now_s = time.monotonic()
        self._rest_until_s = now_s + REST_S
        if now_s - self._complained_s >= COMPLAIN_S:
            self._complained_s = now_s
            said = f"the archive cannot be written now, trying again: {error}"
            self._log.warning("archive unavailable", error=str(error), say=said)

    # --- what there is to watch -------------------------------------------------------------------------------------------

    def _begin_watching(self) -> None:
        said = f"watching {len(self._sources)} sources; Ctrl-C or SIGTERM ends it after the page in hand"
        self._log.info("watching", sources=len(self._sources), say=said)
        turns = [turn for turn in self._archive.turns(brief=True) if turn.source in self._sources]
        for alarm in self._late.begin(turns, self._watch.now()):
            self._on_alarm(alarm)

    def _free_lost(self) -> None:
        lost = jobs.forget_running(self._archive, self._watch.now())
        if lost:
            self._log.info("crawls lost", crawls=lost, say=f"{lost} crawls were lost with their process; they go on")

    def _look_around(self) -> None:
        self._free_lost()
        self._reload()
        turns = [turn for turn in self._archive.turns(brief=True) if turn.source in self._sources]
        busy = {turn.source for turn in turns if turn.running_since}
        for alarm in self._late.look(turns, busy, self._watch.now()):
            self._on_alarm(alarm)

    def _reload(self) -> None:
        before, self._sources = self._sources, dict(self._read_sources())
        changed = [source for slug, source in self._sources.items() if before.get(slug) != source]
        for slug in before.keys() - self._sources.keys():
            self._silence(slug)
        if self._whole:
            self._guarded(lambda: jobs.retire(self._archive, self._sources))
        self._guarded(lambda: self._plan([source for source in changed if not self._worker.has(source.slug)]))

    def _plan(self, sources: Sequence[Source]) -> None:
        assert self._clock is not None
        if not sources:
            return
        planned = jobs.plan_all(
            self._archive, sources, self._watch.now(), between=lambda: self._lead.ours(time.monotonic())
        )
        soonest = sorted(planned, key=lambda slug: due.at if isinstance(due := planned[slug], Due) else FAR)
        for slug in soonest:  # of those that were missed the one that waits longest is first
            due = planned[slug]
            if isinstance(due, BadSchedule):
                if self._broken.get(slug) != str(due):
                    self._broken[slug] = str(due)
                    self._log.warning("bad schedule", source=slug, error=str(due), say=f"{slug}: {due}")
            elif due is None:
                self._silence(slug)
            else:
                self._clock.set(slug, due.at)

    def _steer(self) -> None:
        """Follow what others wrote into the turns since; one query, however many sources there are."""
        assert self._clock is not None
        self._clock.wake()
        self._follow_the_machine()
        self._turns = {turn.source: turn for turn in self._archive.turns(brief=True)}
        unplanned = []
        for slug, source in self._sources.items():
            turn = self._turns.get(slug)
            if turn is not None and turn.paused:
                self._silence(slug)
            elif slug in self._worker.running or slug in self._broken:
                continue
            elif turn is None or turn.next_at is None:
                if not self._worker.has(slug):
                    unplanned.append(source)
            elif turn.running_since is None and self._worker.has(slug):
                if turn.next_at > self._watch.now():  # somebody crawled it by hand while it waited here
                    self._worker.forget(slug)
                    self._clock.set(slug, turn.next_at)
            elif turn.running_since is None:
                self._clock.set(slug, turn.next_at)
        self._plan(unplanned)

    def _follow_the_machine(self) -> None:
        """Notice that the machine's clock was set. Forward: turns are due and run once. Back: they would wait for too long."""
        before, self._off = self._off, _offset()
        jump = self._off - before
        if abs(jump) < JUMP or self._watch.virtual:
            return
        way = "forward" if jump > timedelta(0) else "back"
        said = f"this machine's clock was set {way} by {say_duration(jump)}" + (" (or it slept)" if jump > JUMP else "")
        self._log.warning("clock set", seconds=jump.total_seconds(), say=said)
        if jump < timedelta(0):
            for source in self._sources.values():
                if source.slug not in self._broken:
                    jobs.replan(self._archive, source, self._watch.now())

    def _silence(self, slug: str) -> None:
        assert self._clock is not None
        self._clock.cancel(slug)
        self._worker.forget(slug)

    # --- crawls -----------------------------------------------------------------------------------------------------------

    def _take_rung(self) -> None:
        while True:
            try:
                slug = self._rung.get_nowait()
            except queue.Empty:
                return
            if slug in self._sources:
                turn = self._turns.get(slug)
                self._worker.submit(self._sources[slug], first=turn is not None and turn.why == jobs.ASKED)

    def _tend(self) -> None:
        started, ended = self._worker.tend(time.monotonic())
        self._ended += ended
        for running in started:
            self._began(running)
        while self._ended:  # what cannot be kept now is kept at the next look
            self._over(self._ended[0])
            self._ended.popleft()

    def _began(self, running: Running) -> None:
        slug, now = running.source.slug, self._watch.now()
        turn = jobs.began(self._archive, slug, now)
        assert turn.next_at is not None
        self._log.info(
            "crawl began",
            source=slug,
            pid=running.child.pid or None,
            clock=now.isoformat(),
            turn=turn.next_at.isoformat(),
            why=turn.why,
        )

    def _over(self, over: Ended) -> None:
        slug, zone = over.source.slug, over.source.timezone
        try:
            settled = jobs.ended(
                self._archive,
                over.source,
                over.report,
                self._watch.now(),
                stopped=over.stopped,
                amended=over.amended,
                neighbours=[other.slug for other in self._sources.values() if other.timezone == zone],
            )
        except BadSchedule as error:  # its file was changed meanwhile; the next look at it says so
            self._log.warning("bad schedule", source=slug, error=str(error), say=f"{slug}: {error}")
            return
        if self._on_ended:
            self._on_ended(over, settled)
        for alarm in settled.alarms:
            self._on_alarm(alarm)
        if settled.due is not None and self._clock is not None and slug in self._sources:
            self._clock.set(slug, settled.due.at)

    def _keep_progress(self) -> None:
        told = {slug: running.progress for slug, running in self._worker.running.items() if running.progress}
        jobs.keep_progress(self._archive, told)

    def _end(self) -> None:
        """Let the children finish their page; kill those that do not."""
        if self._worker.running:
            count = len(self._worker.running)
            self._log.info("stopping", crawls=count, say=f"stopping; {count} crawls finish the page in hand")
        since = time.monotonic()
        self._worker.stop(since)
        while self._worker.running:
            if time.monotonic() - since > STOP_MOST_S:
                self._worker.stop(time.monotonic())
            self._guarded(self._tend)
            time.sleep(TEND_S / 4)


def _offset() -> timedelta:
    """The machine's wall clock against its steady one."""
    return datetime.now(UTC) - datetime.fromtimestamp(time.monotonic(), UTC)
