"""The front door, commands for the keeping of the change feed: consumers, compact."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from newsarchive.cli.failures import Exit, Refused
from newsarchive.cli.front import Json, front_of
from newsarchive.terminal import console, put, put_json, row, say, table, when

PANEL = "Custody"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(consumers)
    app.command(rich_help_panel=PANEL)(compact)


def consumers(
    ctx: typer.Context,
    reset: Annotated[str | None, typer.Option(help="Put this consumer to another place.", metavar="NAME")] = None,
    to: Annotated[
        int | None, typer.Option(help="That place; default: where the feed begins.", metavar="CURSOR", min=0)
    ] = None,
    forget: Annotated[str | None, typer.Option(help="Forget this consumer.", metavar="NAME")] = None,
    json: Json = False,
) -> int:
    """The consumers of the change feed: how far each has read, and how far it is behind."""
    if to is not None and reset is None:
        raise typer.BadParameter("--to needs --reset NAME: whose place shall it be?")
    with front_of(ctx).archive(read_only=reset is None and forget is None, existing=True) as archive:
        if reset is not None:
            archive.reset_consumer(reset, to)
        if forget is not None and not archive.forget_consumer(forget):
            raise Refused(f"no consumer is called {forget!r}: `newsarchive consumers` lists them")
        listed = archive.consumers()
    if json:
        for consumer in listed:
            put_json(consumer)
        return Exit.DONE
    shown = table("consumer", "cursor", "behind", "last commit", right=["cursor", "behind"])
    for consumer in listed:
        row(shown, consumer.name, consumer.cursor, consumer.lag, when(consumer.at))
    console().print(shown)
    return Exit.DONE


def compact(
    ctx: typer.Context,
    before: Annotated[str, typer.Option(help="A cursor, or a day: changes before it go.", metavar="CURSOR|DAY")],
    force: Annotated[bool, typer.Option("--force", help="Also changes that a consumer has not read yet.")] = False,
    json: Json = False,
) -> int:
    """Let go of old changes. Articles and revisions stay; who comes later begins with `export --consumer`."""
    place = _place(before)
    with front_of(ctx).archive(existing=True) as archive:
        count = archive.compact(place, force=force)
        oldest = archive.oldest()
    if json:
        put_json({"compacted": count, "oldest": oldest})
    else:
        put(f"{count} changes compacted; the feed can be read from cursor {oldest} on")
        if not count:
            say("nothing is that old (the newest change always stays)")
    return Exit.DONE


def _place(text: str) -> int | datetime:
    """A cursor is digits alone; a day has hyphens."""
    if text.isdigit():
        return int(text)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--before {text!r} is neither a cursor nor a day; write 1200 or 2031-04-02") from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
