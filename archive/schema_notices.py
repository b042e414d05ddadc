"""The archive room: the tables of what is told outside: alarms, webhooks, dead letters; the rest is in `archive.schema`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text

from archive.schema import Ascii, Number, Utc, metadata

# What is wrong from when to when: of one source and kind, lines that say so and lines that say "mended" alternate.
alarms = Table(
    "alarms",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),  # in commit order, as the changes'
    Column("at", Utc, nullable=False),
    Column("source", Ascii, nullable=False),  # "" for the installation itself
    Column("kind", Ascii, nullable=False),
    Column("mended", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # JSON
    Index(None, "source", "kind", "number"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("name", Ascii, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("sources", Text, nullable=False),  # JSON
    Column("languages", Text, nullable=False),  # JSON
    Column("query", Text, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("articles", Boolean, nullable=False),
    Column("allow_private", Text, nullable=False),  # JSON
    Column("paused", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Utc),
    Column("next_at", Utc),
    Column("last_at", Utc),
    Column("error", Text, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("number", Number, primary_key=True),
    Column("webhook", Ascii, nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("change", Text, nullable=False),  # JSON
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
)
