"""The crawler room, extraction: how a headline is spelled, where its heading on the page and what is declared differ.

A heading may carry a date or a kicker before it, the site's name behind it, or lose the colon between two elements.
"""

from __future__ import annotations

import re

from crawler.extraction.dates import find_dates
from crawler.extraction.folding import fold
from crawler.extraction.sitename import is_site

_WORD = re.compile(r"\w+")
_ANCHORS = "¶ "  # a link to the heading itself
_RULES = "-–—|·•"
TITLE_CHARS_MIN = 8  # of a declared title that may correct a heading


def worded(heading: str, pieces: int, declared: list[str], names: frozenset[str]) -> str:
    """The heading's text, or the declared title that says the same without what does not belong to it.

    `pieces` is how many blocks the heading was put together from, `declared` the declared titles without the site's name.
    """
    heading = heading.rstrip(_ANCHORS)
    whole = fold(heading)
    for title in declared:
        said = fold(title)
        if len(said) < TITLE_CHARS_MIN:
            continue
        if said == whole:
            if title != heading and (pieces > 1 or len(_WORD.findall(title)) > len(_WORD.findall(heading))):
                return title
        elif whole.endswith(said) and (at := heading.rfind(title)) > 0:
            if heading[at:] == title and _is_ornament(heading[:at].strip()):
                return title
        elif whole.startswith(said) and heading.startswith(title):
            rest = heading[len(title) :].strip()
            if rest[:1] in _RULES and is_site(rest.strip(_RULES + " "), names):
                return title
    return heading


def signed(headline: str, declared: list[str]) -> str:
    """A headline that is not visible, with the signs ("A: B" or "A - B") that most of the head gives it."""
    folded = fold(headline)
    alike = [title for title in declared if fold(title) == folded]
    return max([headline, *alike], key=alike.count)


def _is_ornament(before: str) -> bool:
    """Whether what stands before a title is its date, or a kicker with its dash."""
    if before[-1:] in _RULES:
        return True
    spot = next(find_dates(before, language="en-US"), None)
    return spot is not None and not (before[: spot.start] + before[spot.end :]).strip(" .,;:()[]" + _RULES)
