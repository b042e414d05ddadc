"""The archive room: the table of what was learned of sites; the rest is in `archive.schema`."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from archive.schema import Ascii, Utc, metadata

templates = Table(
    "templates",
    metadata,
    Column("source", Ascii, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("learned", Utc, nullable=False),
    Column("since", Utc, nullable=False),  # moment of the oldest page it was learned from
    Column("articles", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("state", Text, nullable=False),  # the crawler's own
)
