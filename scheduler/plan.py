"""The scheduler room, the plan: when is a source's next turn, and why? A pure decision: no clock, no database, no log.

"adaptive" follows the source's own rhythm (see `adaptive`, `rhythm`, `lookahead`).
Intervals are slots on the time line, moved by a hash of the slug: a restart changes nothing, nothing drifts, and sources
with the same interval do not fall on the same minute. Cron lines are what operators know: Sunday is 0 and 7, day of month
or day of week, local time with its summer and winter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NewType

from cronsim import CronSim, CronSimError

from archive import CrawlReport, Outcome, Turn
from scheduler.adaptive import LEAST, Adaptive, Terms, Wishes, adapt, turn_after
from scheduler.durations import read_duration, say_duration

ADAPTIVE = "adaptive"
KEPT_MOST = timedelta(days=2)  # an adaptive turn that is kept and farther away was not planned by this clock
RETRY_FAILED = timedelta(minutes=15)  # first retry after a failed crawl; doubled for each further one
RETRY_BLOCKED = timedelta(hours=6)  # a site that refuses us is asked more rarely: insisting makes it worse
RETRY_MOST = timedelta(hours=24)  # a source is never given up: one probe a day stays
GO_ON = timedelta(minutes=10)  # rest before a crawl goes on that had to end with work left, e.g. in a long backfill
DOUBLINGS_MOST = 20  # 15 minutes doubled that often is far beyond RETRY_MOST
SPREAD_OPENING = timedelta(minutes=15)  # turns moved to a window's opening are spread over so long
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Cron = NewType("Cron", str)  # a five-field line
Every = NewType("Every", timedelta)


class BadSchedule(ValueError):
    """A schedule that is neither "adaptive", nor a length of time, nor a cron line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """What the plan needs to know of a source."""

    slug: str
    schedule: str  #: "adaptive", "6h" or a five-field cron line
    zone: tzinfo = UTC  #: where schedule and window are read
    window: tuple[time, time] | None = (
        None  #: crawl only between these; the second may be before the first (over midnight)
    )
    least: timedelta = LEAST  #: shortest wait of an adaptive source
    most: timedelta | None = None  #: longest wait of an adaptive source; None: the installation's


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A source's next turn."""

    source: str
    at: datetime  #: aware UTC; in the past when the turn was missed: run it now, once
    why: str  #: in words, for `schedule list`


def next_turn(
    timetable: Timetable,
    turn: Turn | None,
    crawls: Sequence[CrawlReport],
    now: datetime,
    *,
    terms: Terms | None = None,
) -> Due | None:
    """The next turn of a source; None while it is paused.

    Args:
        timetable: the source's wishes.
        turn: what the archive remembers of its schedule. A turn that is kept there and comes earlier wins: somebody
            asked for it, or it was missed.
        crawls: its past crawls, newest first.
        now: aware UTC.
        terms: what polls may cost; for adaptive schedules.

    Raises:
        BadSchedule: the schedule cannot be read.

    """
    if turn is not None and turn.paused:
        return None
    kept = turn.next_at if turn is not None else None
    if turn is not None and kept is not None and timetable.schedule == ADAPTIVE and kept <= now + KEPT_MOST:
        return Due(source=timetable.slug, at=kept, why=turn.why)  # planned when its last crawl ended: nothing new since
    planned = _planned(timetable, crawls, now, terms)
    if turn is not None and turn.next_at is not None and turn.next_at < planned.at:
        return Due(source=timetable.slug, at=turn.next_at, why=turn.why or "kept turn")
    return planned


def failing_streak(crawls: Sequence[CrawlReport]) -> int:
    """How many of the newest crawls failed or were blocked, one after the other."""
    streak = 0
    for report in crawls:
        if report.outcome not in (Outcome.FAILED, Outcome.BLOCKED):
            break
        streak += 1
    return streak


def read_schedule(text: str) -> Every | Cron | None:
    """A schedule's meaning; None stands for "adaptive". Raises BadSchedule."""
    text = text.strip()
    if text == ADAPTIVE:
        return None
    if len(text.split()) == 5:
        try:
            CronSim(text, EPOCH)
        except CronSimError as error:
            raise BadSchedule(f"schedule {text!r} is no cron line: {error}") from error
        return Cron(text)
    try:
        every = read_duration(text)
    except ValueError as error:
        raise BadSchedule(f'schedule {text!r}: write "adaptive", a length like "6h", or five cron fields') from error
    if every <= timedelta(0):
        raise BadSchedule(f"schedule {text!r}: a source cannot be crawled all the time")
    return Every(every)


