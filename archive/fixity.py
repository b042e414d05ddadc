"""The archive room: every revision and every capture, held against what was kept with it. For `verify`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, select

from archive import schema
from archive.captured import captured
from archive.depot import Depot
from archive.dialect import reading, standing_still
from archive.errors import CaptureDamaged, CaptureMissing
from archive.exchange import Exchange, printable
from archive.fingerprint import read_all
from archive.identity import address_key
from archive.proceedings import Finding
from archive.records import Capture, Status
from archive.rows import read_article
from archive.shelves import belongs_on
from archive.warc import read_capture

BATCH = 500  # rows read at once
BACKUP = "restore a backup"

a, r, c = schema.articles.c, schema.revisions.c, schema.captures.c

_REVISIONS = (
    select(
        schema.revisions, a.id, a.source, a.status, a.newest, a.day, a.shelf, a.text_digest, a.url.label("address"),
        a.kind.label("is_kind"), a.language.label("is_language"),
    )
    .join(schema.articles, a.n == r.article)
    .order_by(r.n)
    .limit(BATCH)
)  # fmt: skip


# --- revisions ----------------------------------------------------------------------------------------------------------


def revisions(engine: Engine, after: int) -> Iterator[Finding | None]:
    """For each what is wrong: its text has another digest than was kept, or its article says otherwise than it."""
    while True:
        with standing_still(engine) as connection:
            rows = connection.execute(_REVISIONS.where(r.n > after)).mappings().all()
            keys = _keys(connection, [row["article"] for row in rows])
        if not rows:
            return
        readings = read_all((row["title"], row["body"]) for row in rows)
        for row, read in zip(rows, readings, strict=True):
            where = f"article {row['id']}, revision {row['number']}"
            yield (
                _unreadable(row, where)
                or _text(row, read.revision_digest, where)
                or _article(row, read.text_digest, keys, where)
            )
        after = rows[-1]["n"]


def _keys(connection: Connection, articles: Sequence[int]) -> set[tuple[int, str]]:
    """(article, address) of all addresses of these articles."""
    at = schema.addresses.c
    return {(n, key) for n, key in connection.execute(select(at.article, at.key).where(at.article.in_(articles)))}


def _unreadable(row: Any, where: str) -> Finding | None:
    try:
        read_article(row, row["source"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return Finding(what="revision", where=where, problem=f"its row cannot be read ({error})", mend=BACKUP)
    return None


def _text(row: Any, digest: str, where: str) -> Finding | None:
    if row["status"] == Status.REMOVED or digest == row["digest"]:
        return None
    return Finding(
        what="revision",
        where=where,
        problem="its text does not match the digest kept with it",
        mend=f"{BACKUP}, or read it again from its capture: newsarchive replay",
    )


def _article(row: Any, digest: bytes, keys: set[tuple[int, str]], where: str) -> Finding | None:
    """What an article's row repeats of its newest revision, so that it is found quickly, is what that says."""
    if row["n"] != row["newest"] or row["status"] == Status.REMOVED:
        return None
    says = {
        "kind": row["is_kind"] == row["kind"],
        "language": row["is_language"] == row["language"],
        "day": row["day"] == (row["published"] or "")[:10] or (row["day"] is None and not row["published"]),
        "shelf": belongs_on(row["day"], row["shelf"]),
        "digest": row["text_digest"] == digest,
        # One that moved to where another one was has none of its own any more.
        "address": row["status"] == Status.GONE or (row["article"], address_key(row["address"])) in keys,
    }
    wrong = [name for name, right in says.items() if not right]
    if not wrong:
        return None
    problem = f"the article's row has another {', '.join(wrong)} than its newest revision and its addresses"
    return Finding(what="article", where=where, problem=problem, mend=BACKUP)


# --- captures -----------------------------------------------------------------------------------------------------------


def captures(engine: Engine, depot: Depot, seen: int) -> Iterator[Finding | None]:
    """Every capture can be read, has its digest, and is of the address and moment of its row. In the order of files, so
    that each is read through once.
    """
    after = ("", -1)
    while True:
        with reading(engine) as connection:
            page = captured(connection, None, after, BATCH, seen=seen)
        if not page:
            return
        for capture in page:
            yield _capture(engine, depot, capture)
        after = (page[-1].file, page[-1].offset)


def _capture(engine: Engine, depot: Depot, capture: Capture) -> Finding | None:
    mend = "restore the file from a backup of the captures"
    try:
        problem = _otherwise(capture, read_capture(depot, capture))
    except (CaptureMissing, CaptureDamaged) as error:
        problem = str(error)
    else:
        mend = BACKUP
    if problem is None or not _is_named(engine, capture):  # else it was taken down while we looked
        return None
    return Finding(what="capture", where=f"{capture.file} at byte {capture.offset}", problem=problem, mend=mend)


def _otherwise(capture: Capture, record: Exchange) -> str | None:
    """What the record says of itself is what its row says of it."""
    said = {
        "address": (printable(capture.url), record.url),
        "moment": (capture.at, record.at),
        "status": (capture.status, record.status),
        "kind": ("revisit" if capture.original else "response", "revisit" if record.revisit else "response"),
    }
    for name, (row, own) in said.items():
        if row != own:
            return f"its {name} is {row} in its row and {own} in the record itself"
    return None


def _is_named(engine: Engine, capture: Capture) -> bool:
    asked = select(c.n).where(c.file == capture.file, c.start == capture.offset, c.digest == capture.digest)
    with reading(engine) as connection:
        return connection.execute(asked).first() is not None
