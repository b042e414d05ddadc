"""The archive room, migration 0009: what was learned of each source's site, in versions."""

import sqlalchemy as sa
from alembic import op

from archive.schema import Utc

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ASCII = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "templates",
        sa.Column("source", ASCII, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("learned", Utc(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "version", name="pk_templates"),
    )


def downgrade() -> None:
    op.drop_table("templates")
