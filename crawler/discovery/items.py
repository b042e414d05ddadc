"""The crawler room, discovery: what one item of a list says: its title and its date. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from lxml import html

from crawler.extraction.dates import date_from_url, find_dates, normalise_stamp, read_date
from crawler.shapes import words

PIECE_MAX = 80  # characters of a piece of text that may be a date
PIECES_MAX = 40  # pieces of an item that are looked at
TITLE_MAX = 500  # characters
REST_MAX = 36  # weight of the words beside a date: room for a label and a name; a Chinese character weighs 3
BRACKETED_REST_MAX = 6  # in brackets stands the date alone
LABEL_MAX = 10  # characters of one or two words that may be the item's category instead of its title

_MORE = words(
    "more mehr weiter weiterlesen read details detail suite plus 更多 详情 详细 查看 阅读 全文 查看详情 阅读全文 [详细] [更多] 详细内容 "
    "もっと見る 続きを読む 더보기 подробнее leer mais ler"
)
_MORE_PHRASE = re.compile(
    r"^[\W_]*(?:(?:read|learn|see|view|find out)\s+(?:more|full|the)\b.{0,40}|continue reading.*|more(?:\s+info.*|\s+about.*)?|"
    r"weiter\s?lesen.*|mehr (?:lesen|erfahren|infos?).*|lire (?:la suite|plus).*|en savoir plus.*|leer m[áa]s.*|saiba mais.*|"
    r"\d+ comments?|leave a comment.*|no comments.*|permalink|share|print|download|下载.{0,6}|附件.{0,10}|图片|视频)[\W_]*$",
    re.IGNORECASE,
)
_CUT = re.compile(r"(?:…+|\.{3,}|⋯+)\s*$")
_PINNED = re.compile(
    r"^\s*[\[【(（]?\s*(?:置顶|顶|pinned|sticky|featured|热|荐|新|new|hot)\s*[\]】)）]\s*", re.IGNORECASE
)
_BULLET = re.compile(r"^[\s·•▪■◆►▸»›>\-–—*]+(?=\S)")
_TITLE_CLASS = re.compile(r"(?:^|[-_\s])(?:\w*tit|til|\w*title|headline|bt|name)(?:$|[-_\s\d])", re.IGNORECASE)
_DATE_LEAD = re.compile(r"^[\s\[【(（]*\d{2,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\s\]】)）]*(?=\S{2,})")
_DATE_TRAIL = re.compile(r"(?<=\S)[\s\[【(（]+(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\s\]】)）]*$")
_YEAR_MONTH = re.compile(r"^\D{0,3}((?:19|20)\d\d)\s*[-/.年]\s*(\d{1,2})\s*月?\D{0,2}$")
_DAY = re.compile(r"^\D{0,2}(\d{1,2})\s*日?(?:st|nd|rd|th)?\D{0,2}$")
_YEAR = re.compile(r"^\D{0,2}((?:19|20)\d\d)\s*年?\D{0,2}$")
_MONTH_DAY = re.compile(r"^[\s\[【(（]*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?[\s\]】)）]*$")
_BLOCKS = ("div", "p", "section", "td", "th", "li", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6")
_SKIPPED = ("script", "style", "noscript", "template", "select", "svg")


def fold(text: str | None) -> str:
    """Blanks folded, also the ideographic ones."""
    return " ".join((text or "").split())


def is_more(text: str) -> bool:
    """Whether a link's text says "read more" instead of what it leads to."""
    bare = text.strip(" \t\n[](){}【】…>».:：→-").casefold()
    return not bare or bare in _MORE or bare.isdigit() or _MORE_PHRASE.match(text) is not None


def text_of(element: html.HtmlElement) -> str:
    """The visible text of an element, blanks folded."""
    return fold(" ".join(pieces_of(element)))


def pieces_of(element: html.HtmlElement, *, without: Iterable[html.HtmlElement] = ()) -> list[str]:
    """The pieces of visible text in an element, in order; script and style are no text. What `without` holds stays out."""
    left_out = set(without)
    pieces: list[str] = []

    def walk(node: html.HtmlElement, depth: int) -> None:
        if node in left_out or node.tag in _SKIPPED or not isinstance(node.tag, str) or depth > 80:
            return
        if node.text and node.text.strip():
            pieces.append(fold(node.text))
        for child in node:
            walk(child, depth + 1)
            if child.tail and child.tail.strip():
                pieces.append(fold(child.tail))

    walk(element, 0)
    return pieces


def read_title(links: Iterable[html.HtmlElement], item: html.HtmlElement, dates: DateReader) -> str | None:
    """The title of an item: the text of its links, uncut; the heading where one link holds the whole item."""
    titles: list[str] = []
    for link in links:
        title = _link_title(link, dates)
        if title and not is_more(title):
            titles.append(title)
    if not titles and item is not None:
        titles = [text for heading in item.iter("h1", "h2", "h3", "h4", "h5", "h6") if (text := text_of(heading))]
    best = max(titles, key=lambda title: (not _CUT.search(title), len(title)), default=None)
    return best[:TITLE_MAX] if best else None


def _link_title(link: html.HtmlElement, dates: DateReader) -> str:
    text = _clean(_inner_title(link) or _beside_its_date(link, dates) or text_of(link))
    whole = _clean(fold(link.get("title")))
    if whole and (not text or is_more(text)):
        return whole
    cut = _CUT.search(text)
    if whole and cut and whole.startswith(text[: cut.start()].rstrip()[:20]):
        return whole
    if not text:
        return next((alt for image in link.iter("img") if (alt := fold(image.get("alt")))), "")
    return text


