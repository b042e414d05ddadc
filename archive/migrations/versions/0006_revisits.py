"""The archive room, migration 0006: captures that refer to the bytes of another one, and bytes found by their digest."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("captures", sa.Column("original", NUMBER))
    op.create_index("ix_captures_digest", "captures", [sa.text("substr(digest, 8, 12)")])
    there = sa.text("original IS NOT NULL")
    op.create_index("ix_captures_original", "captures", ["original"], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    op.drop_index("ix_captures_original", "captures")
    op.drop_index("ix_captures_digest", "captures")
    op.drop_column("captures", "original")
