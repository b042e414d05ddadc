"""The crawler room, extraction: the dateline of a press release, the place and day that open its text. Pure.

"LEAF CITY, Nov. 5, 2026 – The observatory ...", "(Berlin, 5. November 2026) Das Institut ...": by the convention of newsrooms the
day of publication; asked only where nothing else on the page says it.
"""

from __future__ import annotations

import re

from crawler.extraction.body import Body
from crawler.extraction.claims import Claim
from crawler.extraction.dates import find_dates
from crawler.extraction.vicinity import Reading

PARAGRAPHS = 3  # of the body that may open with it: a standfirst comes first
TEXT_MIN = 30  # characters that must follow: a line of its own is no dateline
HEAD_CHARS = 140  # of a paragraph, in which the dateline ends
_PLACE = re.compile(
    r"[(\[]?\s*(?:[A-ZÀ-ÖØ-ÞА-Я][\w.'’&/ \-]{1,40}(?:,\s?[\w.'’ ]{1,30}){0,2}\s*[,(/–—-]+\s*)?[(\[]?\s*"
)
_BEHIND = re.compile(r"\s*[)\]]?\s*(?:/\s?[A-Z][\w .]{2,30}/|\([A-Z][\w .]{2,30}\))?\s*(?:[-–—:|/]|(?<=[)\]])\s)")


def read_dateline(body: Body, reading: Reading) -> Claim | None:
    """The day in the dateline of one of the first paragraphs; None where there is none."""
    for paragraph in body.paragraphs[:PARAGRAPHS]:
        head = paragraph.text[:HEAD_CHARS]
        spot = next(find_dates(head, at=reading.at, language=reading.language, timezone=reading.timezone), None)
        if spot is None or len(spot.iso) < len("2026-11-05") or len(paragraph.text) < spot.end + TEXT_MIN:
            continue
        if _PLACE.fullmatch(head[: spot.start]) and _BEHIND.match(head, spot.end):
            return Claim(spot.iso, "dateline", 0.6)
    return None
