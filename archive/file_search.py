"""The archive room: what a query finds in attachments, for articles that do not say it themselves.

The index (`archive.file_index`) says which files have all words of a query; of the newest FILES_WEIGHED of those the
texts are read, as far as CHARS_READ reach: there it is seen whether the words stand as the query wants them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from archive.dialect import listing
from archive.dialect.queries import written
from archive.filters import Filters
from archive.index import FILES, matching
from archive.query import Node, terms
from archive.ranking import Page, holds, page, scores

FILES_WEIGHED = 200  # texts read for one answer
CHARS_READ = 20_000_000  # of all of them together


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHit:
    """An article with an attachment that has what a query asks for."""

    shelf: int
    article: int  #: articles.n
    url: str  #: of the attachment
    text: str
    score: float


def search_files(connection: Connection, node: Node, filters: Filters, limit: int) -> list[FileHit]:
    """Of each article the best attachment, in no order; of many articles those of the best files. Raises BadQuery."""
    texts = _texts(connection, matching(connection, FILES, written(connection, node), FILES_WEIGHED)) if limit else {}
    pages: dict[int, Page] = {}
    for n, written_there in texts.items():
        folded = page(n, n, None, written_there)
        if holds(node, folded):
            pages[n] = folded
    if not pages:
        return []
    ranked = dict(zip(pages, scores(list(terms(node)), list(pages.values())), strict=True))
    join, where, values = filters.sql()
    first, last = filters.shelves()
    listed, value = listing(connection, list(pages))
    if filters.source is not None:
        where += " AND articles.source = :source"
        values["source"] = filters.source
    statement = text(
        f"SELECT articles.shelf, articles.n, file_links.url, file_links.file FROM {listed} AS found "  # noqa: S608
        f"JOIN file_links ON file_links.file = found.value JOIN articles ON articles.n = file_links.article {join} "
        f"WHERE articles.shelf BETWEEN :first AND :last{where}"
    )
    hits: dict[int, FileHit] = {}
    for row in connection.execute(statement, {**values, "listed": value, "first": first, "last": last}):
        hit = FileHit(shelf=row.shelf, article=row.n, url=row.url, text=texts[row.file], score=ranked[row.file])
        if row.n not in hits or hits[row.n].score < hit.score:
            hits[row.n] = hit
    return list(hits.values())


def _texts(connection: Connection, numbers: list[int]) -> dict[int, str]:
    """What is written in these files, the first of them, as far as the bound reaches."""
    if not numbers:
        return {}
    listed, value = listing(connection, numbers)
    sizes = text(f"SELECT n, length(text) AS size FROM files WHERE n IN (SELECT value FROM {listed} AS wanted)")  # noqa: S608
    size = {row.n: row.size for row in connection.execute(sizes, {"listed": value})}
    chosen, left = [], CHARS_READ
    for n in numbers:
        left -= size.get(n, 0)
        if left < 0:
            break
        chosen.append(n)
    listed, value = listing(connection, chosen)
    rows = text(f"SELECT n, text FROM files WHERE n IN (SELECT value FROM {listed} AS wanted)")  # noqa: S608
    return {row.n: row.text for row in connection.execute(rows, {"listed": value})}
