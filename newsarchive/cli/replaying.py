"""The front door, the command that reads captures again: replay."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.failures import Exit
from newsarchive.cli.front import Front, Json, front_of
from newsarchive.terminal import counting, inert, put, put_json, say

if TYPE_CHECKING:
    from crawler import Difference, ReplayReport, Source

SHOWN_MAX = 20  # articles named one by one for people; --json names all
SHOWN_CHARS = 60  # of a field's value


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Custody")(replay)


def replay(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only this source.", metavar="SLUG")] = None,
    since: Annotated[str | None, typer.Option(help="Only captures of this day or later.", metavar="DAY")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, write nothing.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew, also where one was stopped.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes that read; default: limits.workers.", min=1, max=64)
    ] = None,
    jobs: Annotated[
        bool, typer.Option("--jobs", help="On PostgreSQL: have the workers do it, one job a source.")
    ] = False,
    json: Json = False,
) -> int:
    """Read the captures again with today's extraction; what reads otherwise becomes a revision. Fetches nothing."""
    from crawler import replay_captures

    front = front_of(ctx)
    first = _day(since)
    if jobs:
        if dry_run or restart or workers:
            raise typer.BadParameter("--jobs goes with --source and --since alone")
        return _pin(front, source, first, json=json)
    shown = _Shown(json=json)
    with front.archive(read_only=dry_run, existing=True) as archive, counting("reading again") as told:
        report = replay_captures(
            archive,
            _sources(front),
            now=datetime.now(UTC),
            source=source,
            since=first,
            dry_run=dry_run,
            restart=restart,
            workers=workers or front.settings.limits.workers,
            on_difference=shown,
            progress=told,
        )
    if json:
        put_json({"report": report})
    else:
        shown.end()
        for line in _lines(report, dry_run=dry_run):
            put(line)
    return Exit.ALARMS if report.unreadable else Exit.DONE


def _pin(front: Front, source: str | None, since: datetime | None, *, json: bool) -> int:
    """Leave it to the workers."""
    from scheduler import Board

    with front.archive(existing=True) as archive, Board(front.settings.archive, "replay") as board:
        slugs = [source] if source else sorted(archive.counts())
        pinned = [slug for slug in slugs if board.pin_replay(slug, since.isoformat() if since else None)]
    if json:
        put_json({"jobs": pinned})
    else:
        waiting = f"; {len(slugs) - len(pinned)} wait already" if len(slugs) > len(pinned) else ""
        say(f"{len(pinned)} jobs for the workers{waiting}; `newsarchive worker --status` shows them")
    return Exit.DONE


def _day(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--since {text!r} is no day; write 2031-04-02") from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _sources(front: Front) -> Callable[[str], Source | None]:
    """A source's definition of today; None for imports and for sources that no file defines any more."""
    from crawler import UnknownSource

    def find(slug: str) -> Source | None:
        try:
            return front.catalog.get(slug)
        except UnknownSource:
            return None

    return find


class _Shown:
    """Each difference: all of them as JSON, the first few for people."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._count = 0

    def __call__(self, difference: Difference) -> None:
        self._count += 1
        if self._json:
            put_json(_row(difference))
        elif self._count <= SHOWN_MAX:
            for line in _words(difference):
                sys.stdout.write(line + "\n")

    def end(self) -> None:
        if self._count > SHOWN_MAX:
            say(f"and {self._count - SHOWN_MAX} more; --json names all of them")


def _row(difference: Difference) -> dict[str, Any]:
    fields = {name: {"kept": old, "today": new} for name, (old, new) in difference.fields.items()}
    return {
        "article": difference.article,
        "source": difference.source,
        "url": difference.url,
        "fields": fields,
        "why": difference.why,
    }


def _words(difference: Difference) -> Iterator[str]:
    yield f"{difference.article}  {inert(difference.url)}"
    if difference.why is not None:
        yield f"  left as it is: {inert(difference.why)}"
    for name, (old, new) in difference.fields.items():
        yield f"  {name}: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    if value is None:
        return "-"
    if not isinstance(value, str):
        return f"{len(value)} of them"
    text = inert(value)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}… ({len(value)} characters)"


def _lines(report: ReplayReport, *, dry_run: bool) -> Iterator[str]:
    if report.resumed:
        yield "went on where an earlier replay was stopped; the counts are of both together"
    does = "would change" if dry_run else f"changed ({report.revised} new revisions)"
    yield f"{report.read} read again: {report.unchanged} unchanged, {report.changed} {does}"
    if report.fields:
        yield "fields: " + ", ".join(f"{name} {count}" for name, count in report.fields.items())
    if report.not_articles:
        yield f"{report.not_articles} are no articles to today's extraction: left as they are"
    if report.unreadable:
        yield f"{report.unreadable} captures are missing or damaged: `newsarchive verify` says which"
