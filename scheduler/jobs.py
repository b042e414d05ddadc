"""The scheduler room, jobs: keeps the truth about turns in the archive, so that a lost process forgets nothing.

The library's way to see and steer the schedule; `newsarchive schedule` and the web call the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from archive import Archive, CrawlReport, Outcome, Turn
from scheduler.adaptive import Terms
from scheduler.plan import Due, Timetable, failing_streak, next_turn

if TYPE_CHECKING:
    from crawler import Source

CRAWLS_SEEN = 400  # past crawls the plan looks at: some four months of an adaptive source
STOPPED = "was stopped in the middle: goes on"
ASKED = "asked for"
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
    failures: int
    last_at: datetime | None
    last_outcome: Outcome | None
    lag: timedelta | None  #: how late its turn is, when it is late


def timetable_of(source: Source) -> Timetable:
    return Timetable(slug=source.slug, schedule=source.schedule, zone=source.zone, window=source.window)


def plan(archive: Archive, source: Source, now: datetime) -> Due | None:
    """The next turn of a source, kept in the archive when it is not there yet; None while it is paused."""
    turn = archive.turn(source.slug)
    due = next_turn(timetable_of(source), turn, archive.crawls(source.slug, limit=CRAWLS_SEEN), now)
    if due is not None and (turn is None or (turn.next_at, turn.why) != (due.at, due.why)):
        archive.change_turn(source.slug, lambda kept: replace(kept, next_at=due.at, why=due.why))
    return due


def began(archive: Archive, slug: str, now: datetime) -> None:
    """A crawl runs. Its turn stays due until the crawl ends: if this process is lost, the next one finds it."""
    archive.change_turn(slug, lambda turn: replace(turn, running_since=now, next_at=turn.next_at or now))


def ended(
    archive: Archive,
    source: Source,
    report: CrawlReport,
    now: datetime,
    *,
    stopped: bool = False,
    terms: Terms | None = None,
) -> Due | None:
    """A crawl is over: keep its outcome and the next turn; None while the source is paused.

    Args:
        archive: where the truth is.
        source: what was crawled.
        report: what came of it; the crawl has kept it already, or it was lost with its process.
        now: aware UTC.
        stopped: it was asked to stop before its end: its turn is due again at once.
        terms: what polls may cost; for adaptive schedules.

    """
    crawls = archive.crawls(source.slug, limit=CRAWLS_SEEN)
    if not crawls or crawls[0].crawl != report.crawl:
        crawls = [report, *crawls][:CRAWLS_SEEN]
    due = next_turn(timetable_of(source), None, crawls, now, terms=terms)
    if stopped and (report.ended_early or report.error) and report.outcome is not Outcome.BLOCKED:
        due = Due(source=source.slug, at=now, why=STOPPED)
    # Changed in one transaction: somebody may pause the source at this moment.
    turn = archive.change_turn(
        source.slug,
        lambda kept: replace(
            kept,
            next_at=due.at if due else None,
            why=due.why if due else kept.why,
            failures=failing_streak(crawls),
            running_since=None,
            last=report,
        ),
    )
    return None if turn.paused else due


def forget_running(archive: Archive) -> int:
    """At the start of a clock nothing runs yet, whatever a lost one has left written; how many turns were freed."""
    lost = [turn for turn in archive.turns() if turn.running_since is not None]
    for turn in lost:
        archive.change_turn(
            turn.source,
            lambda kept: replace(kept, running_since=None, why=LOST, next_at=kept.running_since or kept.next_at),
        )
    return len(lost)


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
    last = turn.last if turn else None
    late = now - due.at if due else None
    return Line(
        source=source.slug,
        schedule=source.schedule,
        next_at=due.at.astimezone(UTC) if due else None,
        why=due.why if due else "paused",
        paused=bool(turn and turn.paused),
        running_since=turn.running_since if turn else None,
        failures=turn.failures if turn else 0,
        last_at=last.ended if last else None,
        last_outcome=last.outcome if last else None,
        lag=late if late and late > timedelta(0) else None,
    )
