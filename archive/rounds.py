"""The archive room: what a scheduler must not forget: turns, leases, alarms, and small notes of its own.

The verbs of `archive.archive.Archive` that schedulers use; what a turn or an alarm means is theirs to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, bindparam, select, update

from archive import leases, memory, ringing, schema, tallies
from archive.dialect import insert, moment, reading, writing
from archive.notices import Alarm, Tally
from archive.records import Turn
from archive.rows import turn_columns


class Rounds:
    """A part of the door; never made by itself."""

    _engine: Engine

    # --- turns ----------------------------------------------------------------------------------------------------------

    def turns(self, *, brief: bool = False) -> list[Turn]:
        """What the scheduler remembers of each source; `brief`: without last report, health and progress, which is quick."""
        with reading(self._engine) as connection:
            return memory.brief_turns(connection) if brief else memory.turns(connection)

    def turn(self, source: str) -> Turn | None:
        with reading(self._engine) as connection:
            return next(iter(memory.turns(connection, source)), None)

    def keep_turn(self, turn: Turn) -> None:
        """Keep a turn as it is given, whatever was kept before; `change_turn` is for what others may steer meanwhile."""
        with writing(self._engine) as connection:
            memory.keep_turn(connection, turn)

    def change_turn(self, source: str, change: Callable[[Turn], Turn], *, durable: bool = True) -> Turn:
        """Read a source's turn (a new one where there is none), change it and keep it, in one transaction; the kept turn. What
        is not `durable` may be forgotten when the power fails.
        """
        with writing(self._engine, durable=durable) as connection:
            return _change_turn(connection, source, change)

    def change_turns(self, changes: Mapping[str, Callable[[Turn], Turn]]) -> None:
        """`change_turn` of many sources in one transaction."""
        if not changes:
            return
        with writing(self._engine) as connection:
            for source in sorted(changes):  # one order for all: two writers never wait for each other
                _change_turn(connection, source, changes[source])

    def settle_turn(
        self, source: str, change: Callable[[Turn], tuple[Turn, Sequence[Alarm]]]
    ) -> tuple[Turn, list[Alarm]]:
        """`change_turn`, and log what that gives to ring, in the same transaction; the kept turn and the logged alarms."""
        drafts: list[Alarm] = []

        def changed(turn: Turn) -> Turn:
            after, alarms = change(turn)
            drafts[:] = alarms
            return after

        with writing(self._engine) as connection:
            turn = _change_turn(connection, source, changed)
            return turn, ringing.log(connection, drafts)

    def keep_progress(self, progress: Mapping[str, str]) -> None:
        """How far running crawls are, by source. What was kept may be forgotten when the power fails."""
        if not progress:
            return
        turns = schema.turns
        statement = update(turns).where(turns.c.source == bindparam("slug")).values(progress=bindparam("said"))
        with writing(self._engine, durable=False) as connection:
            connection.execute(statement, [{"slug": slug, "said": progress[slug]} for slug in sorted(progress)])

    def crawls_without_end(self, source: str) -> list[tuple[int, datetime]]:
        """Number and begin of this source's newest crawls that have not ended: one that runs, or those lost with their process."""
        with reading(self._engine) as connection:
            return memory.crawls_without_end(connection, source)

    # --- sources --------------------------------------------------------------------------------------------------------

    def definitions(self, source: str | None = None) -> dict[str, str]:
        """The source files as they were kept last, by slug; what was only imported has none."""
        with reading(self._engine) as connection:
            return memory.definitions(connection, source)

    # --- alarms ---------------------------------------------------------------------------------------------------------

    def log_alarms(self, drafts: Sequence[Alarm]) -> list[Alarm]:
        """Log what rings and what is mended; what is open already, or mended already, is not said twice. The lines logged."""
        if not drafts:
            return []
        with writing(self._engine) as connection:
            return ringing.log(connection, drafts)

    def alarms(self, after: int = 0, *, limit: int = 500) -> list[Alarm]:
        """The lines of the alarm log after this number, oldest first."""
        with reading(self._engine) as connection:
            return ringing.after(connection, after, limit)

    def alarm_log(self, source: str | None = None, *, limit: int = 50) -> list[Alarm]:
        """The newest lines of the alarm log first."""
        with reading(self._engine) as connection:
            return ringing.newest(connection, source, limit)

    def open_alarms(self, source: str | None = None) -> list[Alarm]:
        """What is wrong now: alarms that no line says are mended, oldest first."""
        with reading(self._engine) as connection:
            return ringing.open_(connection, source)

    def tally(self, since: datetime) -> Tally:
        """Crawls and changes since a moment, counted."""
        with reading(self._engine) as connection:
            return tallies.tally(connection, since)

    # --- leases ---------------------------------------------------------------------------------------------------------

    def take_lease(self, name: str, holder: str, length: timedelta, *, now: datetime | None = None) -> bool:
        """Take or renew a lease; False while somebody else holds it. One statement, so that two never hold it at once."""
        return self.take_leases([name], holder, length, now=now) is None

    def take_leases(
        self, names: Sequence[str], holder: str, length: timedelta, *, now: datetime | None = None
    ) -> tuple[str, str] | None:
        """Take or renew leases, all or none of them. None when they are ours, else the first that is not and who holds it.

        `now` is by default the time of the database's own machine, which all its users share: two machines never agree.
        """
        return leases.take(self._engine, names, holder, length, now)

    def give_leases(self, names: Sequence[str], holder: str, *, now: datetime | None = None) -> None:
        """Give leases back, those that this holder has: the next one need not wait until they run out."""
        leases.give(self._engine, names, holder, now)

    def lease(self, name: str) -> tuple[str, datetime] | None:
        """Who holds a lease, and until when; None where nobody ever did. It may have run out."""
        kept = schema.leases.c
        with reading(self._engine) as connection:
            found = connection.execute(select(kept.holder, kept.until).where(kept.name == name)).first()
            return (found[0], found[1]) if found else None

    def now(self) -> datetime:
        """What time it is for all who use this archive."""
        with reading(self._engine) as connection:
            return moment(connection)

    # --- notes ----------------------------------------------------------------------------------------------------------

    def memo(self, name: str) -> str | None:
        """A note the scheduler keeps for itself."""
        with reading(self._engine) as connection:
            found = connection.execute(select(schema.memos.c.value).where(schema.memos.c.name == name)).scalar()
            return None if found is None else str(found)

    def keep_memo(self, name: str, value: str) -> None:
        memos = schema.memos
        with writing(self._engine, durable=False) as connection:
            made = insert(connection, memos).values(name=name, value=value)
            connection.execute(made.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _change_turn(connection: Connection, source: str, change: Callable[[Turn], Turn]) -> Turn:
    turns = schema.turns
    # The row must be there to be locked: on PostgreSQL two may otherwise read the same turn and lose a change.
    connection.execute(insert(connection, turns).values(turn_columns(Turn(source=source))).on_conflict_do_nothing())
    connection.execute(select(turns.c.source).where(turns.c.source == source).with_for_update())
    before = memory.turns(connection, source)[0]
    after = change(before)
    if after != before:
        memory.keep_turn(connection, after)
    return after
