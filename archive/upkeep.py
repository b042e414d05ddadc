"""The archive room: does the archive still say what it was told? `verify` looks, and says how to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from archive import changes, file_index, index, schema
from archive.captured import captured
from archive.dialect import broken_pages, reading
from archive.errors import ArchiveError
from archive.fingerprint import revision_digest
from archive.orphans import contradictions, unnamed
from archive.proceedings import Finding, Place
from archive.records import Capture, Status
from archive.warc import read_capture

Progress = Callable[[int, int], None]

BATCH = 500  # rows read at once

a, r, c = schema.articles.c, schema.revisions.c, schema.captures.c

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
    engine: Engine, folder: Path, *, since: Place | None, orphans: bool, progress: Progress | None
) -> Iterator[Finding]:
    """Yields what it finds while it goes; `progress` is called with (checked, all) captures and revisions.

    `since`: of changes, revisions and captures only those that came later; tables and index are compared all the same,
    but not each word. `orphans`: also what lies in the captures folder and belongs to nothing, which does no harm.
    """
    place = since or Place()
    with reading(engine) as connection:
        total = sum(
            connection.execute(select(func.count()).where(number > seen)).scalar_one()
            for number, seen in ((c.n, place.capture), (r.n, place.revision))
        )
        for problem in broken_pages(connection, thorough=since is None):
            yield Finding(what="database", where="its file", problem=problem, mend=BACKUP)
        yield from _feed(connection, place.change)
        full = since is None
        found = chain(index.disagreements(connection, words=full), file_index.disagreements(connection, words=full))
        for where, problem in found:
            yield Finding(what="search", where=where, problem=problem, mend=REINDEX)
        yield from contradictions(connection, thorough=since is None)
    for done, finding in enumerate(_each(engine, folder, place), start=1):
        if finding is not None:
            yield finding
        if progress is not None:
            progress(min(done, total), total)
    if orphans:
        yield from unnamed(engine, folder)


def _each(engine: Engine, folder: Path, place: Place) -> Iterator[Finding | None]:
    yield from _revisions(engine, place.revision)
    yield from _captures(engine, folder, place.capture)


def _feed(connection: Connection, seen: int) -> Iterator[Finding]:
    """Numbers from `seen` (or the place up to which the feed was compacted) to the counter, none missing; every article
    named in it is there.
    """
    ch = schema.changes.c
    first, last, count = connection.execute(
        select(func.min(ch.seq), func.max(ch.seq), func.count()).where(ch.seq > seen)
    ).one()
    newest, end = changes.latest(connection), connection.execute(select(func.max(ch.seq))).scalar()
    mend = f"{BACKUP}; until then consumers that are beyond this place may go on"
    if (end or 0) != newest:
        yield Finding(
            what="feed", where="its end", problem=f"the counter says {newest}, the last change is {end}", mend=mend
        )
    if count and last - first + 1 != count:
        yield Finding(what="feed", where=f"{first} to {last}", problem=f"{last - first + 1 - count} missing", mend=mend)
    lost = select(ch.seq, ch.article).where(ch.seq > seen, ch.article.not_in(select(a.id))).limit(BATCH)
    for row in connection.execute(lost):
        problem = f"names article {row.article}, which is not there"
        yield Finding(what="feed", where=f"change {row.seq}", problem=problem, mend=BACKUP)


# --- revisions and captures ---------------------------------------------------------------------------------------------


def _revisions(engine: Engine, after: int) -> Iterator[Finding | None]:
    """Every revision's text still has the digest it was kept with."""
    while True:
        statement = (
            select(r.n, r.number, r.digest, r.title, r.body, a.id, a.status)
            .join(schema.articles, a.n == r.article)
            .where(r.n > after)
            .order_by(r.n)
            .limit(BATCH)
        )
        with reading(engine) as connection:
            rows = connection.execute(statement).all()
        if not rows:
            return
        for row in rows:
            whole = row.status == Status.REMOVED or revision_digest(row.title, row.body) == row.digest
            yield (
                None
                if whole
                else Finding(
                    what="revision",
                    where=f"article {row.id}, revision {row.number}",
                    problem="its text does not match the digest kept with it",
                    mend="restore a backup, or read it again from its capture: newsarchive replay",
                )
            )
        after = rows[-1].n


def _captures(engine: Engine, folder: Path, seen: int) -> Iterator[Finding | None]:
    """Every capture can be read and has its digest. In the order of files, so that each is read through once."""
    after = ("", -1)
    while True:
        with reading(engine) as connection:
            captures = captured(connection, None, after, BATCH, seen=seen)
        if not captures:
            return
        for capture in captures:
            yield _capture(engine, folder, capture)
        after = (captures[-1].file, captures[-1].offset)


def _capture(engine: Engine, folder: Path, capture: Capture) -> Finding | None:
    try:
        read_capture(folder, capture)
    except ArchiveError as error:
        if not _is_named(engine, capture):
            return None  # it was taken down while we looked
        return Finding(
            what="capture",
            where=f"{capture.file} at byte {capture.offset}",
            problem=str(error),
            mend="restore the file from a backup of the captures",
        )
    return None


def _is_named(engine: Engine, capture: Capture) -> bool:
    asked = select(c.n).where(c.file == capture.file, c.start == capture.offset, c.digest == capture.digest)
    with reading(engine) as connection:
        return connection.execute(asked).first() is not None
