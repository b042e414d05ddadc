"""A month in minutes: `newsarchive run` on the demo's sites by a virtual clock, stopped, killed and started again meanwhile.

    python benchmarks/month.py [--days 30] [--minutes 20] [--keep FOLDER]

The six sites of the demo publish for a month: news every few hours to once a week, corrections, a withdrawal, a move. The
scheduler is a process of its own, with crawls as its children. It is asked to end and started again twice, killed once (and
stays away for a day), and one of its crawls is killed once. Afterwards everything that was published must be in the archive, as it
was published last, once; and from the scheduler's own log: no turn was had twice, none was lost, no source overlapped itself.

Ends with 1 if any of that does not hold.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from rehearsal import Rehearsal, rehearsed

from archive import Status, UnknownArticle
from scheduler.jobs import LOST

RECHECKED = 4.0  # days after which a correction must have been seen


# --- what must hold ---------------------------------------------------------------------------------------------------


def differences(rehearsal: Rehearsal, last_day: float) -> list[str]:
    """Where the archive departs from what was published."""
    wrong: list[str] = []
    published = 0
    with rehearsal.archive() as archive:
        wrong += [f"{found.what} {found.where}: {found.problem}" for found in archive.verify()]
        changes = archive.changes(0, 10_000)
        if [change.seq for change in changes] != list(range(1, len(changes) + 1)):
            wrong.append("the feed has holes")
        kept = archive.counts()
        for site in rehearsal.sites:
            base = rehearsal.town.bases[site.slug]
            gone = {away.path: away.since for away in site.withdrawals}
            crawled = [rehearsal.day_of(report.started) for report in archive.crawls(site.slug, limit=10_000)]
            unseen = {  # published and withdrawn between two crawls: nobody can have them
                item.path
                for item in site.items
                if item.path in gone and not any(item.since <= day <= gone[item.path] for day in crawled)
            }
            ever = [item for item in site.items if item.news and item.since <= last_day and item.path not in unseen]
            published += len(ever)
            if kept.get(site.slug) != len(ever):
                wrong.append(f"{site.slug}: {kept.get(site.slug, 0)} articles are kept, {len(ever)} were published")
            edited = {edit.path: edit.since for edit in site.edits}
            for item in site.news(last_day):
                try:
                    known = archive.known(base + item.path)
                except UnknownArticle:
                    wrong.append(f"{site.slug}: {item.path} of day {item.since:.1f} is missing")
                    continue
                seen_again = edited.get(item.path, 0) < last_day - RECHECKED
                if seen_again and item.paragraphs[0][:60] not in known.article.body.replace("\n", " "):
                    wrong.append(f"{site.slug}: {item.path} does not read as it did last")
            for path, since in gone.items():
                if (
                    path not in unseen
                    and since < last_day - RECHECKED
                    and archive.known(base + path).status is not Status.GONE
                ):
                    wrong.append(f"{site.slug}: {path} was withdrawn and is not marked gone")
        doubled = [
            url for url, count in Counter(known.article.url for known in archive.articles()).items() if count > 1
        ]
        wrong += [f"{url} is kept twice" for url in doubled]
    rehearsal.marks.append(
        f"{published} articles were published, {sum(kept.values())} are kept, {len(changes)} changes"
    )
    return wrong


@dataclass
class Turns:
    """What the scheduler's log says of turns."""

    had: int = 0
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    overlapping: list[str] = field(default_factory=list)
    interrupted: int = 0
    longest_gap: timedelta = timedelta(0)
    outcomes: Counter[str] = field(default_factory=Counter)


