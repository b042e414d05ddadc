"""The archive room: rows that contradict each other, and captures on disk that belong to nothing. For `verify`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, Text, cast, func, literal_column, or_, select

from archive import changes, schema
from archive.depot import Depot, finished, open_file
from archive.dialect import reading
from archive.errors import CaptureMissing
from archive.members import strays
from archive.proceedings import Finding
from archive.records import Status
from archive.schema_files import file_links, files

FOUND_MAX = 500  # of one kind, named one by one
BACKUP = "restore a backup"

a, r, c = schema.articles.c, schema.revisions.c, schema.captures.c
f = files.c
_other = schema.articles.alias("other")
_newest = schema.revisions.alias("newest")
_original = schema.captures.alias("original_capture")
_head_of_file = func.substr(f.digest, literal_column(f"{schema.DIGEST_FROM}"), literal_column(f"{schema.DIGEST_CHARS}"))


def contradictions(connection: Connection, *, thorough: bool) -> Iterator[Finding]:
    """Rows that say something of others which is not so; what foreign keys hold already is not looked at again."""
    for what, problem, statement in (*_QUESTIONS, *(_LEFT_OVER if thorough else ())):
        for (where,) in connection.execute(statement.limit(FOUND_MAX)):
            yield Finding(what=what, where=str(where), problem=problem, mend=BACKUP)
    newest = changes.latest(connection)
    ahead = select(schema.consumers.c.name).where(schema.consumers.c.cursor > newest)
    for name in connection.execute(ahead).scalars():
        yield Finding(
            what="consumer",
            where=name,
            problem=f"it stands beyond the end of the feed, {newest}",
            mend=f"put it back: newsarchive consumers --reset {name} --to {newest}",
        )


_QUESTIONS: tuple[tuple[str, str, Any], ...] = (
    (
        "article",
        "its newest revision is missing, is another article's, or has another number",
        select("article " + a.id)
        .outerjoin(_newest, _newest.c.n == a.newest)
        .where(or_(func.coalesce(_newest.c.article, -1) != a.n, func.coalesce(_newest.c.number, -1) != a.revision)),
    ),
    (
        "article",
        "it has a revision newer than its newest",
        select("article " + a.id).where(select(r.n).where(r.article == a.n, r.number > a.revision).exists()),
    ),
    (
        "article",
        "no address leads to it",
        select("article " + a.id).where(
            # One that moved to where another one was is gone, and its addresses lead there.
            a.status != Status.GONE.value,
            ~select(schema.addresses.c.key).where(schema.addresses.c.article == a.n).exists(),
        ),
    ),
    (
        "article",
        "it is a copy of an article that is not there",
        select("article " + a.id)
        .outerjoin(_other, _other.c.n == a.copy_of)
        .where(a.copy_of.is_not(None), _other.c.n.is_(None)),
    ),
    (
        "article",
        "we saw it first at another moment than its first revision is of",
        select("article " + a.id).where(
            # Not the earliest: a clock set back, or an older capture brought in, dates a later revision before it.
            a.first_seen != select(r.at).where(r.article == a.n, r.number == 1).scalar_subquery()
        ),
    ),
    (
        "article",
        "we saw it last before we saw it first",
        select("article " + a.id).where(a.last_seen < a.first_seen),
    ),
    (
        "capture",
        "it repeats one that is not there, or that has other bytes or none of its own",
        select(c.file + " at byte " + cast(c.start, Text))
        .outerjoin(_original, _original.c.n == c.original)
        .where(
            c.original.is_not(None),
            or_(func.coalesce(_original.c.digest, "") != c.digest, _original.c.original.is_not(None)),
        ),
    ),
    (
        "file",
        "no capture has its bytes",
        select("file " + f.digest).where(
            ~select(c.n).where(schema.digest_head() == _head_of_file, c.digest == f.digest).exists()
        ),
    ),
    (
        "removal",
        "it was taken down and still has files",
        select("article " + a.id).where(
            a.status == Status.REMOVED.value, select(file_links.c.key).where(file_links.c.article == a.n).exists()
        ),
    ),
    (
        "cluster",
        "its cluster has no representative of its own",
        select("article " + a.id)
        .outerjoin(schema.clusters, schema.clusters.c.n == a.cluster)
        .outerjoin(_other, _other.c.n == schema.clusters.c.representative)
        .where(func.coalesce(_other.c.cluster, -1) != a.cluster),
    ),
    (
        "removal",
        "it was taken down and still has a text or a capture",
        select("article " + a.id)
        .join(schema.revisions, r.article == a.n)
        .where(
            a.status == Status.REMOVED.value,
            or_(r.body != "", r.title.is_not(None), r.html.is_not(None), r.capture.is_not(None)),
        )
        .distinct(),
    ),
)
# Rows that nothing refers to, and that refer to nothing: many, so that only a thorough look goes through them.
_LEFT_OVER: tuple[tuple[str, str, Any], ...] = (
    (
        "orphan",
        "a key of near duplicates is of an article that is not there",
        select("key " + cast(schema.keys.c.key, Text)).where(schema.keys.c.article.not_in(select(a.n))),
    ),
    (
        "orphan",
        "a cluster has no member",
        select("cluster " + cast(schema.clusters.c.n, Text)).where(schema.clusters.c.n.not_in(select(a.cluster))),
    ),
    (
        "orphan",
        "no article names this file",
        select("file " + f.digest).where(~select(file_links.c.key).where(file_links.c.file == f.n).exists()),
    ),
)


# --- captures -----------------------------------------------------------------------------------------------------------


def unnamed(engine: Engine, depot: Depot) -> Iterator[Finding]:
    """Captures that lie in their place and are named by no row, which does no harm: pages that were no articles, what a
    crawl had read when it was killed before it could keep it (it was fetched again), and files of somebody else. The
    latter are told one by one, the others together.
    """
    count, first = 0, ""
    for name in finished(depot):
        with reading(engine) as connection:
            rows = connection.execute(select(c.start, c.size).where(c.file == name)).all()
        try:
            with open_file(depot, name) as stream:
                found = list(strays(stream, {row.start: row.size for row in rows}))
        except CaptureMissing:
            continue
        if found and not rows:
            problem = f"the database names none of its {len(found)} captures, the first of {found[0][1]}"
            mend = "nothing need be done; `newsarchive import` brings in what a file holds"
            yield Finding(what="orphan", where=name, problem=problem, mend=mend, harmless=True)
        elif found:
            count += len(found)
            first = first or f"{found[0][1]} in {name} at byte {found[0][0]}"
    if count:
        problem = (
            f"captures that no row names, of pages that were no articles or were fetched again; the first is {first}"
        )
        yield Finding(
            what="orphan", where=f"{count} captures", problem=problem, mend="nothing need be done", harmless=True
        )