def _inner_title(link: html.HtmlElement) -> str:
    """Where the link holds more than the title (date, summary, picture), the part that is the title."""
    for heading in link.iter("h1", "h2", "h3", "h4", "h5", "h6"):
        if text := text_of(heading):
            return text
    marked = [child for child in link.iterdescendants() if _TITLE_CLASS.search(str(child.get("class") or ""))]
    for child in marked:
        if text := text_of(child):
            return text
    return ""


def _beside_its_date(link: html.HtmlElement, dates: DateReader) -> str:
    """Where the link holds its item's date as well, what stands beside it: the first block that is no label, else all."""
    pieces = pieces_of(link)
    undated = [piece for piece in pieces if not dates.is_date(piece)]
    if len(undated) == len(pieces) or not undated:
        return ""
    if next(link.iter(*_BLOCKS), None) is None:
        return " ".join(undated)
    blocks = [text_of(block) for block in link.iter(*_BLOCKS) if next(block.iterdescendants(*_BLOCKS), None) is None]
    named = [text for text in blocks if text and not dates.is_date(text)]
    return next(
        (text for text in named if len(text) >= LABEL_MAX or len(text.split()) > 2), max(named, key=len, default="")
    )


def _clean(title: str) -> str:
    title = title[: 2 * TITLE_MAX]
    title = _PINNED.sub("", _BULLET.sub("", title))
    title = _DATE_LEAD.sub("", title)
    return _DATE_TRAIL.sub("", title).strip()


class DateReader:
    """Reads the dates of a list's items, all with the same knowledge of the page."""

    def __init__(self, *, at: datetime | None = None, language: str | None = None, timezone: str | None = None) -> None:
        self.at, self.language, self.timezone = at, language, timezone

    def of_item(
        self, item: html.HtmlElement, links: Iterable[html.HtmlElement], title: str | None, url: str
    ) -> str | None:
        """The item's date: a machine-readable one, else the first piece of text that is a date; the title is no date."""
        for time in item.iter("time"):
            stamp = normalise_stamp(time.get("datetime") or "") or self.of_text(text_of(time))
            if stamp:
                return stamp
        pieces = pieces_of(item, without=[link for link in links if link is not item and _is_title(link, title)])
        return self.of_pieces(pieces, title, url)

    def of_pieces(self, pieces: list[str], title: str | None, url: str) -> str | None:
        """The date in these pieces of text: in one of them, or with day, month and year parted over neighbours."""
        short = [piece for piece in pieces[:PIECES_MAX] if len(piece) <= PIECE_MAX and piece != title]
        for piece in short:
            if (date := self.of_text(piece)) and len(date) >= 10 and self._mostly_date(piece):
                return date
        return self._parted(short) or self._without_year(short, url)

    def of_text(self, text: str) -> str | None:
        """The date in one short text."""
        return (
            read_date(text, at=self.at, language=self.language, timezone=self.timezone)
            if any(c.isdigit() for c in text)
            else None
        )

    def is_date(self, piece: str) -> bool:
        """Whether the piece says a day and hardly anything else."""
        return len(piece) <= PIECE_MAX and len(self.of_text(piece) or "") >= 10 and self._mostly_date(piece)

    def _mostly_date(self, piece: str) -> bool:
        """Whether the piece is a date with at most a label or a name, not a sentence that holds one: "(issued on 2002年5月17日
        by order no. 6)" beside a rule says when the rule was made, not when this page was published.
        """
        rest = piece
        for spot in reversed(list(find_dates(piece, at=self.at, language=self.language, timezone=self.timezone))):
            rest = rest[: spot.start] + rest[spot.end :]
        weight = sum(3 if ord(char) > 0x2E7F else 1 for char in rest if char.isalnum())
        return weight <= (BRACKETED_REST_MAX if piece[0] in "（(" else REST_MAX)

    def _parted(self, pieces: list[str]) -> str | None:
        for one, other in pairwise(pieces):
            for day, month in ((one, other), (other, one)):
                year_month, number = _YEAR_MONTH.match(month), _DAY.match(day)
                if year_month and number:
                    return normalise_stamp(f"{year_month[1]}-{int(year_month[2]):02d}-{int(number[1]):02d}")
                year, rest = _YEAR.match(day), _MONTH_DAY.match(month)
                if year and rest:
                    return normalise_stamp(f"{year[1]}-{int(rest[1]):02d}-{int(rest[2]):02d}")
        for width in (2, 3):
            for start in range(len(pieces) - width + 1):
                parts = pieces[start : start + width]
                if sum(map(len, parts)) <= 24 and (date := self.of_text(" ".join(parts))) and len(date) >= 10:
                    return date
        return None

    @staticmethod
    def _without_year(pieces: list[str], url: str) -> str | None:
        """A day without a year counts only where the item's own address gives the year: else it would be invented."""
        named = date_from_url(url)
        if named is None:
            return None
        for piece in pieces:
            if match := _MONTH_DAY.match(piece):
                month, day = int(match[1]), int(match[2])
                if len(named) < 7 or named[5:7] == f"{month:02d}":
                    return normalise_stamp(f"{named[:4]}-{month:02d}-{day:02d}")
        return None


def _is_title(link: html.HtmlElement, title: str | None) -> bool:
    """Whether the link holds nothing but the title, so that a date inside it is part of a name."""
    return title is not None and (
        next(link.iterdescendants("span", "em", "i", "time", "div", "p", "b"), None) is None or text_of(link) == title
    )
