"""The archive room: full-text search: what a query finds, best or newest first.

The index (`archive.index`) says which articles have all words of a query, in the order of their days; the texts of those
say whether the words stand as the query wants them, and how good a hit each is. So a query costs what it reads, and it
reads little:

- newest first, it stops as soon as it has found enough;
- best first, it weighs WEIGHED texts: all hits where there are no more; else those with the words in their titles, and
  beside them the newest;
- a phrase is looked for in the newest LOOKED_AT texts that have all of its words; best first, in LOOKED_ENOUGH of them
  where that fills the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, text

from archive.dialect import is_postgresql, listing, rows_among
from archive.dialect.queries import Writer
from archive.errors import BadQuery
from archive.file_search import FileHit, search_files
from archive.filters import OF_REVISION, Filters
from archive.highlight import mark, snippet
from archive.index import ARTICLES, having_words
from archive.memory import chunks
from archive.query import AnyOf, Node, Term, exact, parse, terms
from archive.ranking import Page, holds, page, scores
from archive.read import known_by_number
from archive.records import Facet, Hit
from archive.words import IN_TITLE, of_source

LIMIT_MAX = 1000  # hits in one answer
WEIGHED = 600  # texts whose words are counted for one answer, or as many as it has hits
LOOKED_AT = 20_000  # texts read for one answer
LOOKED_ENOUGH = 2000  # texts read for one answer that is full
TEXTS_AT_ONCE = 64  # at first; then ever more

_READ = (
    "SELECT articles.shelf, articles.n, revisions.title, revisions.body FROM articles "
    "JOIN revisions ON revisions.n = articles.newest WHERE articles.shelf IN (SELECT value FROM {listed} AS wanted)"
)


def search(connection: Connection, query: str, filters: Filters, *, limit: int, newest: bool = False) -> list[Hit]:
    """Raises BadQuery."""
    node = parse(query)
    asked = _Asked(connection, node, filters)
    limit = max(0, min(limit, LIMIT_MAX))
    found = asked.newest(limit) if newest else asked.best(limit)
    own = {text.n for text, _ in found}
    in_files = [hit for hit in search_files(connection, node, filters, limit) if hit.article not in own]
    if not in_files:
        return _hits(connection, asked.terms, found, {})
    # An article that is found in an attachment alone stands among the others by the same rule.
    pages = [*found, *((Page(hit.shelf, hit.article, "", ""), hit.score) for hit in in_files)]
    pages.sort(key=lambda pair: (0.0 if newest else -pair[1], -pair[0].shelf))
    return _hits(connection, asked.terms, pages[:limit], {hit.article: hit for hit in in_files})


def _hits(
    connection: Connection, shown: list[Term], found: list[tuple[Page, float]], in_files: dict[int, FileHit]
) -> list[Hit]:
    known = known_by_number(connection, [one.n for one, _ in found])
    hits = []
    for one, score in found:
        article, there = known[one.n].article, in_files.get(one.n)
        hits.append(
            Hit(
                known=known[one.n],
                title=mark(article.title, shown),
                snippet=snippet(there.text if there else article.body, shown),
                score=score,
                attachment=there.url if there else None,
            )
        )
    return hits


def found_among(connection: Connection, query: str, ids: Sequence[str]) -> set[str]:
    """Those of these articles that the query finds. Raises BadQuery."""
    asked = _Asked(connection, parse(query), Filters())
    statement = text(
        f"SELECT id, shelf FROM articles WHERE id IN :ids AND shelf IN (SELECT {asked.row} FROM search "  # noqa: S608
        f"WHERE {asked.match} AND {asked.row} IN (SELECT shelf FROM articles WHERE id IN :ids))"
    ).bindparams(bindparam("ids", expanding=True))
    found: set[str] = set()
    for chunk in chunks(ids):
        shelves = {shelf: str(one) for one, shelf in connection.execute(statement, {"ids": chunk, **asked.values})}
        found |= {shelves[shelf] for shelf in asked.verified(list(shelves))}
    return found


class _Asked:
    """A query in the language of the database it goes to."""

    def __init__(self, connection: Connection, node: Node, filters: Filters) -> None:
        self._connection = connection
        self._node = node
        self._exact = exact(node)
        self._first, self._last = filters.shelves()
        self._join, self._where, values = filters.sql()
        self.terms = list(terms(node))
        self.row = "search.shelf" if is_postgresql(connection) else "search.rowid"
        self.match = "search.words @@ CAST(:query AS tsquery)" if is_postgresql(connection) else "search MATCH :query"
        self._table, self._match = having_words(connection, ARTICLES)
        self._source = filters.source
        self._written = Writer(connection, vocabulary=True).written
        self._query = self._of_source(self._written(node))
        self.values = {**values, "query": self._query, "first": self._first, "last": self._last}

    # --- the index ----------------------------------------------------------------------------------------------------

    @property
    def hits(self) -> str:
        """SQL that goes on after SELECT …: every article that has the words of the query and what the filters want."""
        # Without a filter on other columns the index alone answers; the join would read a row an article for nothing.
        join = f"JOIN articles ON articles.shelf = {self.row} {self._join}" if self._where else ""
        return f"FROM {self._table} {join} WHERE {self._match} AND {self.row} BETWEEN :first AND :last{self._where}"

    def _of_source(self, query: str) -> str:
        if self._source is None:
            return query
        return self._both(query, self._written(Term((of_source(self._source),), False, True, "", False)))

    def _both(self, one: str, other: str) -> str:
        return f"({one} & {other})" if is_postgresql(self._connection) else f"({one} AND {other})"

    def _shelves(self, query: str, last: int, size: int) -> list[int]:
        """The newest of those that have the words of a query, not newer than `last`."""
        statement = f"SELECT {self.row} {self.hits} ORDER BY {self.row} DESC LIMIT :size"
        values = {**self.values, "query": query, "last": last, "size": size}
        return [int(shelf) for shelf in self._connection.execute(text(statement), values).scalars()]

    # --- the texts ----------------------------------------------------------------------------------------------------

    def _texts(self, shelves: Iterable[int]) -> list[Page]:
        wanted = list(shelves)
        texts = {row[0]: page(*row) for row in rows_among(self._connection, _READ, wanted)}
        return [texts[shelf] for shelf in wanted if shelf in texts]

    def _holding(self, shelves: Sequence[int]) -> list[Page]:
        return [text for text in self._texts(shelves) if self._exact or holds(self._node, text)]

    def verified(self, shelves: Sequence[int]) -> list[int]:
        """Those of these that have what the query asks for, and not only its words."""
        return list(shelves) if self._exact else [text.shelf for text in self._holding(shelves)]

    def _stream(self, size: int) -> Iterator[list[int]]:
        """All hits, as far as the index knows, newest first."""
        last = self._last
        while got := self._shelves(self._query, last, size):
            yield got
            if len(got) < size:
                return
            last, size = got[-1] - 1, min(2 * size, WEIGHED)

    def counted(self, join: str) -> tuple[str, dict[str, Any]]:
        """SQL that goes on after SELECT …, and its values: all hits, joined with what is counted of them."""
        join = self._join or join
        if not self._exact:
            found: list[int] = []
            looked_at = 0
            for shelves in self._stream(WEIGHED):
                found += self.verified(shelves)
                looked_at += len(shelves)
                if looked_at >= LOOKED_AT:
                    break
            else:
                listed, value = listing(self._connection, found)
                return f"FROM {listed} AS hit JOIN articles ON articles.shelf = hit.value {join}", {"listed": value}
        joined = f"FROM {self._table} JOIN articles ON articles.shelf = {self.row} {join}"
        return f"{joined} WHERE {self._match} AND {self.row} BETWEEN :first AND :last{self._where}", self.values

    # --- answers ------------------------------------------------------------------------------------------------------

    def newest(self, limit: int, *, enough: int = LIMIT_MAX) -> list[tuple[Page, float]]:
        """`enough`: of so many, more are only looked for where few texts were read."""
        found: list[Page] = []
        looked_at = 0
        if limit:
            for shelves in self._stream(limit if self._exact else max(limit, TEXTS_AT_ONCE)):
                found += self._holding(shelves)
                looked_at += len(shelves)
                if len(found) >= limit or looked_at >= (LOOKED_ENOUGH if len(found) >= enough else LOOKED_AT):
                    break
        return list(zip(found[:limit], scores(self.terms, found[:limit]), strict=True))

    def best(self, limit: int) -> list[tuple[Page, float]]:
        weighed = max(WEIGHED, limit)
        shelves = self._shelves(self._query, self._last, weighed + 1)
        if len(shelves) > weighed:
            shelves = self._promising(shelves[:weighed], weighed)
            found = self._holding(shelves)
            if len(found) < limit:
                found += [text for text, _ in self.newest(weighed, enough=limit) if text.shelf not in set(shelves)]
        else:
            found = self._holding(shelves)
        ranked = zip(found, scores(self.terms, found), strict=True)
        return sorted(ranked, key=lambda pair: (-pair[1], -pair[0].shelf))[:limit]

    def _promising(self, newest: list[int], size: int) -> list[int]:
        """Of many hits those worth weighing: with every term in the title, with one of them, of each alternative."""
        titled = self._written(self._node, IN_TITLE)
        if isinstance(self._node, Term):
            queries = [self._of_source(titled)]  # what a title has, its article has
        else:
            in_title = self._written(AnyOf(tuple(self.terms)), IN_TITLE)
            queries = [self._both(self._query, titled), self._both(self._query, in_title)]
        if isinstance(self._node, AnyOf):
            queries += [self._both(self._query, self._written(part)) for part in self._node.parts]
        share = size // (len(queries) + 1)
        found = dict.fromkeys(shelf for query in queries for shelf in self._shelves(query, self._last, share))
        return list(dict.fromkeys([*found, *newest]))[:size]


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
    """How many of all that a query finds fall to each value, the most frequent first. Of a phrase with more than
    LOOKED_AT hits, those are counted that have its words. Raises BadQuery.
    """
    if unknown := [name for name in names if name not in _FACETS]:
        raise BadQuery(f"there is no facet {unknown[0]!r}: facets are {', '.join(_FACETS)}")
    asked = _Asked(connection, parse(query), filters)
    hits, values = asked.counted(OF_REVISION if "section" in names else "")
    columns = ", ".join(f"{_FACETS[name]} AS {name}" for name in names)
    groups = [f"SELECT '{name}', {name}, count(*) FROM hits GROUP BY {name}" for name in names]  # noqa: S608
    statement = f"WITH hits AS MATERIALIZED (SELECT {columns} {hits}) {' UNION ALL '.join(groups)}"
    counted: dict[str, Counter[str | None]] = {name: Counter() for name in names}
    if names:
        for name, value, count in connection.execute(text(statement), values):
            # The filter "zh" finds zh-CN as well: so does the facet.
            counted[name][value.partition("-")[0].lower() if value and name == "language" else value] += count
    return {name: _most_frequent(counts) for name, counts in counted.items()}


def _most_frequent(counts: Counter[str | None]) -> list[Facet]:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    return [Facet(value=value, count=count) for value, count in ordered[:FACET_VALUES_MAX]]
