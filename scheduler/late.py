"""The scheduler room, lateness: turns that were missed, because no clock ran or because there is more to crawl than can be.

One alarm for the installation, however many turns are late; mended when they have all been had.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from archive import Alarm, Archive, Turn
from scheduler.claims import clock_at_work
from scheduler.durations import say_duration

LATE = timedelta(hours=1)  # a turn later than this was missed
SHOWN = 5  # late turns that are named in an alarm
KIND = "late"
SEEN = "clock seen"  # the note of when a clock was last at work
GAP = timedelta(minutes=5)  # without a clock at work that is worth a word


class Lateness:
    """Watches for late turns, and notes that a clock is at work."""

    def __init__(self, archive: Archive, late: timedelta = LATE) -> None:
        self._archive, self._late = archive, late
        self._gap = ""

    def begin(self, turns: Sequence[Turn], now: datetime) -> list[Alarm]:
        """A clock begins its work: what was missed while there was none? The alarms that ring."""
        seen = self._archive.memo(SEEN)
        self._gap = ""
        if seen is not None and (gap := now - datetime.fromisoformat(seen)) > GAP:
            self._gap = f"no clock was at work for {say_duration(gap)}, since {seen}"
        return self.look(turns, (), now)

    def look(self, turns: Sequence[Turn], busy: Collection[str], now: datetime) -> list[Alarm]:
        """What rings or is mended now. `busy` are sources that are being crawled: their turn has come at last."""
        self._archive.keep_memo(SEEN, now.astimezone(UTC).isoformat(timespec="seconds"))
        draft = lateness(_lags(turns, busy, now), self._late, self._gap, now)
        if draft is None:
            return []
        if draft.mended:
            self._gap = ""
        return self._archive.log_alarms([draft])


def missed_without_a_clock(archive: Archive, late: timedelta, now: datetime) -> list[Alarm]:
    """For those who look in from outside: the alarm that turns are missed and nobody is there to say so. Silent where no clock
    ever was, and while one is at work: it watches itself.
    """
    seen = archive.memo(SEEN)
    if seen is None or clock_at_work(archive) is not None:
        return []
    turns = [turn for turn in archive.turns(brief=True) if turn.running_since is None]
    gap = f"no clock is at work since {seen}: start `newsarchive run`, and have it started at boot"
    draft = lateness(_lags(turns, (), now), late, gap, now)
    return [] if draft is None or draft.mended else archive.log_alarms([draft])


def _lags(turns: Sequence[Turn], busy: Collection[str], now: datetime) -> list[tuple[timedelta, str]]:
    """How late turns are, greatest first."""
    return sorted(
        (
            (now - turn.next_at, turn.source)
            for turn in turns
            if turn.next_at is not None and not turn.paused and turn.source not in busy
        ),
        reverse=True,
    )


def lateness(lags: Sequence[tuple[timedelta, str]], late: timedelta, gap: str, now: datetime) -> Alarm | None:
    """The alarm for these lags (greatest first), or that it is over when none comes to half of what is late; else None."""
    missed = [(lag, slug) for lag, slug in lags if lag > late]
    if missed:
        longest = say_duration(missed[0][0])
        reason = (
            gap
            or "there is more to crawl than this installation does: raise limits.workers, or give it longer intervals"
        )
        named = [f"{slug}: {say_duration(lag)} late" for lag, slug in missed[:SHOWN]]
        turns = "1 turn was missed" if len(missed) == 1 else f"{len(missed)} turns were missed"
        return Alarm(
            source="", kind=KIND, at=now, text=f"{turns}, the longest by {longest}: {reason}", evidence=(*named, reason)
        )
    if lags and lags[0][0] > late / 2:
        return None
    return Alarm(source="", kind=KIND, at=now, mended=True, text="all turns are had in time again")
