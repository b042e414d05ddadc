"""The archive room, differences: a query as each of the two reads it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from archive.query import All, AnyOf, Node, Term, exact

# FTS5 finds the head of a word by merging whatever all its words are in, before it says the first. One word OR the other
# it finds as it goes; so a head is written as the words that begin with it, where they are not too many.
EXPANDED_MAX = 1024  # words of one query; each holds a few pages of the index open, 40 MB if all of them are used
_VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_of_search USING fts5vocab(main, search, instance)"
# From each word to the next one, past all that has it: no word holds U+0001.
_BEGINNING = """
    WITH RECURSIVE found(word) AS (
        SELECT (SELECT term FROM temp.words_of_search WHERE term >= ?1 LIMIT 1)
        UNION ALL
        SELECT (SELECT term FROM temp.words_of_search WHERE term >= found.word || char(1) LIMIT 1)
        FROM found WHERE found.word < ?2
    )
    SELECT word FROM found WHERE word < ?2 LIMIT ?3
"""


def written(connection: Connection, node: Node) -> str:
    """What to match for this query."""
    return Writer(connection, vocabulary=False).written(node)


class Writer:
    """Writes what one answer asks of an index. `vocabulary`: that of the articles, whose words may be listed."""

    def __init__(self, connection: Connection, *, vocabulary: bool) -> None:
        self._postgresql = connection.dialect.name == "postgresql"
        self._match = _Match(connection if vocabulary else None)

    def written(self, node: Node, mark: str = "") -> str:
        """What to match for this query; `mark` before each word, where only marked words count."""
        return _tsquery(node, mark) if self._postgresql else self._match.written(node, mark)


class _Match:
    """As FTS5 reads it. Every part is quoted or in parentheses, so that nothing in it can be an operator."""

    def __init__(self, vocabulary: Connection | None) -> None:
        self._vocabulary = vocabulary
        self._left = EXPANDED_MAX
        self._begun: dict[str, list[str]] = {}

    def written(self, node: Node, mark: str) -> str:
        if isinstance(node, Term):
            words = [f'"{mark}{word}"' for word in node.words]
            if node.prefix:
                words[-1] = self._beginning(node.words[-1], mark)
            return f"({' AND '.join(words)})"
        if isinstance(node, AnyOf):
            return self._one_of(node.parts, mark)
        wanted = "(" + " AND ".join(self.written(part, mark) for part in node.parts) + ")"
        without = [part for part in node.without if exact(part)]
        return f"({wanted} NOT {self._one_of(without, '')})" if without else wanted

    def _one_of(self, parts: Iterable[Node], mark: str) -> str:
        return "(" + " OR ".join(self.written(part, mark) for part in parts) + ")"

    def _beginning(self, head: str, mark: str) -> str:
        found = self._words(head)
        if not found:
            return f'"{mark}{head}" *'
        return "(" + " OR ".join(f'"{mark}{word}"' for word in found) + ")"

    def _words(self, head: str) -> list[str]:
        """Those that begin so, marked or not: what a title has, its article has, but for a character that ends a run there
        and begins one elsewhere. None where they are too many.
        """
        if self._vocabulary is None:
            return []
        if head not in self._begun:
            self._vocabulary.exec_driver_sql(_VOCABULARY)
            values = (head, f"{head}\U0010ffff", self._left + 1)
            found = [word for (word,) in self._vocabulary.exec_driver_sql(_BEGINNING, values)]
            self._begun[head] = list(dict.fromkeys([head, *found])) if 0 < len(found) <= self._left else []
            self._left -= len(found) if self._begun[head] else 0
        return self._begun[head]


def _tsquery(node: Node, mark: str) -> str:
    if isinstance(node, Term):
        return "(" + " & ".join(f"'{mark}{word}'" for word in node.words) + (":*)" if node.prefix else ")")
    if isinstance(node, AnyOf):
        return "(" + " | ".join(_tsquery(part, mark) for part in node.parts) + ")"
    assert isinstance(node, All)
    without = ["!" + _tsquery(part, "") for part in node.without if exact(part)]
    return "(" + " & ".join([*(_tsquery(part, mark) for part in node.parts), *without]) + ")"
