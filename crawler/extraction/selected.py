"""The crawler room, extraction: what a source's own CSS selectors pick out of a page.

Selectors are overrides: where one matches, it wins; where it matches nothing, the generic way goes on as if it were not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree

from crawler.extraction.blocks import Blocks
from crawler.extraction.body import Body, assemble
from crawler.extraction.claims import Claim, Claims
from crawler.extraction.dates import normalise_stamp, read_date
from crawler.extraction.lines import is_boilerplate
from crawler.extraction.tree import Element, parse
from crawler.extraction.vicinity import Reading
from crawler.stations import Selectors

_NONE = Selectors()
DROPPED_MAX = 5_000  # elements cut out of one page
MATCHES_MAX = 200  # elements one selector may pick
MARK = "data-newsarchive-body"  # attribute that marks the elements of the body in the markup


@dataclass(slots=True)
class Selected:
    """What the selectors found: claims by field, and the markup to read."""

    markup: str  #: the page without what the source drops, the elements of the body marked
    claims: Claims = field(default_factory=Claims)
    has_body: bool = False  #: the body's selector matched
    dates: list[str] = field(default_factory=list)  #: texts and stamps the date selector matched

    def published(self, reading: Reading) -> Claim | None:
        """The date in what the date selector matched; None when it matched no date."""
        for text in self.dates:
            iso = normalise_stamp(text) or read_date(
                text, at=reading.at, language=reading.language, timezone=reading.timezone
            )
            if iso:
                return Claim(iso, "selector", 1.0)
        return None

    def body(self, blocks: Blocks) -> Body | None:
        """The blocks inside the selected elements, page furniture left out; None when nothing was selected."""
        if not self.has_body:
            return None
        chosen: set[int] = set()
        for node, place in enumerate(blocks.node_places):
            if MARK in blocks.pieces[place]:
                chosen.update(range(blocks.node_first[node], blocks.node_last[node]))
        kept = [index for index in sorted(chosen) if not is_boilerplate(blocks.texts[index])]
        return assemble(blocks, kept, confidence=1.0, method="selector") if kept else None


def read_selected(markup: str, selectors: Selectors) -> Selected:
    """Cut out what the source drops, then note what its selectors match.

    Selectors need a tree; a page of a source without any is read as it stands.
    """
    tree = parse(markup, light=True) if selectors != _NONE else None
    if tree is None:
        return Selected(markup=markup)
    for drop in selectors.drop:
        for element in select(tree, drop)[:DROPPED_MAX]:
            if element.getparent() is not None:
                _remove(element)
    selected = Selected(markup="")
    for name in ("title", "author", "origin", "section"):
        pattern = getattr(selectors, name)
        for element in select(tree, pattern)[:1] if pattern else ():
            selected.claims.add(name, element.get("content") or element.xpath("string()"), "selector", 1.0)
    for element in select(tree, selectors.date)[:3] if selectors.date else ():
        stamps = (element.get("datetime"), element.get("content"), " ".join(element.xpath("string()").split()))
        selected.dates += [stamp for stamp in stamps if stamp]
    for element in select(tree, selectors.body)[:MATCHES_MAX] if selectors.body else ():
        _block_of(element).set(MARK, "")
        selected.has_body = True
    selected.markup = etree.tostring(tree, encoding="unicode", method="html")
    return selected


def select(tree: Element, pattern: str) -> list[Element]:
    """The elements a CSS selector matches, in document order; none for a selector that cannot be read."""
    compiled = _compiled(pattern)
    return list(compiled(tree)) if compiled is not None else []


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    from lxml import cssselect  # noqa: PLC0415  # only sources with selectors of their own need it

    try:
        return cssselect.CSSSelector(pattern, translator="html")
    except (cssselect.SelectorError, ValueError):
        return None


def _remove(element: Element) -> None:
    """Take an element out and leave the text behind it where it is."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail:
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


_INLINE = {"span", "a", "b", "strong", "em", "i", "font", "u", "small"}


def _block_of(element: Element) -> Element:
    while element.tag in _INLINE and element.getparent() is not None:
        element = element.getparent()
    return element
