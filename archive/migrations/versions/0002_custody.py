"""The archive room, migration 0002: take-downs, events, replays, and the views that are stable by contract."""

import sqlalchemy as sa
from alembic import op

from archive.schema import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ASCII = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

ARTICLES_V1 = """
CREATE VIEW articles_v1 AS
SELECT a.id, a.source, a.url, a.kind, r.title, r.body, r.published, r.modified, r.author, r.origin, r.section,
       r.breadcrumb, r.language, r.images, r.attachments, a.status, a.revision, p.id AS cluster, o.id AS copy_of,
       a.first_seen, a.last_seen, a.reason, a.n AS number
FROM articles a
JOIN revisions r ON r.n = a.newest
JOIN clusters c ON c.n = a.cluster
JOIN articles p ON p.n = c.representative
LEFT JOIN articles o ON o.n = a.copy_of
"""
CHANGES_V1 = "CREATE VIEW changes_v1 AS SELECT seq, at, kind, article, source, url, revision, cause FROM changes"


def upgrade() -> None:
    op.create_table(
        "removals",
        sa.Column("source", ASCII, nullable=False),
        sa.Column("text_digest", sa.LargeBinary(), nullable=False),
        sa.Column("article", NUMBER, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("source", "text_digest", name="pk_removals"),
        sa.ForeignKeyConstraint(["article"], ["articles.n"], name="fk_removals_article_articles"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erasures",
        sa.Column("file", ASCII, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("file", "start", name="pk_erasures"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "events",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_events"),
    )
    op.create_table(
        "replays",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("started", Utc(), nullable=False),
        sa.Column("ended", Utc()),
        sa.Column("after", ASCII, nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_replays"),
    )
    op.execute(ARTICLES_V1)
    op.execute(CHANGES_V1)


def downgrade() -> None:
    for view in ("changes_v1", "articles_v1"):
        op.execute(f"DROP VIEW {view}")
    for table in ("replays", "events", "erasures", "removals"):
        op.drop_table(table)
