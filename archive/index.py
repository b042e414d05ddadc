"""The archive room: the search index: which articles have which words, kept in the transaction of their texts.

SQLite has FTS5 (table `search`, rowid = the article's shelf), PostgreSQL a tsvector with a GIN index. Both hold the very
same words (`archive.words`). Asking is in `archive.search`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from archive.dialect import is_postgresql
from archive.words import EVERY, entries

REBUILD_ROWS = 500
FOUND_MAX = 500  # contradictions named one by one
HASH_BITS = 64

_ADD = "INSERT INTO search (rowid, words) VALUES (?, ?)"
_DROP = "INSERT INTO search (search, rowid, words) VALUES ('delete', ?, ?)"
_PG_ADD = "INSERT INTO search (shelf, words) VALUES (%s, array_to_tsvector(%s))"
_PG_DROP = "DELETE FROM search WHERE shelf = %s"
_EMPTY = "INSERT INTO search (search) VALUES ('delete-all')"
_TEXTS = text(
    "SELECT a.shelf, a.source, r.title, r.body FROM articles a JOIN revisions r ON r.n = a.newest "
    "WHERE a.shelf > :after AND a.status <> 'removed' ORDER BY a.shelf LIMIT :size"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An article's shelf and what of it is searched."""

    shelf: int
    source: str
    title: str | None
    body: str


Entry = tuple[int, list[str]]  # a shelf and what stands on it: `archive.words.entries`


def add(connection: Connection, added: Sequence[Entry]) -> None:
    if not added:
        return
    # In order: FTS5 begins a new segment whenever a number is smaller than the one before.
    ordered = sorted(added, key=lambda entry: entry[0])
    if is_postgresql(connection):
        connection.exec_driver_sql(_PG_ADD, ordered)
    else:
        connection.exec_driver_sql(_ADD, [(shelf, " ".join(words)) for shelf, words in ordered])


def drop(connection: Connection, texts: Sequence[Text]) -> None:
    """Take texts out again; they must be the very ones that were added."""
    if not texts:
        return
    if is_postgresql(connection):
        connection.exec_driver_sql(_PG_DROP, [(t.shelf,) for t in texts])
    else:
        rows: list[tuple[Any, ...]] = [(t.shelf, " ".join(entries(t.source, t.title, t.body))) for t in texts]
        connection.exec_driver_sql(_DROP, rows)


def rebuild(connection: Connection) -> int:
    """Build the index anew from the newest texts; how many articles are in it. Hold the write lock meanwhile."""
    connection.exec_driver_sql("DELETE FROM search" if is_postgresql(connection) else _EMPTY)
    count = 0
    for chunk in _newest_texts(connection):
        add(connection, [(t.shelf, entries(t.source, t.title, t.body)) for t in chunk])
        count += len(chunk)
    return count


def _newest_texts(connection: Connection) -> Iterator[list[Text]]:
    after = 0
    while rows := connection.execute(_TEXTS, {"after": after, "size": REBUILD_ROWS}).mappings().all():
        yield [Text(**row) for row in rows]
        after = rows[-1]["shelf"]


# --- does it say what the articles say? -------------------------------------------------------------------------------


def disagreements(connection: Connection) -> Iterator[tuple[str, str]]:
    """(where, what is wrong) of the index against the articles: every one is in it once, with the words of its newest
    text.
    """
    there = (
        "SELECT shelf FROM search"
        if is_postgresql(connection)
        else "SELECT rowid FROM search WHERE search MATCH :every"
    )
    wanted = "SELECT shelf FROM articles WHERE status <> 'removed'"
    for problem, sql in (
        ("not in the search index", f"{wanted} EXCEPT {there}"),
        ("in the search index, but no article", f"{there} EXCEPT {wanted}"),
    ):
        for (shelf,) in connection.execute(text(f"{sql} LIMIT {FOUND_MAX}"), {"every": f'"{EVERY}"'}):
            yield f"shelf {shelf}", problem
    if is_postgresql(connection):
        return
    try:
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_words USING fts5vocab(main, search, row)"
        )
        held = sum(
            _weigh(term, count) for term, count in connection.exec_driver_sql("SELECT term, doc FROM temp.search_words")
        )
    finally:
        connection.exec_driver_sql("DROP TABLE IF EXISTS temp.search_words")
    texts = (t for chunk in _newest_texts(connection) for t in chunk)
    told = sum(_weigh(word, 1) for t in texts for word in entries(t.source, t.title, t.body))
    if (held - told) % (1 << HASH_BITS):
        yield "the whole index", "the words in the index are not those of the articles' newest texts"


def _weigh(word: str, count: int) -> int:
    """Sums of these are equal exactly when the same words stand in as many articles, but for a chance of 2^-64."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=HASH_BITS // 8).digest(), "big") * count
