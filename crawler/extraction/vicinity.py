"""The crawler room, extraction: the short lines around headline and body, where pages say when, whence and by whom.

Above the body stand date, origin, author, section and breadcrumb; below it, at times, the editor and the day again.
What is found is claims; nothing here is taken out of prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.body import Body
from crawler.extraction.byline import read_authors, read_byline
from crawler.extraction.claims import Claims
from crawler.extraction.dates import normalise_stamp, read_date
from crawler.extraction.fitting import blocks_at
from crawler.extraction.metaline import MetaLine, read_meta_line
from crawler.extraction.template import Template
from crawler.extraction.title import Headline

ABOVE_TITLE = 8  # blocks above the headline that may hold the meta line
BELOW_TITLE = 16  # blocks below it
INTO_BODY = 2  # the second paragraph of prose ends the search
PROSE_BYTES = 150  # of UTF-8; shorter body blocks may be a standfirst or the meta line itself
BELOW_BODY = 8  # blocks behind the body's end: editor lines, hand-made pages' dates
LINE_CHARS = 260
CLOSE = 8  # blocks between a headline and a <time> that is its own
BESIDE = 0.8  # confidence of a bare date or a <time> at the headline; labelled lines have more
ABOVE = 0.75  # ... of a <time> above it, where the days of other news may stand
BYLINE_CHARS = 100  # of a line that names the authors
TIMES_MAX = 60  # <time> elements looked at

# A meta line has a number, or a label with its colon.
_PROMISING = re.compile(r"[\d:：]|来源|來源")
_FURNITURE, _ASIDE, _ARTICLE = int(Flag.NAV | Flag.FOOTER), int(Flag.ASIDE), int(Flag.ARTICLE)
_BY = re.compile(
    r"(?:(?:written|posted|published|words|story|text|article|reported) )?by:?|authors?:?|von:?|autor(?:in)?:?|par:?|auteur:?|por:?|作者[:：]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is known for reading dates on this page."""

    at: datetime | None = None
    language: str | None = None
    timezone: str | None = None


def read_vicinity(
    blocks: Blocks, headline: Headline | None, body: Body, reading: Reading, template: Template | None = None
) -> Claims:
    """Claims from the lines near headline and body, nearest first; where the site states its fields comes before all."""
    claims = Claims()
    known = _known_places(blocks, template) if template is not None else {}
    for index, place in chain(((index, "place") for index in known), _lines(blocks, headline, body)):
        if index in known and place != "place":
            continue
        text = blocks.texts[index]
        line = None
        if _PROMISING.search(text):
            line = read_meta_line(text, at=reading.at, language=reading.language, timezone=reading.timezone)
        if line is not None:
            _claim(claims, line, place, index)
        elif place != "below" and (names := _byline(blocks, index) or _bare_names(text, known.get(index))):
            claims.add("author", "; ".join(names), f"line:{place}", 0.9 if place == "place" else 0.75, index)
    return claims


def _known_places(blocks: Blocks, template: Template) -> dict[int, str]:
    """The blocks in which this site states its fields, each with the field."""
    return {
        index: place.field
        for place in template.places
        if place.field != "title"
        for index in blocks_at(blocks, place.path)
        if len(blocks.texts[index]) <= LINE_CHARS
    }


def _bare_names(text: str, field: str | None) -> tuple[str, ...]:
    """Names without any "By", where the site is known to put them."""
    return read_authors(text) if field == "author" and len(text) <= BYLINE_CHARS else ()


def _byline(blocks: Blocks, index: int) -> tuple[str, ...]:
    """The names of a line that is a byline and nothing else, or of the one behind a line that only says "By"."""
    text = blocks.texts[index]
    if len(text) <= BYLINE_CHARS and (names := read_byline(text)):
        return names
    if _BY.fullmatch(text) and index + 1 < len(blocks) and len(blocks.texts[index + 1]) <= BYLINE_CHARS // 2:
        return read_authors(blocks.texts[index + 1])
    return ()


