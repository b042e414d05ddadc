"""The archive room: full-text search: the index, kept in the transaction of the text, and the queries on it.

SQLite has FTS5 (table `search`, rowid = the article's number), PostgreSQL a tsvector with a GIN index. Both hold the
very same words (`archive.words`), so that a query finds the same articles in both; only the ranks differ.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text

from archive.dialect import is_postgresql
from archive.errors import BadQuery
from archive.highlight import mark, snippet
from archive.memory import chunks
from archive.query import All, AnyOf, Node, Term, parse, terms
from archive.read import known_by_number
from archive.records import Hit
from archive.words import index_text

LIMIT_MAX = 1000  # hits in one answer
PLACES_MAX = 16_383  # of a tsvector: words further back are found, but not as a phrase

_ADD = text("INSERT INTO search (rowid, title, body) VALUES (:n, :title, :body)")
_DROP = text("INSERT INTO search (search, rowid, title, body) VALUES ('delete', :n, :title, :body)")
_PG_ADD = text("INSERT INTO search (article, words) VALUES (:n, CAST(:words AS tsvector))")
_PG_DROP = text("DELETE FROM search WHERE article = :n")

_EMPTY = "INSERT INTO search (search) VALUES ('delete-all')"
_TEXTS = text(
    "SELECT a.n, r.title, r.body FROM articles a JOIN revisions r ON r.n = a.newest "
    "WHERE a.n > :after AND a.status <> 'removed' ORDER BY a.n LIMIT :size"
)
REBUILD_ROWS = 500
FOUND_MAX = 500  # contradictions named one by one
HASH_BITS = 64

_DAY = re.compile(r"^\d{4}(-\d\d(-\d\d)?)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An article's number and what of it is searched."""

    n: int
    title: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text as the index takes it: words parted by blanks."""

    title: str
    body: str


def words(title: str | None, body: str) -> Words:
    return Words(index_text(title), index_text(body))


def add(connection: Connection, texts: Sequence[Text]) -> None:
    add_words(connection, [(t.n, words(t.title, t.body)) for t in texts])


def add_words(connection: Connection, texts: Sequence[tuple[int, Words]]) -> None:
    if not texts:
        return
    if is_postgresql(connection):
        connection.execute(_PG_ADD, [{"n": n, "words": _vector(held)} for n, held in texts])
    else:
        connection.execute(_ADD, [{"n": n, "title": held.title, "body": held.body} for n, held in texts])


def drop(connection: Connection, texts: Sequence[Text]) -> None:
    """Take texts out again; they must be the very ones that were added."""
    if not texts:
        return
    if is_postgresql(connection):
        connection.execute(_PG_DROP, [{"n": t.n} for t in texts])
        return
    held = [(t.n, words(t.title, t.body)) for t in texts]
    connection.execute(_DROP, [{"n": n, "title": one.title, "body": one.body} for n, one in held])


def rebuild(connection: Connection) -> int:
    """Build the index anew from the newest texts; how many articles are in it. Hold the write lock meanwhile."""
    connection.execute(text("DELETE FROM search" if is_postgresql(connection) else _EMPTY))
    count = after = 0
    while rows := connection.execute(_TEXTS, {"after": after, "size": REBUILD_ROWS}).all():
        add(connection, [Text(n=row.n, title=row.title, body=row.body) for row in rows])
        count, after = count + len(rows), rows[-1].n
    return count


def disagreements(connection: Connection) -> Iterator[tuple[str, str]]:
    """(where, what is wrong) of the index against the articles: every one is in it once, with the words of its newest
    text.
    """
    there = "SELECT article FROM search" if is_postgresql(connection) else "SELECT id FROM search_docsize"
    wanted = "SELECT n FROM articles WHERE status <> 'removed'"
    for problem, sql in (
        ("not in the search index", f"{wanted} EXCEPT {there}"),
        ("in the search index, but no article", f"{there} EXCEPT {wanted}"),
    ):
        for (n,) in connection.execute(text(f"{sql} LIMIT {FOUND_MAX}")):
            yield f"row {n}", problem
    if is_postgresql(connection):
        return
    try:
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_words USING fts5vocab(main, search, row)"
        )
        held = sum(
            _weigh(term, count) for term, count in connection.exec_driver_sql("SELECT term, cnt FROM temp.search_words")
        )
    finally:
        connection.exec_driver_sql("DROP TABLE IF EXISTS temp.search_words")
    told = sum(_weigh(word, 1) for part in _newest_texts(connection) for word in index_text(part).split())
    if (held - told) % (1 << HASH_BITS):
        yield "the whole index", "the words in the index are not those of the articles' newest texts"


def _newest_texts(connection: Connection) -> Iterator[str]:
    after = 0
    while rows := connection.execute(_TEXTS, {"after": after, "size": REBUILD_ROWS}).all():
        yield from (part for row in rows for part in (row.title, row.body) if part)
        after = rows[-1].n


def _weigh(word: str, count: int) -> int:
    """Sums of these are equal exactly when the same words stand the same number of times, but for a chance of 2^-64."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=HASH_BITS // 8).digest(), "big") * count


