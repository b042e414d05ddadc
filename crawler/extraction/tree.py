"""The crawler room, extraction: one parse of a page's text into an lxml tree, guarded against what would hang it.

libxml2 stops silently at 256 nested elements and takes quadratic time over the attributes of one tag; both are
recognised here, and the markup is thinned instead of losing the page.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from crawler.extraction.blocks import Element

ATTRIBUTES_MAX = 500  # of one tag; the parser compares each with all before it
TAG_CHARS = 4 * ATTRIBUTES_MAX  # a tag shorter than this cannot hold that many
SUSPECT_CHARS = 500_000  # a shorter page cannot cost much, unless a tag of it goes on and on without a ">"
DEPTH_MAX = 200  # nested elements kept when a page has more than the parser bears (256)

# A quote counts behind "=" alone, and a "<" ends it: half a script taken for a tag must not swallow what follows.
_TAG = re.compile(r"""<[A-Za-z](?:[^<>=]|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+""")
_LONG = re.compile(rf"<[A-Za-z][^>]{{{TAG_CHARS}}}")
_NAME = re.compile(r"<[A-Za-z][^\s/>]*")
_ATTRIBUTE = re.compile(r"""[\s/]+[^\s/>=]+(?:\s*=\s*(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+""")
_FORMAT = re.compile(
    r"</?(?:font|b|i|u|em|strong|span|center|big|small|tt|s|strike|sub|sup|nobr|blink|ins|del)\b[^>]*>", re.IGNORECASE
)
_ANY_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)\b[^>]*>")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)


def parse(text: str, *, light: bool = False) -> Element | None:
    """The tree of a page, comments and processing instructions left out; None when there is no element in it.

    `light`: plain lxml elements, without the methods of lxml.html, whose making costs a fifth of a page's reading.
    """
    text = _thin_tags(text)
    tree, whole = _parse(text, light=light)
    if not whole:
        tree, whole = _parse(_FORMAT.sub("", text), light=light)
    if not whole:
        tree, _ = _parse(_flatten(text), light=light)
    if tree is not None:
        _clear_head(tree)
    return tree


_HEAD_TAGS = frozenset(
    ("title", "meta", "link", "script", "style", "base", "noscript", "template", "object", "bgsound")
)


def _clear_head(tree: Element) -> None:
    """Move what is no head's content into the body: the parser knows no `<nav>` or `<main>` and leaves them where they open."""
    head = tree.find("head") if tree.tag == "html" else None
    if head is None:
        return
    strays = [child for child in head if child.tag not in _HEAD_TAGS]
    if not strays:
        return
    first = head.index(strays[0])
    body = tree.find("body")
    if body is None:
        body = etree.SubElement(tree, "body")
    for place, child in enumerate(list(head)[first:]):
        body.insert(place, child)


def _parse(text: str, *, light: bool = False) -> tuple[Element | None, bool]:
    parser = _maker(light=light)(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = etree.fromstring(text.encode("utf-8", "replace"), parser=parser)
        if tree is None or not text.strip():
            return None, True
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None, True
    last = parser.error_log.last_error
    return tree, last is None or "depth" not in (last.message or "")


def _maker(*, light: bool) -> Any:
    if light:
        return etree.HTMLParser
    from lxml import html  # noqa: PLC0415  # imported for those who want its elements alone

    return html.HTMLParser


def _thin_tags(text: str) -> str:
    """The text without the attributes of monstrous tags."""
    if len(text) < SUSPECT_CHARS:
        tags = [found for long in _LONG.finditer(text) if (found := _TAG.match(text, long.start()))]
    else:
        tags = list(_TAG.finditer(text))
    monsters = [tag.span() for tag in tags if tag.end() - tag.start() > TAG_CHARS]
    pieces, end = [], 0
    for start, stop in monsters:
        tag = text[start:stop]
        if len(_ATTRIBUTE.findall(tag)) > ATTRIBUTES_MAX:
            name = _NAME.match(tag)
            pieces += [text[end:start], name.group() if name else "<p"]
            end = stop
    return "".join([*pieces, text[end:]]) if pieces else text


def _flatten(text: str) -> str:
    """The text without the tags that nest deeper than DEPTH_MAX; their content moves up."""
    depth = 0
    hidden = 0  # open tags left out; their end tags are left out as well

    def keep(match: re.Match[str]) -> str:
        nonlocal depth, hidden
        closing, name = match.group(1), match.group(2).lower()
        if name in _VOID:
            return match.group()
        if closing:
            if hidden:
                hidden -= 1
                return " "
            depth = max(0, depth - 1)
            return match.group()
        if depth >= DEPTH_MAX:
            hidden += 1
            return " "
        depth += 1
        return match.group()

    return _ANY_TAG.sub(keep, text)
