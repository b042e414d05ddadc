"""The archive room, migration 0005: when a host's slot was reserved, so that a clock that is set back is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hosts", sa.Column("at", sa.Float(53), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("hosts", "at")