def _vector(held: Words) -> str:
    """A tsvector literal: words are letters and digits alone, nothing in them needs quoting beyond the quotes."""
    places: dict[str, list[str]] = {}
    at = 0
    for text_, weight in ((held.title, "A"), (held.body, "")):
        for word in text_.split():
            at += 1
            places.setdefault(word, []).append(f"{min(at, PLACES_MAX)}{weight}")
        at += 1  # no phrase reaches from the title into the body
    return " ".join(f"'{word}':{','.join(found)}" for word, found in places.items())


# --- asking -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Narrow a search. Days are ISO 8601, as precise as wanted ("2026", "2026-11"), both ends included."""

    source: str | None = None
    since: str | None = None
    until: str | None = None
    language: str | None = None


def search(connection: Connection, query: str, filters: Filters, *, limit: int, newest: bool = False) -> list[Hit]:
    """Raises BadQuery."""
    node = parse(query)
    where, values = _conditions(filters)
    values |= {"limit": max(0, min(limit, LIMIT_MAX))}
    if is_postgresql(connection):
        sql, values["query"] = _pg_statement(where, newest=newest), _tsquery(node)
    else:
        sql, values["query"] = _fts_statement(where, newest=newest), _match(node)
    found = [(int(n), float(score)) for n, score in connection.execute(text(sql), values)]
    known = known_by_number(connection, [n for n, _ in found])
    shown = list(terms(node))
    return [
        Hit(
            known=known[n],
            title=mark(known[n].article.title, shown),
            snippet=snippet(known[n].article.body, shown),
            score=score,
        )
        for n, score in found
    ]


def found_among(connection: Connection, query: str, ids: Sequence[str]) -> set[str]:
    """Those of these articles that the query finds. Raises BadQuery."""
    node = parse(query)
    if is_postgresql(connection):
        row, match, asked = "article", "search.words @@ CAST(:query AS tsquery)", _tsquery(node)
    else:
        row, match, asked = "rowid", "search MATCH :query", _match(node)
    statement = text(
        f"SELECT a.id FROM articles a WHERE a.id IN :ids AND a.n IN (SELECT search.{row} FROM search WHERE {match} "  # noqa: S608
        f"AND search.{row} IN (SELECT n FROM articles WHERE id IN :ids))"
    ).bindparams(bindparam("ids", expanding=True))
    found: set[str] = set()
    for chunk in chunks(ids):
        found |= {str(one) for one in connection.execute(statement, {"ids": chunk, "query": asked}).scalars()}
    return found


def _conditions(filters: Filters) -> tuple[str, dict[str, Any]]:
    where, values = "", {}
    if filters.source is not None:
        where += " AND articles.source = :source"
        values["source"] = filters.source
    if filters.language is not None:
        # "zh" asks for zh-CN as well.
        where += " AND (articles.language = :language OR articles.language LIKE :variant)"
        values |= {"language": filters.language, "variant": f"{filters.language.rstrip('%_')}-%"}
    if filters.since is not None:
        where += " AND articles.day >= :since"
        values["since"] = _day(filters.since, "since")
    if filters.until is not None:
        where += " AND articles.day <= :until"
        values["until"] = _day(filters.until, "until") + "~"
    return where, values


def _day(value: str, name: str) -> str:
    if not _DAY.match(value):
        raise BadQuery(f"{name} is {value!r}: write a day, month or year like 2026-11-05, 2026-11 or 2026")
    return value


# Without a filter the index alone answers; the join would read a row an article for nothing.
_JOIN = " JOIN articles ON articles.n = search.rowid"


def _fts_statement(where: str, *, newest: bool) -> str:
    order = "search.rowid DESC" if newest else "search.rank"
    join = _JOIN if where else ""
    return f"SELECT search.rowid, -search.rank FROM search{join} WHERE search MATCH :query{where} ORDER BY {order} LIMIT :limit"  # noqa: S608


def _pg_statement(where: str, *, newest: bool) -> str:
    score = "ts_rank_cd(search.words, CAST(:query AS tsquery))"
    order = "search.article DESC" if newest else "2 DESC, search.article"
    join = _JOIN.replace("search.rowid", "search.article") if where else ""
    return (
        f"SELECT search.article, {score} FROM search{join} WHERE search.words @@ CAST(:query AS tsquery){where} "  # noqa: S608
        f"ORDER BY {order} LIMIT :limit"
    )


def _match(node: Node) -> str:
    """As FTS5 reads it. Every part is quoted or in parentheses, so that nothing in it can be an operator."""
    if isinstance(node, Term):
        return f'"{" ".join(node.words)}"' + (" *" if node.prefix else "")
    if isinstance(node, AnyOf):
        return "(" + " OR ".join(map(_match, node.parts)) + ")"
    wanted = "(" + " AND ".join(map(_match, node.parts)) + ")"
    return f"({wanted} NOT ({' OR '.join(map(_match, node.without))}))" if node.without else wanted


def _tsquery(node: Node) -> str:
    if isinstance(node, Term):
        words = [f"'{word}'" for word in node.words]
        if node.prefix:
            words[-1] += ":*"
        return "(" + " <-> ".join(words) + ")"
    if isinstance(node, AnyOf):
        return "(" + " | ".join(map(_tsquery, node.parts)) + ")"
    assert isinstance(node, All)
    return "(" + " & ".join([*map(_tsquery, node.parts), *("!" + _tsquery(part) for part in node.without)]) + ")"
