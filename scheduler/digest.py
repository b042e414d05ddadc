"""The scheduler room, the digest: a day in one message: what was crawled and found, what is wrong, what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive import Alarm, Archive, ChangeKind, Outcome
from scheduler.channels import Message
from scheduler.durations import say_duration

DAY = timedelta(days=1)
SHOWN = 30  # alarms and sources that are written out
BUSY_SHOWN = 10  # sources with the most news


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a day was."""

    until: datetime
    outcomes: Mapping[str, int]  #: crawls by outcome
    changes: Mapping[str, int]  #: changes by kind
    busiest: Sequence[tuple[str, int]]  #: sources with the most new articles
    open: list[Alarm]
    rung: int  #: alarms that rang in it
    mended: int
    sources: int
    paused: list[str]
    behind: list[tuple[str, int]]  #: consumers of the feed and how many changes they have not had
    dead_letters: int


def digest_of(archive: Archive, now: datetime) -> Message:
    """The digest of the last 24 hours."""
    since = now - DAY
    tally = archive.tally(since)
    lines = [alarm for alarm in archive.alarm_log(limit=10_000) if alarm.at > since]
    turns = archive.turns(brief=True)
    return compose(
        Day(
            until=now,
            outcomes=tally.outcomes,
            changes=tally.changes,
            busiest=tally.new_by_source[:BUSY_SHOWN],
            open=archive.open_alarms(),
            rung=sum(not alarm.mended for alarm in lines),
            mended=sum(alarm.mended for alarm in lines),
            sources=len(turns),
            paused=[turn.source for turn in turns if turn.paused],
            behind=[(consumer.name, consumer.lag) for consumer in archive.consumers() if consumer.lag],
            dead_letters=sum(archive.count_dead_letters().values()),
        )
    )


def compose(day: Day) -> Message:
    """The digest in words. Pure."""
    new = day.changes.get(ChangeKind.NEW.value, 0)
    crawls = sum(day.outcomes.values())
    wrong = f"{len(day.open)} alarms are open" if len(day.open) != 1 else "1 alarm is open"
    subject = f"newsarchive: {new} new articles; {wrong if day.open else 'all is well'}"
    parts = [f"The 24 hours until {day.until.astimezone():%Y-%m-%d %H:%M}, {day.sources} sources."]
    ended = [f"{day.outcomes[name]} {name}" for name in (o.value for o in Outcome) if day.outcomes.get(name)]
    parts.append(f"{crawls} crawls: {', '.join(ended)}." if crawls else "No crawl ended. Is `newsarchive run` at work?")
    found = [f"{day.changes[name]} {name}" for name in (k.value for k in ChangeKind) if day.changes.get(name)]
    parts.append(f"Changes: {', '.join(found)}." if found else "Nothing was new.")
    if day.busiest:
        parts.append("Most news: " + ", ".join(f"{slug} {count}" for slug, count in day.busiest) + ".")
    parts.append(f"{day.rung} alarms rang, {day.mended} were mended; {wrong if day.open else 'none is open'}.")
    parts += [f"  - {alarm.text} (since {say_duration(day.until - alarm.at)})" for alarm in day.open[:SHOWN]]
    if len(day.open) > SHOWN:
        parts.append(f"  and {len(day.open) - SHOWN} more: newsarchive alarms list")
    if day.paused:
        more = f" and {len(day.paused) - SHOWN} more" if len(day.paused) > SHOWN else ""
        parts.append(f"Paused: {', '.join(day.paused[:SHOWN])}{more}.")
    if day.behind:
        parts.append("Behind in the feed: " + ", ".join(f"{name} {lag}" for name, lag in day.behind[:SHOWN]) + ".")
    if day.dead_letters:
        parts.append(f"{day.dead_letters} dead letters wait: newsarchive webhooks list")
    data = {
        "until": day.until.isoformat().replace("+00:00", "Z"),
        "outcomes": dict(day.outcomes),
        "changes": dict(day.changes),
        "open": [alarm.text for alarm in day.open],
        "rung": day.rung,
        "mended": day.mended,
        "paused": day.paused,
        "behind": dict(day.behind),
        "dead_letters": day.dead_letters,
    }
    return Message(kind="digest", subject=subject, text="\n".join(parts) + "\n", data=data)
