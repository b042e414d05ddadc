"""The archive room: the index of what is written in files, kept in the transaction of their texts.

Like the index of articles (`archive.index`): which file has which word, not where.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from archive import index
from archive.words import EVERY, listed

ROWS = 50  # read at once; a file's text may be long

_TEXTS = text("SELECT n, text FROM files WHERE n > :after AND text IS NOT NULL ORDER BY n LIMIT :size")


def add(connection: Connection, n: int, written: str | None) -> None:
    if written is not None:
        index.add_words(connection, index.FILES, [(n, _words(written))])


def drop(connection: Connection, n: int, written: str | None) -> None:
    """Take a text out again; it must be the very one that was added."""
    if written is not None:
        index.drop_words(connection, index.FILES, [(n, _words(written))])


def _words(written: str) -> str:
    return f"{listed(written)} {EVERY}"


def rebuild(connection: Connection) -> int:
    """Build the index anew; how many files are in it. Hold the write lock meanwhile."""
    index.empty(connection, index.FILES)
    count = 0
    for n, written in _texts(connection):
        add(connection, n, written)
        count += 1
    return count


def _texts(connection: Connection) -> Iterator[tuple[int, str]]:
    after = 0
    while rows := connection.execute(_TEXTS, {"after": after, "size": ROWS}).all():
        for row in rows:
            yield row.n, row.text
        after = rows[-1].n


def disagreements(connection: Connection, *, words: bool = True) -> Iterator[tuple[str, str]]:
    """(where, what is wrong) of the index against the files' texts; `words`: each of them is compared."""
    yield from index.strangers(connection, index.FILES, "SELECT n FROM files WHERE text IS NOT NULL")
    if words and index.holds_others(connection, index.FILES, (_words(written) for _, written in _texts(connection))):
        yield "the index of files", "the words in it are not those of the files' texts"