def turns_of(log: Path, kept: Mapping[str, datetime | None]) -> Turns:
    """Follow every turn through the log. A turn is named by its source and the moment it was due; `kept` are those that the
    archive has at the end.

    The scheduler may be killed between the beginning of a crawl and its line in the log. The next one then counts it among
    the crawls that were lost, and says so of its turn when it goes on: it was interrupted like others.
    """
    turns = Turns()
    running: dict[str, str] = {}  # source -> the turn it is crawled for
    done: set[tuple[str, str]] = set()
    planned: dict[str, str] = {}
    clocks: dict[str, list[datetime]] = defaultdict(list)
    to_go_on = 0  # crawls that were counted as lost with their process and have not begun again yet
    for line in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        source = event.get("source")
        if event["event"] == "mark" and event["what"].startswith("the clock had"):
            turns.interrupted += len(running)
            for lost in running:
                planned.pop(lost, None)
            running.clear()
        elif event["event"] == "crawls lost":
            to_go_on += event["crawls"]
        elif event["event"] == "crawl began":
            if source in running:
                turns.overlapping.append(f"{source} at {event['turn']}")
            if (source, event["turn"]) in done:
                turns.doubled.append(f"{source} at {event['turn']}")
            goes_on = event["why"] == LOST and to_go_on > 0
            to_go_on -= goes_on
            if source in planned and planned[source] != event["turn"]:
                if goes_on and planned[source] < event["turn"]:
                    turns.interrupted += 1  # its beginning is not in the log
                else:
                    turns.lost.append(f"{source}: planned for {planned[source]}, the next turn was {event['turn']}")
            running[source] = event["turn"]
            clocks[source].append(datetime.fromisoformat(event["clock"]))
        elif event["event"] == "crawl ended":
            turn = running.pop(source, None)
            turns.outcomes[event["outcome"]] += 1
            planned[source] = event["next"]
            if event["stopped"]:
                turns.interrupted += 1
            elif turn is not None:
                turns.had += 1
                done.add((source, turn))
    turns.lost += [
        f"{source}: planned for {at}, and is planned for {kept.get(source)} now"
        for source, at in planned.items()
        if source not in running and kept.get(source) != datetime.fromisoformat(at)
    ]
    gaps = [later - earlier for times in clocks.values() for earlier, later in pairwise(times)]
    turns.longest_gap = max(gaps, default=timedelta(0))
    return turns


def restart(rehearsal: Rehearsal) -> None:
    """It is asked to end in the middle of a crawl, and started again."""
    rehearsal.end(signal.SIGTERM)
    rehearsal.start()


def kill_the_clock(rehearsal: Rehearsal) -> None:
    """It is killed in the middle of a crawl, and started again a day later."""
    rehearsal.end(signal.SIGKILL)
    rehearsal.process = None
    rehearsal.wait_for(rehearsal.day + 1)
    rehearsal.start()


def kill_a_crawl(rehearsal: Rehearsal) -> None:
    rehearsal.kill_a_crawl()


# What happens to it, and after which share of the days.
WHOLE = ((0.27, restart), (0.45, kill_the_clock), (0.6, kill_a_crawl), (0.75, restart))
SHORT = ((0.2, kill_the_clock), (0.6, kill_a_crawl))


def month(
    rehearsal: Rehearsal, days: float, blows: Sequence[tuple[float, Callable[[Rehearsal], None]]] = WHOLE
) -> tuple[list[str], Turns]:
    """Rehearse it; what does not hold, and what the log says of turns."""
    rehearsal.start()
    for share, blow in blows:
        rehearsal.wait_for(days * share)
        blow(rehearsal)
    rehearsal.wait_for(days + 1)
    rehearsal.wait_until_seen(days)
    rehearsal.end(signal.SIGTERM)
    last_day = rehearsal.day
    wrong = differences(rehearsal, last_day)
    with rehearsal.archive() as archive:
        turns = turns_of(rehearsal.log, {turn.source: turn.next_at for turn in archive.turns()})
    return [*wrong, *turns.doubled, *turns.lost, *turns.overlapping], turns


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=float, default=30, help="virtual days")
    parser.add_argument("--minutes", type=float, default=20, help="real minutes that they take")
    parser.add_argument("--keep", type=Path, help="leave archive and log in this folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        with rehearsed(given.keep or Path(temporary), given.days, given.minutes) as rehearsal:
            wrong, turns = month(rehearsal, given.days)
        for line in rehearsal.marks:
            print(line)
        print(
            f"{turns.had} turns were had, {turns.interrupted} crawls interrupted; doubled {len(turns.doubled)}, "
            f"lost {len(turns.lost)}, overlapping {len(turns.overlapping)}; longest time between two crawls of a source "
            f"{turns.longest_gap / timedelta(hours=1):.1f} h; outcomes {dict(turns.outcomes)}"
        )
        for line in wrong:
            print(f"WRONG: {line}")
        print("all holds" if not wrong else f"{len(wrong)} things are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
