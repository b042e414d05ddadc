"""The scheduler room, jobs: keeps the truth about turns in the archive, so that a lost process forgets nothing.

The library's way to see and steer the schedule; `newsarchive schedule` and the web call the same functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from archive import ARCHIVE_AWAY, Alarm, Archive, CrawlReport, Outcome, Turn
from scheduler.adaptive import LEAST, Terms
from scheduler.claims import crawled_by
from scheduler.health import Health, judge, read_health, write_health
from scheduler.plan import ADAPTIVE, BadSchedule, Due, Timetable, failing_streak, next_turn
from scheduler.silence import Silence, is_holiday, silence_of
from scheduler.terms import CRAWLS_SEEN, terms_of

if TYPE_CHECKING:
    from crawler import Progress, Source

KEPT_AT_ONCE = 250  # turns that are planned and kept in one transaction
EARLY_MOST = timedelta(minutes=1)  # by which a clock may ring too early, a virtual one that runs fast above all
STOPPED = "was stopped in the middle: goes on"
ASKED = "asked for"
AWAY = "could not open the archive: tried again"
AWAY_REST = timedelta(minutes=1)
NO_SOURCE = "its source file is not there"
LOST = "was lost in the middle: goes on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One source's line of `schedule list`."""

    source: str
    schedule: str
    next_at: datetime | None  #: None: paused
    why: str
    paused: bool
    running_since: datetime | None
    progress: Mapping[str, Any] | None  #: of the crawl that runs, as `crawler.Progress` has it
    failures: int
    last_at: datetime | None
    last_outcome: Outcome | None
    lag: timedelta | None  #: how late its turn is, when it is late
    state: Outcome | None  #: how the source is; None: not crawled yet
    state_since: datetime | None
    evidence: tuple[str, ...]  #: why it is not well


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the end of a crawl led to."""

    due: Due | None  #: None while the source is paused
    alarms: tuple[Alarm, ...] = ()  #: what rings now, or is mended


def timetable_of(source: Source) -> Timetable:
    return Timetable(
        slug=source.slug,
        schedule=source.schedule,
        zone=source.zone,
        window=source.window,
        least=source.shortest_wait or LEAST,
        most=source.longest_wait,
    )


def plan_all(
    archive: Archive, sources: Iterable[Source], now: datetime, *, between: Callable[[], object] = lambda: None
) -> dict[str, Due | BadSchedule | None]:
    """The next turn of each, kept in the archive when it is not there yet; None while it is paused, or why its schedule cannot be
    read. `between` is called again and again while there are many: who leads must not lose that over it.
    """
    turns = {turn.source: turn for turn in archive.turns()}
    planned: dict[str, Due | BadSchedule | None] = {}
    changes: dict[str, Callable[[Turn], Turn]] = {}
    for count, source in enumerate(sources, 1):
        turn = turns.get(source.slug)
        try:
            crawls, terms = _crawls_for(archive, source, turn), _terms_for(archive, source)
            planned[source.slug] = due = next_turn(timetable_of(source), turn, crawls, now, terms=terms)
        except BadSchedule as error:
            planned[source.slug] = error
            continue
        if due is not None and (turn is None or (turn.next_at, turn.why) != (due.at, due.why)):
            changes[source.slug] = partial(_at, due)
        if count % KEPT_AT_ONCE == 0:
            archive.change_turns(changes)
            changes = {}
            between()
    archive.change_turns(changes)
    return planned


def _at(due: Due, kept: Turn) -> Turn:
    return replace(kept, next_at=due.at, why=due.why)


def _crawls_for(archive: Archive, source: Source, turn: Turn | None) -> list[CrawlReport]:
    """The past crawls that its plan needs: many for a rhythm, the last ones for the others; the turn knows those."""
    if source.schedule.strip() == ADAPTIVE and (turn is None or turn.next_at is None):
        return archive.crawls(source.slug, limit=CRAWLS_SEEN)
    if turn is not None and turn.last is not None:
        return [turn.last] * max(1, turn.failures)
    return archive.crawls(source.slug, limit=1)


def _terms_for(archive: Archive, source: Source) -> Terms | None:
    return terms_of(archive) if source.schedule.strip() == ADAPTIVE else None


def replan(archive: Archive, source: Source, now: datetime) -> None:
    """Forget when the next turn was to be, for a clock that was set back: it is planned anew from the last crawl. A turn that
    somebody asked for stays.
    """
    crawls = archive.crawls(source.slug, limit=CRAWLS_SEEN)
    due = next_turn(timetable_of(source), None, crawls, now, terms=_terms_for(archive, source))

    def changed(turn: Turn) -> Turn:
        if due is None or turn.next_at is None or turn.next_at <= due.at or turn.why in (ASKED, STOPPED, LOST):
            return turn
        return replace(turn, next_at=due.at, why=due.why)

    archive.change_turn(source.slug, changed)


def began(archive: Archive, slug: str, now: datetime) -> Turn:
    """A crawl runs. Its turn stays due until the crawl ends: if this process is lost, the next one finds it."""
    return archive.change_turn(
        slug,
        lambda turn: replace(turn, running_since=now, next_at=turn.next_at or now, progress=""),
        durable=False,  # when the power fails nothing runs, and the turn is still due
    )


def ended(
    archive: Archive,
    source: Source,
    report: CrawlReport,
    now: datetime,
    *,
    stopped: bool = False,
    amended: bool = False,
    neighbours: Iterable[str] = (),
) -> Settled:
    """A crawl is over: keep its outcome, the source's health and the next turn, and log what rings, in one transaction.

    Args:
        archive: where the truth is.
        source: what was crawled.
        report: what came of it; the crawl has kept it already, or it was lost with its process.
        now: aware UTC.
        stopped: it was asked to stop before its end: its turn is due again at once.
        amended: the report says more than what the crawl has kept of it.
        neighbours: sources that keep the same holidays; when they are quiet too, silence is no alarm.

    """
    if amended and report.crawl:
        archive.end_crawl(report)
    if report.ended_early == ARCHIVE_AWAY:
        return _had_no_archive(archive, source.slug, now)
    crawls = archive.crawls(source.slug, limit=CRAWLS_SEEN)
    if not crawls or crawls[0].crawl != report.crawl:
        crawls = [report, *crawls][:CRAWLS_SEEN]
    crawls[0] = _not_before_its_turn(crawls[0], archive.turn(source.slug))
    due = next_turn(timetable_of(source), None, crawls, now, terms=_terms_for(archive, source))
    unfinished = stopped and (report.ended_early or report.error) and report.outcome is not Outcome.BLOCKED
    if unfinished:
        due = Due(source=source.slug, at=now, why=STOPPED)
    silence = _silence(archive, source, crawls, neighbours)

    def settled(kept: Turn) -> tuple[Turn, list[Alarm]]:
        health, alarms = read_health(kept.told), list[Alarm]()
        if not unfinished and not (report.ended_early or "").startswith("stopped"):  # what was stopped proves nothing
            health, alarms = judge(health, report, silent=silence.why, overdue=silence.overdue)
        then = _asked_meanwhile(kept) or due
        return replace(
            kept,
            next_at=then.at if then else None,
            why=then.why if then else kept.why,
            failures=failing_streak(crawls),
            running_since=None,
            last=report,
            told=write_health(health),
            progress="",
        ), alarms

    # Changed in one transaction: somebody may pause the source at this moment.
    turn, alarms = archive.settle_turn(source.slug, settled)
    paused = turn.paused or turn.next_at is None
    due = None if paused else Due(source=source.slug, at=turn.next_at or now, why=turn.why)
    return Settled(due=due, alarms=tuple(alarms))


def _had_no_archive(archive: Archive, slug: str, now: datetime) -> Settled:
    """A crawl that could not open the archive says nothing of its source: the turn is had once it is there again."""
    due = Due(source=slug, at=now + AWAY_REST, why=AWAY)
    turn = archive.change_turn(
        slug, lambda kept: replace(kept, next_at=due.at, why=due.why, running_since=None, progress="")
    )
    return Settled(due=None if turn.paused else due)


def _not_before_its_turn(report: CrawlReport, turn: Turn | None) -> CrawlReport:
    """A crawl for a turn never began before it, whatever clocks say to the millisecond: else the same turn came again."""
    early = turn.next_at - report.started if turn is not None and turn.next_at is not None else timedelta(0)
    return replace(report, started=report.started + early) if timedelta(0) < early < EARLY_MOST else report


def _asked_meanwhile(turn: Turn) -> Due | None:
    """A turn that somebody asked for while a crawl ran is had after it."""
    since = turn.running_since
    if turn.why != ASKED or turn.next_at is None or since is None or turn.next_at <= since:
        return None
    return Due(source=turn.source, at=turn.next_at, why=ASKED)


def _silence(archive: Archive, source: Source, crawls: list[CrawlReport], neighbours: Iterable[str]) -> Silence:
    silence = silence_of(crawls, source.zone)
    if not silence.why:
        return silence
    around = set(neighbours) - {source.slug}
    overdue = [read_health(turn.told).overdue for turn in archive.turns() if turn.source in around] if around else []
    return replace(silence, why="") if is_holiday(overdue) else silence


def forget_running(archive: Archive, now: datetime) -> int:
    """Turns whose crawl was lost with its process are due again, and that crawl has failed; how many. What anybody crawls now
    stays as it is.
    """
    lost = [
        turn
        for turn in archive.turns(brief=True)
        if turn.running_since is not None and crawled_by(archive, turn.source) is None
    ]
    for turn in lost:
        for number, started in archive.crawls_without_end(turn.source):
            archive.end_crawl(_lost(turn.source, number, started, now))
        archive.change_turn(
            turn.source,
            lambda kept: replace(
                kept, running_since=None, why=LOST, next_at=kept.running_since or kept.next_at, progress=""
            ),
        )
    return len(lost)


def _lost(slug: str, number: int, started: datetime, now: datetime) -> CrawlReport:
    said = "lost with the process that started it; what it had kept is kept"
    return CrawlReport(
        source=slug,
        crawl=number,
        started=started,
        ended=max(started, now),
        outcome=Outcome.FAILED,
        evidence=(said,),
        error=said,
        ended_early="lost",
    )


def retire(archive: Archive, slugs: Collection[str]) -> list[str]:
    """Sources that are not among these have no turn any more, until their file is there again; which."""
    gone = [turn.source for turn in archive.turns(brief=True) if turn.next_at is not None and turn.source not in slugs]
    for slug in gone:
        archive.change_turn(slug, lambda kept: replace(kept, next_at=None, why=NO_SOURCE))
    return gone


def keep_progress(archive: Archive, running: Mapping[str, Progress]) -> None:
    """How far running crawls are, for everybody to see."""
    archive.keep_progress({slug: json.dumps(asdict(progress)) for slug, progress in running.items()})


def pause(archive: Archive, slug: str) -> Turn:
    """No further turn until `resume`; a crawl that runs goes on to its end."""
    return archive.change_turn(slug, lambda turn: replace(turn, paused=True))


def resume(archive: Archive, slug: str) -> Turn:
    """Turns again, as the schedule says; a turn missed while it was paused is due at once."""
    return archive.change_turn(slug, lambda turn: replace(turn, paused=False))


def ask_now(archive: Archive, slug: str, now: datetime) -> Turn:
    """A turn as soon as there is a free worker. A paused source has it when it is resumed."""
    return archive.change_turn(slug, lambda turn: replace(turn, next_at=now, why=ASKED))


def lines(archive: Archive | None, sources: Iterable[Source], now: datetime) -> list[Line]:
    """The schedule, soonest turn first, paused sources last. Changes nothing; without an archive nothing was crawled yet."""
    turns = {turn.source: turn for turn in archive.turns()} if archive else {}
    return sorted(
        (_line(archive, source, turns.get(source.slug), now) for source in sources),
        key=lambda line: (line.next_at is None, line.next_at or now, line.source),
    )


def _line(archive: Archive | None, source: Source, turn: Turn | None, now: datetime) -> Line:
    kept = turn is not None and (turn.paused or turn.next_at is not None)
    crawls = [] if archive is None or kept else archive.crawls(source.slug, limit=CRAWLS_SEEN)
    if turn is not None and turn.next_at is not None and not turn.paused:
        due: Due | None = Due(source=source.slug, at=turn.next_at, why=turn.why)
    else:
        due = next_turn(timetable_of(source), turn, crawls, now)
    last = turn.last if turn else crawls[0] if crawls else None
    late = now - due.at if due else None
    health = read_health(turn.told) if turn else Health()
    return Line(
        source=source.slug,
        schedule=source.schedule,
        next_at=due.at.astimezone(UTC) if due else None,
        why=due.why if due else "paused",
        paused=bool(turn and turn.paused),
        running_since=turn.running_since if turn else None,
        progress=json.loads(turn.progress) if turn and turn.progress else None,
        failures=turn.failures if turn else 0,
        last_at=last.ended if last else None,
        last_outcome=last.outcome if last else None,
        lag=late if late and late > timedelta(0) else None,
        state=health.state or (last.outcome if last else None),
        state_since=health.since or (last.started if last else None),
        evidence=health.evidence,
    )
