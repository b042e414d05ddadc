"""The archive room, migration 0001: the first schema."""

import sqlalchemy as sa
from alembic import op

from archive.schema import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ASCII = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("slug", ASCII, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_sources"),
    )
    op.create_table(
        "visits",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("source", ASCII, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("digest", sa.Text()),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("found_in", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("walked_in", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("title", sa.Text()),
        sa.Column("date", sa.Text()),
        sa.Column("why", sa.Text()),
        sa.Column("last_at", Utc()),
        sa.Column("next_at", Utc()),
        sa.PrimaryKeyConstraint("n", name="pk_visits"),
        sa.UniqueConstraint("source", "key", name="uq_visits_source_key"),
    )
    op.create_index("ix_visits_source_role_state_next_at", "visits", ["source", "role", "state", "next_at"])
    op.create_table(
        "captures",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("source", ASCII, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file", ASCII, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_captures"),
        sa.UniqueConstraint("file", "start", name="uq_captures_file_start"),
    )
    op.create_table(
        "clusters",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("representative", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_clusters"),
    )
    op.create_table(
        "articles",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("id", ASCII, nullable=False),
        sa.Column("source", ASCII, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("newest", NUMBER, nullable=False),
        sa.Column("text_digest", sa.LargeBinary(), nullable=False),
        sa.Column("day", ASCII),
        sa.Column("language", sa.Text()),
        sa.Column("cluster", NUMBER, nullable=False),
        sa.Column("copy_of", NUMBER),
        sa.Column("first_seen", Utc(), nullable=False),
        sa.Column("last_seen", Utc(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("n", name="pk_articles"),
        sa.UniqueConstraint("id", name="uq_articles_id"),
    )
    op.create_index("ix_articles_cluster", "articles", ["cluster"])
    op.create_index("ix_articles_source_id", "articles", ["source", "id"])
    op.create_index("ix_articles_text_digest", "articles", ["text_digest"])
    op.create_table(
        "revisions",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("article", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("capture", NUMBER),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("published", sa.Text()),
        sa.Column("modified", sa.Text()),
        sa.Column("author", sa.Text()),
        sa.Column("editor", sa.Text()),
        sa.Column("origin", sa.Text()),
        sa.Column("section", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("breadcrumb", sa.Text(), nullable=False),
        sa.Column("images", sa.Text(), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text()),
        sa.PrimaryKeyConstraint("n", name="pk_revisions"),
        sa.ForeignKeyConstraint(["capture"], ["captures.n"], name="fk_revisions_capture_captures"),
        sa.ForeignKeyConstraint(["article"], ["articles.n"], name="fk_revisions_article_articles"),
        sa.UniqueConstraint("article", "number", name="uq_revisions_article_number"),
    )
    op.create_table(
        "addresses",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", ASCII, nullable=False),
        sa.Column("article", NUMBER, nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key", "source", name="pk_addresses"),
        sa.ForeignKeyConstraint(["article"], ["articles.n"], name="fk_addresses_article_articles"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_addresses_article", "addresses", ["article"])
    op.create_table(
        "keys",
        sa.Column("key", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("article", NUMBER, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("key", "article", name="pk_keys"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "links",
        sa.Column("one", NUMBER, nullable=False, autoincrement=False),
        sa.Column("other", NUMBER, nullable=False, autoincrement=False),
        sa.Column("likeness", sa.Text(), nullable=False),
        sa.Column("alike", sa.Float(53), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("one", "other", name="pk_links"),
        sa.ForeignKeyConstraint(["one"], ["articles.n"], name="fk_links_one_articles"),
        sa.ForeignKeyConstraint(["other"], ["articles.n"], name="fk_links_other_articles"),
    )
    op.create_index("ix_links_other", "links", ["other"])
    op.create_table(
        "changes",
        sa.Column("seq", NUMBER, nullable=False, autoincrement=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("article", ASCII, nullable=False),
        sa.Column("source", ASCII, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_changes"),
    )
    op.create_table(
        "counters",
        sa.Column("name", ASCII, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "consumers",
        sa.Column("name", ASCII, nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_consumers"),
    )
    op.create_table(
        "crawls",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("source", ASCII, nullable=False),
        sa.Column("started", Utc(), nullable=False),
        sa.Column("ended", Utc()),
        sa.Column("outcome", sa.Text()),
        sa.Column("report", sa.Text()),
        sa.PrimaryKeyConstraint("number", name="pk_crawls"),
    )
    op.create_index("ix_crawls_source_number", "crawls", ["source", "number"])
    op.create_table(
        "turns",
        sa.Column("source", ASCII, nullable=False),
        sa.Column("next_at", Utc()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("running_since", Utc()),
        sa.Column("last", sa.Text()),
        sa.PrimaryKeyConstraint("source", name="pk_turns"),
    )
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("next_at", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_hosts"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE search (article BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_search_words ON search USING gin (words)")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE search USING fts5(title, body, content='', tokenize='unicode61 remove_diacritics 2')"
        )
    op.execute("INSERT INTO counters (name, value) VALUES ('changes', 0)")


def downgrade() -> None:
    raise NotImplementedError("the first schema has nothing before it: restore a backup instead")
