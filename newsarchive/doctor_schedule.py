"""The front door, the doctor: looks at what happens by itself: the clock, late turns, lost crawls, workers, alarms, webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive import ArchiveError
from newsarchive.config import Settings
from newsarchive.findings import Check
from scheduler import board_state, clock_at_work, crawled_by, say_duration, say_holder

if TYPE_CHECKING:
    from archive import Archive, Turn

SILENT_S = 60.0  # after this nobody expects a worker to come back
SHOWN = 3  # alarms and webhooks that are named
TOLD = ("webhook", "email", "command")


def schedule_checks(archive: Archive, settings: Settings, now: datetime) -> Iterator[Check]:
    """What is wrong with what happens by itself; nothing to say where nothing ever did."""
    turns = [turn for turn in archive.turns(brief=True) if turn.next_at is not None]
    if turns:
        yield from _clock(archive, turns, settings.alarms.late, now)
        yield from _lost(archive, turns)
        if archive.url.startswith("postgresql"):
            yield from _workers(archive.url)
        yield _channels(settings)
    yield _alarms(archive)
    yield from _webhooks(archive, now)


def _clock(archive: Archive, turns: list[Turn], late: timedelta, now: datetime) -> Iterator[Check]:
    holder = clock_at_work(archive)
    lags = [now - turn.next_at for turn in turns if turn.next_at and not turn.paused and turn.running_since is None]
    missed = [lag for lag in lags if lag > late]
    if holder is not None:
        yield Check(name="run", state="ok", found=f"the clock is {say_holder(holder)}")
        if missed:
            found = f"{len(missed)} turns are late, the longest by {say_duration(max(missed))}"
            yield Check(
                name="turns",
                state="warn",
                found=found,
                mend="more to crawl than is done: raise limits.workers, or start more workers",
            )
    elif missed:
        found = f"no clock is at work, and {len(missed)} turns are late, the longest by {say_duration(max(missed))}"
        yield Check(name="run", state="bad", found=found, mend="start `newsarchive run`, and have it started at boot")
    else:
        yield Check(name="run", state="warn", found="no clock is at work", mend="`newsarchive run` crawls by itself")


def _lost(archive: Archive, turns: list[Turn]) -> Iterator[Check]:
    lost = [turn.source for turn in turns if turn.running_since and crawled_by(archive, turn.source) is None]
    if lost:
        found = f"{len(lost)} crawls were lost with their process: {', '.join(lost[:SHOWN])}"
        yield Check(name="crawls", state="warn", found=found, mend="the next clock goes on with them; nothing is lost")


def _workers(url: str) -> Iterator[Check]:
    try:
        state = board_state(url)
    except ArchiveError as error:
        yield Check(name="workers", state="bad", found=str(error), mend="crawls cannot be shared until then")
        return
    silent = {hand.holder for hand in state.hands if hand.silent_s > SILENT_S}
    there = {hand.holder for hand in state.hands} - silent
    for queue, count in state.waiting.items():
        if not any(hand.queue == queue for hand in state.hands if hand.holder in there):
            found = f"{count} {queue} wait and nobody takes them"
            yield Check(name="workers", state="bad", found=found, mend=f"start `newsarchive worker` with --{queue}")
    if there:
        crawling = sum(len(hand.doing) for hand in state.hands if hand.holder in there)
        found = f"{len(there)} at work on {crawling} jobs; {sum(state.waiting.values())} wait"
        yield Check(name="workers", state="ok", found=found)
    if silent:
        found = f"{len(silent)} say nothing any more: {', '.join(map(say_holder, sorted(silent)[:SHOWN]))}"
        yield Check(name="workers", state="warn", found=found, mend="the others take their jobs; look at that machine")
    if state.failed:
        found = f"{state.failed} jobs broke in the last seven days"
        yield Check(
            name="jobs", state="warn", found=found, mend="a mistake of ours: the workers' logs say what to report"
        )


def _channels(settings: Settings) -> Check:
    there = [name for name in TOLD if getattr(settings.alarms, name)]
    if there:
        return Check(
            name="alarm channels", state="ok", found=", ".join(there), mend="`newsarchive alarms test` tries them"
        )
    return Check(
        name="alarm channels",
        state="warn",
        found="none: nobody is told when something breaks",
        mend="set alarms.webhook, alarms.email or alarms.command in newsarchive.toml",
    )


def _alarms(archive: Archive) -> Check:
    standing = archive.open_alarms()
    if not standing:
        return Check(name="alarms", state="ok", found="none is open")
    named = "; ".join(alarm.text for alarm in standing[:SHOWN])
    found = f"{len(standing)} open: {named}"
    return Check(name="alarms", state="warn", found=found, mend="`newsarchive alarms list` shows the evidence")


def _webhooks(archive: Archive, now: datetime) -> Iterator[Check]:
    letters = archive.count_dead_letters()
    for hook in archive.webhooks():
        if hook.failing_since is not None:
            found = f"{hook.name} has failed for {say_duration(now - hook.failing_since)}: {hook.error}"
            mend = f"mend its receiver, then `newsarchive webhooks resume {hook.name}`"
            yield Check(name="webhook", state="warn", found=found, mend=mend)
        if hook.name in letters:
            found = f"{letters[hook.name]} changes were set aside for {hook.name}"
            yield Check(name="webhook", state="warn", found=found, mend=f"`newsarchive webhooks letters {hook.name}`")
