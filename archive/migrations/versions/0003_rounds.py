"""The archive room, migration 0003: one clock by lease, the scheduler's own notes, and what an operator was told last."""

import sqlalchemy as sa
from alembic import op

from archive.schema import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ASCII = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", ASCII, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "memos",
        sa.Column("name", ASCII, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_memos"),
    )
    op.add_column("turns", sa.Column("told", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("turns", "told")
    for table in ("memos", "leases"):
        op.drop_table(table)
