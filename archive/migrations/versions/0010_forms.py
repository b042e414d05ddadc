"""The archive room, migration 0010: what recurs on a site is learned for good; longer keys of duplicates."""

import sqlalchemy as sa
from alembic import op

from archive.neighbours import rebuild

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ASCII = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "forms",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("clause", sa.BigInteger(), nullable=False),
        sa.Column("source", ASCII, nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_forms"),
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite's integers are as long as their values
        op.alter_column("keys", "key", type_=sa.BigInteger())
    rebuild(op.get_bind())


def downgrade() -> None:
    """Older programs find no copies of the articles that are there, only of those they keep themselves."""
    op.execute("DELETE FROM keys")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("keys", "key", type_=sa.Integer())
    op.drop_table("forms")
