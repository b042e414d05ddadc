"""The archive room: webhooks, who is told of changes and how far each is, and what could not be delivered.

The verbs of `archive.archive.Archive` that deliveries use; sending is the scheduler's. A webhook's place in the feed is a
consumer like any other, so that compaction spares what it has not had yet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select

from archive import changes, compaction, schema, schema_notices, search
from archive.dialect import insert, reading, writing
from archive.errors import UnknownWebhook, WebhookExists
from archive.memory import chunks
from archive.notices import DeadLetter, Webhook
from archive.query import parse
from archive.rows import clean, dump

LISTS = ("sources", "languages", "allow_private")  # kept as JSON
LETTERS_MAX = 10_000  # in one answer

w, d = schema_notices.webhooks.c, schema_notices.dead_letters.c


def consumer_of(webhook: str) -> str:
    """The name of a webhook's cursor."""
    return f"webhook:{webhook}"


class Outbound:
    """A part of the door; never made by itself."""

    _engine: Engine

    def add_webhook(self, webhook: Webhook, *, after: int | None = None) -> None:
        """Keep a new webhook that is told what comes after this cursor (default: from now on).

        Raises WebhookExists, BadCursor, BadQuery.
        """
        if webhook.query:
            parse(webhook.query)
        with writing(self._engine) as connection:
            if _webhooks(connection, webhook.name):
                raise WebhookExists(f"a webhook {webhook.name!r} is there already: remove it, or choose another name")
            connection.execute(schema_notices.webhooks.insert(), _columns(webhook))
            cursor = changes.latest(connection) if after is None else after
            changes.commit(connection, consumer_of(webhook.name), cursor, datetime.now(UTC))

    def webhooks(self) -> list[Webhook]:
        with reading(self._engine) as connection:
            return _webhooks(connection)

    def webhook(self, name: str) -> Webhook:
        """Raises UnknownWebhook."""
        with reading(self._engine) as connection:
            return _one(connection, name)

    def change_webhook(self, name: str, change: Callable[[Webhook], Webhook]) -> Webhook:
        """Read, change and keep in one transaction. Raises UnknownWebhook."""
        with writing(self._engine) as connection:
            return _change(connection, name, change)

    def remove_webhook(self, name: str) -> None:
        """Forget a webhook, its place and its dead letters. Raises UnknownWebhook."""
        with writing(self._engine) as connection:
            _one(connection, name)
            connection.execute(delete(schema_notices.webhooks).where(w.name == name))
            connection.execute(delete(schema_notices.dead_letters).where(d.webhook == name))
            compaction.forget(connection, consumer_of(name))

    def move_webhook(
        self, name: str, cursor: int, change: Callable[[Webhook], Webhook], *, aside: Sequence[DeadLetter] = ()
    ) -> Webhook:
        """A webhook was told everything up to `cursor`, but what is set aside here. Raises UnknownWebhook, BadCursor."""
        with writing(self._engine) as connection:
            webhook = _change(connection, name, change)
            rows = [{**_plain(letter), "webhook": name} for letter in aside]
            for row in rows:
                del row["number"]
            if rows:
                connection.execute(schema_notices.dead_letters.insert(), rows)
            changes.commit(connection, consumer_of(name), cursor, datetime.now(UTC))
            return webhook

    def dead_letters(self, webhook: str | None = None, *, limit: int = 500) -> list[DeadLetter]:
        """What was set aside, oldest first."""
        statement = select(schema_notices.dead_letters).order_by(d.number).limit(min(limit, LETTERS_MAX))
        if webhook is not None:
            statement = statement.where(d.webhook == webhook)
        with reading(self._engine) as connection:
            return [DeadLetter(**row) for row in connection.execute(statement).mappings()]

    def count_dead_letters(self) -> dict[str, int]:
        """How many were set aside, by webhook; those without any are left out."""
        with reading(self._engine) as connection:
            counted = connection.execute(select(d.webhook, func.count()).group_by(d.webhook))
            return {str(name): int(count) for name, count in counted}

    def drop_dead_letter(self, number: int) -> None:
        """It was delivered after all, or is not wanted any more."""
        with writing(self._engine) as connection:
            connection.execute(delete(schema_notices.dead_letters).where(d.number == number))

    def languages_of(self, articles: Sequence[str]) -> dict[str, str | None]:
        """The language of each of these articles (by id)."""
        a = schema.articles.c
        found: dict[str, str | None] = {}
        with reading(self._engine) as connection:
            for chunk in chunks(articles):
                found |= {
                    row.id: row.language for row in connection.execute(select(a.id, a.language).where(a.id.in_(chunk)))
                }
        return found

    def found_by(self, query: str, articles: Sequence[str]) -> set[str]:
        """Those of these articles (by id) that a search for `query` finds now. Raises BadQuery."""
        with reading(self._engine) as connection:
            return search.found_among(connection, query, articles)


def _webhooks(connection: Connection, name: str | None = None) -> list[Webhook]:
    statement = select(schema_notices.webhooks).order_by(w.name)
    if name is not None:
        statement = statement.where(w.name == name)
    return [_read(row) for row in connection.execute(statement).mappings()]


def _one(connection: Connection, name: str) -> Webhook:
    found = _webhooks(connection, name)
    if not found:
        raise UnknownWebhook(f"no webhook is called {name!r}: `newsarchive webhooks list` names them")
    return found[0]


def _change(connection: Connection, name: str, change: Callable[[Webhook], Webhook]) -> Webhook:
    connection.execute(select(w.name).where(w.name == name).with_for_update())
    before = _one(connection, name)
    after = replace(change(before), name=name)
    if after != before:
        statement = insert(connection, schema_notices.webhooks)
        others = [column.name for column in schema_notices.webhooks.columns if column.name != "name"]
        connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={n: statement.excluded[n] for n in others}),
            _columns(after),
        )
    return after


def _plain(record: Webhook | DeadLetter) -> dict[str, Any]:
    row = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: clean(value) if isinstance(value, str) else value for name, value in row.items()}


def _columns(webhook: Webhook) -> dict[str, Any]:
    row = _plain(webhook)
    return {**row, **{name: dump(list(row[name])) for name in LISTS}}


def _read(row: Any) -> Webhook:
    return Webhook(**{**row, **{name: tuple(json.loads(row[name])) for name in LISTS}})