def _planned(timetable: Timetable, crawls: Sequence[CrawlReport], now: datetime, terms: Terms | None) -> Due:
    meant = read_schedule(timetable.schedule)
    if not crawls:
        at, why = _after(timetable, meant, now) if isinstance(meant, str) else (now, "never crawled")
        return _within_window(timetable, Due(source=timetable.slug, at=at, why=why))
    schedule = meant or adapt(crawls, now, _wishes(timetable), terms or Terms())
    last = crawls[0]
    started = min(last.started, now)  # a clock that was set back must not hold a source for hours
    at, why = _after(timetable, schedule, started)
    streak = failing_streak(crawls)
    if last.ended_early and last.fetched and not streak and min(last.ended, now) + GO_ON < at:
        at, why = min(last.ended, now) + GO_ON, f"work is left ({last.ended_early})"
    if streak:
        at, why = _retry(timetable, schedule, last, streak, now, (at, why))
    return _within_window(timetable, Due(source=timetable.slug, at=at, why=why))


def _retry(
    timetable: Timetable,
    schedule: Every | Cron | Adaptive,
    last: CrawlReport,
    streak: int,
    now: datetime,
    regular: tuple[datetime, str],
) -> tuple[datetime, str]:
    """Probe sooner than the schedule at first, then more rarely than it; back to the schedule with the first success."""
    first = RETRY_BLOCKED if last.outcome is Outcome.BLOCKED else RETRY_FAILED
    wait = min(RETRY_MOST, first * 2 ** min(streak - 1, DOUBLINGS_MOST))
    probe = min(last.ended, now) + wait
    said = f"{'blocked' if last.outcome is Outcome.BLOCKED else 'failed'} {streak} times" if streak > 1 else (
        "blocked" if last.outcome is Outcome.BLOCKED else "failed"
    )  # fmt: skip
    if probe <= regular[0] and last.outcome is Outcome.FAILED:
        return probe, f"{said}: probe after {say_duration(wait)}"
    if probe <= regular[0]:
        return regular[0], f"{said}: no sooner than its schedule"
    return _after(timetable, schedule, probe, least=timedelta(0))[0], f"{said}: rests {say_duration(wait)}"


def _after(
    timetable: Timetable, schedule: Every | Cron | Adaptive, moment: datetime, *, least: timedelta | None = None
) -> tuple[datetime, str]:
    """The first regular turn after `moment`, at least `least` later (default: half an interval)."""
    if isinstance(schedule, str):
        return _cron(schedule, moment, timetable.zone), f"cron {schedule}"
    if isinstance(schedule, Adaptive):
        return turn_after(schedule, moment)
    slot = _slot(timetable.slug, schedule, moment + (schedule / 2 if least is None else least))
    return slot, f"every {say_duration(schedule)}"


def _wishes(timetable: Timetable) -> Wishes:
    return Wishes(
        zone=timetable.zone,
        window=timetable.window,
        least=timetable.least,
        most=timetable.most,
        share=share(timetable.slug),
    )


def _cron(line: str, moment: datetime, zone: tzinfo) -> datetime:
    try:
        return next(CronSim(line, moment.astimezone(zone))).astimezone(UTC)
    except StopIteration:
        raise BadSchedule(f"schedule {line!r} never comes") from None


def share(slug: str) -> float:
    """A number in [0, 1) that belongs to this slug for good, evenly spread over slugs."""
    return int.from_bytes(hashlib.sha256(slug.encode()).digest()[:6]) / 2**48


def _slot(slug: str, every: timedelta, moment: datetime) -> datetime:
    """The first slot at or after `moment`; slots lie `every` apart, moved by the slug's share."""
    offset = every * share(slug)
    count = -((EPOCH + offset - moment) // every)
    return EPOCH + offset + every * count


def _within_window(timetable: Timetable, due: Due) -> Due:
    if timetable.window is None:
        return due
    at = into_window(due.at, timetable.window, timetable.zone, timetable.slug)
    return due if at == due.at else Due(source=due.source, at=at, why=f"{due.why}; waits for its window")


def into_window(at: datetime, window: tuple[time, time], zone: tzinfo, slug: str) -> datetime:
    """`at`, or the window's next opening after it, spread over a quarter of an hour (or of the window, if shorter)."""
    opens, closes = window
    local = at.astimezone(zone)
    inside = opens <= local.time() < closes if opens < closes else not closes <= local.time() < opens
    if inside:
        return at
    opening = datetime.combine(local.date(), opens, tzinfo=zone)
    if opening <= local:
        opening = datetime.combine(local.date() + timedelta(days=1), opens, tzinfo=zone)
    length = (datetime.combine(EPOCH, closes) - datetime.combine(EPOCH, opens)) % timedelta(days=1)
    return opening.astimezone(UTC) + min(SPREAD_OPENING, length / 4) * share(slug)
