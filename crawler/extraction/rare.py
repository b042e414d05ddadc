"""The crawler room, extraction: dates in languages that `months` does not know, left to dateparser.

Loaded on first need only: importing it costs more than reading a whole page.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

RARE_MAX = 40  # characters; a date and nothing else
_SHAPE = re.compile(r"(?=.*(?:19|20)\d\d)(?=.*\b\d{1,2}\b)(?=.*[^\W\d_]{3})[\w\s.,\u0300-\u036f\u0900-\u0dff’'-]+")
_COVERED = re.compile(
    r"[A-Za-z\s\d.,'-]+|[一-鿿぀-ヿ가-힣\s\d]+"
)  # plain Latin and East Asian letters: ours, and no date if we say so


def read_rare(text: str, language: str | None) -> str | None:
    """A day with its year, stated by `text` and nothing else in it; None otherwise."""
    if len(text) > RARE_MAX or not _SHAPE.fullmatch(text) or (language is None and _COVERED.fullmatch(text)):
        return None
    import dateparser  # noqa: PLC0415  # heavy, and hardly ever needed

    settings = {
        "REQUIRE_PARTS": ["day", "month", "year"],
        "PARSERS": ["absolute-time"],
        "RELATIVE_BASE": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None),
    }
    tongue = [language.split("-", maxsplit=1)[0]] if language else None
    try:
        moment = dateparser.parse(text, languages=tongue, settings=settings)
    except (ValueError, OverflowError, TypeError):  # a language it does not know, a number it cannot hold
        return None
    return f"{moment:%Y-%m-%d}" if moment and str(moment.year) in text else None
