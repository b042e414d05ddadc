"""The archive room: does a text have what a query asks for, and how good a hit is it? Pure.

Hits are ranked by BM25F (Robertson, Zaragoza & Taylor 2004): what is said often counts for more, but ever less so; in a
title for more than in a body; in a long body for less; a term that few of the weighed texts have for more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from archive.query import All, AnyOf, Node, Term
from archive.words import fold

TITLE_WEIGHT = 8.0  # a word in the title says more about an article than one in its body
SATURATION = 1.2  # k1 of BM25
LENGTH_WEIGHT = 0.5  # b of BM25: how much a long text is held against it
TYPICAL_BYTES = 2500  # of a body


@dataclass(frozen=True, slots=True)
class Page:
    """An article's text, folded, as it is searched."""

    shelf: int
    n: int
    title: str
    body: str

    @property
    def bytes(self) -> int:
        return len(self.body) if self.body.isascii() else len(self.body.encode())


def page(shelf: int, n: int, title: str | None, body: str) -> Page:
    return Page(shelf, n, fold(title or ""), fold(body))


def holds(node: Node, text: Page) -> bool:
    """Whether the text has what the query asks for."""
    if isinstance(node, Term):
        return _says(node, text.body) or _says(node, text.title)
    if isinstance(node, AnyOf):
        return any(holds(part, text) for part in node.parts)
    assert isinstance(node, All)
    return all(holds(part, text) for part in node.parts) and not any(holds(part, text) for part in node.without)


def _says(term: Term, folded: str) -> bool:
    """Plain text is searched for at the speed of memory, and the rarest is the longest: there the pattern is held to it."""
    if term.plain:
        return term.pattern in folded
    *before, longest = term.runs
    found = folded.find(longest)
    while found >= 0:
        start = _start(before, folded, found)
        if start is not None and re.compile(term.pattern).match(folded, start):
            return True
        found = folded.find(longest, found + 1)
    return False


def _start(before: Sequence[str], folded: str, at: int) -> int | None:
    """Where these words begin that end right before a place; None when it is others that stand there."""
    for word in reversed(before):
        while at and not folded[at - 1].isalnum():
            at -= 1
        at -= len(word)
        if at < 0 or not folded.startswith(word, at):
            return None
    return at


def scores(terms: Sequence[Term], texts: Sequence[Page]) -> list[float]:
    """How good each text is; larger is better."""
    told = [[_told(term, text) for term in terms] for text in texts]
    rarity = [1 + log((1 + len(texts)) / (1 + sum(1 for row in told if row[at]))) for at in range(len(terms))]
    return [
        sum(weight * often * (SATURATION + 1) / (often + SATURATION) for weight, often in zip(rarity, row, strict=True))
        for row in told
    ]


def _told(term: Term, text: Page) -> float:
    """How often a text says it, as if it were of the typical length."""
    length = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * text.bytes / TYPICAL_BYTES
    return TITLE_WEIGHT * _count(term, text.title) + _count(term, text.body) / length


def _count(term: Term, folded: str) -> int:
    return folded.count(term.pattern) if term.plain else len(re.findall(term.pattern, folded))
