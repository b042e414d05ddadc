"""The archive room: the search index: which articles have which words, kept in the transaction of their texts.

SQLite has FTS5 (table `search`, rowid = the article's shelf), PostgreSQL a tsvector with a GIN index. Both hold the very
same words (`archive.words`). Asking is in `archive.search`.
"""
# ruff: noqa: S608  (the names are those of two tables; values are parameters)

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from archive.dialect import is_postgresql
from archive.words import EVERY, entries

REBUILD_ROWS = 500
FOUND_MAX = 500  # contradictions named one by one
HASH_BITS = 64

ARTICLES, FILES = (
    ("search", "shelf"),
    ("search_files", "file"),
)  # the two indexes, and what PostgreSQL's rows are called

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


Entry = tuple[int, str]  # a shelf and what stands on it: `archive.words.entries`


def add(connection: Connection, added: Sequence[Entry]) -> None:
    add_words(connection, ARTICLES, added)


def drop(connection: Connection, texts: Sequence[Text]) -> None:
    """Take texts out again; they must be the very ones that were added."""
    drop_words(connection, ARTICLES, [(t.shelf, entries(t.source, t.title, t.body)) for t in texts])


def rebuild(connection: Connection) -> int:
    """Build the index anew from the newest texts; how many articles are in it. Hold the write lock meanwhile."""
    empty(connection, ARTICLES)
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


def disagreements(
    connection: Connection, *, words: bool = True, tick: Callable[[], None] = lambda: None
) -> Iterator[tuple[str, str]]:
    """(where, what is wrong) of the index against the articles: every one is in it once, and where `words` are compared,
    with those of its newest text; `tick` is called after each of these.
    """
    wanted = "SELECT shelf FROM articles WHERE status <> 'removed'"
    yield from strangers(connection, ARTICLES, wanted)
    if words and holds_others(connection, ARTICLES, _newest_entries(connection, tick)):
        yield "the whole index", "the words in the index are not those of the articles' newest texts"


def _newest_entries(connection: Connection, tick: Callable[[], None]) -> Iterator[str]:
    for chunk in _newest_texts(connection):
        for t in chunk:
            yield entries(t.source, t.title, t.body)
            tick()


def _weigh(word: str, count: int = 1) -> int:
    """Sums of these are equal exactly when the same words stand in as many articles, but for a chance of 2^-64."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=HASH_BITS // 8).digest(), "big") * count


# --- the same for every index: where the two databases differ ----------------------------------------------------------

Index = tuple[str, str]


def add_words(connection: Connection, index: Index, added: Sequence[Entry]) -> None:
    name, key = index
    # In order: FTS5 begins a new segment whenever a number is smaller than the one before.
    ordered = sorted(added, key=lambda entry: entry[0])
    if not ordered:
        return
    if is_postgresql(connection):
        connection.exec_driver_sql(
            f"INSERT INTO {name} ({key}, words) SELECT n, array_to_tsvector(string_to_array(words, ' ')) "
            "FROM unnest(%s::bigint[], %s::text[]) AS added(n, words)",
            ([n for n, _ in ordered], [words for _, words in ordered]),
        )
    else:
        connection.exec_driver_sql(f"INSERT INTO {name} (rowid, words) VALUES (?, ?)", ordered)


def drop_words(connection: Connection, index: Index, dropped: Sequence[Entry]) -> None:
    """They must be the very words that were added."""
    name, key = index
    if not dropped:
        return
    if is_postgresql(connection):
        connection.exec_driver_sql(f"DELETE FROM {name} WHERE {key} = %s", [(n,) for n, _ in dropped])
    else:
        connection.exec_driver_sql(f"INSERT INTO {name} ({name}, rowid, words) VALUES ('delete', ?, ?)", list(dropped))


def empty(connection: Connection, index: Index) -> None:
    name, _ = index
    fts = f"INSERT INTO {name} ({name}) VALUES ('delete-all')"
    connection.exec_driver_sql(f"DELETE FROM {name}" if is_postgresql(connection) else fts)


def matching(connection: Connection, index: Index, query: str, size: int) -> list[int]:
    """The last of those that have what the query (`archive.dialect.queries`) names, backwards."""
    row = index[1] if is_postgresql(connection) else "rowid"
    table, match = having_words(connection, index)
    statement = text(f"SELECT {row} FROM {table} WHERE {match} ORDER BY {row} DESC LIMIT :size")
    return [int(n) for n in connection.execute(statement, {"query": query, "size": size}).scalars()]


def having_words(connection: Connection, index: Index) -> tuple[str, str]:
    """The rows that have what `:query` names: of which table to select them, and what must hold of those."""
    name, key = index
    if not is_postgresql(connection):
        return name, f"{name} MATCH :query"
    # PostgreSQL takes reading the words of a row for as cheap as reading its number, so it would walk through all rows in
    # their order, or all of a range, and read the words of each. By itself it asks the index of words alone.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    found = f"SELECT {key} FROM {name} WHERE words @@ CAST(:query AS tsquery)"
    return f"(WITH found AS MATERIALIZED ({found}) SELECT {key} FROM found) AS {name}", "TRUE"


def strangers(connection: Connection, index: Index, wanted: str) -> Iterator[tuple[str, str]]:
    """(where, what is wrong) of the rows of an index against those that are `wanted`, as SQL says it."""
    name, key = index
    there = f"SELECT {key} FROM {name}"
    if not is_postgresql(connection):
        there = f"SELECT rowid FROM {name} WHERE {name} MATCH :every"
    for problem, sql in (
        ("not in the search index", f"{wanted} EXCEPT {there}"),
        ("in the search index, but no text", f"{there} EXCEPT {wanted}"),
    ):
        for (n,) in connection.execute(text(f"{sql} LIMIT {FOUND_MAX}"), {"every": f'"{EVERY}"'}):
            yield f"{key} {n}", problem


def holds_others(connection: Connection, index: Index, told: Iterable[str]) -> bool:
    """Whether an index holds other words than it was told."""
    if is_postgresql(connection):
        rows = connection.exec_driver_sql(f"SELECT word, ndoc FROM ts_stat('SELECT words FROM {index[0]}')")
        held = sum(_weigh(term, count) for term, count in rows)
    else:
        try:
            connection.exec_driver_sql(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_words USING fts5vocab(main, {index[0]}, row)"
            )
            rows = connection.exec_driver_sql("SELECT term, doc FROM temp.search_words")
            held = sum(_weigh(term, count) for term, count in rows)
        finally:
            connection.exec_driver_sql("DROP TABLE IF EXISTS temp.search_words")
    return bool((held - sum(_weigh(word) for words in told for word in words.split())) % (1 << HASH_BITS))
