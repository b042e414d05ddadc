"""The front door, commands that make it happen by itself: run, and schedule list, pause, resume, now, history."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.crawling import report_lines, start_crawl
from newsarchive.cli.failures import Exit
from newsarchive.cli.front import Front, Json, front_of
from newsarchive.terminal import console, put_json, row, say, table, when

if TYPE_CHECKING:
    from crawler import Source
    from scheduler import Ended, Line

group = typer.Typer(help="See and steer when sources are crawled.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="By itself")(run)
    app.add_typer(group, name="schedule", rich_help_panel="By itself")


def run(
    ctx: typer.Context,
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this source.", metavar="SLUG")] = None,
    speed: Annotated[float, typer.Option(help="For rehearsals: hours pass this many times faster.", min=0.001)] = 1.0,
    start: Annotated[
        str | None, typer.Option("--start", help="For rehearsals: the time it begins at.", metavar="TIME")
    ] = None,
    json: Json = False,
) -> int:
    """Crawl every source at its turns until SIGTERM or Ctrl-C; one line a crawl on stderr."""
    from scheduler import Service, Watch, Worker

    front = front_of(ctx)
    settings = front.settings
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with front.archive() as archive:
        watch = Watch(start=_moment(start), speed=speed)
        begin = partial(_begin, front, archive.url, watch)
        service = Service(
            archive,
            partial(_sources, front, only),
            Worker(begin, most=settings.limits.workers, crawl_s=settings.limits.crawl.total_seconds()),
            tell=lambda text: say(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {text}"),
            watch=watch,
            on_ended=partial(_told, json),
        )
        service.run(stop)
    return Exit.DONE


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise typer.BadParameter(f"--start {text!r} is no time; write 2031-04-02T08:00:00Z") from None


def _begin(front: Front, url: str, watch: Any, source: Source) -> Any:
    return start_crawl(front, url, source, now=watch.now() if watch.virtual else None)


def _sources(front: Front, only: list[str] | None) -> Mapping[str, Source]:
    """All sources, read anew; a broken file costs that source alone."""
    if only:
        return {slug: front.source(slug) for slug in only}
    front.__dict__.pop("catalog", None)
    sources, broken = front.catalog.all()
    for problem in broken:
        say(f"newsarchive: {problem}")
    return {source.slug: source for source in sources}


def _told(json: bool, over: Ended) -> None:
    if json:
        put_json(over.report)
    for line in report_lines(over.report):
        say(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {line}")


@group.command("list")
def list_(ctx: typer.Context, json: Json = False) -> int:
    """Every source's next turn, why then, and how its last crawl ended."""
    from scheduler import lines

    front = front_of(ctx)
    sources, broken = front.catalog.all()
    with front.archive_if_there() as archive:
        listed = lines(archive, sources, datetime.now(UTC))
    shown = table("source", "next turn", "why", "last crawl", "outcome", "late")
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
    late = say_duration(line.lag) if line.lag else ""
    row(shown, line.source, turn, line.why, when(line.last_at), line.last_outcome or "-", late)


@group.command()
def pause(
    ctx: typer.Context, slugs: Annotated[list[str], typer.Argument(metavar="SLUG...")], json: Json = False
) -> int:
    """No further turns for these sources until `resume`."""
    from scheduler import pause as act

    return _steer(front_of(ctx), slugs, act, "paused", json=json)


@group.command()
def resume(
    ctx: typer.Context, slugs: Annotated[list[str], typer.Argument(metavar="SLUG...")], json: Json = False
) -> int:
    """Turns again for these sources; one that was missed comes at once."""
    from scheduler import resume as act

    return _steer(front_of(ctx), slugs, act, "has turns again", json=json)


@group.command()
def now(ctx: typer.Context, slugs: Annotated[list[str], typer.Argument(metavar="SLUG...")], json: Json = False) -> int:
    """A turn for these sources as soon as the running scheduler has a free worker."""
    from scheduler import ask_now

    act = partial(ask_now, now=datetime.now(UTC))
    return _steer(front_of(ctx), slugs, act, "has its turn now", json=json)


def _steer(front: Front, slugs: list[str], act: Any, said: str, *, json: bool) -> int:
    sources = [front.source(slug) for slug in slugs]
    with front.archive() as archive:
        for source in sources:
            turn = act(archive, source.slug)
            put_json(turn) if json else say(f"{source.slug} {said}")
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
    shown = table("crawl", "started", "outcome", "new", "revised", "requests", "why", right=["crawl", "new", "revised"])
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
                report.requests,
                why,
            )
    if not json:
        console().print(shown)
    return Exit.DONE
