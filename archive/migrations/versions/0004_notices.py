"""The archive room, migration 0004: what is told outside: alarms, webhooks, dead letters, and how far running crawls are."""

import sqlalchemy as sa
from alembic import op

from archive.schema import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ASCII = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("turns", sa.Column("progress", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "alarms",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("source", ASCII, nullable=False),
        sa.Column("kind", ASCII, nullable=False),
        sa.Column("mended", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_alarms"),
    )
    op.create_index("ix_alarms_source_kind_number", "alarms", ["source", "kind", "number"])
    op.create_table(
        "webhooks",
        sa.Column("name", ASCII, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("url", "secret", "sources", "languages", "query")),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("articles", sa.Boolean(), nullable=False),
        sa.Column("allow_private", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        *(sa.Column(name, Utc()) for name in ("failing_since", "next_at", "last_at")),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_webhooks"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("webhook", ASCII, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_dead_letters"),
    )
    op.create_index("ix_dead_letters_webhook", "dead_letters", ["webhook"])


def downgrade() -> None:
    for table in ("dead_letters", "webhooks", "alarms"):
        op.drop_table(table)
    op.drop_column("turns", "progress")
