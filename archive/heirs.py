"""The archive room: captures that refer to bytes which are to be erased with another capture: they inherit them.

A take-down erases an article's captures. Where the same bytes came from another article's address too, that capture is
only a `revisit` of the first one: before its original goes it is written again, whole, into a new file; the others are
written again as revisits of it, so that no record anywhere refers to what was erased. Their old records go as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select, update

from archive import schema
from archive.captured import read_capture_row, with_capture
from archive.depot import Depot
from archive.errors import CaptureDamaged, CaptureMissing
from archive.events import agent
from archive.exchange import Exchange
from archive.memory import chunks
from archive.records import Capture
from archive.warc import CaptureWriter, read_capture, read_record

c = schema.captures.c

Place = tuple[str, int]  # a WARC file and where in it a capture begins
Numbered = tuple[int, Capture]  # captures.n and what it stands for


def inherit(connection: Connection, depot: Depot, going: Collection[int]) -> list[Place]:
    """`going`: numbers of captures that are to be erased. Where the records lie that are to be erased with them."""
    writers: dict[str, CaptureWriter] = {}
    left: list[Place] = []
    try:
        for original, heirs in _heirs(connection, set(going)).items():
            left += _hand_over(connection, depot, original, heirs, writers)
    finally:
        for writer in writers.values():
            writer.close()  # on disk before the transaction that names what is in it
    return left


def _heirs(connection: Connection, going: set[int]) -> dict[Capture, list[Numbered]]:
    """By the capture whose bytes they refer to, the oldest first."""
    found: dict[Capture, list[Numbered]] = {}
    for chunk in chunks(sorted(going)):
        statement = select(c.n).select_from(schema.captures).where(c.original.in_(chunk)).order_by(c.n)
        for row in connection.execute(with_capture(statement)).mappings():
            capture = read_capture_row(row)
            if row["n"] not in going and capture is not None and capture.original is not None:
                found.setdefault(capture.original, []).append((row["n"], capture))
    return found


def _hand_over(
    connection: Connection,
    depot: Depot,
    original: Capture,
    heirs: Iterable[Numbered],
    writers: dict[str, CaptureWriter],
) -> list[Place]:
    try:
        body = read_capture(depot, original).body
    except (CaptureMissing, CaptureDamaged):
        body = None  # nothing can be saved: `verify` names these captures as it named the original
    first: Numbered | None = None
    left = []
    for n, heir in heirs:
        if body is None:
            _update(connection, n, {"original": None})
            continue
        prefix = heir.file.rsplit("-", 2)[0]
        writer = writers.setdefault(prefix, CaptureWriter(depot, prefix=prefix, software=agent()))
        made = writer.append(replace(_record(depot, heir), body=body), first[1] if first else None)
        place = {"file": made.file, "start": made.offset, "size": made.length}
        _update(connection, n, {**place, "original": first[0] if first and made.original else None})
        first = first or (n, made)
        left.append((heir.file, heir.offset))
    return left


def _record(depot: Depot, heir: Capture) -> Exchange:
    """Its own record; what the database knows of it where that cannot be read."""
    try:
        return read_record(depot, heir)
    except (CaptureMissing, CaptureDamaged):
        return Exchange(url=heir.url, at=heir.at, status=heir.status, headers=(), body=b"")


def _update(connection: Connection, n: int, values: dict[str, Any]) -> None:
    connection.execute(update(schema.captures).where(c.n == n), values)
