"""The archive room: lets go of old changes. What is left is the feed from a place on; a full snapshot stands for the rest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from archive import schema
from archive.changes import check_cursor, latest
from archive.errors import BadCursor
from archive.events import What, note

ch, co = schema.changes.c, schema.consumers.c


def place_at(connection: Connection, before: datetime) -> int:
    """The cursor of the moment: everything after it was logged at `before` or later."""
    first = connection.execute(select(func.min(ch.seq)).where(ch.at >= before)).scalar()
    return latest(connection) if first is None else int(first) - 1


def compact(connection: Connection, cursor: int, *, force: bool) -> int:
    """Delete the changes up to and with this cursor, but never the newest; how many.

    Raises BadCursor, also when a consumer has not read that far and `force` does not say that it may lose them.
    """
    check_cursor(connection, cursor)
    cursor = min(cursor, latest(connection) - 1)
    behind = connection.execute(select(co.name, co.cursor).where(co.cursor < cursor).order_by(co.cursor)).all()
    if behind and not force:
        told = ", ".join(f"{row.name} at {row.cursor}" for row in behind[:5])
        who, them = ("1 consumer has", "it") if len(behind) == 1 else (f"{len(behind)} consumers have", "them")
        raise BadCursor(
            f"{who} not read up to {cursor} ({told}): let {them} read on, forget {them} (newsarchive consumers --forget NAME), "
            "or compact with --force"
        )
    gone = connection.execute(delete(schema.changes).where(ch.seq <= cursor)).rowcount
    if gone:
        note(connection, what=What.COMPACTED, object_=f"changes up to {cursor}", detail={"changes": gone})
    return int(gone)


def forget(connection: Connection, name: str) -> bool:
    """Drop a consumer; False when there is none of this name."""
    gone = connection.execute(delete(schema.consumers).where(co.name == name).returning(co.cursor)).scalar()
    if gone is not None:
        note(connection, what=What.RESET, object_=f"consumer {name}", detail={"from": gone, "to": None})
    return gone is not None
