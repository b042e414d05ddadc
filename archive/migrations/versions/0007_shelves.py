"""The archive room, migration 0007: a search index half the size, in the order of the days of publication."""

import sqlalchemy as sa
from alembic import op

from archive.dialect import create_search
from archive.index import rebuild
from archive.shelves import Shelves

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROWS = 1000  # written at once
ARTICLES_V1 = """
CREATE VIEW articles_v1 AS
SELECT a.id, a.source, a.url, a.kind, r.title, r.body, r.published, r.modified, r.author, r.origin, r.section,
       r.breadcrumb, r.language, r.images, r.attachments, a.status, a.revision, p.id AS cluster, o.id AS copy_of,
       a.first_seen, a.last_seen, a.reason, a.{number} AS number
FROM articles a
JOIN revisions r ON r.n = a.newest
JOIN clusters c ON c.n = a.cluster
JOIN articles p ON p.n = c.representative
LEFT JOIN articles o ON o.n = a.copy_of
"""


def upgrade() -> None:
    connection = op.get_bind()
    op.execute("DROP VIEW articles_v1")
    op.execute("DROP TABLE search")
    # SQLite adds a column that must not be null only with a default; nothing relies on it.
    op.add_column("articles", sa.Column("shelf", sa.BigInteger(), nullable=False, server_default="0"))
    _shelve(connection)
    op.create_index("ix_articles_shelf", "articles", ["shelf"], unique=True)
    op.execute(ARTICLES_V1.format(number="shelf"))
    create_search(connection)
    rebuild(connection)


def _shelve(connection: sa.Connection) -> None:
    shelves = Shelves(connection, [])
    put = sa.text("UPDATE articles SET shelf = :shelf WHERE n = :n")
    rows = connection.execute(sa.text("SELECT n, day FROM articles ORDER BY n")).all()
    for at in range(0, len(rows), ROWS):
        connection.execute(put, [{"n": n, "shelf": shelves.take(day)} for n, day in rows[at : at + ROWS]])


def downgrade() -> None:
    """The index is empty afterwards: the older program's `Archive.rebuild_search()` fills it."""
    op.execute("DROP VIEW articles_v1")
    op.execute("DROP TABLE search")
    op.drop_index("ix_articles_shelf", "articles")
    op.drop_column("articles", "shelf")
    op.execute(ARTICLES_V1.format(number="n"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE search (article BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_search_words ON search USING gin (words)")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE search USING fts5(title, body, content='', tokenize='unicode61 remove_diacritics 2')"
        )
