"""The archive room: the tables of the files that articles name: attachments and pictures; the rest is in `archive.schema`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from archive.schema import Ascii, Number, Utc, metadata

# A file is its bytes: the same form under a hundred notices is one row. Its captures are found by the digest.
files = Table(
    "files",
    metadata,
    Column("n", Number, primary_key=True),  # also its row in the index `search_files`
    Column("digest", Ascii, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # told from the bytes: "pdf", "docx", "jpeg"
    Column("media", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("pages", Integer),
    Column("why", Text),  # why there is no text, or not all of it
    Column("text", Text),
)

# An address that an article names, and what it answered: one row a state, from 1; the first may wait for its file.
file_links = Table(
    "file_links",
    metadata,
    Column("article", Number, ForeignKey("articles.n"), primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),  # the address without its scheme
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("role", Text, nullable=False),  # "attachment" or "image", as its visit's
    Column("file", Number, ForeignKey("files.n"), index=True),
    Column("at", Utc),  # when it answered so first
    Index(None, "key"),
    sqlite_with_rowid=False,
)
