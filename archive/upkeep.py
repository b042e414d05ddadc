"""The archive room: does the archive still say what it was told? `verify` looks, and says how to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from sqlalchemy import Connection, Engine, func, select

from archive import changes, file_index, index, schema
from archive.continuity import feed, lines
from archive.depot import Depot
from archive.dialect import broken_pages, reading, standing_still
from archive.fixity import captures, revisions
from archive.orphans import contradictions, unnamed
from archive.proceedings import Finding, Place

Progress = Callable[[int, int], None]

a, r, c, ch = schema.articles.c, schema.revisions.c, schema.captures.c, schema.changes.c

REINDEX = "build the index anew: newsarchive reindex"
BACKUP = "restore a backup"


def here(engine: Engine) -> Place:
    """How far the archive has come: what is verified from here on is what came later."""
    with reading(engine) as connection:
        return Place(
            change=changes.latest(connection),
            revision=connection.execute(select(func.coalesce(func.max(r.n), 0))).scalar_one(),
            capture=connection.execute(select(func.coalesce(func.max(c.n), 0))).scalar_one(),
        )


def verify(
    engine: Engine, depot: Depot, *, since: Place | None, orphans: bool, progress: Progress | None
) -> Iterator[Finding]:
    """Yields what it finds while it goes; `progress` is called with (checked, all): texts in the index, changes, revisions,
    captures.

    `since`: of changes, revisions and captures only those that came later; tables and index are compared all the same,
    but not each word. `orphans`: also what lies in the captures folder and belongs to nothing, which does no harm.
    """
    place, full = since or Place(), since is None
    with standing_still(engine) as connection:
        count = _Count(_all(connection, place, full=full), progress)
        for problem in broken_pages(connection, thorough=full):
            yield Finding(what="database", where="its file", problem=problem, mend=BACKUP)
        yield from feed(connection, place.change)
        found = chain(
            index.disagreements(connection, words=full, tick=count.tick),
            file_index.disagreements(connection, words=full),
        )
        for where, problem in found:
            yield Finding(what="search", where=where, problem=problem, mend=REINDEX)
        yield from contradictions(connection, thorough=full)
    for finding in chain(
        lines(engine, place.change), revisions(engine, place.revision), captures(engine, depot, place.capture)
    ):
        if finding is not None:
            yield finding
        count.tick()
    if orphans:
        yield from unnamed(engine, depot)


def _all(connection: Connection, place: Place, *, full: bool) -> int:
    numbers = [(c.n, place.capture), (r.n, place.revision), (ch.seq, place.change), *([(a.n, 0)] if full else [])]
    return sum(connection.execute(select(func.count()).where(n > seen)).scalar_one() for n, seen in numbers)


class _Count:
    """How much was looked at, told to who wants to know."""

    def __init__(self, total: int, told: Progress | None) -> None:
        self._done, self._total, self._told = 0, total, told

    def tick(self) -> None:
        self._done = min(self._done + 1, self._total)  # more may come while we look
        if self._told is not None:
            self._told(self._done, self._total)
