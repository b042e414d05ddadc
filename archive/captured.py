"""The archive room: captures as the tables know them: where a record lies, and where its bytes are if it is a revisit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from archive import schema
from archive.dialect import insert_many
from archive.memory import chunks
from archive.records import Capture
from archive.rows import Row, capture_columns

_FIELDS = {
    "url": "url", "at": "at", "status": "status", "digest": "digest", "file": "file", "offset": "start",
    "length": "size",
}  # fmt: skip
_original = schema.captures.alias("original_capture")
Place = tuple[str, int]  # a WARC file and where in it a capture begins

c = schema.captures.c


def with_capture(statement: Select[Any]) -> Select[Any]:
    """The columns that `read_capture_row` reads, added to a statement that selects from captures."""
    columns = [c[name].label(f"capture_{field}") for field, name in _FIELDS.items()]
    columns += [_original.c[name].label(f"original_{field}") for field, name in _FIELDS.items()]
    return statement.outerjoin(_original, _original.c.n == c.original).add_columns(*columns)


def read_capture_row(row: Row) -> Capture | None:
    """None where the row's article has no capture."""
    if row["capture_file"] is None:
        return None
    original = None
    if row["original_file"] is not None:
        original = Capture(**{field: row[f"original_{field}"] for field in _FIELDS})
    return Capture(**{field: row[f"capture_{field}"] for field in _FIELDS}, original=original)


def captured(
    connection: Connection, source: str | None, after: tuple[str, int], size: int, *, seen: int = 0
) -> list[Capture]:
    """The next captures after this place, in the order in which they lie in the files; `seen`: with a larger number."""
    place = and_(or_(c.file > after[0], and_(c.file == after[0], c.start > after[1])), c.n > seen)
    statement = select(c.n).select_from(schema.captures).where(place).order_by(c.file, c.start).limit(size)
    if source is not None:
        statement = statement.where(c.source == source)
    rows = connection.execute(with_capture(statement)).mappings()
    return [capture for row in rows if (capture := read_capture_row(row)) is not None]


def captures_of(connection: Connection, digests: Iterable[str]) -> dict[str, Capture]:
    """By digest, the first capture that has these bytes itself."""
    found: dict[str, Capture] = {}
    for chunk in chunks(set(digests)):
        heads = sorted({digest[schema.DIGEST_FROM - 1 :][: schema.DIGEST_CHARS] for digest in chunk})
        held = select(c.n).where(schema.digest_head().in_(heads), c.digest.in_(chunk), c.original.is_(None))
        for row in connection.execute(with_capture(held.order_by(c.n))).mappings():
            capture = read_capture_row(row)
            if capture is not None:
                found.setdefault(capture.digest, capture)
    return found


def is_kept(connection: Connection, source: str, url: str, at: datetime, digest: str) -> bool:
    """Whether these bytes are kept as what this address answered at this moment."""
    head = digest[schema.DIGEST_FROM - 1 :][: schema.DIGEST_CHARS]
    same = (schema.digest_head() == head, c.digest == digest, c.source == source, c.url == url, c.at == at)
    return connection.execute(select(c.n).where(*same)).first() is not None


def keep_captures(connection: Connection, captures: Sequence[tuple[str, Capture]]) -> None:
    """Captures that no revision was read from, each with its source: the same bytes came again."""
    if not captures:
        return
    originals = {(one.original.file, one.original.offset) for _, one in captures if one.original is not None}
    numbers = numbers_at(connection, originals)
    rows = []
    for n, (source, capture) in enumerate(captures, start=schema.next_number(connection, schema.captures)):
        original = capture.original and numbers.get((capture.original.file, capture.original.offset))
        if capture.original is None or original is not None:  # else it was taken down meanwhile, and this with it
            rows.append({"n": n, **capture_columns(capture, source), "original": original})
    insert_many(connection, schema.captures, rows)


def numbers_at(connection: Connection, places: Iterable[Place]) -> dict[Place, int]:
    """The numbers of the captures that lie there."""
    wanted = set(places)
    files = {file for file, _ in wanted}
    found: dict[Place, int] = {}
    for chunk in chunks(sorted({start for _, start in wanted})):
        asked = select(c.n, c.file, c.start).where(c.file.in_(files), c.start.in_(chunk))
        found |= {(row.file, row.start): row.n for row in connection.execute(asked)}
    return found
