"""The archive room: what was learned of each source's site, in versions.

The verbs of `archive.archive.Archive` that crawls and replays use. What a template means is the crawler's to know: here it
is a text. A newer version takes the place of an older one for what was captured from its `since` on, so that captures of
a site's older looks are read again with the template of their own time.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, delete, func, select

from archive import schema
from archive.captured import read_capture_row, with_capture
from archive.dialect import reading, writing
from archive.read import known_articles
from archive.records import Capture, KeptTemplate, Kind, Known, Status
from archive.rows import read_known
from archive.schema_sites import templates

VERSIONS_MAX = 40  # of one source; older ones are forgotten

t, a, r, c = templates.c, schema.articles.c, schema.revisions.c, schema.captures.c


class Sites:
    """A part of the door; never made by itself."""

    _engine: Engine

    def keep_template(
        self, source: str, state: str, *, articles: int, since: datetime, at: datetime, why: str
    ) -> KeptTemplate:
        """Keep what was learned of a source's site as its newest version.

        `articles` is how many distinct articles it was learned from, `since` the moment of the oldest page among them,
        `why` the reason it was learned, in words. The same state again makes no new version.
        """
        with writing(self._engine) as connection:
            newest = _newest(connection, source)
            if newest is not None and newest.state == state:
                return newest
            version = (newest.version if newest else 0) + 1
            made = KeptTemplate(
                source=source, version=version, learned=at, since=since, articles=articles, why=why, state=state
            )
            connection.execute(templates.insert(), [_columns(made)])
            connection.execute(delete(templates).where(t.source == source, t.version <= version - VERSIONS_MAX))
            return made

    def templates(self, source: str) -> list[KeptTemplate]:
        """Every version, newest first."""
        with reading(self._engine) as connection:
            asked = select(templates).where(t.source == source).order_by(t.version.desc())
            rows = connection.execute(asked).mappings()
            return [_template(row) for row in rows]

    def template(self, source: str, *, at: datetime | None = None) -> KeptTemplate | None:
        """The newest version; with `at`, the one that fits what was captured then (the oldest for what came before all)."""
        with reading(self._engine) as connection:
            if at is None:
                return _newest(connection, source)
            fitting = select(func.max(t.version)).where(t.source == source, t.since <= at).scalar_subquery()
            oldest = select(func.min(t.version)).where(t.source == source).scalar_subquery()
            one = select(templates).where(t.source == source, t.version == func.coalesce(fitting, oldest))
            row = connection.execute(one).mappings().first()
            return _template(row) if row is not None else None

    def newest_captured(self, source: str, *, limit: int) -> list[tuple[Known, Capture]]:
        """The articles of a source that came last, newest first, each with the capture its newest revision was read from."""
        statement = (
            known_articles()
            .join(schema.captures, c.n == r.capture)
            .where(a.source == source, a.kind == Kind.ARTICLE.value, a.status == Status.PUBLISHED.value)
            .order_by(a.n.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(with_capture(statement)).mappings()
            return [(read_known(row), capture) for row in rows if (capture := read_capture_row(row)) is not None]


def forget(connection: Connection, source: str) -> None:
    """Drop every version: one of the articles it was learned from is taken down, and its lines may be in it."""
    connection.execute(delete(templates).where(t.source == source))


def _newest(connection: Connection, source: str) -> KeptTemplate | None:
    asked = select(templates).where(t.source == source).order_by(t.version.desc()).limit(1)
    row = connection.execute(asked).mappings().first()
    return _template(row) if row is not None else None


def _template(row: RowMapping) -> KeptTemplate:
    return KeptTemplate(**row)


def _columns(kept: KeptTemplate) -> dict[str, object]:
    return {name: getattr(kept, name) for name in templates.c.keys()}  # noqa: SIM118 - no mapping
