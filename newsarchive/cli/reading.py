"""The front door, commands that read the archive: show, changes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.failures import Exit, Refused
from newsarchive.cli.front import Json, front_of
from newsarchive.terminal import console, plain, put_json, put_json_lines, say

if TYPE_CHECKING:
    from archive import Archive, Known

FOLLOW_S = 60.0  # longest sleep between two looks for new changes; a commit wakes us at once
CHANGES_BATCH = 500  # changes read at a time


def register(app: typer.Typer) -> None:
    panel = "Read"
    app.command(rich_help_panel=panel)(show)
    app.command(rich_help_panel=panel)(changes)


def show(
    ctx: typer.Context,
    article: Annotated[str, typer.Argument(help="An id, the first 6 signs of one, or an address.")],
    revisions: Annotated[bool, typer.Option("--revisions", help="List every revision.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="What the newest revision changed.")] = False,
    copies: Annotated[bool, typer.Option("--copies", help="The other articles of its cluster, and why.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="The page as it came, byte for byte.")] = False,
    file: Annotated[
        int | None, typer.Option("--file", help="The attachment or picture with this number, as it came.", min=1)
    ] = None,
    json: Json = False,
) -> int:
    """Show one article: its text, and how each field was found."""
    with front_of(ctx).archive(read_only=True) as archive:
        known = archive.known(article)
        if raw or file:
            return _raw(archive, known, file)
        if json:
            put_json({**_whole(archive, known), **({"diffs": _diffs(archive, known)} if diff else {})})
        else:
            _print_article(archive, known, revisions=revisions, diff=diff, copies=copies)
    return Exit.DONE


def _raw(archive: Archive, known: Known, number: int | None) -> int:
    from archive import read_capture

    if number is not None:
        files = archive.files([known.id]).get(known.id, [])
        digest = files[number - 1].digest if number <= len(files) else None
        capture = archive.capture_of(digest) if digest else None
        if capture is None:
            raise Refused(
                f"{known.id} has no file {number} that is kept; `newsarchive show {known.id}` lists its files"
            )
        sys.stdout.buffer.write(read_capture(archive.captures, capture).body)
        sys.stdout.buffer.flush()
        return Exit.DONE
    kept = [revision.capture for revision in archive.revisions(known.id) if revision.capture]
    if not kept:
        raise Refused(f"{known.id} has no capture: it was imported as text, or it was removed")
    sys.stdout.buffer.write(read_capture(archive.captures, kept[-1]).body)
    sys.stdout.buffer.flush()
    return Exit.DONE


def _whole(archive: Archive, known: Known) -> dict[str, object]:
    """The export's fields, what stands behind them, and every revision with its body."""
    from archive import export_row

    listed = []
    for revision in archive.revisions(known.id):
        state = plain(revision.state)
        listed.append(
            {
                **{name: value for name, value in plain(revision).items() if name != "state"},
                **state,
                "article": known.id,
            }
        )
    others = [{"article": other.id, **plain(decision)} for other, decision in archive.copies(known.id)]
    files = archive.files([known.id], texts=True).get(known.id, [])
    return {
        **export_row(known, files),
        "files": plain(files),
        "reason": known.reason,
        "removed_at": plain(archive.removed_at(known.id)),
        "html": known.article.html,
        "editor": known.article.editor,
        "found": plain(known.article.found),
        "revisions": listed,
        "copies": others,
    }


def _diffs(archive: Archive, known: Known) -> list[dict[str, object]]:
    """What each revision changed, oldest first."""
    from archive import diff_states

    return [
        {
            "from": old.number,
            "to": new.number,
            "at": plain(new.at),
            "cause": new.cause,
            "fields": plain(diff_states(old.state, new.state)),
        }
        for old, new in pairwise(archive.revisions(known.id))
    ]


def _print_article(archive: Archive, known: Known, *, revisions: bool, diff: bool, copies: bool) -> None:
    from newsarchive import show as shown

    out = console()
    listed = archive.revisions(known.id) if revisions or diff else []
    if revisions:
        out.print(shown.revisions(listed))
    if diff and len(listed) < 2:
        say(f"{known.id} has one revision: nothing changed so far")
    for old, new in list(pairwise(listed))[0 if revisions else -1 :] if diff else []:
        out.print(shown.differences(old, new))
    if copies:
        out.print(shown.copies(archive.copies(known.id)))
    if not (revisions or diff or copies):
        removed = known.status == "removed"
        out.print(shown.tombstone(known, archive.removed_at(known.id)) if removed else shown.article(known))
        if files := archive.files([known.id]).get(known.id):
            out.print(shown.files(files))


def changes(
    ctx: typer.Context,
    after: Annotated[int | None, typer.Option(help="Only changes after this cursor.", metavar="CURSOR", min=0)] = None,
    consumer: Annotated[str | None, typer.Option(help="Go on where this consumer stands.", metavar="NAME")] = None,
    commit: Annotated[
        bool, typer.Option("--commit", help="Keep the consumer's new place once all is written.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for further changes until interrupted.")] = False,
    limit: Annotated[int | None, typer.Option(help="Most changes.", min=1)] = None,
    json: Json = False,
) -> int:
    """The change feed as JSON Lines, in commit order: seq, at, kind, article, source, url, revision, cause."""
    if consumer is not None and after is not None:
        raise typer.BadParameter("--after and --consumer both name a place in the feed; give one of them")
    if commit and consumer is None:
        raise typer.BadParameter("--commit needs --consumer NAME: whose place shall be kept?")
    from archive import change_line

    del json  # the feed has one form
    with front_of(ctx).archive(read_only=not commit) as archive:
        cursor = after or 0 if consumer is None else _place(archive, consumer)
        for batch in _batches(archive, cursor, limit, follow=follow):
            put_json_lines(map(change_line, batch))
            if commit and consumer and batch:
                archive.commit(consumer, batch[-1].seq)
    return Exit.DONE


def _place(archive: Archive, name: str) -> int:
    from archive import UnknownConsumer

    try:
        return archive.consumer(name).cursor
    except UnknownConsumer:
        return 0  # a new consumer begins at the beginning; --commit makes it known


def _batches(archive: Archive, cursor: int, limit: int | None, *, follow: bool) -> Iterator[list[Any]]:
    """The changes after `cursor` in batches; with `follow` for ever, else up to the end that is there now."""
    left = limit
    with archive.watch() if follow else nullcontext() as wait:
        while left is None or left > 0:
            batch = archive.changes(cursor, CHANGES_BATCH if left is None else min(CHANGES_BATCH, left))
            if batch:
                yield batch
                cursor = batch[-1].seq
                left = None if left is None else left - len(batch)
            elif wait is not None:
                wait(FOLLOW_S)
            else:
                return
