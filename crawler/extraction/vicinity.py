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
from crawler.extraction.dates import find_dates, fold, normalise_stamp, read_date
from crawler.extraction.fitting import blocks_at
from crawler.extraction.labels import DATED, Role, find_labels, role_of
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
BELOW = 0.7  # ... of a labelled line below the body
BYLINE_CHARS = 100  # of a line that names the authors
VALUE_CHARS = 200  # of a value in the cell behind its label
MARKED_CHARS = 80  # of a line with a day among other things
TIMES_MAX = 60  # <time> elements looked at

_OF_COPYRIGHT = re.compile(r"©|\(c\)\s?(?:19|20)\d\d|copyright|all rights reserved|版权所有|版權所有", re.IGNORECASE)
_MARKED = re.compile(
    r"(?:^|[\s_-])(?:date|datum|time|published|pubdate|byline|author|meta|(?:post|article|news)-?info)(?:$|[\s_-])"
)
_NOT_MARKED = re.compile(r"event|venue|deadline|comment|related|teaser|card|updat|modif|start|end", re.IGNORECASE)
_ANNOUNCING = DATED | {Role.ORIGIN, Role.PUBLISHER}  # "Share" and "Contact" stand alone before other things
# A meta line has a number, or a label with its colon.
_PROMISING = re.compile(r"[\d:：]|来源|來源|昨天|前天|今天|\b(?:ago|yesterday|gestern|heute|hier)\b", re.IGNORECASE)
_NAV, _ENDS, _ARTICLE = int(Flag.NAV), int(Flag.ASIDE | Flag.FOOTER), int(Flag.ARTICLE)
_BY = re.compile(
    r"(?:(?:article|post|story)\s)?(?:(?:written|posted|published|words|story|text|article|reported)\s)?by:?|authors?(?:\(s\))?:?"
    r"|contributors?:|von:?|autor(?:in)?:?|par:?|auteur:?|por:?|作者[:：]?",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"(?:(?:article|post|story)\s)?(?:written|posted|article)\sby|authors?(?:\(s\))?:?|作者", re.IGNORECASE
)
_HANDLE = re.compile(r"by\s(?P<name>[a-z][\w.-]{2,20})")  # "by ibby", and nothing else


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
        text = _with_value(blocks, index, place)
        line = None
        if _PROMISING.search(text) and not (place == "below" and _OF_COPYRIGHT.search(text)):
            line = read_meta_line(text, at=reading.at, language=reading.language, timezone=reading.timezone)
        if line is not None:
            _claim(claims, line, place, index)
        elif place == "near" and (day := _marked_day(blocks, index, reading)):
            claims.add("published", day, "class:date", BESIDE, index)
        elif (place != "below" or _WRITTEN.match(text)) and (
            names := _byline(blocks, index) or _bare_names(text, known.get(index))
        ):
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


def _marked_day(blocks: Blocks, index: int, reading: Reading) -> str | None:
    """The one day of a line whose element says that such things stand there ("Jane Doe July 3, 2031", class author-details)."""
    names, text = blocks.node_names[blocks.owners[index]], blocks.texts[index]
    if len(text) > MARKED_CHARS or not _MARKED.search(names) or _NOT_MARKED.search(names):
        return None
    spots = list(find_dates(text, at=reading.at, language=reading.language, timezone=reading.timezone))
    whole = len(spots) == 1 and len(spots[0].iso) >= len("2026-11-05")
    return spots[0].iso if whole and not find_labels(fold(text)) else None


def _with_value(blocks: Blocks, index: int, place: str) -> str:
    """The line; a label that stands alone in its cell with the value out of the next one, which then says nothing by itself."""
    text = blocks.texts[index]
    if place == "place":
        return text
    if index + 1 < len(blocks) and _is_label(text) and len(blocks.texts[index + 1]) <= VALUE_CHARS:
        return f"{text.rstrip(' :：')}: {blocks.texts[index + 1]}"
    return "" if index and _is_label(blocks.texts[index - 1]) else text


def _is_label(text: str) -> bool:
    """Whether a cell announces the next one: with a colon any label ("By" and its name: see `_byline`), without one few."""
    role = role_of(text)
    if role is None or role is Role.AUTHOR:
        return False
    return text.rstrip()[-1] in ":：" or role in _ANNOUNCING or text.strip().lower().endswith(("日期", "时间", "date"))


def _bare_names(text: str, field: str | None) -> tuple[str, ...]:
    """Names without any "By", where the site is known to put them."""
    return read_authors(text) if field == "author" and len(text) <= BYLINE_CHARS else ()


def _byline(blocks: Blocks, index: int) -> tuple[str, ...]:
    """The names of a line that is a byline and nothing else, or of the one behind a line that only says "By"."""
    text = blocks.texts[index]
    if len(text) <= BYLINE_CHARS and (names := read_byline(text)):
        return names
    if handle := _HANDLE.fullmatch(text):
        return (handle["name"],)
    if _BY.fullmatch(text) and index + 1 < len(blocks) and len(blocks.texts[index + 1]) <= BYLINE_CHARS // 2:
        return read_authors(blocks.texts[index + 1])
    return ()


def _lines(blocks: Blocks, headline: Headline | None, body: Body) -> Iterator[tuple[int, str]]:
    """Indexes of short lines: below the headline, above it, then below the body."""
    paragraphs = body.paragraphs
    first = paragraphs[0].index if paragraphs else None
    last = paragraphs[-1].index if paragraphs else None
    top = headline.block if headline is not None and headline.block is not None else None
    if (
        top is not None
        and first is not None
        and top > first + BELOW_TITLE
        and top < paragraphs[len(paragraphs) // 2].index
    ):
        first = next(
            p.index for p in paragraphs if p.index > top
        )  # what was chosen far above is no part of the article
    if top is None or (first is not None and top > first + BELOW_TITLE):
        top = max(0, first - ABOVE_TITLE) if first is not None else 0
    below = top + (headline.blocks if headline is not None and headline.block == top else 0)
    near = list(_near(blocks, body, below, first))
    prose = next((p.index for p in paragraphs if p.index >= below and len(p.text.encode()) >= PROSE_BYTES), None)
    chosen = {p.index for p in paragraphs}
    for index in near:
        inside = prose is not None and prose < index and (index in chosen or _beside(blocks, prose, index))
        yield index, "inside" if inside else "near"
    for index in range(below - 1, max(-1, top - ABOVE_TITLE - 1), -1):
        if _short(blocks, index):
            yield index, "above"
    if last is not None:
        behind = max(last - 1, near[-1] + 1 if near else 0)
        for index in range(behind, min(len(blocks), last + BELOW_BODY)):
            if _short(blocks, index):
                yield index, "below"


def _beside(blocks: Blocks, one: int, other: int) -> bool:
    """Whether two blocks stand in one element, as the paragraphs of a text do, its signature among them."""
    parents = blocks.node_parents
    return parents[blocks.owners[one]] == parents[blocks.owners[other]]


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
    """Whether a place is page furniture; an aside or a footer inside the article is the article's own."""
    return bool(flags & _NAV) or (bool(flags & _ENDS) and not flags & _ARTICLE)


def _claim(claims: Claims, line: MetaLine, place: str, index: int) -> None:
    trust = {"place": 0.95, "near": 0.9, "inside": 0.84, "above": 0.8, "below": BELOW}[place]
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
