"""The archive room: leases: that of all processes which use an archive one at a time does something. They run out by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, or_, select, update

from archive import schema
from archive.dialect import insert, moment, writing

leases = schema.leases


def take(
    engine: Engine, names: Sequence[str], holder: str, length: timedelta, now: datetime | None = None
) -> tuple[str, str] | None:
    """Take or renew leases, all or none of them. None when they are ours, else the first that is not and who holds it.

    `now` is by default the time of the database's own machine, which all its users share: two machines never agree.
    """
    try:
        with writing(engine, durable=False) as connection:
            at = now or moment(connection)
            _take_all(connection, names, holder, at, at + length)
    except _Taken as taken:  # and with it, whatever was taken before it is given back
        return taken.name, taken.holder
    return None


def give(engine: Engine, names: Sequence[str], holder: str, now: datetime | None = None) -> None:
    """Give leases back, those that this holder has: the next one need not wait until they run out."""
    with writing(engine, durable=False) as connection:
        at = now or moment(connection)
        connection.execute(
            update(leases).where(leases.c.name.in_(list(names)), leases.c.holder == holder).values(until=at)
        )


class _Taken(Exception):
    def __init__(self, name: str, holder: str) -> None:
        self.name, self.holder = name, holder


def _take_all(connection: Connection, names: Sequence[str], holder: str, now: datetime, until: datetime) -> None:
    for name in sorted(names):  # one order for all: two takers never wait for each other
        if connection.execute(_take(connection, name, holder, now, until)).scalar() != holder:
            raise _Taken(name, _holder(connection, name))


def _take(connection: Connection, name: str, holder: str, now: datetime, until: datetime) -> Any:
    free = or_(leases.c.holder == holder, leases.c.until <= now)
    made = insert(connection, leases).values(name=name, holder=holder, until=until)
    return made.on_conflict_do_update(
        index_elements=["name"], set_={"holder": holder, "until": until}, where=free
    ).returning(leases.c.holder)


def _holder(connection: Connection, name: str) -> str:
    return str(connection.execute(select(leases.c.holder).where(leases.c.name == name)).scalar() or "")
