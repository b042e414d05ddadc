"""The archive room: how an article stands before something arrives for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from archive import schema
from archive.identity import address_key
from archive.memory import chunks
from archive.records import Article, ChangeKind, Status
from archive.rows import read_article

Line = dict[str, object]  # a change without its number
Place = tuple[str, str]  # source and address key

a = schema.articles.c
r = schema.revisions.c


@dataclass(slots=True)
class Standing:
    """The article at an address: its row, its newest revision's row."""

    row: dict[str, Any]  #: columns of articles begin with "a_"
    n: int = field(init=False)

    def __post_init__(self) -> None:
        self.n = self.row["a_n"]

    @property
    def status(self) -> Status:
        return Status(self.row["a_status"])

    def owns(self, key: str) -> bool:
        """False when the address is only an old one of an article that moved on."""
        return address_key(self.row["a_url"]) == key

    def state(self) -> Article:
        return read_article(self.row, self.row["a_source"])

    def line(self, kind: ChangeKind, at: object, **values: object) -> Line:
        return {
            "at": at,
            "kind": kind.value,
            "article": self.row["a_id"],
            "source": self.row["a_source"],
            "url": self.row["a_url"],
            "revision": self.row["a_revision"],
            "cause": None,
            **values,
        }


def _standings() -> Select[Any]:
    at = schema.addresses.c
    return (
        select(
            at.source.label("at_source"),
            at.key.label("at_key"),
            *[column.label(f"a_{column.name}") for column in schema.articles.columns],
            *schema.revisions.columns,
        )
        .select_from(schema.addresses)
        .join(schema.articles, a.n == at.article)
        .join(schema.revisions, r.n == a.newest)
    )


def standings(connection: Connection, places: Iterable[Place]) -> dict[Place, Standing]:
    """The articles at these addresses, current or old; those where none is are left out."""
    wanted = set(places)
    found: dict[Place, Standing] = {}
    for chunk in chunks(sorted({key for _, key in wanted})):
        for row in connection.execute(_standings().where(schema.addresses.c.key.in_(chunk))).mappings():
            place = (row["at_source"], row["at_key"])
            if place in wanted:
                found[place] = Standing(dict(row))
    return found


def standing(connection: Connection, source: str, key: str) -> Standing | None:
    return standings(connection, [(source, key)]).get((source, key))
