"""The front door, the command of a large installation: worker, which takes jobs that a clock elsewhere has pinned."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.failures import Exit
from newsarchive.cli.front import Front, Json, front_of
from newsarchive.cli.running import Telling, crawl_worker, log_of, stopping
from newsarchive.terminal import console, put_json, row, say, table

if TYPE_CHECKING:
    from archive import Archive
    from crawler import Source
    from scheduler import BoardState, Hand

HEARTBEAT = "10s"
KEPT_SOURCES = 4096  # definitions that are kept read


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="By itself")(worker)


def worker(
    ctx: typer.Context,
    crawls: Annotated[
        int | None, typer.Option(help="Crawls at a time; default: limits.workers.", min=0, max=64)
    ] = None,
    deliveries: Annotated[int, typer.Option(help="Webhooks served at a time.", min=0, max=64)] = 4,
    replays: Annotated[int, typer.Option(help="Sources read again at a time.", min=0, max=64)] = 1,
    heartbeat: Annotated[
        str, typer.Option(help="Between two signs of life; the same for all workers.", metavar="DURATION")
    ] = HEARTBEAT,
    status: Annotated[bool, typer.Option("--status", help="Show who works and what waits, and end.")] = False,
    log: Annotated[str | None, typer.Option(help='How it speaks on stderr: "words" or "json".', metavar="KIND")] = None,
    json: Json = False,
) -> int:
    """Take crawls, deliveries and replays that a clock (`newsarchive run`) pins, on any machine, until SIGTERM or Ctrl-C.

    For an archive on PostgreSQL. It needs the archive's address, the captures' place and your contact; no source files.
    """
    from scheduler import CRAWLS, DELIVERIES, REPLAYS, Board, Meter, board_state, new_holder

    front = front_of(ctx)
    if status:
        _show(board_state(front.settings.archive), json=json)
        return Exit.DONE
    told = Telling(log_of(front, log), json, Meter())
    most = front.settings.limits.workers if crawls is None else crawls
    queues = {CRAWLS: most, DELIVERIES: deliveries, REPLAYS: replays}
    if not any(queues.values()):
        raise typer.BadParameter("a worker with nothing to take: give --crawls, --deliveries or --replays a number")
    Board(front.settings.archive, "worker").close()  # says at once when there can be none
    with stopping() as stop, front.archive() as archive:
        hand_of(front, archive, told, new_holder(), queues, heartbeat).run(stop)
    return Exit.DONE


def hand_of(
    front: Front, archive: Archive, told: Telling, holder: str, queues: Mapping[str, int], heartbeat: str = HEARTBEAT
) -> Hand:
    """What takes jobs in this process."""
    from scheduler import CRAWLS, Courier, Duties, Hand, Means, Watch, read_duration

    try:
        every_s = read_duration(heartbeat).total_seconds()
    except ValueError as error:
        raise typer.BadParameter(f"--heartbeat {error}") from None
    courier = Courier(archive, told.log, Means(holder=holder, proxy=front.settings.proxy), told.meter.served)
    duties = Duties(
        find=partial(_find, archive, told.log),
        neighbours=partial(_neighbours, archive),
        deliver=courier.serve,
        replay=partial(_replay, archive, told.log),
        on_ended=told.crawl,
        on_alarm=told.alarm,
        queues=queues,
    )
    engine = crawl_worker(front, archive, told, Watch(), holder, most=max(1, queues.get(CRAWLS, 0)))
    return Hand(archive, engine, duties, log=told.log, holder=holder, heartbeat_s=max(0.5, every_s))


@lru_cache(KEPT_SOURCES)
def _read(slug: str, text: str) -> Source:
    from crawler import parse_source

    return parse_source(text, slug=slug)


def _find(archive: Archive, log: Any, slug: str) -> Source | None:
    from crawler import BadSource

    text = archive.definitions(slug).get(slug)
    if text is None:
        return None
    try:
        return _read(slug, text)
    except BadSource as problem:
        said = f"the clock knows a source that this version cannot read: {problem}"
        log.warning("bad source", source=slug, error=str(problem), say=said)
        return None


def _neighbours(archive: Archive, source: Source) -> Iterator[str]:
    from crawler import BadSource

    for slug, text in archive.definitions().items():
        try:
            if _read(slug, text).timezone == source.timezone:
                yield slug
        except BadSource:
            continue


def _replay(archive: Archive, log: Any, source: str, since: str | None, quit_: threading.Event) -> None:
    from crawler import replay_captures
    from scheduler import PutBack

    def look(_count: int, _url: str) -> None:
        if quit_.is_set():  # what was read is kept; whoever takes it next goes on from there
            raise PutBack

    report = replay_captures(
        archive,
        lambda slug: _find(archive, log, slug),
        now=datetime.now(UTC),
        source=source,
        since=datetime.fromisoformat(since) if since else None,
        workers=1,
        progress=look,
    )
    said = f"{source}: {report.read} captures read again, {report.changed} read otherwise, {report.revised} revised"
    log.info("read again", source=source, read=report.read, changed=report.changed, revised=report.revised, say=said)


def _show(state: BoardState, *, json: bool) -> None:
    from scheduler import say_duration, say_holder

    if json:
        put_json(state)
        return
    shown = table("worker", "takes", "since", "last sign of life", "works on")
    for hand in state.hands:
        row(
            shown,
            say_holder(hand.holder),
            hand.queue,
            f"{hand.since.astimezone():%Y-%m-%d %H:%M}",
            f"{hand.silent_s:.0f} s ago",
            ", ".join(hand.doing) or "-",
        )
    console().print(shown)
    if not state.hands:
        say("no worker is at work: start `newsarchive worker`")
    for queue, count in state.waiting.items():
        oldest = say_duration(timedelta(seconds=state.oldest_s[queue]))
        say(f"{count} {queue} wait, the oldest for {oldest}")
    if state.failed:
        say(f"{state.failed} jobs broke in the last days; the workers' logs say why")
