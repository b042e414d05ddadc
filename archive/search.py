"""The archive room: full-text search: the index, kept in the transaction of the text, and the queries on it.

SQLite has FTS5 (table `search`, rowid = the article's number), PostgreSQL a tsvector with a GIN index. Both hold the
very same words (`archive.words`), so that a query finds the same articles in both; only the ranks differ.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, text

from archive.dialect import is_postgresql
from archive.errors import BadQuery
from archive.filters import OF_REVISION, Filters
from archive.highlight import mark, snippet
from archive.memory import chunks
from archive.query import All, AnyOf, Node, Term, parse, terms
from archive.read import known_by_number
from archive.records import Facet, Hit
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query in the language of the database it goes to."""

    query: str
    row: str  #: number of the article
    match: str
    score: str  #: larger is better
    best: str  #: the order of what is best first


def _asked(connection: Connection, node: Node) -> _Asked:
    if is_postgresql(connection):
        score = "ts_rank_cd(search.words, CAST(:query AS tsquery))"
        match = "search.words @@ CAST(:query AS tsquery)"
        return _Asked(_tsquery(node), "search.article", match, score, "2 DESC, search.article")
    return _Asked(_match(node), "search.rowid", "search MATCH :query", "-search.rank", "search.rank")


def search(connection: Connection, query: str, filters: Filters, *, limit: int, newest: bool = False) -> list[Hit]:
    """Raises BadQuery."""
    node = parse(query)
    asked = _asked(connection, node)
    join, where, values = filters.sql()
    # Without a filter the index alone answers; the join would read a row an article for nothing.
    join = f"JOIN articles ON articles.n = {asked.row} {join}" if where else ""
    order = f"{asked.row} DESC" if newest else asked.best
    statement = (
        f"SELECT {asked.row}, {asked.score} FROM search {join} WHERE {asked.match}{where} ORDER BY {order} LIMIT :limit"  # noqa: S608
    )
    values |= {"query": asked.query, "limit": max(0, min(limit, LIMIT_MAX))}
    found = [(int(n), float(score)) for n, score in connection.execute(text(statement), values)]
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
    asked = _asked(connection, parse(query))
    statement = text(
        f"SELECT a.id FROM articles a WHERE a.id IN :ids AND a.n IN (SELECT {asked.row} FROM search WHERE {asked.match} "  # noqa: S608
        f"AND {asked.row} IN (SELECT n FROM articles WHERE id IN :ids))"
    ).bindparams(bindparam("ids", expanding=True))
    found: set[str] = set()
    for chunk in chunks(ids):
        found |= {str(one) for one in connection.execute(statement, {"ids": chunk, "query": asked.query}).scalars()}
    return found


# --- counting ---------------------------------------------------------------------------------------------------------

FACET_VALUES_MAX = 100  # of one facet
FACETS = ("source", "year", "language")  # those that everybody wants
_FACETS = {
    "source": "articles.source",
    "year": "substr(articles.day, 1, 4)",
    "language": "articles.language",
    "kind": "articles.kind",
    "section": "revisions.section",
}


def facets(connection: Connection, query: str, filters: Filters, names: Sequence[str]) -> dict[str, list[Facet]]:
    """How many of all that a query finds fall to each value, the most frequent first. Raises BadQuery."""
    if unknown := [name for name in names if name not in _FACETS]:
        raise BadQuery(f"there is no facet {unknown[0]!r}: facets are {', '.join(_FACETS)}")
    asked = _asked(connection, parse(query))
    join, where, values = filters.sql()
    if "section" in names and not join:
        join = OF_REVISION
    columns = ", ".join(f"{_FACETS[name]} AS {name}" for name in names)
    groups = [f"SELECT '{name}', {name}, count(*) FROM hits GROUP BY {name}" for name in names]  # noqa: S608
    statement = (
        f"WITH hits AS MATERIALIZED (SELECT {columns} FROM search JOIN articles ON articles.n = {asked.row} {join} "  # noqa: S608
        f"WHERE {asked.match}{where}) {' UNION ALL '.join(groups)}"
    )
    counted: dict[str, Counter[str | None]] = {name: Counter() for name in names}
    if names:
        for name, value, count in connection.execute(text(statement), values | {"query": asked.query}):
            # The filter "zh" finds zh-CN as well: so does the facet.
            counted[name][value.partition("-")[0].lower() if value and name == "language" else value] += count
    return {name: _most_frequent(counts) for name, counts in counted.items()}


def _most_frequent(counts: Counter[str | None]) -> list[Facet]:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    return [Facet(value=value, count=count) for value, count in ordered[:FACET_VALUES_MAX]]


# --- the languages of the two -----------------------------------------------------------------------------------------


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
