"""The crawler room, extraction: one parse of a page's text into an lxml tree, guarded against what would hang it.

libxml2 stops silently at 256 nested elements and takes quadratic time over the attributes of one tag; both are
recognised here, and the markup is thinned instead of losing the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree

Element: TypeAlias = Any  # lxml ships no types

ATTRIBUTES_MAX = 500  # of one tag; the parser compares each with all before it
TAG_CHARS = 4 * ATTRIBUTES_MAX  # bytes; a tag shorter than this cannot hold that many
SUSPECT_BYTES = 400_000  # a shorter page cannot hide enough attributes behind quoted ">" to cost more than seconds
EQUALS_MAX = 20_000  # nor can one with fewer "="
DEPTH_MAX = 200  # nested elements kept when a page has more than the parser bears (256)

# A quote counts behind "=" alone, and a "<" ends it: half a script taken for a tag must not swallow what follows.
_TAG = re.compile(rb"""<[A-Za-z](?:[^<>=]|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+""")
_NAME = re.compile(rb"<[A-Za-z][^\s/>]*")
_ATTRIBUTE = re.compile(rb"""[\s/]+[^\s/>=]+(?:\s*=\s*(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+""")
_FORMAT = re.compile(
    rb"</?(?:font|b|i|u|em|strong|span|center|big|small|tt|s|strike|sub|sup|nobr|blink|ins|del)\b[^>]*>", re.IGNORECASE
)
_ANY_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z0-9]*)\b[^>]*>")
_CONTROL = re.compile(
    rb"&#(?:0*(?:[1-8]|1[1-9]|2[0-9]|3[01])|[xX]0*(?:[1-8bBcCe-fE-F]|1[0-9a-fA-F]))(?:;|(?![0-9a-fA-F]))"
)
_VOID = frozenset(b"area base br col embed hr img input link meta param source track wbr".split())


def parse(page: str | bytes, *, light: bool = False) -> Element | None:
    """The tree of a page, comments and processing instructions left out; None when there is no element in it.

    `page` is its text, or that in UTF-8. `light`: plain lxml elements, without the methods of lxml.html, whose making costs a fifth of a page's reading.
    """
    data = _thin_tags(page.encode("utf-8", "replace") if isinstance(page, str) else page)
    if b"&#" in data:
        data = _CONTROL.sub(b"", data)  # written out again, each would be a replacement character
    tree, whole = _parse(data, light=light)
    if not whole:
        tree, whole = _parse(_FORMAT.sub(b"", data), light=light)
    if not whole:
        tree, _ = _parse(_flatten(data), light=light)
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


def _parse(data: bytes, *, light: bool = False) -> tuple[Element | None, bool]:
    parser = _maker(light=light)(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = etree.fromstring(data, parser=parser)
        if tree is None or data.isspace():
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


def _thin_tags(data: bytes) -> bytes:
    """The page without the attributes of monstrous tags."""
    pieces, end = [], 0
    for tag in _long_tags(data):
        start, stop = tag.span()
        if start >= end and stop - start > TAG_CHARS and len(_ATTRIBUTE.findall(tag.group())) > ATTRIBUTES_MAX:
            name = _NAME.match(tag.group())
            pieces += [data[end:start], name.group() if name else b"<p"]
            end = stop
    return b"".join([*pieces, data[end:]]) if pieces else data


def _long_tags(data: bytes) -> Iterator[re.Match[bytes]]:
    """Tags that may be monstrous, found without looking at every one."""
    if len(data) > SUSPECT_BYTES and data.count(b"=") > EQUALS_MAX:
        yield from _TAG.finditer(data)
        return
    step = here = TAG_CHARS // 2
    while here < len(data):  # a long tag covers one such stretch without a ">"
        if data.find(b">", here, here + step) >= 0:
            here += step
            continue
        before = data.rfind(b">", max(0, here - 2 * step), here)
        start = data.rfind(b"<", max(before, here - 2 * step, 0), here)
        if start >= 0 and (tag := _TAG.match(data, start)):
            yield tag
        stop = data.find(b">", here)
        here = stop if stop >= 0 else len(data)


def _flatten(data: bytes) -> bytes:
    """The page without the tags that nest deeper than DEPTH_MAX; their content moves up."""
    depth = 0
    hidden = 0  # open tags left out; their end tags are left out as well

    def keep(match: re.Match[bytes]) -> bytes:
        nonlocal depth, hidden
        closing, name = match.group(1), match.group(2).lower()
        if name in _VOID:
            return match.group()
        if closing:
            if hidden:
                hidden -= 1
                return b" "
            depth = max(0, depth - 1)
            return match.group()
        if depth >= DEPTH_MAX:
            hidden += 1
            return b" "
        depth += 1
        return match.group()

    return _ANY_TAG.sub(keep, data)
