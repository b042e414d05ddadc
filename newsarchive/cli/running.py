"""The front door, the command that makes it happen by itself: run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.alarms import channels_of
from newsarchive.cli.crawling import report_lines, start_crawl
from newsarchive.cli.failures import Exit, Refused
from newsarchive.cli.front import Front, Json, front_of
from newsarchive.config import LOGS
from newsarchive.terminal import put_json
from newsarchive.values import host_and_port

if TYPE_CHECKING:
    from pathlib import Path

    from archive import Alarm, Archive
    from crawler import BadSource, Progress, Source
    from newsarchive.config import Settings
    from scheduler import Crew, Ended, Errand, Meter, Settled, Watch, Worker

RENEW_S = 600.0  # between two looks whether the terms of adaptive schedules are a day old
TELL_S = 1.0  # between two looks for alarms to tell
NAMED = 3  # sources that a complaint names
COUNTED = ("requests", "bytes", "new", "revised", "copied", "moved", "gone", "restored", "unchanged")


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="By itself")(run)


def run(
    ctx: typer.Context,
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this source.", metavar="SLUG")] = None,
    log: Annotated[str | None, typer.Option(help='How it speaks on stderr: "words" or "json".', metavar="KIND")] = None,
    metrics: Annotated[str | None, typer.Option(help="Show metrics for Prometheus there.", metavar="HOST:PORT")] = None,
    speed: Annotated[float, typer.Option(help="For rehearsals: hours pass this many times faster.", min=0.001)] = 1.0,
    start: Annotated[
        str | None,
        typer.Option(
            "--start", help="For rehearsals: the time it begins at; TIME@REAL: that it was at REAL.", metavar="TIME"
        ),
    ] = None,
    crawls: Annotated[
        bool, typer.Option("--crawls/--no-crawls", help="On PostgreSQL: crawl here too, or leave that to workers.")
    ] = True,
    json: Json = False,
) -> int:
    """Crawl every source at its turns until SIGTERM or Ctrl-C; one line a crawl on stderr."""
    from scheduler import Meter, Service, Standing, new_holder

    front = front_of(ctx)
    settings = front.settings
    place = host_and_port(metrics, "--metrics", "127.0.0.1:9464") if metrics else settings.metrics
    told = Telling(log_of(front, log), json, Meter())
    watch = _watch(start, speed)
    holder = new_holder()
    with (
        stopping() as stop,
        front.archive() as archive,
        _staff(front, archive, told, watch, holder, stop, crawls=crawls) as staff,
    ):
        service = Service(
            archive,
            Roster(front, only, told.log),
            staff.worker,
            log=told.log,
            holder=holder,
            watch=watch,
            whole=not only,
            late=settings.alarms.late,
            on_ended=told.crawl,
            on_alarm=told.alarm,
            errands=[
                _renewing(front, archive, watch),
                _alarming(settings, archive, told, watch, holder),
                staff.delivering,
            ],
        )
        told.meter.watch(
            archive,
            lambda: Standing(leads=service.leads, running=staff.running(), waiting=staff.worker.waiting),
            watch.now,
        )
        with _showing(told, place):
            service.run(stop)
    return Exit.DONE


def log_of(front: Front, kind: str | None) -> Any:
    """The log of this command: as it was called, else as the settings say."""
    from newsarchive.logs import make_log

    if kind is not None and kind not in LOGS:
        raise typer.BadParameter(f"--log {kind!r}: write {' or '.join(LOGS)}")
    return make_log(kind or front.settings.log)


def crawl_worker(front: Front, archive: Archive, told: Telling, watch: Watch, holder: str, *, most: int) -> Worker:
    """What runs crawls as child processes of this one."""
    from scheduler import Claims, Worker

    limits = front.settings.limits
    return Worker(
        partial(_begin, front, archive.url, watch),
        most=most,
        crawl_s=limits.crawl.total_seconds(),
        claims=Claims(archive, holder),
        memory_bytes=limits.memory,
        now=watch.now,
        tell=lambda text: told.log.info("claim waited for", say=text),
    )


@dataclass(frozen=True, slots=True)
class Staff:
    """Who does what the clock says."""

    worker: Crew
    delivering: Errand
    running: Callable[[], int]  #: crawls of this process


@contextmanager
def _staff(
    front: Front, archive: Archive, told: Telling, watch: Watch, holder: str, stop: threading.Event, *, crawls: bool
) -> Iterator[Staff]:
    """On SQLite, and in a rehearsal, this process does it all. On PostgreSQL it pins jobs for whoever takes them, and takes
    some itself.
    """
    from scheduler import CRAWLS, DELIVERIES, REPLAYS, Board, Courier, Dispatch, Errand, Means, Postman

    settings = front.settings
    if not archive.url.startswith("postgresql") or watch.virtual:
        worker = crawl_worker(front, archive, told, watch, holder, most=settings.limits.workers)
        courier = Courier(archive, told.log, Means(holder=holder, proxy=settings.proxy), told.meter.served)
        delivering = Errand(name="delivering changes", act=courier.act, every_s=TELL_S)
        yield Staff(worker, delivering, lambda: len(worker.running))
        return
    from newsarchive.cli.working import hand_of

    with Board(archive.url) as board:
        dispatch = Dispatch(archive, board)
        delivering = Errand(name="pinning deliveries", act=Postman(archive, board).act, every_s=TELL_S)
        if not crawls:
            yield Staff(dispatch, delivering, lambda: 0)
            return
        queues = {CRAWLS: settings.limits.workers, DELIVERIES: 4, REPLAYS: 1}
        hand = hand_of(front, archive, told, holder, queues)
        thread = threading.Thread(target=hand.run, args=(stop,), name="hand")
        thread.start()
        try:
            yield Staff(dispatch, delivering, lambda: hand.crawling)
        finally:
            stop.set()
            thread.join()


def _renewing(front: Front, archive: Archive, watch: Watch) -> Errand:
    """What adaptive schedules go by is renewed once a day."""
    from scheduler import Errand, renew

    limits = front.settings.limits

    def act(_quit: threading.Event) -> None:
        renew(
            archive,
            lambda: front.catalog.all()[0],
            watch.now(),
            cap=limits.longest_wait,
            budget=limits.crawls_per_day or None,
        )

    return Errand(name="renewing the terms of schedules", act=act, every_s=RENEW_S / watch.speed)


@contextmanager
def _showing(told: Telling, place: tuple[str, int] | None) -> Iterator[None]:
    """Metrics on this place, if there is one."""
    if place is None:
        yield
        return
    host, port = place
    try:
        port, end = told.meter.serve(host, port)
    except OSError as error:
        raise Refused(
            f"metrics cannot be shown on {host}:{port}: {error.strerror or error}; stop what answers there, or name another "
            "place with --metrics HOST:PORT or `metrics` in newsarchive.toml"
        ) from error
    told.log.info("metrics", host=host, port=port, say=f"metrics on http://{host}:{port}/metrics")
    try:
        yield
    finally:
        end()


def _alarming(settings: Settings, archive: Archive, told: Telling, watch: Watch, holder: str) -> Errand:
    """Alarms are told."""
    from scheduler import Errand, Teller

    teller = Teller(
        archive, channels_of(settings), told.log, holder=holder, now=watch.now, digest=settings.alarms.digest
    )
    return Errand(name="telling alarms", act=teller.act, every_s=TELL_S)


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; a second one of the same kind ends the process at once."""
    stop = threading.Event()

    def heard(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {name: signal.signal(name, heard) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _watch(start: str | None, speed: float) -> Watch:
    from scheduler import Watch

    if start is None:
        return Watch(speed=speed)
    begin, _, real = start.partition("@")
    return Watch(start=_moment(begin), real=_moment(real) if real else None, speed=speed)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise typer.BadParameter(f"--start {text!r} is no time; write 2031-04-02T08:00:00Z") from None


def _begin(front: Front, url: str, watch: Watch, source: Source, hear: Callable[[Progress], None]) -> Any:
    return start_crawl(front, url, source, now=watch.now() if watch.virtual else None, on_progress=hear)


class Roster:
    """All sources by slug, read anew at each call; files that did not change are not read again. A broken file costs that
    source alone, and is complained about once; so do sources that nobody may ask without a contact.
    """

    def __init__(self, front: Front, only: list[str] | None, log: Any) -> None:
        self._front, self._only, self._log = front, only, log
        self._read: dict[Path, tuple[tuple[int, int], Source | BadSource]] = {}
        self._told: tuple[str, ...] = ()
        self._few: list[Source] = []

    def __call__(self) -> Mapping[str, Source]:
        if self._only:
            return self._askable(self._named(self._only))
        self._front.__dict__.pop("catalog", None)
        try:
            files = self._front.catalog.files()
        except Refused as problem:  # a folder that is not there for the moment must not end the service
            self._log.warning("bad source", error=str(problem), say=f"newsarchive: {problem}")
        else:
            read = self._read
            self._read = {path: self._one(path, read.get(path)) for path in files.values()}
        return self._askable(source for _, source in self._read.values() if not isinstance(source, Exception))

    def _named(self, slugs: list[str]) -> list[Source]:
        """These; at the first call one that cannot be read is an error, later it stays as it was."""
        from crawler import BadSource, UnknownSource

        try:
            self._few = [self._front.source(slug) for slug in slugs]
        except (BadSource, UnknownSource) as problem:
            if not self._few:
                raise
            self._log.warning("bad source", error=str(problem), say=f"newsarchive: {problem}")
        return self._few

    def _askable(self, sources: Iterable[Source]) -> dict[str, Source]:
        from crawler import NoContact, check_contact

        askable: dict[str, Source] = {}
        others: list[str] = []
        for source in sources:
            try:
                check_contact(source, self._front.settings.contact)
                askable[source.slug] = source
            except NoContact:
                others.append(source.slug)
        if others and tuple(others) != self._told:
            self._told = tuple(others)
            named = ", ".join(others[:NAMED]) + (f" and {len(others) - NAMED} more" if len(others) > NAMED else "")
            said = (
                f"{len(others)} sources are left out ({named}): their owners must know whom to write to; set `contact`"
            )
            self._log.warning("no contact", sources=len(others), say=f"newsarchive: {said} in newsarchive.toml")
        return askable

    def _one(
        self, path: Path, before: tuple[tuple[int, int], Source | BadSource] | None
    ) -> tuple[tuple[int, int], Source | BadSource]:
        from crawler import BadSource, load_source

        try:
            stat = path.stat()
            now = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            now = (0, 0)
        if before is not None and before[0] == now:
            return before
        try:
            return now, load_source(path)
        except BadSource as problem:
            self._log.warning("bad source", error=str(problem), say=f"newsarchive: {problem}")
            return now, problem


class Telling:
    """What `run` says of what happens: on stderr, on stdout, and as metrics."""

    def __init__(self, log: Any, json: bool, meter: Meter) -> None:
        self.log, self._json, self.meter = log, json, meter

    def crawl(self, over: Ended, settled: Settled) -> None:
        """One line a crawl."""
        report = over.report
        self.meter.crawl(report, over.took_s)
        if self._json:
            put_json(report)
        self.log.info(
            "crawl ended",
            source=report.source,
            crawl=report.crawl,
            outcome=report.outcome.value,
            took_s=round(over.took_s, 2),
            **{name: getattr(report, name) for name in COUNTED},
            alarms=list(report.alarms),
            error=report.error,
            stopped=over.stopped,
            next=settled.due.at.isoformat() if settled.due else None,
            why=settled.due.why if settled.due else None,
            say="\n".join(report_lines(report)),
        )

    def alarm(self, alarm: Alarm) -> None:
        """One line when it rings, one when it is mended."""
        self.meter.alarm(alarm)
        what = "mended" if alarm.mended else "alarm"
        self.log.warning(
            what, source=alarm.source or None, kind=alarm.kind, text=alarm.text, say=f"{what}: {alarm.text}"
        )
