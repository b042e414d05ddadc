"""The archive room: articles out of the archive: JSON Lines, CSV, Parquet in the contract's fields, Atom, and captures as
WARC and WACZ.

All rows are of one moment and come in the order of ids, so that the same archive gives the same bytes. A row is one
article with its newest text, or, where revisions are asked for, one of its revisions; a copy is a row of its own with
`copy_of`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import IO, Any, Protocol

from archive.atom import write_atom
from archive.copying import copy_captures
from archive.errors import BadCursor
from archive.parquet import write_parquet
from archive.records import Capture, Change, File, Known, Revision
from archive.snapshot import Snapshot
from archive.wacz import write_wacz

TEXT_FORMATS = ("jsonl", "csv", "atom")
BINARY_FORMATS = ("parquet", "warc", "wacz")
WHOLE = {"atom", "warc", "wacz"}  # that have no incremental form
ENTRIES = 500  # of an Atom feed that is not told otherwise: a reader loads it whole

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what makes a spreadsheet compute a cell

Line = dict[str, Any]

_quoted = json.encoder.encode_basestring


class Readable(Protocol):
    """What an export needs of an archive."""

    def snapshot(self) -> AbstractContextManager[Snapshot]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    rows: int  #: articles, revisions, entries or captures
    cursor: int  #: of the change feed: all up to it is in the export


def export_row(known: Known, files: Sequence[File] = ()) -> Line:
    """One article in the contract's fields, in the contract's order. Times of ours are ISO 8601 in UTC. `files`: the
    states of what it names, in the order of their numbers (`Archive.files`); the newest of each address counts.
    """
    article = known.article
    by_url = {file.url: file for file in files}
    return {
        "id": known.id,
        "source": article.source,
        "url": article.url,
        "kind": article.kind.value,
        "title": article.title,
        "body": article.body,
        "published": article.published,
        "modified": article.modified,
        "author": article.author,
        "origin": article.origin,
        "section": article.section,
        "breadcrumb": list(article.breadcrumb),
        "language": article.language,
        "images": [{**asdict(image), **_file(by_url.get(image.url or ""), IMAGE_FILE)} for image in article.images],
        "attachments": [
            {**asdict(attachment), **_file(by_url.get(attachment.url), ATTACHMENT_FILE)}
            for attachment in article.attachments
        ],
        "status": known.status.value,
        "revision": known.revision,
        "cluster": known.cluster,
        "copy_of": known.copy_of,
        "first_seen": known.first_seen.isoformat(),
        "last_seen": known.last_seen.isoformat(),
    }


def change_row(change: Change) -> Line:
    """One change in the contract's fields, in the contract's order; its moment is ISO 8601 in UTC."""
    row: Line = json.loads(change_line(change))
    return row


def change_line(change: Change) -> str:
    """The same as a line of JSON, which feeds have millions of: written by hand in a third of the time."""
    at = change.at if change.at.tzinfo is UTC else change.at.astimezone(UTC)
    cause = "null" if change.cause is None else _quoted(change.cause)
    return (
        f'{{"seq": {change.seq}, "at": "{at.isoformat()[:-6]}Z", "kind": "{change.kind}", "article": {_quoted(change.article)}, '
        f'"source": {_quoted(change.source)}, "url": {_quoted(change.url)}, "revision": {change.revision}, "cause": {cause}}}'
    )


IMAGE_FILE = ("digest", "bytes", "kind")
ATTACHMENT_FILE = (*IMAGE_FILE, "pages", "text", "why")


def _file(file: File | None, fields: Sequence[str]) -> Line:
    """What is kept of a file; `why` says why it was not fetched, or why there is no text."""
    document = file.document if file else None
    said = {
        "digest": file.digest if file else None,
        "bytes": file.bytes if file else None,
        "kind": document.kind if document else None,
        "pages": document.pages if document else None,
        "text": document.text if document else None,
        "why": document.why if document else file.trouble if file else None,
    }
    return {name: said[name] for name in fields}


def revision_row(known: Known, revision: Revision, files: Sequence[File] = ()) -> Line:
    """One revision of an article: the contract's fields as they were in it, and what it rests on."""
    newest = revision.number == known.revision
    state, capture = revision.state, revision.capture
    # The newest one is where the article is today, wherever it was when it was read.
    state = replace(state, url=known.article.url) if newest else state
    return {
        **export_row(replace(known, article=state, revision=revision.number), _as_of(files, revision.at)),
        "seen": revision.at.isoformat(),
        "cause": revision.cause.value,
        "newest": newest,
        "editor": state.editor,
        "html": state.html,
        "found": {name: asdict(how) for name, how in sorted(state.found.items())},
        "capture": None if capture is None else _capture(capture),
    }


