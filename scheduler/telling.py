"""The scheduler room, telling: brings the alarm log and the daily digest to every channel, each line once.

Each channel has its own place in the log, kept in the archive: a restart neither loses nor repeats a line, and a channel that
does not answer holds up no other. What came meanwhile is then told in one message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as day_time
from typing import Any

from archive import Alarm, Archive
from scheduler.channels import Channel, Message, NotTold
from scheduler.claims import take
from scheduler.digest import digest_of
from scheduler.durations import say_duration

BATCH = 200  # lines of the log in one message
SHOWN = 40  # of them that are written out in its text
RETRY_FIRST_S, RETRY_MOST_S = 30.0, 1800.0
LEASE = timedelta(minutes=10)  # nobody else tells meanwhile; a message takes a minute at most


@dataclass(slots=True)
class _Trouble:
    failures: int = 0
    next_s: float = 0.0


class Teller:
    """Tells; an errand of the service, and what `newsarchive alarms send` does once."""

    def __init__(
        self,
        archive: Archive,
        channels: Sequence[Channel],
        log: Any,
        *,
        holder: str,
        now: Callable[[], datetime],
        digest: day_time | None = None,
    ) -> None:
        """Args:
        archive: where the log and the channels' places in it are.
        channels: ways to the operator.
        log: a structlog logger, for what cannot be told.
        holder: who we are in leases.
        now: aware; the digest's hour is local time.
        digest: when the daily digest is told; None: never.

        """
        self._archive, self._channels, self._log = archive, channels, log
        self._holder, self._now, self._digest = holder, now, digest
        self._troubles: dict[str, _Trouble] = {}

    def act(self, quit_: threading.Event | None = None) -> int:
        """Tell what there is to tell now; how many messages got through. Writes nothing while there is nothing."""
        waiting = [channel for channel in self._channels if self._waits(channel)]
        if not waiting:
            return 0
        told = 0
        try:
            for channel in waiting:
                if quit_ is not None and quit_.is_set():
                    break
                if take(self._archive, ["telling"], self._holder, LEASE) is not None:
                    break  # somebody else tells
                told += self._guarded(channel)
        finally:
            self._archive.give_leases(["telling"], self._holder)
        return told

    def _waits(self, channel: Channel) -> bool:
        """Whether there is something to tell by this channel, and it does not rest."""
        if time.monotonic() < self._troubles.setdefault(channel.name, _Trouble()).next_s:
            return False
        place = self._archive.memo(_place(channel))
        if place is None or self._archive.alarms(int(place), limit=1):
            return True
        return self._digest is not None and self._digest_is_due(channel, self._digest)

    def _guarded(self, channel: Channel) -> int:
        trouble = self._troubles[channel.name]
        try:
            told = self._alarms(channel) + self._daily(channel)
        except NotTold as error:
            trouble.failures += 1
            wait_s = min(RETRY_MOST_S, RETRY_FIRST_S * 2 ** min(trouble.failures - 1, 10))
            trouble.next_s = time.monotonic() + wait_s
            wait = say_duration(timedelta(seconds=wait_s))
            said = f"alarms cannot be told by {channel.name}, trying again in {wait}: {error}"
            self._log.warning("not told", channel=channel.name, error=str(error), failures=trouble.failures, say=said)
            return 0
        self._troubles[channel.name] = _Trouble()
        return told

    def _alarms(self, channel: Channel) -> int:
        name, told = _place(channel), 0
        place = self._archive.memo(name)
        if place is None:  # a new channel begins with what is wrong now
            newest = self._archive.alarm_log(limit=1)
            standing = self._archive.open_alarms()
            if standing:
                channel.tell(alarm_message(standing[-BATCH:]))
            self._archive.keep_memo(name, str(newest[0].number if newest else 0))
            return int(bool(standing))
        while lines := self._archive.alarms(int(place), limit=BATCH):
            channel.tell(alarm_message(lines))
            place, told = str(lines[-1].number), told + 1
            self._archive.keep_memo(name, place)
        return told

    def _daily(self, channel: Channel) -> int:
        if self._digest is None or not self._digest_is_due(channel, self._digest):
            return 0
        channel.tell(digest_of(self._archive, self._now()))
        self._archive.keep_memo(_day(channel), self._now().astimezone().date().isoformat())
        return 1

    def _digest_is_due(self, channel: Channel, hour: day_time) -> bool:
        local = self._now().astimezone()
        today = local.date().isoformat()
        last = self._archive.memo(_day(channel))
        if last is None:  # the first one comes at its hour, not in the middle of a day
            yesterday = (local.date() - timedelta(days=1)).isoformat()
            last = today if local.time() >= hour else yesterday
            self._archive.keep_memo(_day(channel), last)
        return last < today and local.time() >= hour


def _place(channel: Channel) -> str:
    """The name of the note how far in the log a channel is."""
    return f"alarms told by {channel.name}"


def _day(channel: Channel) -> str:
    """The name of the note which day's digest it has had."""
    return f"digest told by {channel.name}"


def alarm_message(alarms: Sequence[Alarm]) -> Message:
    """Lines of the alarm log as one message."""
    new, mended = [a for a in alarms if not a.mended], [a for a in alarms if a.mended]
    counted = [f"{len(new)} alarm{'s' * (len(new) != 1)}" if new else "", f"{len(mended)} mended" if mended else ""]
    subject = alarms[0].text if len(alarms) == 1 else " and ".join(part for part in counted if part)
    parts = [_written(alarm) for alarm in alarms[:SHOWN]]
    if len(alarms) > SHOWN:
        parts.append(f"and {len(alarms) - SHOWN} more: newsarchive alarms list")
    return Message(
        kind="alarms",
        subject=f"newsarchive: {subject}",
        text="\n\n".join(parts) + "\n",
        data={"alarms": [as_data(alarm) for alarm in alarms]},
    )


def _written(alarm: Alarm) -> str:
    head = f"{'MENDED' if alarm.mended else 'ALARM'} {alarm.at.astimezone():%Y-%m-%d %H:%M} {alarm.text}"
    return "\n".join([head, *(f"  - {line}" for line in alarm.evidence)])


def as_data(alarm: Alarm) -> dict[str, Any]:
    """An alarm as JSON carries it."""
    return {
        "number": alarm.number,
        "at": alarm.at.isoformat().replace("+00:00", "Z"),
        "source": alarm.source or None,
        "kind": alarm.kind,
        "mended": alarm.mended,
        "text": alarm.text,
        "evidence": list(alarm.evidence),
    }


def own_message(text: str) -> Message:
    """Words of the operator's own programs, such as a unit that failed."""
    return Message(kind="message", subject=f"newsarchive: {text.strip().partition(chr(10))[0]}", text=text + "\n")


def trial_message() -> Message:
    """To see whether a channel works."""
    text = "This is a test: alarms of newsarchive get through here.\n"
    return Message(kind="test", subject="newsarchive: a test of this channel", text=text)
