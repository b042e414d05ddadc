"""The archive room: what a scheduler must not forget: turns, who keeps the clock, and small notes of its own.

The verbs of `archive.archive.Archive` that schedulers use; what a turn means is theirs to know.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine, or_, select, update

from archive import memory, schema
from archive.dialect import insert, reading, writing
from archive.records import Turn
from archive.rows import turn_columns


class Rounds:
    """A part of the door; never made by itself."""

    _engine: Engine

    def turns(self) -> list[Turn]:
        """What the scheduler remembers of each source."""
        with reading(self._engine) as connection:
            return memory.turns(connection)

    def turn(self, source: str) -> Turn | None:
        with reading(self._engine) as connection:
            return next(iter(memory.turns(connection, source)), None)

    def keep_turn(self, turn: Turn) -> None:
        """Keep a turn as it is given, whatever was kept before; `change_turn` is for what others may steer meanwhile."""
        with writing(self._engine) as connection:
            memory.keep_turn(connection, turn)

    def change_turn(self, source: str, change: Callable[[Turn], Turn]) -> Turn:
        """Read a source's turn (a new one where there is none), change it and keep it, in one transaction; the kept turn."""
        turns = schema.turns
        with writing(self._engine) as connection:
            # The row must be there to be locked: on PostgreSQL two may otherwise read the same turn and lose a change.
            connection.execute(
                insert(connection, turns).values(turn_columns(Turn(source=source))).on_conflict_do_nothing()
            )
            connection.execute(select(turns.c.source).where(turns.c.source == source).with_for_update())
            before = memory.turns(connection, source)[0]
            after = change(before)
            if after != before:
                memory.keep_turn(connection, after)
            return after

    def take_lease(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Take or renew a lease; False while somebody else holds it. One statement, so that two never hold it at once."""
        leases = schema.leases
        with writing(self._engine, durable=False) as connection:
            made = insert(connection, leases).values(name=name, holder=holder, until=until)
            free = or_(leases.c.holder == holder, leases.c.until <= now)
            taken = connection.execute(
                made.on_conflict_do_update(
                    index_elements=["name"], set_={"holder": holder, "until": until}, where=free
                ).returning(leases.c.holder)
            )
            return taken.scalar() == holder

    def give_lease(self, name: str, holder: str, *, now: datetime) -> None:
        """Give a lease back, if this holder has it: the next one need not wait until it runs out."""
        leases = schema.leases
        with writing(self._engine, durable=False) as connection:
            connection.execute(update(leases).where(leases.c.name == name, leases.c.holder == holder).values(until=now))

    def lease(self, name: str) -> tuple[str, datetime] | None:
        """Who holds a lease, and until when; None where nobody ever did. It may have run out."""
        leases = schema.leases
        with reading(self._engine) as connection:
            found = connection.execute(select(leases.c.holder, leases.c.until).where(leases.c.name == name)).first()
            return (found[0], found[1]) if found else None

    def memo(self, name: str) -> str | None:
        """A note the scheduler keeps for itself."""
        with reading(self._engine) as connection:
            return _memo(connection, name)

    def keep_memo(self, name: str, value: str) -> None:
        memos = schema.memos
        with writing(self._engine, durable=False) as connection:
            made = insert(connection, memos).values(name=name, value=value)
            connection.execute(made.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _memo(connection: Connection, name: str) -> str | None:
    found = connection.execute(select(schema.memos.c.value).where(schema.memos.c.name == name)).scalar()
    return None if found is None else str(found)
