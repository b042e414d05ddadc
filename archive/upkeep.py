"""The archive room: does the archive still say what it was told? `verify` looks, and says how to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from archive import file_index, index, schema
from archive.captured import captured
from archive.changes import latest
from archive.dialect import reading
from archive.errors import ArchiveError
from archive.fingerprint import revision_digest
from archive.proceedings import Finding
from archive.records import Capture, Status
from archive.warc import read_capture

Progress = Callable[[int, int], None]

BATCH = 500  # rows read at once

a, r = schema.articles.c, schema.revisions.c


def verify(engine: Engine, captures: Path, progress: Progress | None) -> Iterator[Finding]:
    """Yields what it finds while it goes; `progress` is called with (checked, all) captures and revisions."""
    with reading(engine) as connection:
        total = sum(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (schema.captures, schema.revisions)
        )
    done = 0
    with reading(engine) as connection:
        yield from _feed(connection)
        mend = "build the index anew: Archive.rebuild_search()"
        for where, problem in chain(index.disagreements(connection), file_index.disagreements(connection)):
            yield Finding(what="search", where=where, problem=problem, mend=mend)
        yield from _clusters(connection)
    for check in (_revisions, _captures):
        for finding in check(engine, captures):
            if finding is not None:
                yield finding
            done += 1
            if progress is not None:
                progress(min(done, total), total)


def _feed(connection: Connection) -> Iterator[Finding]:
    """Numbers from 1 to the counter, none missing; every article named in it is there."""
    ch = schema.changes.c
    first, last, count = connection.execute(select(func.min(ch.seq), func.max(ch.seq), func.count())).one()
    newest = latest(connection)
    mend = "restore a backup; until then consumers that are beyond this place may go on"
    if (last or 0) != newest:
        yield Finding(
            what="feed", where="its end", problem=f"the counter says {newest}, the last change is {last}", mend=mend
        )
    if count and last - first + 1 != count:
        yield Finding(what="feed", where=f"{first} to {last}", problem=f"{last - first + 1 - count} missing", mend=mend)
    lost = select(ch.seq, ch.article).where(ch.article.not_in(select(a.id))).limit(BATCH)
    for row in connection.execute(lost):
        problem = f"names article {row.article}, which is not there"
        yield Finding(what="feed", where=f"change {row.seq}", problem=problem, mend="restore a backup")


def _clusters(connection: Connection) -> Iterator[Finding]:
    k = schema.clusters.c
    representative = schema.articles.alias()
    wrong = (
        select(a.id)
        .outerjoin(schema.clusters, k.n == a.cluster)
        .outerjoin(representative, representative.c.n == k.representative)
        .where(func.coalesce(representative.c.cluster, -1) != a.cluster)
        .limit(BATCH)
    )
    for row in connection.execute(wrong):
        problem = "its cluster has no representative of its own"
        yield Finding(what="cluster", where=f"article {row.id}", problem=problem, mend="restore a backup")


# --- revisions and captures ---------------------------------------------------------------------------------------------


def _revisions(engine: Engine, _captures: Path) -> Iterator[Finding | None]:
    """Every revision's text still has the digest it was kept with."""
    after = 0
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


def _captures(engine: Engine, folder: Path) -> Iterator[Finding | None]:
    """Every capture can be read and has its digest. In the order of files, so that each is read through once."""
    after = ("", -1)
    while True:
        with reading(engine) as connection:
            captures = captured(connection, None, after, BATCH)
        if not captures:
            return
        for capture in captures:
            yield _capture(folder, capture)
        after = (captures[-1].file, captures[-1].offset)


def _capture(folder: Path, capture: Capture) -> Finding | None:
    try:
        read_capture(folder, capture)
    except ArchiveError as error:
        return Finding(
            what="capture",
            where=f"{capture.file} at byte {capture.offset}",
            problem=str(error),
            mend="restore the file from a backup of the captures",
        )
    return None
