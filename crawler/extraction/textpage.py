"""The crawler room, extraction: pages that came as plain text, without a tag to go by.

Title, fields, body, captions and boilerplate are told apart from the lines alone. Pages of one folder are read
together: a short line that several of them end (or begin) with belongs to their site, not to any of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from archive import Found, Image
from crawler.extraction import standing
from crawler.extraction.byline import read_byline
from crawler.extraction.dates import fold
from crawler.extraction.language import detect
from crawler.extraction.lines import (
    is_address_line,
    is_attachment_heading,
    is_caption,
    is_editor_line,
    is_event_line,
    is_home,
    is_neighbour_link,
    is_notice,
    is_related_heading,
    is_widget,
    read_breadcrumb,
    read_caption,
    read_meta_line,
)
from crawler.extraction.metaline import MetaLine
from crawler.extraction.textlines import Line, recurring, split_lines, unwrap
from crawler.stations import Extraction, Hints, PageKind

TITLE_MAX = 300  # characters; a longer line is a paragraph
HEAD_LINES = 16  # lines that are not blank in which title and fields must stand
CAPTION_WORDS = 40  # words (or a third of the CJK characters) above which a line is a paragraph that ends in a credit
NAV_CHARS = 40  # a short line set against the footer belongs to it
FOOTER_LINES = 3  # above an address line, among which a notice shows that it is the site's

_TITLE_LABEL = re.compile(r"^(?:title|headline|标题|题目|標題|titel|titre|título|titolo|заголовок|タイトル|제목)\s*[:：]\s*", re.IGNORECASE)  # fmt: skip
_ORNAMENT = re.compile(r"^[\W_]+$")
_END = re.compile(r"[.!?。！？…;；:：][\"'”’»」』)）\]]*$")
_WRITTEN_BY = re.compile(r"^[(（\[]?\s*((?:文|图|文图|图文|撰文|供稿|摄影|作者|通讯员)\s*[/／:：丨|].{1,60}?)[)）\]]?$")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPage:
    """One page as plain text."""

    name: str  #: of its file, for messages
    text: str


@dataclass(slots=True)
class _Reading:
    """One page while it is read; a line that was used is taken out of `lines`."""

    lines: list[Line]
    at: datetime | None
    hints: Hints
    title: str | None = None
    metas: list[MetaLine] = field(default_factory=list)
    author: str | None = None
    breadcrumb: tuple[str, ...] = ()
    images: list[Image] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        return next((found for meta in self.metas if (found := getattr(meta, name))), None)


def read_text_pages(
    pages: Sequence[TextPage], *, at: datetime | None = None, hints: Hints | None = None
) -> list[Extraction]:
    """What can be read off each page, in the order given; never raises on any text.

    `at` is the moment the pages were fetched, if known; `hints` what is known of their source.
    """
    split = [split_lines(page.text) for page in pages]
    shared = recurring(split)
    return [_read(lines, common, at, hints or Hints()) for lines, common in zip(split, shared, strict=True)]


def read_text_page(page: TextPage, *, at: datetime | None = None, hints: Hints | None = None) -> Extraction:
    """One page alone."""
    return read_text_pages([page], at=at, hints=hints)[0]


def _read(lines: list[Line], shared: frozenset[int], at: datetime | None, hints: Hints) -> Extraction:
    page = _Reading([line for line in lines if line.number not in shared], at, hints)
    if not page.lines:
        return Extraction(url="", kind=PageKind.EMPTY, why="no text")
    _cut_tail(page)
    _read_head(page)
    paragraphs = tuple(unwrap(_read_body(page)))
    return _assemble(page, paragraphs)


# --- the end: footers, neighbours, editor lines -----------------------------------------------------------------------


def _cut_tail(page: _Reading) -> None:
    """Take the lines after the article's end off, reading those that name editor or date."""
    lines = page.lines
    _cut_related(lines)
    while lines:
        size = _footer_block(lines)
        if size:
            del lines[-size:]
        elif _is_tail(page, lines[-1]):
            lines.pop()
        else:
            break


def _cut_related(lines: list[Line]) -> None:
    """From a heading of related links on, short lines lead elsewhere; prose after it takes the cut back."""
    for start in range(len(lines) - 1, 0, -1):
        line = lines[start]
        if line.is_prose:
            return
        if is_related_heading(line.text) and start > len(lines) // 3:
            del lines[start:]


