"""The crawler room, extraction: the chosen body as clean HTML that is safe to show anywhere.

The markup is rebuilt from the chosen blocks, so that what was judged boilerplate cannot come back through it; of the
page's own markup only inline emphasis and links survive.
"""

from __future__ import annotations

from html import escape
from itertools import groupby

import nh3
from lxml import etree

from archive import Image
from crawler.extraction.blocks import Blocks, Element, Flag
from crawler.extraction.body import Body, Paragraph
from crawler.extraction.declared import absolute

HTML_CHARS_MAX = 2_000_000
INLINE = {
    "a",
    "abbr",
    "b",
    "cite",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "kbd",
    "mark",
    "q",
    "s",
    "small",
    "strong",
    "sub",
    "sup",
    "u",
}
_ATTRIBUTES = {"a": {"href", "title"}, "abbr": {"title"}}
_PLAIN = {
    "h1": "h2",
    "h2": "h2",
    "h3": "h3",
    "h4": "h4",
    "h5": "h5",
    "h6": "h6",
    "blockquote": "blockquote",
    "pre": "pre",
    "dt": "p",
    "dd": "p",
}


def body_html(blocks: Blocks, body: Body, images: tuple[Image, ...], url: str) -> str | None:
    """The body's paragraphs, lists, tables and images in order, links absolute; None when there is no body."""
    if not body.paragraphs:
        return None
    parts: list[str] = [figure_html(image) for image in images]
    size = 0
    for group, members in groupby(body.paragraphs, key=lambda p: _group(blocks, p)):
        for part in _render(group, list(members), blocks, url):
            size += len(part)
            if size > HTML_CHARS_MAX:
                return "\n".join(parts)
            parts.append(part)
    return "\n".join(parts)


def _group(blocks: Blocks, paragraph: Paragraph) -> tuple[str, int]:
    """What stands together: the items of one list, the cells of one table row; anything else alone."""
    node = blocks.owners[paragraph.index]
    while node >= 0:
        tag = blocks.node_tags[node]
        if tag in ("ul", "ol", "tr"):
            return tag, node
        if tag in ("body", "article", "main", "section", "table"):
            break
        node = blocks.node_parents[node]
    return "", paragraph.index


def _render(group: tuple[str, int], members: list[Paragraph], blocks: Blocks, url: str) -> list[str]:
    tag = group[0]
    if tag in ("ul", "ol"):
        return [f"<{tag}>", *(f"<li>{_inline(blocks, p, url)}</li>" for p in members), f"</{tag}>"]
    if tag == "tr":
        return ["<table><tr>" + "".join(f"<td>{_inline(blocks, p, url)}</td>" for p in members) + "</tr></table>"]
    made = []
    for paragraph in members:
        name = _PLAIN.get(paragraph.tag, "blockquote" if blocks.has(paragraph.index, Flag.QUOTE) else "p")
        made.append(f"<{name}>{_inline(blocks, paragraph, url)}</{name}>")
    return made


def _inline(blocks: Blocks, paragraph: Paragraph, url: str) -> str:
    """The text of one block with its links and emphasis, where the block is all its element holds."""
    node = blocks.owners[paragraph.index]
    element = blocks.node_elements[node]
    whole = blocks.node_last[node] - blocks.node_first[node] == 1
    if not whole or not len(element) or paragraph.text != blocks.texts[paragraph.index]:
        return escape(paragraph.text, quote=False)
    markup = _serialise(element)
    return clean_inline(markup, url) or escape(paragraph.text, quote=False)


def _serialise(element: Element) -> str:
    try:
        return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))
    except (ValueError, etree.LxmlError):
        return ""


def clean_inline(markup: str, url: str) -> str:
    """Inline markup made safe: no scripts, styles, handlers or foreign schemes; links absolute."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        return absolute(url, value) if (tag, name) == ("a", "href") else value

    cleaned = nh3.clean(
        markup,
        tags=INLINE,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https"},
        link_rel="noopener nofollow",
        clean_content_tags={"script", "style", "noscript", "svg", "iframe", "template"},
    )
    return " ".join(cleaned.split())


def figure_html(image: Image) -> str:
    """A picture with its caption."""
    picture = f'<img src="{escape(image.url)}" alt="{escape(image.alt or "")}">' if image.url else ""
    words = " ".join(filter(None, (image.caption, f"({image.credit})" if image.credit else None)))
    caption = f"<figcaption>{escape(words, quote=False)}</figcaption>" if words else ""
    return f"<figure>{picture}{caption}</figure>"