def _lines(blocks: Blocks, headline: Headline | None, body: Body) -> Iterator[tuple[int, str]]:
    """Indexes of short lines: below the headline, above it, then below the body."""
    paragraphs = body.paragraphs
    first = paragraphs[0].index if paragraphs else None
    last = paragraphs[-1].index if paragraphs else None
    top = headline.block if headline is not None and headline.block is not None else None
    if top is None or (first is not None and top > first + BELOW_TITLE):
        top = max(0, first - ABOVE_TITLE) if first is not None else 0
    below = top + (headline.blocks if headline is not None and headline.block == top else 0)
    near = list(_near(blocks, body, below, first))
    for index in near:
        yield index, "near"
    for index in range(below - 1, max(-1, top - ABOVE_TITLE - 1), -1):
        if _short(blocks, index):
            yield index, "above"
    if last is not None:
        behind = max(last - 1, near[-1] + 1 if near else 0)
        for index in range(behind, min(len(blocks), last + BELOW_BODY)):
            if _short(blocks, index):
                yield index, "below"


def _near(blocks: Blocks, body: Body, below: int, first: int | None) -> Iterator[int]:
    """Short lines from the headline on until the body is well under way, and those right above a body that starts later."""
    prose = {p.index for p in body.paragraphs if len(p.text.encode()) >= PROSE_BYTES}
    met = 0
    for index in range(below, min(len(blocks), below + BELOW_TITLE)):
        if index in prose:
            met += 1
            if met >= INTO_BODY:
                return
        elif _short(blocks, index):
            yield index
    if first is not None and first > below + BELOW_TITLE:
        for index in range(max(below + BELOW_TITLE, first - ABOVE_TITLE), min(len(blocks), first + INTO_BODY)):
            if index not in prose and _short(blocks, index):
                yield index


def _short(blocks: Blocks, index: int) -> bool:
    return len(blocks.texts[index]) <= LINE_CHARS and not _apart(blocks.flags[index])


def _apart(flags: int) -> bool:
    """Whether a place is page furniture; an aside inside the article is not."""
    return bool(flags & _FURNITURE) or (bool(flags & _ASIDE) and not flags & _ARTICLE)


def _claim(claims: Claims, line: MetaLine, place: str, index: int) -> None:
    trust = {"place": 0.95, "near": 0.9, "above": 0.8, "below": 0.7}[place]
    labels = {role.value: word for role, word in line.labels.items()}
    labelled = bool(labels.get("published"))
    if line.published and (labelled or place != "below"):
        word = labels.get("published") or ""
        sure = trust if word or place == "place" else trust - 0.1
        claims.add("published", line.published, f"label:{word}" if word else f"line:{place}", sure, index)
    if line.modified:
        word = labels.get("modified") or ""
        claims.add("modified", line.modified, f"label:{word}" if word else f"line:{place}", trust, index)
    for name, value in (
        ("origin", line.origin),
        ("author", line.author),
        ("editor", line.editor),
        ("section", line.section),
    ):
        if value:
            word = labels.get(name) or ""
            claims.add(
                name, value, f"label:{word}" if word else f"line:{place}", trust if word else trust - 0.15, index
            )


def read_times(blocks: Blocks, headline: Headline | None, body: Body, reading: Reading) -> Claims:
    """Claims of `<time>` elements between the surroundings of the headline and the body's end."""
    claims = Claims()
    top, first, last = _range(headline, body)
    for place, _, node in blocks.times[:TIMES_MAX]:
        position = blocks.node_first[node]
        if not first <= position <= last or _apart(blocks.node_flags[node]):
            continue
        about = blocks.attributes(place)
        stamp = about.get("datetime") or about.get("content")
        iso = normalise_stamp(stamp) if stamp else None
        if iso is None and not stamp:
            iso = read_date(blocks.text_at(place), at=reading.at, language=reading.language, timezone=reading.timezone)
        if iso is None:
            continue
        words = f"{about.get('class', '')} {about.get('itemprop', '')} {blocks.node_names[node]}".lower()
        sure = "publi" in words or "entry-date" in words or "pubdate" in about
        changed = not sure and ("updat" in words or "modif" in words)  # "published updated": never changed since
        close = abs(position - top) <= CLOSE
        trust = 0.9 if sure else 0.7 if not close else BESIDE if position >= top else ABOVE
        claims.add("modified" if changed else "published", iso, "time", trust, position)
    return claims


def _range(headline: Headline | None, body: Body) -> tuple[int, int, int]:
    """Where the headline stands, and the blocks between which a <time> is the article's."""
    paragraphs = body.paragraphs
    top = (
        headline.block
        if headline is not None and headline.block is not None
        else (paragraphs[0].index if paragraphs else 0)
    )
    bottom = paragraphs[0].index + INTO_BODY if paragraphs else top + BELOW_TITLE
    return top, top - ABOVE_TITLE, max(bottom, top + BELOW_TITLE)
