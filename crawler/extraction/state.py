"""The crawler room, extraction: the state that a page's own application carries in its scripts, where nothing else speaks.

Only what names itself is taken, and only when it says one thing: two different publication days are those of two texts.
"""

from __future__ import annotations

import re

from crawler.extraction.claims import Claim
from crawler.extraction.dates import normalise_stamp

STATE_CHARS = 3_000_000  # of the source looked into
DAYS_MAX = 2  # more different days than this are those of a list

_STAMP = r"""["'\\]{1,3}\s*:\s*["'\\]{1,3}((?:19|20)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)["'\\]"""
_NAMES = (
    "datePublished",
    "publishedAt",
    "published_at",
    "publishDate",
    "publish_date",
    "publicationDate",
    "postDate",
    "firstPublished",
    "publishedDate",
    "date_published",
)
_PUBLISHED = re.compile(rf"""["']({"|".join(_NAMES)}){_STAMP}""")


def state_date(source: str) -> Claim | None:
    """The publication day in a page's embedded state; None when it names none, or more than DAYS_MAX."""
    if "&quot;date" in source:
        source = source.replace("&quot;", '"')
    by_name: dict[str, list[str]] = {}
    for match in _PUBLISHED.finditer(source[:STATE_CHARS]):
        if iso := normalise_stamp(match[2]):
            by_name.setdefault(match[1], []).append(iso)
    for name in _NAMES:
        stamps = by_name.get(name, [])
        if stamps and len({stamp[:10] for stamp in stamps}) <= DAYS_MAX:
            return Claim(stamps[0], f"state:{name}", 0.55)
    return None