def _is_tail(page: _Reading, line: Line) -> bool:
    text = line.text
    if is_notice(text) or is_widget(text) or is_neighbour_link(text) or _ORNAMENT.match(text):
        return True
    if (
        len(page.lines) > 1
        and is_address_line(text)
        and any(is_notice(above.text) for above in page.lines[-1 - FOOTER_LINES : -1])
    ):
        return True
    if _is_short(text) and is_caption(text):
        return False
    if is_attachment_heading(text) or is_related_heading(text) or read_breadcrumb(text) is not None:
        return len(page.lines) > 1
    written = _WRITTEN_BY.match(text)
    meta = read_meta_line(written[1].replace("/", ":").replace("／", ":") if written else text, at=page.at)
    if meta is not None and len(page.lines) > 1 and _labelled(meta):
        page.metas.append(meta)
        return True
    return is_editor_line(text)


def _labelled(meta: MetaLine) -> bool:
    """Whether the line names a field that we keep by its label: below the body a bare date or name is part of the text."""
    kept = {"published", "modified", "origin", "author", "editor"}
    return any(word and role.value in kept and getattr(meta, role.value) for role, word in meta.labels.items())


def _footer_block(lines: list[Line]) -> int:
    """How many lines at the end, unbroken by a blank one, are the site's notice or address with what is set against it."""
    size = 1
    while size < len(lines) and not lines[-size].after_blank:
        size += 1
    block = [line.text for line in lines[-size:]]
    notices, addresses = sum(map(is_notice, block)), sum(map(is_address_line, block))
    if size == len(lines) or not notices + addresses:
        return 0
    small = sum(len(text) <= NAV_CHARS or is_notice(text) or is_address_line(text) for text in block)
    if notices and small == size:
        return size
    last = block[-1]
    if size >= len(lines) - 1 and not any(line.is_prose for line in lines[:-size]):
        return 0  # an address under a title is what the page is about
    if is_address_line(last) and not is_event_line(last) and _is_postal(last):
        return size if small == size else 1
    return 0


def _is_postal(text: str) -> bool:
    """An address line that stands alone is the site's only when it opens with the street, not with whom to ask."""
    return re.match(r"(?i)\W*(?:no\.|\d|address|add\.?\s?:|地址|邮编|〒|tel)", text) is not None


# --- the beginning: breadcrumb, title, fields -------------------------------------------------------------------------


def _read_head(page: _Reading) -> None:
    """Find the title and read the fields above and below it; what is used is taken off the lines."""
    candidates: list[int] = []
    used: set[int] = set()
    end = 0
    for index, line in enumerate(page.lines[:HEAD_LINES]):
        end = index
        if _takes_field(page, index):
            used.add(index)
        elif line.is_prose and (candidates or len(line.text) > TITLE_MAX):
            break
        else:
            candidates.append(index)
    else:
        end = min(len(page.lines), HEAD_LINES)
    chosen = _title_index(page, candidates, used)
    if chosen is not None:
        page.title = _TITLE_LABEL.sub("", page.lines[chosen].text).lstrip("# ").strip() or None
        used |= {index for index in candidates if index < chosen}  # names of site and section above the title
        used.add(chosen)
    page.lines = [line for index, line in enumerate(page.lines) if index not in used or index > end]


def _takes_field(page: _Reading, index: int) -> bool:
    """Whether the line gives a field (or is a control) and is thereby done with."""
    text = page.lines[index].text
    alone = index == 0 and text.replace(" ", "").isalnum()  # "Report 3" on top is a title, not a button
    if _ORNAMENT.match(text) or (not alone and (is_widget(text) or is_neighbour_link(text))):
        return True
    if (crumbs := read_breadcrumb(text)) is not None:
        page.breadcrumb = page.breadcrumb or crumbs
        return True
    if any(is_event_line(line.text) for line in page.lines[max(0, index - 2) : index + 3]):
        return False
    written = _WRITTEN_BY.match(text)
    meta = read_meta_line(
        written[1].replace("/", ":").replace("／", ":") if written else text,
        at=page.at,
        language=page.hints.languages[0] if page.hints.languages else None,
        timezone=page.hints.timezone,
    )
    if meta is not None:
        page.metas.insert(0 if not page.metas else len(page.metas), meta)
        return True
    if names := read_byline(text):
        page.author = page.author or "; ".join(names)
        return True
    return is_editor_line(text)


