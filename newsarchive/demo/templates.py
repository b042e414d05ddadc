"""The front door, the demo: sets an institute's items into pages, as the site families really build them.

A template is a folder `pages/<name>/` with `frame.html` (what every page of the site has), `article.html` and
`list.html`; WordPress has `feed.xml`, the publisher `sitemap.xml` as well. They know four marks:
`{{name}}` (escaped), `{{{name}}}` (as it is), `{{#name}}…{{/name}}` (for each, or if) and `{{^name}}…{{/name}}` (if not).
"""

import html
import math
import posixpath
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

from newsarchive.demo.sites import Item, Site

PAGES = Path(__file__).parent / "pages"
RELATED = 3  # items in the side column of an article
RECENT = 5  # items in the "recent posts" box of every page
_BLOCK = re.compile(r"\{\{([#^])(\w+)\}\}(.*?)\{\{/\2\}\}", re.DOTALL)
_VALUE = re.compile(r"\{\{\{(\w+)\}\}\}|\{\{(\w+)\}\}")

Context = Mapping[str, Any]


def fill(text: str, context: Context) -> str:
    """Put values into a template's marks. A mark without a value is a KeyError: a template never guesses."""

    def block(match: re.Match[str]) -> str:
        value, inner = context[match[2]], match[3]
        if match[1] == "^":
            return "" if value else fill(inner, context)
        if isinstance(value, (list, tuple)):
            rows = [row if isinstance(row, Mapping) else {"text": row} for row in value]
            return "".join(fill(inner, {**context, **row}) for row in rows)
        return fill(inner, context) if value else ""

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return str(context[match[1]])
        return html.escape(str(context[match[2]]), quote=True).replace("\xa0", "&nbsp;")

    parts, end = [], 0
    for match in _BLOCK.finditer(text):  # values are filled between the blocks, never inside what a block returned
        parts += [_VALUE.sub(value, text[end : match.start()]), block(match)]
        end = match.end()
    return "".join(parts) + _VALUE.sub(value, text[end:])


def render(site: Site, item: Item, *, base: str = "", day: int = 1) -> bytes:
    """The page of one item in its site's template and charset; `base` is the site's address without a final slash."""
    others = [other for other in site.news(day) if other.path != item.path]
    context = {
        **_site_fields(site, base, day),
        **_item_fields(item, base, item.path),
        "head": item.title,
        "paragraphs": item.paragraphs,
        "crumb_links": [
            {"label": crumb, "href": "../" * (len(item.breadcrumb) - i)} for i, crumb in enumerate(item.breadcrumb)
        ],
        "crumb_line": ">".join(item.breadcrumb),
        "related": [_item_fields(other, base, item.path) for other in others[:RELATED]],
    }
    return _page(site, "article.html", context)


def render_list(site: Site, page: int = 0, *, base: str = "", day: int = 1) -> bytes | None:
    """Page `page` (from 0) of the site's news list; None when the list is not that long."""
    news = site.news(day)
    total = max(1, math.ceil(len(news) / site.page_size))
    if not 0 <= page < total:
        return None
    shown = news[page * site.page_size : (page + 1) * site.page_size]
    context = {
        **_site_fields(site, base, day),
        "head": site.list_title,
        "items": [_item_fields(item, base, site.list_path) for item in shown],
        "total": total,
        "current": page,
        "current_from_1": page + 1,
        "rows": len(news),
        "newer": f"{page}" if page else "",
        "older": f"{page + 2}" if page + 1 < total else "",
    }
    return _page(site, "list.html", context)


def render_feed(site: Site, *, base: str = "", day: int = 1) -> bytes:
    """The RSS feed of the newest items, as WordPress writes it."""
    items = [_item_fields(item, base, "/") for item in site.news(day)[:10]]
    return fill(_template(site.template, "feed.xml"), {**_site_fields(site, base, day), "items": items}).encode()


def render_sitemap(site: Site, *, base: str = "", day: int = 1) -> bytes:
    """The sitemap, which names standing pages as well as news."""
    items = [_item_fields(item, base, "/") for item in site.on(day)]
    return fill(_template(site.template, "sitemap.xml"), {**_site_fields(site, base, day), "items": items}).encode()


def _page(site: Site, name: str, context: Context) -> bytes:
    main = fill(_template(site.template, name), context)
    meta = PAGES / site.template / "meta.html"  # only some families say in the head what an article is
    article = name == "article.html"
    context = {
        **context,
        "main": main,
        "meta": fill(_template(site.template, "meta.html"), context) if article and meta.exists() else "",
        "body_class": "single single-post" if article else "archive",
    }
    page = fill(_template(site.template, "frame.html"), context)
    return page.encode(site.charset)


@cache
def _template(template: str, name: str) -> str:
    return (PAGES / template / name).read_text(encoding="utf-8")


def _site_fields(site: Site, base: str, day: int) -> dict[str, Any]:
    return {
        "site": site.name,
        "base": base,
        "language": site.language,
        "declared": site.declared,
        "list_path": site.list_path,
        "list_title": site.list_title,
        "footer": [{"line": line} for line in site.footer],
        "recent": [{"title": item.title, "url": base + item.path} for item in site.news(day)[:RECENT]],
    }


def _item_fields(item: Item, base: str, page: str) -> dict[str, Any]:
    """An item's fields; `href` is relative to the folder of `page`, as TRS writes it, `url` is whole."""
    folder = page if page.endswith("/") else posixpath.dirname(page)
    relative = posixpath.relpath(item.path, folder)
    href = relative if relative.startswith("..") else f"./{relative}"
    stamp = _stamp(item.date)
    return {
        "title": item.title,
        "url": base + item.path,
        "href": href + ("/" if item.path.endswith("/") else ""),
        "path": item.path,
        "date": item.date,
        "listed": item.listed,
        "stamp": stamp.isoformat() if stamp else "",
        "day_in_words": f"{stamp:%B} {stamp.day}, {stamp.year}" if stamp else "",
        "rss_date": format_datetime(stamp) if stamp else "",
        "origin": item.origin or "",
        "has_origin": item.origin is not None,
        "author": item.author,
        "editor": item.editor,
        "section": item.section,
        "image": item.image,
        "caption": item.caption,
        "attachment": item.attachment,
        "attachment_label": item.attachment_label,
        "summary": item.paragraphs[0] if item.paragraphs else "",
        "number": str(1000 + zlib.crc32(item.title.encode()) % 9000),  # a post keeps its number when it moves
    }


def _stamp(date: str | None) -> datetime | None:
    try:
        stamp = datetime.fromisoformat(date or "")
    except ValueError:
        return None
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
