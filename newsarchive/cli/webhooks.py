"""The front door, commands for receivers of changes: webhooks add, list, pause, resume, remove, test, letters, redeliver, drop."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from newsarchive.cli.failures import Exit, Refused
from newsarchive.cli.front import Front, Json, front_of
from newsarchive.terminal import console, inert, put, put_json, row, say, table, when
from newsarchive.values import host_and_port

if TYPE_CHECKING:
    from archive import Archive, DeadLetter, Webhook
    from scheduler import Means

group = typer.Typer(help="Receivers that are told of changes.", no_args_is_help=True)
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
BATCH_MAX = 1000

Name = Annotated[str, typer.Argument(metavar="NAME")]


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="webhooks", rich_help_panel="By itself")


@group.command()
def add(
    ctx: typer.Context,
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL")],
    source: Annotated[
        list[str] | None, typer.Option(help="Only of this source; may be repeated.", metavar="SLUG")
    ] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only in this language.", metavar="TAG")] = None,
    query: Annotated[str, typer.Option(help="Only articles that this search finds.")] = "",
    articles: Annotated[
        bool, typer.Option("--articles", help="Send the articles as well, not only their changes.")
    ] = False,
    batch: Annotated[int, typer.Option(help="Most changes in one delivery.", min=1, max=BATCH_MAX)] = 100,
    after: Annotated[
        int | None, typer.Option(help="Begin after this cursor; default: now.", metavar="CURSOR", min=0)
    ] = None,
    secret: Annotated[str | None, typer.Option(help="Sign with this; default: a new one.")] = None,
    allow_private: Annotated[
        list[str] | None, typer.Option(help="The receiver's host may be private.", metavar="HOST:PORT")
    ] = None,
    json: Json = False,
) -> int:
    """Tell a receiver of changes from now on. Prints the secret that deliveries are signed with."""
    from archive import Webhook
    from scheduler import check_address, new_secret

    if not NAME.fullmatch(name):
        raise Refused(f"{name!r}: a webhook's name is lower-case letters, digits, - and _, 64 at most")
    for entry in allow_private or ():
        host_and_port(entry, "--allow-private", "10.0.0.5:9000")
    problem = check_address(url, allow_private or ())
    if problem:
        raise Refused(f"{problem}; a receiver in a private network needs --allow-private HOST:PORT")
    front = front_of(ctx)
    for slug in source or ():
        front.source(slug)
    hook = Webhook(
        name=name,
        url=url,
        secret=secret or new_secret(),
        sources=tuple(source or ()),
        languages=tuple(language or ()),
        query=query,
        batch=batch,
        articles=articles,
        allow_private=tuple(allow_private or ()),
    )
    with front.archive() as archive:
        archive.add_webhook(hook, after=after)
        cursor = archive.consumer(f"webhook:{name}").cursor
    if json:
        put_json({"name": name, "url": url, "secret": hook.secret, "cursor": cursor})
    else:
        put(inert(hook.secret))
        say(f"{name} is told what comes after change {cursor}; its receiver checks signatures with the secret above")
    return Exit.DONE


@group.command("list")
def list_(ctx: typer.Context, json: Json = False) -> int:
    """Every webhook: how far it is, and what keeps it."""
    with front_of(ctx).archive_if_there() as archive:
        hooks = archive.webhooks() if archive else []
        places = {consumer.name: consumer for consumer in archive.consumers()} if archive else {}
        letters = archive.count_dead_letters() if archive else {}
    shown = table("webhook", "address", "cursor", "behind", "letters", "state", right=["cursor", "behind", "letters"])
    for hook in hooks:
        place = places[f"webhook:{hook.name}"]
        if json:
            said = {
                **_without_secret(hook),
                "cursor": place.cursor,
                "lag": place.lag,
                "letters": letters.get(hook.name, 0),
            }
            put_json(said)
        else:
            row(shown, hook.name, hook.url, place.cursor, place.lag, letters.get(hook.name, 0), _state(hook))
    if not json:
        console().print(shown) if hooks else say("no receiver is told of changes: `newsarchive webhooks add NAME URL`")
    return Exit.DONE


def _without_secret(hook: Webhook) -> dict[str, object]:
    from newsarchive.terminal import plain

    return {name: value for name, value in plain(hook).items() if name != "secret"}


def _state(hook: Webhook) -> str:
    if hook.paused:
        return "paused"
    if hook.failures:
        return f"fails since {when(hook.failing_since)}, next try {when(hook.next_at)}: {hook.error}"
    return f"well, last delivery {when(hook.last_at)}" if hook.last_at else "nothing delivered yet"


@group.command()
def pause(ctx: typer.Context, name: Name, json: Json = False) -> int:
    """Tell it nothing until `resume`; its place in the feed stays."""
    return _change(front_of(ctx), name, "is paused", json=json, paused=True)


@group.command()
def resume(ctx: typer.Context, name: Name, json: Json = False) -> int:
    """Tell it again, from where it stands; at once, also when it rests after a failure."""
    return _change(front_of(ctx), name, "is told again", json=json, paused=False, next_at=None)


def _change(front: Front, name: str, said: str, *, json: bool, **values: object) -> int:
    with front.archive(existing=True) as archive:
        hook = archive.change_webhook(name, lambda kept: replace(kept, **values))  # type: ignore[arg-type]
    put_json(_without_secret(hook)) if json else say(f"{name} {said}")
    return Exit.DONE


@group.command()
def remove(ctx: typer.Context, name: Name, json: Json = False) -> int:
    """Forget it, its place and what was set aside for it."""
    from archive import Alarm

    with front_of(ctx).archive(existing=True) as archive:
        archive.remove_webhook(name)
        kinds = (f"webhook:{name}", f"letters:{name}")
        text, at = f"webhook {name}: removed", datetime.now(UTC)
        archive.log_alarms([Alarm(source="", kind=kind, at=at, text=text, mended=True) for kind in kinds])
    put_json({"removed": name}) if json else say(f"{name} is removed")
    return Exit.DONE


@group.command("test")
def trial(ctx: typer.Context, name: Name, json: Json = False) -> int:
    """Send it a ping: a signed delivery without changes."""
    from scheduler import NotDelivered, ping

    front = front_of(ctx)
    with front.archive(read_only=True) as archive:
        hook = archive.webhook(name)
    try:
        ping(hook, _means(front))
        error = None
    except NotDelivered as problem:
        error = str(problem)
    put_json({"webhook": name, "taken": error is None, "error": error}) if json else put(
        inert(f"{name}: {error or 'took the ping'}")
    )
    return Exit.FAILED if error else Exit.DONE


@group.command()
def letters(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    limit: Annotated[int, typer.Option(help="Most letters.", min=1, max=10_000)] = 50,
    json: Json = False,
) -> int:
    """What was set aside because a receiver could not take it: dead letters."""
    with front_of(ctx).archive(read_only=True) as archive:
        if name is not None:
            archive.webhook(name)
        kept = archive.dead_letters(name, limit=limit)
    shown = table("letter", "webhook", "set aside", "change", "why", right=["letter"])
    for letter in kept:
        put_json(letter) if json else row(
            shown, letter.number, letter.webhook, when(letter.at), letter.change, letter.error
        )
    if not json:
        console().print(shown) if kept else say("nothing was set aside")
    return Exit.DONE


@group.command()
def redeliver(
    ctx: typer.Context,
    name: Name,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[LETTER...]")] = None,
    json: Json = False,
) -> int:
    """Deliver dead letters again, now: these, or all of this webhook; what is taken is set aside no more."""
    front = front_of(ctx)
    with front.archive(existing=True) as archive:
        told, failed = _redeliver(front, archive, name, numbers, json=json)
    if not json:
        say(f"{told} delivered, {failed} still set aside")
    return Exit.FAILED if failed else Exit.DONE


def _redeliver(front: Front, archive: Archive, name: str, numbers: list[int] | None, *, json: bool) -> tuple[int, int]:
    from scheduler import NotDelivered, redeliver

    hook = archive.webhook(name)
    told = failed = 0
    for letter in _letters(archive, name, numbers):
        error = None
        try:
            redeliver(archive, hook, letter, _means(front))
            told += 1
        except NotDelivered as problem:
            error, failed = str(problem), failed + 1
        if json:
            put_json({"letter": letter.number, "taken": error is None, "error": error})
        elif error:
            say(f"letter {letter.number}: {error}")
    return told, failed


@group.command()
def drop(
    ctx: typer.Context,
    name: Name,
    numbers: Annotated[list[int], typer.Argument(metavar="LETTER...")],
    json: Json = False,
) -> int:
    """Let go of dead letters that will never be taken."""
    from scheduler import drop_letter

    with front_of(ctx).archive(existing=True) as archive:
        archive.webhook(name)
        letters_ = _letters(archive, name, numbers)
        for letter in letters_:
            drop_letter(archive, name, letter.number, datetime.now(UTC))
            if json:
                put_json({"letter": letter.number, "dropped": True})
    if not json:
        say(f"{len(letters_)} dropped")
    return Exit.DONE


def _letters(archive: Archive, name: str, numbers: list[int] | None) -> list[DeadLetter]:
    """These letters of a webhook, or all of them."""
    kept = archive.dead_letters(name, limit=10_000)
    unknown = set(numbers or ()) - {letter.number for letter in kept}
    if unknown:
        raise Refused(f"{name} has no letter {min(unknown)}: `newsarchive webhooks letters {name}` lists them")
    return [letter for letter in kept if not numbers or letter.number in numbers]


def _means(front: Front) -> Means:
    from scheduler import Means, new_holder

    return Means(holder=new_holder(), proxy=front.settings.proxy)
