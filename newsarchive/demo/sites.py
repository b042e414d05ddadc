"""The front door, the demo: what each invented institute publishes on which virtual day. Values only.

The texts lie in `texts/*.toml`, one file a site. A site is a list of items and of what happens to them later:
edits, withdrawals and moves, each with the virtual day from which on it holds.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One page of an institute's site, as the institute itself would describe it."""

    path: str  #: address on the site, e.g. "/ns/202609/t20260914_318204.html"
    title: str
    paragraphs: tuple[str, ...]
    since: int = 1  #: the first virtual day on which it is there
    date: str | None = None  #: as printed on the page; None: the page prints none
    listed: str | None = None  #: as printed beside its link in the list
    origin: str | None = None  #: whom the page names as the text's source; "": a label with nothing behind it
    author: str | None = None
    editor: str | None = None
    section: str | None = None
    breadcrumb: tuple[str, ...] = ()
    image: str | None = None  #: file name of a picture in the text
    caption: str | None = None  #: the line below the picture, with its credit
    attachment: str | None = None  #: file name
    attachment_label: str | None = None
    attachment_text: tuple[str, ...] = ()  #: what is written in it, line by line
    news: bool = True  #: False: a standing page; lists do not name it
    reprint_of: str | None = None  #: "SLUG PATH" of the item of another site whose text it repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """From `since` on, the item at `path` reads differently."""

    path: str
    since: int
    was: str
    now: str
    added: tuple[str, ...] = ()  #: paragraphs put at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """From `since` on, `path` answers `status` (404 or 410)."""

    path: str
    since: int
    status: int = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From `since` on, `path` leads to `to` by 301."""

    path: str
    since: int
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One institute's site through the days."""

    slug: str
    name: str
    template: str  #: folder below pages/
    items: tuple[Item, ...]
    list_path: str = "/"  #: folder of the news list
    list_title: str = "News"
    page_size: int = 6  #: items on one page of the list
    charset: str = "utf-8"  #: of the bytes as sent
    declared: str = "utf-8"  #: what the page claims, which need not be true
    language: str = "en"
    country: str = "CN"
    timezone: str = "Asia/Shanghai"
    platform: str | None = None
    discover: tuple[Mapping[str, Any], ...] = ()  #: [[discover]] tables; url: a path of this site
    footer: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    moves: tuple[Move, ...] = ()

    def on(self, day: int) -> tuple[Item, ...]:
        """The pages that are there on a virtual day, as they read then, newest first as the file has them."""
        away = {w.path for w in self.withdrawals if w.since <= day}
        moved = {m.path: m.to for m in self.moves if m.since <= day}
        there = [item for item in self.items if item.since <= day and item.path not in away]
        return tuple(replace(_edited(item, self.edits, day), path=moved.get(item.path, item.path)) for item in there)

    def news(self, day: int) -> tuple[Item, ...]:
        """What the lists name on a virtual day."""
        return tuple(item for item in self.on(day) if item.news)


def _edited(item: Item, edits: Sequence[Edit], day: int) -> Item:
    for edit in edits:
        if edit.path == item.path and edit.since <= day:
            text = tuple(paragraph.replace(edit.was, edit.now) for paragraph in item.paragraphs)
            item = replace(item, paragraphs=text + edit.added)
    return item


def load_sites(folder: Path = TEXTS) -> tuple[Site, ...]:
    """The demo's sites, in the order of their file names.

    An item with `reprint_of = "SLUG PATH"` takes title and paragraphs from that item of another site.
    """
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))]
    originals = {
        f"{table['slug']} {row['path']}": row for table in tables for row in table["item"] if "reprint_of" not in row
    }
    return tuple(_site(table, originals) for table in tables)


def _site(table: dict[str, Any], originals: Mapping[str, dict[str, Any]]) -> Site:
    table = dict(table)
    items = tuple(_item(row, originals) for row in table.pop("item"))
    edits = tuple(Edit(**{**row, "added": _paragraphs(row.get("added", ""))}) for row in table.pop("edit", []))
    withdrawals = tuple(Withdrawal(**row) for row in table.pop("withdrawal", []))
    moves = tuple(Move(**row) for row in table.pop("move", []))
    table |= {"footer": tuple(table.get("footer", [])), "discover": tuple(table["discover"])}
    return Site(**table, items=items, edits=edits, withdrawals=withdrawals, moves=moves)


def _item(row: dict[str, Any], originals: Mapping[str, dict[str, Any]]) -> Item:
    row = dict(row)
    if original := row.get("reprint_of"):
        row |= {"title": originals[original]["title"], "text": originals[original]["text"]}
    text = _paragraphs(row.pop("text"))
    return Item(
        **{
            **row,
            "paragraphs": text,
            "breadcrumb": tuple(row.get("breadcrumb", [])),
            "attachment_text": tuple(row.get("attachment_text", [])),
        }
    )


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split("\n")).strip() for part in text.strip().split("\n\n") if part.strip())