def _as_of(files: Sequence[File], at: datetime) -> list[File]:
    """The states that were there at that moment; the first one is fetched a little later than the page that names it."""
    return [file for file in files if file.number == 1 or (file.at is not None and file.at <= at)]


def _capture(capture: Capture) -> Line:
    row = {name: getattr(capture, name) for name in ("url", "status", "digest", "file", "offset", "length")}
    original = None if capture.original is None else _capture(capture.original)
    return {**row, "at": capture.at.isoformat(), **({"original": original} if original else {})}


FIELDS = (
    "id", "source", "url", "kind", "title", "body", "published", "modified", "author", "origin", "section", "breadcrumb",
    "language", "images", "attachments", "status", "revision", "cluster", "copy_of", "first_seen", "last_seen",
)  # fmt: skip
REVISION_FIELDS = (*FIELDS, "seen", "cause", "newest", "editor", "html", "found", "capture")


def write_export(
    archive: Readable,
    stream: IO[Any],
    *,
    format: str = "jsonl",  # noqa: A002 - the word of the command line
    source: str | None = None,
    after: int | None = None,
    revisions: bool = False,
    limit: int = ENTRIES,
) -> Exported:
    """Write every article (of one source) to a stream; `after`: only those that a change after this cursor names.

    `format` is one of TEXT_FORMATS, for a text stream (opened with newline=""), or of BINARY_FORMATS, for a binary one.
    "warc" and "wacz" write the captures instead of the articles, "atom" the `limit` newest. `revisions`: a row a revision.

    Raises:
        ArchiveUnavailable: Parquet's library is missing.
        BadCursor, CursorExpired: `after` is no place in the feed, or the format has no incremental form.

    """
    if after is not None and format in WHOLE:
        raise BadCursor(
            f"an export as {format} is always of the whole: leave `after` out, or choose jsonl, csv or parquet"
        )
    with archive.snapshot() as at:
        if format == "warc":
            count = sum(1 for _ in copy_captures(at.captures, lambda: at.captured(source), stream))
        elif format == "wacz":
            count = write_wacz(at, stream, source=source)
        elif format == "atom":
            count = write_atom(at.newest(limit, source=source), stream, source=source)
        else:
            rows = _rows(at, source, after, revisions=revisions)
            fields = REVISION_FIELDS if revisions else FIELDS
            count = _WRITERS[format](rows, stream, fields)
        return Exported(rows=count, cursor=at.cursor)


def _rows(at: Snapshot, source: str | None, after: int | None, *, revisions: bool) -> Iterator[Line]:
    if not revisions:
        yield from (export_row(known, files) for known, files in at.with_files(source=source, after=after))
        return
    for known, states, files in at.revisions(source=source, after=after):
        yield from (revision_row(known, revision, files) for revision in states)


def _write_jsonl(rows: Iterable[Line], stream: IO[str], _fields: tuple[str, ...]) -> int:
    count = 0
    for row in rows:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_csv(rows: Iterable[Line], stream: IO[str], fields: tuple[str, ...]) -> int:
    """RFC 4180 with a header line; lists and objects as JSON in their cell."""
    writer = csv.writer(stream)
    writer.writerow(fields)
    count = 0
    for row in rows:
        writer.writerow([_cell(row[name]) for name in fields])
        count += 1
    return count


def _cell(value: object) -> object:
    """A spreadsheet shows this and computes nothing: an apostrophe before what would be a formula."""
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return "'" + value
    return value


_WRITERS: dict[str, Callable[[Iterator[Line], IO[Any], tuple[str, ...]], int]] = {
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "parquet": write_parquet,
}
