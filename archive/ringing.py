"""The archive room: the alarm log. Of one source and kind, a line that something is wrong and a line that it is mended
alternate; lines are numbered in commit order, as the changes are, so that who reads on from a number misses none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from archive import schema, schema_notices
from archive.dialect import insert
from archive.notices import Alarm
from archive.rows import clean, dump

LIMIT_MAX = 10_000  # lines in one answer
NAME = "alarms"  # of the counter

a = schema_notices.alarms.c


def log(connection: Connection, drafts: Sequence[Alarm]) -> list[Alarm]:
    """Number and keep these lines, but those that say what was said last of their source and kind. Must be the last
    statements of the transaction.
    """
    if not drafts:
        return []
    counters = schema.counters
    connection.execute(insert(connection, counters).values(name=NAME, value=0).on_conflict_do_nothing())
    held = select(counters.c.value).where(counters.c.name == NAME).with_for_update()
    number = int(connection.execute(held).scalar_one())
    kept: list[Alarm] = []
    standing = {(alarm.source, alarm.kind): True for alarm in open_(connection)}
    for draft in drafts:
        key = (draft.source, draft.kind)
        if standing.get(key, False) is not draft.mended:
            continue  # open already, or nothing open that could be mended
        standing[key] = not draft.mended
        number += 1
        row = {**_columns(draft), "number": number}
        connection.execute(schema_notices.alarms.insert(), row)
        kept.append(_read(row))
    if kept:
        connection.execute(counters.update().where(counters.c.name == NAME).values(value=number))
    return kept


def after(connection: Connection, number: int, limit: int) -> list[Alarm]:
    statement = select(schema_notices.alarms).where(a.number > number).order_by(a.number).limit(min(limit, LIMIT_MAX))
    return [_read(row) for row in connection.execute(statement).mappings()]


def newest(connection: Connection, source: str | None, limit: int) -> list[Alarm]:
    statement = select(schema_notices.alarms).order_by(a.number.desc()).limit(min(limit, LIMIT_MAX))
    if source is not None:
        statement = statement.where(a.source == source)
    return [_read(row) for row in connection.execute(statement).mappings()]


def open_(connection: Connection, source: str | None = None) -> list[Alarm]:
    """The newest line of each source and kind, where it is not one that says mended."""
    newest_of_each = select(func.max(a.number)).group_by(a.source, a.kind)
    if source is not None:
        newest_of_each = newest_of_each.where(a.source == source)
    statement = select(schema_notices.alarms).where(a.number.in_(newest_of_each), ~a.mended).order_by(a.number)
    return [_read(row) for row in connection.execute(statement).mappings()]


def _columns(alarm: Alarm) -> dict[str, Any]:
    return {
        "number": alarm.number,
        "at": alarm.at,
        "source": alarm.source,
        "kind": alarm.kind,
        "mended": alarm.mended,
        "text": clean(alarm.text),
        "evidence": dump(list(alarm.evidence)),
    }


def _read(row: Any) -> Alarm:
    return Alarm(**{**row, "evidence": tuple(json.loads(row["evidence"]))})
