"""The front door, commands to see and steer the schedule: schedule list, pause, resume, now, history, log."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.failures import Exit, Refused
from newsarchive.cli.front import Front, Json, front_of
from newsarchive.terminal import console, inert, put, put_json, row, say, table, when

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive import Turn
    from scheduler import Line

group = typer.Typer(help="See and steer when sources are crawled.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="schedule", rich_help_panel="By itself")


@group.command("list")
def list_(
    ctx: typer.Context,
    slugs: Annotated[list[str] | None, typer.Argument(help="These sources alone.", metavar="SLUG...")] = None,
    json: Json = False,
) -> int:
    """Every source's next turn, why then, and how its last crawl ended."""
    from scheduler import lines

    front = front_of(ctx)
    sources, broken = ([front.source(slug) for slug in slugs], []) if slugs else front.catalog.all()
    with front.archive_if_there() as archive:
        listed = lines(archive, sources, datetime.now(UTC))
    shown = table("source", "next turn", "why", "last crawl", "outcome", "state", "since", "late")
    for line in listed:
        put_json(line) if json else _print_line(shown, line)
    if not json:
        console().print(shown)
    for problem in broken:
        say(f"newsarchive: {problem}")
    return Exit.DONE


def _print_line(shown: Any, line: Line) -> None:
    from scheduler import say_duration

    turn = "running" if line.running_since else when(line.next_at)
    why = _progress(line) if line.running_since else line.why
    late = say_duration(line.lag) if line.lag and not line.running_since else ""
    state, since = line.state or "-", when(line.state_since)
    row(shown, line.source, turn, why, when(line.last_at), line.last_outcome or "-", state, since, late)


def _progress(line: Line) -> str:
    """How far the crawl that runs is: "articles: 12 of 40 read, 57 requests"."""
    told = line.progress
    if not told:
        return f"since {when(line.running_since)}"
    read = (
        f"{told['fetched']} of {told['fetched'] + told['waiting']} read"
        if told["waiting"]
        else f"{told['fetched']} read"
    )
    return f"{told['phase']}: {read}, {told['changes']} changes, {told['requests']} requests"


@group.command()
def pause(
    ctx: typer.Context, slugs: Annotated[list[str], typer.Argument(metavar="SLUG...")], json: Json = False
) -> int:
    """No further turns for these sources until `resume`."""
    from scheduler import pause as act

    return _steer(front_of(ctx), slugs, act, lambda _: "is paused", json=json)


@group.command()
def resume(
    ctx: typer.Context, slugs: Annotated[list[str], typer.Argument(metavar="SLUG...")], json: Json = False
) -> int:
    """Turns again for these sources; one that was missed comes at once."""
    from scheduler import resume as act

    return _steer(front_of(ctx), slugs, act, lambda _: "has turns again", json=json)


@group.command()
def now(ctx: typer.Context, slugs: Annotated[list[str], typer.Argument(metavar="SLUG...")], json: Json = False) -> int:
    """A turn for these sources as soon as the running scheduler has a free worker."""
    from scheduler import ask_now, clock_at_work

    front = front_of(ctx)
    code = _steer(front, slugs, partial(ask_now, now=datetime.now(UTC)), _asked, json=json)
    with front.archive(read_only=True) as archive:
        if clock_at_work(archive) is None:
            say("no clock is at work: `newsarchive run` will take it up, or crawl here with `newsarchive crawl SLUG`")
    return code


def _asked(turn: Turn) -> str:
    if turn.paused:
        return f"is paused: its turn waits for `newsarchive schedule resume {turn.source}`"
    return "has its turn now"


def _steer(front: Front, slugs: list[str], act: Any, said: Callable[[Turn], str], *, json: bool) -> int:
    sources = [front.source(slug) for slug in slugs]
    with front.archive() as archive:
        for source in sources:
            turn = act(archive, source.slug)
            put_json(turn) if json else say(f"{source.slug} {said(turn)}")
    return Exit.DONE


@group.command()
def history(
    ctx: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG")],
    limit: Annotated[int, typer.Option(help="Most crawls.", min=1, max=10_000)] = 20,
    json: Json = False,
) -> int:
    """The past crawls of one source, newest first."""
    front = front_of(ctx)
    with front.archive(read_only=True) as archive:
        reports = archive.crawls(slug, limit=limit)
    if not reports:
        front.source(slug)  # an unknown slug is an error, a source without crawls is not
    shown = table(
        "crawl", "started", "outcome", "new", "revised", "copied", "requests", "why",
        right=["crawl", "new", "revised", "copied"],
    )  # fmt: skip
    for report in reports:
        if json:
            put_json(report)
        else:
            why = "; ".join([*report.alarms, *report.evidence][:2])
            row(
                shown,
                report.crawl,
                when(report.started),
                report.outcome,
                report.new,
                report.revised,
                report.copied,
                report.requests,
                why,
            )
    if not json:
        console().print(shown)
    return Exit.DONE


@group.command()
def log(
    ctx: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG")],
    crawl: Annotated[int | None, typer.Option(help="Of this crawl; default: the newest.", metavar="NUMBER")] = None,
    json: Json = False,
) -> int:
    """The log of a crawl of one source: every request, what troubled it, its report."""
    front = front_of(ctx)
    files = {int(path.stem): path for path in (front.settings.logs / slug).glob("*.log") if path.stem.isdecimal()}
    number = crawl if crawl is not None else max(files, default=None)
    if number not in files:
        front.source(slug)  # an unknown slug is another error
        kept = f"logs of {len(files)} crawls are kept, {min(files)} to {max(files)}" if files else "none is kept"
        which = f"crawl {number}" if number is not None else "any crawl"
        raise Refused(f"{slug}: no log of {which} in {front.settings.logs}; {kept}")
    with files[number].open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            put_json({"line": line.rstrip()}) if json else put(inert(line))
    return Exit.DONE
