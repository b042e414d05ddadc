"""The crawler room, discovery: dates that stand beside the items of a list, not in them. Pure.

Behind each item (the text after a bare link, a <dd> behind its <dt>) or before it (a <dt> before its <dd>, a day above its
links): seen alone, the day between two items may be either's, so all items of a list are read the way that dates more of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from lxml import html

from crawler.discovery.items import DateReader, pieces_of

PIECES_MAX = 5  # pieces of text beside an item that are looked at
ABOVE_MAX = 60  # items that may stand below one day
SIBLINGS_MAX = 300  # elements before an item that are looked at
# What may stand above several items and mean all of them.
_HEADS = frozenset(("dt", "h1", "h2", "h3", "h4", "h5", "h6"))


def dates_around(
    listed: Mapping[html.HtmlElement, tuple[str | None, str]], dates: DateReader
) -> dict[html.HtmlElement, str]:
    """The dates beside these items of one list, of those that have one there; for each its title and its address."""
    behind = _dated(listed, dates, _behind)
    before = _dated(listed, dates, _before)
    definitions = bool(listed) and all(item.tag == "dd" for item in listed)
    return before if len(before) > len(behind) or (definitions and len(before) == len(behind)) else behind


def _dated(
    listed: Mapping[html.HtmlElement, tuple[str | None, str]],
    dates: DateReader,
    texts: Callable[[html.HtmlElement], Iterator[list[str]]],
) -> dict[html.HtmlElement, str]:
    found = {}
    for item, (title, address) in listed.items():
        date = next((date for pieces in texts(item) if (date := dates.of_pieces(pieces, title, address))), None)
        if date is not None:
            found[item] = date
    return found


def _behind(item: html.HtmlElement) -> Iterator[list[str]]:
    """The text behind an item, up to the next one."""
    pieces = [item.tail.strip()] if item.tail and item.tail.strip() else []
    for sibling in item.itersiblings():
        if _is_item(sibling, item) or len(pieces) >= PIECES_MAX:
            break
        pieces += pieces_of(sibling)
        if sibling.tail and sibling.tail.strip():
            pieces.append(sibling.tail.strip())
    yield pieces


def _before(item: html.HtmlElement) -> Iterator[list[str]]:
    """The texts before an item, the nearest first, up to the one before; then the heads above the items before it."""
    passed = 0
    for sibling in islice(item.itersiblings(preceding=True), SIBLINGS_MAX):
        if passed == 0 and sibling.tail and sibling.tail.strip():
            yield [sibling.tail.strip()]
        if _is_item(sibling, item):
            passed += 1
            if passed > ABOVE_MAX:
                return
        elif passed == 0 or sibling.tag in _HEADS:
            yield pieces_of(sibling)[:PIECES_MAX]
            if sibling.tag in _HEADS:
                return
    above = item.getparent()
    if passed == 0 and above is not None and above.text and above.text.strip():
        yield [above.text.strip()]


def _is_item(sibling: html.HtmlElement, item: html.HtmlElement) -> bool:
    return sibling.tag in (item.tag, "a") or next(sibling.iter("a"), None) is not None
