"""The archive room: what narrows a search, said once in the SQL that both databases read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypedDict

from archive.errors import BadQuery
from archive.records import Kind
from archive.rows import clean
from archive.shelves import DATED, LAST, UNDATED, shelf_of

OF_REVISION = "JOIN revisions ON revisions.n = articles.newest"

_TAG = re.compile(r"^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*$")  # BCP 47


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Narrow a search. Days are ISO 8601, as precise as wanted ("2026", "2026-11"), both ends included."""

    source: str | None = None  #: slug
    since: str | None = None  #: published on this day or later
    until: str | None = None  #: published on this day or before
    language: str | None = None  #: BCP 47 tag; "zh" is zh-CN as well
    section: str | None = None  #: exactly as the page writes it
    kind: str | None = None  #: "article" or "page"
    attachments: bool | None = None  #: with files that it hands out, or without

    def shelves(self) -> tuple[int, int]:
        """The first and the last shelf that they leave. Raises BadQuery for what is no day."""
        if self.since is None and self.until is None:
            return UNDATED, LAST
        first = DATED if self.since is None else shelf_of(_day(self.since, "since"))
        return first, LAST if self.until is None else shelf_of(_day(self.until, "until"), last=True)

    def sql(self) -> tuple[str, str, dict[str, Any]]:
        """What to join, what must hold beside words, source and days, and its values. Raises BadQuery for what no row
        can have.

        Rows of `articles` are joined to the index by whoever asks; `revisions` only where a filter reads them.
        """
        where: list[str] = []
        values: dict[str, Any] = {}
        if self.kind is not None:
            if self.kind not in set(Kind):
                raise BadQuery(f"kind is {self.kind!r}: it is one of {', '.join(Kind)}")
            where.append("articles.kind = :kind")
            values["kind"] = self.kind
        if self.language is not None:
            if not _TAG.match(self.language):
                raise BadQuery(f"language is {self.language!r}: write a tag like en, zh or zh-CN")
            where.append("(lower(articles.language) = :language OR lower(articles.language) LIKE :variant)")
            values |= {"language": self.language.lower(), "variant": f"{self.language.lower()}-%"}
        state: list[str] = []
        if self.section is not None:
            state.append("revisions.section = :section")
            values["section"] = clean(self.section)
        if self.attachments is not None:
            state.append(f"revisions.attachments {'<>' if self.attachments else '='} '[]'")
        return OF_REVISION if state else "", "".join(f" AND {one}" for one in [*where, *state]), values


class Narrowing(TypedDict, total=False):
    """The same as keywords of a call."""

    source: str | None
    since: str | None
    until: str | None
    language: str | None
    section: str | None
    kind: str | None
    attachments: bool | None


def _day(value: str, name: str) -> str:
    if shelf_of(value) == UNDATED:
        raise BadQuery(f"{name} is {value!r}: write a day, month or year like 2026-11-05, 2026-11 or 2026")
    return value
