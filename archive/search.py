"""The archive room: full-text search. The index is kept in the same transaction as the text."""

from __future__ import annotations

from sqlalchemy import Connection, text

from archive.words import index_text

_ADD = text("INSERT INTO search (rowid, title, body) VALUES (:n, :title, :body)")
_DROP = text("INSERT INTO search (search, rowid, title, body) VALUES ('delete', :n, :title, :body)")


def add(connection: Connection, n: int, title: str | None, body: str) -> None:
    connection.execute(_ADD, {"n": n, "title": index_text(title), "body": index_text(body)})


def drop(connection: Connection, n: int, title: str | None, body: str) -> None:
    """Take a text out again; it must be the one that was added."""
    connection.execute(_DROP, {"n": n, "title": index_text(title), "body": index_text(body)})
