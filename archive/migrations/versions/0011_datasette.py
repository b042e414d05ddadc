"""The archive room, migration 0011: a view and an index that Datasette knows to belong together, without being told."""

from alembic import op

from archive.dialect import create_search
from archive.index import rebuild

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ARTICLES_V1 = """
CREATE VIEW articles_v1 AS
SELECT a.id, a.source, a.url, a.kind, r.title, r.body, r.published, r.modified, r.author, r.origin, r.section,
       r.breadcrumb, r.language, r.images, r.attachments, a.status, a.revision, p.id AS cluster, o.id AS copy_of,
       a.first_seen, a.last_seen, a.reason, a.shelf AS number{more}
FROM articles a
JOIN revisions r ON r.n = a.newest
JOIN clusters c ON c.n = a.cluster
JOIN articles p ON p.n = c.representative
LEFT JOIN articles o ON o.n = a.copy_of
"""


def upgrade() -> None:
    _view(", a.shelf AS rowid")
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        return
    made = "SELECT sql FROM sqlite_master WHERE name = 'search' AND sql LIKE '%articles_v1%'"
    if connection.exec_driver_sql(made).first() is None:  # a new archive has it from the beginning
        op.execute("DROP TABLE search")
        create_search(connection)
        rebuild(connection)


def downgrade() -> None:
    """The index stays: an older program does not care what it is said to belong to."""
    _view("")


def _view(more: str) -> None:
    op.execute("DROP VIEW articles_v1")
    op.execute(ARTICLES_V1.format(more=more))
