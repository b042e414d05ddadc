"""The archive room: the tables, as SQLAlchemy Core sees them. What creates and changes them is in migrations/.

The way to read them: an article (`articles`) has revisions, each a whole state of its text; `articles.newest` points
at the one that counts today. `addresses` says which article an address belongs to, `visits` what we remember of each
address, `clusters` which articles say nearly the same, `changes` what happened in commit order.

Times of ours are UTC: ISO 8601 text of one fixed width on SQLite (sorts as text, readable in any tool), timestamptz
on PostgreSQL. Dates that pages state stay text exactly as precise as the page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP


class Utc(TypeDecorator[datetime]):
    """An aware moment of ours in UTC, to the microsecond."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return aware(value) if dialect.name == "postgresql" else write_moment(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else read_moment(value)


def aware(value: datetime | None) -> datetime | None:
    """The same moment. Raises ValueError where nobody knows which one it is."""
    if value is not None and value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone: times in the archive are aware")
    return value


def write_moment(value: datetime | None) -> str | None:
    """The one fixed width form: "2026-11-05T08:30:00.000000Z"."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        aware(value)
        value = value.astimezone(UTC)
    return value.isoformat(timespec="microseconds")[:-6] + "Z"


def read_moment(value: str | datetime) -> datetime:
    """As either driver gives it."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A plain integer key on SQLite is the rowid itself; PostgreSQL needs room for more than 2^31.
Number = BigInteger().with_variant(Integer(), "sqlite")

# Ids, slugs and days sort by their bytes on both databases, whatever the locale of a server is.
Ascii = Text().with_variant(Text(collation="C"), "postgresql")

sources = Table(
    "sources",
    metadata,
    Column("slug", Ascii, primary_key=True),
    Column("name", Text, nullable=False),
    Column("home", Text, nullable=False),
    Column("definition", Text, nullable=False),
)

