"""The archive room, migration 0008: the files that articles hand out, their text, and an index of it."""

import sqlalchemy as sa
from alembic import op

from archive.dialect import create_file_search
from archive.schema import Utc

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ASCII = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("digest", ASCII, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.Integer()),
        sa.Column("why", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.PrimaryKeyConstraint("n", name="pk_files"),
        sa.UniqueConstraint("digest", name="uq_files_digest"),
    )
    op.create_table(
        "file_links",
        sa.Column("article", NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("file", NUMBER),
        sa.Column("at", Utc()),
        sa.PrimaryKeyConstraint("article", "key", "number", name="pk_file_links"),
        sa.ForeignKeyConstraint(["article"], ["articles.n"], name="fk_file_links_article_articles"),
        sa.ForeignKeyConstraint(["file"], ["files.n"], name="fk_file_links_file_files"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_file_links_key", "file_links", ["key"])
    op.create_index("ix_file_links_file", "file_links", ["file"])
    create_file_search(op.get_bind())


def downgrade() -> None:
    for table in ("search_files", "file_links", "files"):
        op.drop_table(table)
