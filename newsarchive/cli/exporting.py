"""The front door, the command that writes articles to files for others: export."""

from __future__ import annotations

import hashlib
import io
import json as json_module
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.failures import Exit
from newsarchive.cli.front import Json, front_of
from newsarchive.terminal import inert_stdout, on_terminal, put, put_json, say

if TYPE_CHECKING:
    from archive import Archive

CHECKSUM = ".sha256"  # the end of the file that holds the checksum of a written one


class Format(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    ATOM = "atom"
    WARC = "warc"
    WACZ = "wacz"


BINARY = {Format.PARQUET, Format.WARC, Format.WACZ}
WHAT = {Format.ATOM: "entries", Format.WARC: "captures", Format.WACZ: "captures"}


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Read")(export)


def export(
    ctx: typer.Context,
    form: Annotated[Format, typer.Option("--format", help="Form of the export.")] = Format.JSONL,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; default: stdout.", metavar="PATH")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only this source.", metavar="SLUG")] = None,
    revisions: Annotated[bool, typer.Option("--revisions", help="A row a revision, with all that is known.")] = False,
    after: Annotated[
        int | None, typer.Option(help="Only what changed after this cursor.", metavar="CURSOR", min=0)
    ] = None,
    consumer: Annotated[
        str | None, typer.Option(help="Where this consumer of the change feed goes on after it.", metavar="NAME")
    ] = None,
    incremental: Annotated[
        bool, typer.Option("--incremental", help="Only what changed since the consumer's place.")
    ] = False,
    limit: Annotated[int | None, typer.Option(help="Most entries of an Atom feed.", min=1, max=100_000)] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a row, and no row.")] = False,
    json: Json = False,
) -> int:
    """Write every article, a row each, as all of them are at one moment; a copy is a row of its own with `copy_of`."""
    from archive import export_schema, write_export

    if schema:
        put(json_module.dumps(export_schema(revisions=revisions), indent=1))
        return Exit.DONE
    _judge(form, revisions=revisions, after=after, consumer=consumer, incremental=incremental, limit=limit)
    with front_of(ctx).archive(read_only=consumer is None, existing=True) as archive:
        if incremental and consumer is not None:
            after = _place(archive, consumer)
        chosen: dict[str, Any] = {"limit": limit} if limit else {}
        with _target(output, binary=form in BINARY) as stream:
            told = write_export(
                archive, stream, format=form.value, source=source, after=after, revisions=revisions, **chosen
            )
        if consumer is not None:
            archive.commit(consumer, told.cursor)
    if json and output:
        put_json({"path": output, "rows": told.rows, "cursor": told.cursor, "sha256": _checksum(output)})
    elif output or on_terminal():
        rows = "revisions" if revisions else WHAT.get(form, "articles")
        say(
            f"{told.rows} {rows}{f' written to {output}' if output else ''}; what changes from now on: --after {told.cursor}"
        )
    return Exit.DONE


def _judge(
    form: Format, *, revisions: bool, after: int | None, consumer: str | None, incremental: bool, limit: int | None
) -> None:
    if form in WHAT and (revisions or after is not None or incremental):
        raise typer.BadParameter(
            f"--format {form} has neither revisions nor an incremental form; take jsonl, csv or parquet"
        )
    if incremental and (consumer is None or after is not None):
        raise typer.BadParameter("--incremental needs --consumer NAME, whose place it begins at, and no --after")
    if limit and form is not Format.ATOM:
        raise typer.BadParameter("--limit is for --format atom alone; the other forms are whole")


def _place(archive: Archive, name: str) -> int | None:
    from archive import UnknownConsumer

    try:
        return archive.consumer(name).cursor
    except UnknownConsumer:
        return None  # the first time it is a whole one


@contextmanager
def _target(output: Path | None, *, binary: bool) -> Iterator[IO[Any]]:
    """Stdout, or a file that appears under its name only when it is whole, with its checksum beside it."""
    if output is None:
        if binary and sys.stdout.isatty():
            raise typer.BadParameter("that form is not for a terminal; name a file with --output")
        yield sys.stdout.buffer if binary else inert_stdout()
        sys.stdout.buffer.flush()
        return
    unfinished = output.with_name(f"{output.name}.part")
    checksum = output.with_name(f"{output.name}{CHECKSUM}")
    try:
        with unfinished.open("wb") as file:
            stream = file if binary else io.TextIOWrapper(file, "utf-8", errors="backslashreplace", newline="")
            yield stream
            stream.flush()
        checksum.unlink(missing_ok=True)  # of the one before: no checksum is better than a wrong one
        digest = _checksum(unfinished)
        unfinished.replace(output)
        checksum.write_text(f"{digest}  {output.name}\n", encoding="utf-8")
    finally:
        unfinished.unlink(missing_ok=True)


def _checksum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