visits = Table(
    "visits",
    metadata,
    Column("n", Number, primary_key=True),
    Column("source", Ascii, nullable=False),
    Column("key", Text, nullable=False),  # the address without its scheme
    Column("url", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Integer),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("digest", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("found_in", Integer, nullable=False, server_default="0"),
    Column("walked_in", Integer, nullable=False, server_default="0"),
    Column("title", Text),
    Column("date", Text),
    Column("why", Text),
    Column("last_at", Utc),
    Column("next_at", Utc),
    UniqueConstraint("source", "key"),
    Index(None, "source", "role", "state", "next_at"),
)

# Of a digest ("sha256:" and hexadecimal digits) the index has so many characters: enough to tell a billion apart.
DIGEST_FROM, DIGEST_CHARS = 8, 12

captures = Table(
    "captures",
    metadata,
    Column("n", Number, primary_key=True),
    Column("source", Ascii, nullable=False),
    Column("url", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("status", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("file", Ascii, nullable=False),
    Column("start", BigInteger, nullable=False),  # of the response record, in bytes
    Column("size", BigInteger, nullable=False),  # of the response record, in bytes
    Column("original", Number),  # captures.n: of a revisit record, where its bytes are
    UniqueConstraint("file", "start"),
)


def digest_head() -> ColumnElement[str]:
    """As the index has it: written out, because an expression with parameters is another one to a database."""
    return func.substr(captures.c.digest, literal_column(f"{DIGEST_FROM}"), literal_column(f"{DIGEST_CHARS}"))


Index("ix_captures_digest", digest_head())
Index(
    "ix_captures_original",
    captures.c.original,
    sqlite_where=captures.c.original.is_not(None),
    postgresql_where=captures.c.original.is_not(None),
)

clusters = Table(
    "clusters",
    metadata,
    Column("n", Number, primary_key=True),
    Column("representative", Number, nullable=False),  # articles.n
)

articles = Table(
    "articles",
    metadata,
    Column("n", Number, primary_key=True),
    Column("id", Ascii, nullable=False, unique=True),
    Column("source", Ascii, nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),  # number of the newest
    Column("newest", Number, nullable=False),  # revisions.n of the newest
    Column("text_digest", LargeBinary, nullable=False),  # of the newest text, equal for copies
    Column("day", Ascii),  # the first ten characters of `published`
    Column("shelf", BigInteger, nullable=False),  # its row in the search index, in the order of days
    Column("language", Text),
    Column("cluster", Number, nullable=False),  # clusters.n
    Column("copy_of", Number),  # articles.n
    Column("first_seen", Utc, nullable=False),
    Column("last_seen", Utc, nullable=False),
    Column("reason", Text),
    Index(None, "source", "id"),
    Index(None, "text_digest"),
    Index(None, "shelf", unique=True),
    Index(None, "cluster"),
)

# Small columns first: SQLite reads a row from its head, and a long body lies on pages of its own.
revisions = Table(
    "revisions",
    metadata,
    Column("n", Number, primary_key=True),
    Column("article", Number, ForeignKey("articles.n"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("cause", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("capture", Number, ForeignKey("captures.n")),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("published", Text),
    Column("modified", Text),
    Column("author", Text),
    Column("editor", Text),
    Column("origin", Text),
    Column("section", Text),
    Column("language", Text),
    Column("title", Text),
    Column("breadcrumb", Text, nullable=False),  # JSON
    Column("images", Text, nullable=False),  # JSON
    Column("attachments", Text, nullable=False),  # JSON
    Column("found", Text, nullable=False),  # JSON
    Column("body", Text, nullable=False),
    Column("html", Text),
    UniqueConstraint("article", "number"),
)

addresses = Table(
    "addresses",
    metadata,
    Column("key", Text, primary_key=True),  # the address without its scheme
    Column("source", Ascii, primary_key=True),
    Column("article", Number, ForeignKey("articles.n"), nullable=False, index=True),
    Column("since", Utc, nullable=False),
    sqlite_with_rowid=False,
)

# By which candidates for near duplicates are found (`archive.fingerprint.keys`).
keys = Table(
    "keys",
    metadata,
    Column("key", Number, primary_key=True, autoincrement=False),
    Column("article", Number, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Clauses that recur over the pages of a site, as learned (`archive.forms`).
forms = Table(
    "forms",
    metadata,
    Column("n", Number, primary_key=True),
    Column("clause", BigInteger, nullable=False),  # its hash
    Column("source", Ascii, nullable=False),
)

# Near duplicates and excerpts, `one` < `other`. The very same text needs no link: its digest is one.
links = Table(
    "links",
    metadata,
    Column("one", Number, ForeignKey("articles.n"), primary_key=True, autoincrement=False),
    Column("other", Number, ForeignKey("articles.n"), primary_key=True, autoincrement=False, index=True),
    Column("likeness", Text, nullable=False),
    Column("alike", Float(53), nullable=False),
    Column("why", Text, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("kind", Text, nullable=False),
    Column("article", Ascii, nullable=False),  # its id and, beside it, its place as they were then
    Column("source", Ascii, nullable=False),
    Column("url", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("cause", Text),
)

# One row, "changes": the number of the newest change. Taken as a transaction's last act, so that numbers follow commits.
counters = Table(
    "counters",
    metadata,
    Column("name", Ascii, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

consumers = Table(
    "consumers",
    metadata,
    Column("name", Ascii, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("at", Utc, nullable=False),
)

crawls = Table(
    "crawls",
    metadata,
    Column("number", Number, primary_key=True),
    Column("source", Ascii, nullable=False),
    Column("started", Utc, nullable=False),
    Column("ended", Utc),
    Column("outcome", Text),
    Column("report", Text),  # JSON
    Index(None, "source", "number"),
)

turns = Table(
    "turns",
    metadata,
    Column("source", Ascii, primary_key=True),
    Column("next_at", Utc),
    Column("why", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("running_since", Utc),
    Column("last", Text),  # JSON of a CrawlReport
    Column("told", Text, nullable=False, server_default=""),  # JSON of its health, in the scheduler's words
    Column("progress", Text, nullable=False, server_default=""),  # JSON of how far the running crawl is
)

leases = Table(
    "leases",
    metadata,
    Column("name", Ascii, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Utc, nullable=False),
)

# Small notes the scheduler keeps for itself.
memos = Table(
    "memos",
    metadata,
    Column("name", Ascii, primary_key=True),
    Column("value", Text, nullable=False),
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("next_at", Float(53), nullable=False),  # seconds since 1970, UTC: the next free slot
    Column("at", Float(53), nullable=False, server_default="0"),  # the same: when it was said last
)

# --- custody: what was done to the archive itself ---------------------------------------------------------------------

# Texts that were taken down, by source: the same text is not taken in again at another address of that source.
removals = Table(
    "removals",
    metadata,
    Column("source", Ascii, primary_key=True),
    Column("text_digest", LargeBinary, primary_key=True),
    Column("article", Number, ForeignKey("articles.n"), nullable=False),
    Column("at", Utc, nullable=False),
    sqlite_with_rowid=False,
)

# Records of WARC files that are still to be erased; empty but while a take-down is at work or was cut off.
erasures = Table(
    "erasures",
    metadata,
    Column("file", Ascii, primary_key=True),  # "" stands for the database's own free pages
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("n", Number, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("what", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
)

replays = Table(
    "replays",
    metadata,
    Column("number", Number, primary_key=True),
    Column("scope", Text, nullable=False),  # JSON
    Column("agent", Text, nullable=False),
    Column("started", Utc, nullable=False),
    Column("ended", Utc),
    Column("after", Ascii, nullable=False),  # id of the last article that was read again
    Column("report", Text, nullable=False),  # JSON
)


def next_number(connection: Connection, table: Table) -> int:
    """The number of the next row. For tables that are written under the one lock of `archive.store` alone: numbers given
    beforehand let rows of several tables be written together, without asking back for each.
    """
    return int(connection.execute(_NEWEST[table.name]).scalar_one()) + 1


_NEWEST = {
    table.name: select(func.coalesce(func.max(table.c.n), 0)) for table in (articles, revisions, clusters, captures)
}
