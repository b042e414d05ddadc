"""The archive room: search results that show why: matches marked in the original text. Pure.

The index holds folded words and pairs of characters; nobody wants to read those. So the terms are looked for again in
the original: folded character by character, with the way back to each character's place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice

from archive.query import Term
from archive.words import fold, fold_character

START, STOP = "\u0002", "\u0003"  #: around a matched word in `Hit.title` and `Hit.snippet`
SNIPPET_CHARS = 180
LEAD_CHARS = 50  # shown before the first match of a snippet
MATCHES_MAX = 1000  # looked at in one text

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def mark(text: str | None, terms: Iterable[Term]) -> str:
    """The whole text with every match marked."""
    shown = text or ""
    return _marked(shown, spans(shown, terms), 0, len(shown))


def snippet(text: str, terms: Iterable[Term]) -> str:
    """The part of the text with the most different terms, at most SNIPPET_CHARS long, matches marked."""
    found = spans(text, terms)
    start = max(0, _densest(found) - LEAD_CHARS)
    stop = min(len(text), start + SNIPPET_CHARS)
    start = max(0, min(start, stop - SNIPPET_CHARS))
    start, stop = _at_word(text, start, stop)
    inside = [(s, e, t) for s, e, t in found if s >= start and e <= stop]
    head, tail = "…" if start else "", "…" if stop < len(text) else ""
    return head + _marked(text, inside, start, stop) + tail


def spans(text: str, terms: Iterable[Term]) -> list[tuple[int, int, int]]:
    """(start, end, number of the term) of every match in the original text, in order and without overlaps."""
    folded = fold(text)
    found = list(_matches(folded, terms))
    # Of equal length, a folded text nearly always has each character where the original has it; the matches tell.
    if len(folded) != len(text) or any(fold(text[start:end]) != folded[start:end] for start, end, _ in found):
        folded, place = _folded(text)
        found = [(place[start], place[end - 1] + 1, number) for start, end, number in _matches(folded, terms)]
    found.sort()
    ends = [0, *accumulate((end for _, end, _ in found), max)]
    return [span for span, before in zip(found, ends, strict=False) if span[0] >= before]


def _matches(folded: str, terms: Iterable[Term]) -> Iterator[tuple[int, int, int]]:
    for number, term in enumerate(terms):
        for match in islice(re.finditer(term.pattern, folded), MATCHES_MAX):
            if match.end() > match.start():
                yield match.start(), match.end(), number


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The text folded character by character, and for each of its characters where it comes from."""
    pieces = list(map(fold_character, text))
    return "".join(pieces), [number for number, piece in enumerate(pieces) for _ in piece]


def _densest(found: Sequence[tuple[int, int, int]]) -> int:
    """Start of the first match of the window that shows the most different terms; 0 when there is none."""
    best, at = 0, 0
    for number, (start, _, _) in enumerate(found):
        shown = {t for s, e, t in found[number:] if e <= start + SNIPPET_CHARS - LEAD_CHARS}
        if len(shown) > best:
            best, at = len(shown), start
        if number > MATCHES_MAX // 10:
            break
    return at


def _at_word(text: str, start: int, stop: int) -> tuple[int, int]:
    """Do not begin or end within a word of letters, if a blank is near."""
    if start and (blank := text.find(" ", start, start + LEAD_CHARS // 2)) >= 0:
        start = blank + 1
    if stop < len(text) and (blank := text.rfind(" ", stop - LEAD_CHARS // 2, stop)) >= 0:
        stop = blank
    return start, stop


def _marked(text: str, found: Iterable[tuple[int, int, int]], start: int, stop: int) -> str:
    """On one line and without control characters: inert in a terminal, and free of others' marks."""
    parts, at = [], start
    for s, e, _ in found:
        parts += [_CONTROL.sub(" ", text[at:s]), START, _CONTROL.sub(" ", text[s:e]), STOP]
        at = e
    return " ".join("".join([*parts, _CONTROL.sub(" ", text[at:stop])]).split())