def _title_index(page: _Reading, candidates: list[int], used: set[int]) -> int | None:
    """The line that is the title: the one its label names, else the first that is no name of a section or place."""
    lines = page.lines
    for index in candidates:
        if _TITLE_LABEL.match(lines[index].text):
            return index
    crumbs = {fold(crumb).casefold().strip() for crumb in page.breadcrumb}
    sections = {fold(meta.section).casefold() for meta in page.metas if meta.section}
    real = [
        index
        for index in candidates
        if len(lines[index].text) <= TITLE_MAX
        and not is_home(lines[index].text)
        and fold(lines[index].text).casefold().strip() not in crumbs - {fold(lines[candidates[-1]].text).casefold()}
        and fold(lines[index].text).casefold() not in sections
    ]
    if not real:
        return next((index for index in candidates if len(lines[index].text) <= TITLE_MAX), None)
    below = [index for index in real if index + 1 in used and index + 1 < len(lines)]
    # A name above the title: the fields stand right under the title, so the line that they follow is it.
    if below and real.index(below[0]) in (1, 2) and not any(lines[index].is_prose for index in real[:2]):
        return below[0]
    return real[0]


# --- the body ---------------------------------------------------------------------------------------------------------


def _read_body(page: _Reading) -> list[Line]:
    """The lines of the body; captions become images, controls are dropped."""
    kept: list[Line] = []
    for position, line in enumerate(page.lines):
        text = line.text
        if (
            is_widget(text)
            or _ORNAMENT.match(text)
            or (position == 0 and page.title and fold(text) == fold(page.title))
        ):
            continue
        caption = read_caption(text) if _is_short(text) else None
        if caption is not None and not (position == 0 and len(page.lines) == 1):
            page.images.append(Image(url=None, caption=caption.text, credit=caption.credit))
        elif is_notice(text) and not line.is_prose:
            continue
        else:
            kept.append(line)
    return kept


def _is_short(text: str) -> bool:
    return len(text.split()) + len(_CJK.findall(text)) / 2 <= CAPTION_WORDS


# --- the record -------------------------------------------------------------------------------------------------------


def _assemble(page: _Reading, paragraphs: tuple[str, ...]) -> Extraction:
    modified, published = page.value("modified"), page.value("published")
    trail = page.breadcrumb
    section = page.value("section") or next((c for c in reversed(trail) if not is_home(c) and c != page.title), None)
    language = detect(" ".join([page.title or "", *paragraphs]), languages=page.hints.languages)
    kind, why = _kind(page, paragraphs)
    fields: dict[str, Any] = {
        "title": page.title,
        "published": published or modified,  # the day of the last change is the only one the page knows
        "modified": modified,
        "author": page.value("author") or page.author,
        "editor": page.value("editor"),
        "origin": page.value("origin"),
        "section": section,
        "language": language,
    }
    blank = Extraction(
        url="",
        kind=kind,
        why=why,
        paragraphs=paragraphs,
        breadcrumb=trail,
        images=tuple(page.images),
        found={name: _found(page, name) for name, value in fields.items() if value} | _found_body(paragraphs),
    )
    return replace(blank, **fields)


def _found(page: _Reading, name: str) -> Found:
    if name == "language":
        return Found(method="detected", confidence=0.8)
    if name == "title":
        return Found(method="line", confidence=0.8)
    sources = ("published", "modified") if name == "published" else (name,)
    for source in sources:
        for meta in page.metas:
            if getattr(meta, source, None):
                word = next((word for role, word in meta.labels.items() if role.value == source), "")
                sure = 0.6 if source != name else 0.9 if word else 0.7
                return Found(method=f"label:{word}" if word else "line", confidence=sure)
    return Found(method="breadcrumb" if name == "section" else "line", confidence=0.7)


def _found_body(paragraphs: tuple[str, ...]) -> dict[str, Found]:
    return {"body": Found(method="lines", confidence=0.8)} if paragraphs else {}


def _kind(page: _Reading, paragraphs: tuple[str, ...]) -> tuple[PageKind, str]:
    """Article unless it has no text, or speaks of what stands and carries no sign of news."""
    if not paragraphs:
        return PageKind.EMPTY, "no text beside title and boilerplate" if page.title else "nothing but boilerplate"
    signs: list[tuple[float, str]] = [(0.2, "text")]
    if page.value("published") or page.value("modified"):
        signs.append((2.0, "dated"))
    if page.value("origin") or page.value("author") or page.value("editor") or page.author:
        signs.append((1.0, "names its author or origin"))
    if page.images:
        signs.append((0.5, "has a caption"))
    signs += standing.weigh(page.title, paragraphs, page.breadcrumb)
    weight = sum(worth for worth, _ in signs)
    words = ", ".join(f"{reason} ({worth:+.1f})" for worth, reason in sorted(signs, key=lambda s: -abs(s[0])))
    return (PageKind.ARTICLE if weight > 0 else PageKind.PAGE), words
