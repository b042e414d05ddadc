"""The archive room, differences: a query as each of the two reads it."""

from __future__ import annotations

from sqlalchemy import Connection

from archive.query import All, AnyOf, Node, Term, exact


def written(connection: Connection, node: Node, mark: str = "") -> str:
    """What to match for this query; `mark` before each word, where only marked words count."""
    return _tsquery(node, mark) if connection.dialect.name == "postgresql" else _match(node, mark)


def _match(node: Node, mark: str) -> str:
    """As FTS5 reads it. Every part is quoted or in parentheses, so that nothing in it can be an operator."""
    if isinstance(node, Term):
        return "(" + " AND ".join(f'"{mark}{word}"' for word in node.words) + (" *)" if node.prefix else ")")
    if isinstance(node, AnyOf):
        return "(" + " OR ".join(_match(part, mark) for part in node.parts) + ")"
    wanted = "(" + " AND ".join(_match(part, mark) for part in node.parts) + ")"
    without = [_match(part, "") for part in node.without if exact(part)]
    return f"({wanted} NOT ({' OR '.join(without)}))" if without else wanted


def _tsquery(node: Node, mark: str) -> str:
    if isinstance(node, Term):
        return "(" + " & ".join(f"'{mark}{word}'" for word in node.words) + (":*)" if node.prefix else ")")
    if isinstance(node, AnyOf):
        return "(" + " | ".join(_tsquery(part, mark) for part in node.parts) + ")"
    assert isinstance(node, All)
    without = ["!" + _tsquery(part, "") for part in node.without if exact(part)]
    return "(" + " & ".join([*(_tsquery(part, mark) for part in node.parts), *without]) + ")"
