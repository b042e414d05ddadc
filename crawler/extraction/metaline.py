"""The crawler room, extraction: reads the line that states date, origin, author and section of an article.

`Updated : 2023-06-26Source : CCFAO`, `发布时间：2026/04/09 来源：国家能源局 【打印】`, `By Jane Doe | 5 November 2026`: fields
labelled or not, glued to each other or parted, empty or filled, with widgets between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from crawler.extraction.byline import clean_name, read_authors, read_byline
from crawler.extraction.dates import LINES_KEPT, Spotted, find_dates, fold, read_date, written_order
from crawler.extraction.labels import DATED, Label, Role, find_labels
from crawler.extraction.relative import is_relative
from crawler.extraction.widgets import cut_widgets

_PARTING = "|｜丨·•・,，-–—/>»:：()（）[]【】"
GLUED_MAX = 16  # characters of a name glued to a date ("12/04/2018admin")
_OPENING, _CLOSING, _BRACKETS = " ([（【", " )]）】", "([（【"
PLACE_MAX, PLACE_WORDS = 32, 4  # "Berlin, 5 November 2026"; what is longer before a comma is a caption
NAMED_WORDS = 3  # behind "By Jane Doe August 12, 2021": the section
COUNT_DIGITS = 5  # comments, views
META_MAX = 260  # characters; a line of fields is short
VALUE_MAX = 70  # characters of one value
LEFTOVER_MAX = 60  # characters that fit no field; more is a sentence
SECTION_MAX = 48

_SEPARATORS = " \t|｜丨·•・,，;；/／-–—_>›»:：、()（）[]【】"
_VALUE_EDGE = "".join(char for char in _SEPARATORS if char not in "()（）")  # "Xinhua (Beijing)" keeps its bracket
_SENTENCE = re.compile(r"[。！？；]|[a-zà-ÿа-я]{2}[.!?]\s+[A-ZÀ-ÞА-Я]|[a-zà-ÿа-я]{3}[.!?]$")
_STATING = re.compile(r"[\d:∶﹕年]")  # a day or a label; most lines have neither
_NUMBERED = re.compile(
    r"^\W{0,2}(?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）、.．]\s*$"
)  # "一、时间：": an item of a programme
_READ_TIME = re.compile(r"\b\d{1,3}[\s-]?min(?:ute)?s?\.?(?:\s(?:read(?:ing)?(?:\stime)?|lesezeit|de lecture|de lectura|di lettura|leestijd))?\b|lesezeit:?\s\d+\smin\w*|\b(?:read(?:ing)? time):?\s\d+\smin\w*|阅读时间\D{0,3}\d+\s?分钟|%[a-z]\smin read", re.IGNORECASE)  # fmt: skip
_POSTED_ZH = re.compile(r"(?:于|在)\s*$"), re.compile(r"^.{0,40}(?:发表|发布|上传|提交|刊登|发帖|發表|發佈)")
STAMP_WORDS = 6  # words beside a time to the minute, as in "JaneDoe September 5, 2024, 11:15pm 1"
# "由海姑娘张贴 @ 2005-06-14", "本贴由大卫于2005年8月12日…发表": who posted, right before the day.
_POSTER_ZH = re.compile(r"由\s?(?P<name>[^\s由]{1,20}?)\s?(?:张贴|发布|发表|上传|提交|張貼|發佈|發表|于|於|在)[\s@]*$")
_POSTED_AT = frozenset(
    ("发表于", "发布于", "發表於", "發布於", "發佈於")
)  # what stands before these labels is who posted
_COLUMN = re.compile(r"(?:新闻|动态|公告|通知|要闻|资讯|信息|报道|栏目|快讯|新聞|動態)$")
_POSTER = re.compile(r"[\w.-]{2,20}")
_COUNTS_ZH = re.compile(r"\s+(?:阅读|评论|浏览|访问|点击|收藏|回复|举报|编辑)")  # behind a name
_REST = re.compile(r"\s(?=(?:by|von|par|por|di|door|av|af)\s)|(?=[|·•])")
_POSTED = re.compile(
    r"(?:posted|published|added|veröffentlicht|publié|publicado|pubblicato|发布于|发表于|(?P<changed>(?:last )?updated|aktualisiert|mis à jour|更新于))\s*",
    re.IGNORECASE,
)
RELATIVE_MAX = 32  # characters of "about 3 days ago"
_CONTROL = re.compile(
    r"\s+(?:print|close|share|(?:text|font)s?\b.{0,20}|打印.{0,8}|关闭.{0,4}|分享.{0,4}|字[体号].{0,10})$",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[院部处處所室中心局办厅社系会會委站网網台报報](?:$|[\s(（/、])")
_AGENCY = re.compile(r"^[一-鿿]+[网網社报報站台台刊]$")  # "2023-06-26 10:20 新华社"
AGENCY_MAX = 12
_CUT = re.compile(r"[|｜丨【\[]|\s{2,}|\s[-–—]\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaLine:
    """The fields of a meta line. None: the line does not give it (an empty field gives nothing)."""

    published: str | None = None
    modified: str | None = None
    origin: str | None = None
    author: str | None = None  #: names parted by "; "
    editor: str | None = None
    section: str | None = None
    views: str | None = None
    labels: dict[Role, str] = field(default_factory=dict)  #: role -> the label that announced it
    leftovers: str = ""  #: what fits no field


def read_meta_line(
    line: str, *, at: datetime | None = None, language: str | None = None, timezone: str | None = None
) -> MetaLine | None:
    """The fields of `line`; None when it is no meta line: prose, a title, a caption, the particulars of an event."""
    if len(line) > 2 * META_MAX:
        return None
    return _meta_line(line, at, language, timezone)


@lru_cache(maxsize=LINES_KEPT)
def _meta_line(line: str, at: datetime | None, language: str | None, timezone: str | None) -> MetaLine | None:
    """Kept, because the same line is asked by several fields, and recurs over the pages of a site."""
    folded = fold(line)
    if not _STATING.search(folded):
        return None
    text = _READ_TIME.sub(lambda match: " " * len(match[0]), folded).strip()
    if not text or len(text) > META_MAX:
        return None
    labels = find_labels(text)
    if any(label.role is Role.EVENT for label in labels) or (labels and _NUMBERED.match(text[: labels[0].start])):
        return None
    if (first := written_order(text)) is not None and (language or "en").startswith("en"):
        language = "en-GB" if first else "en-US"  # one line is written in one order
    reader = _Reader(at=at, language=language, timezone=timezone)
    if not labels:
        return reader.unlabelled(text)
    return reader.labelled(text, labels)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Collects the fields of one line."""

    at: datetime | None
    language: str | None
    timezone: str | None
    values: dict[Role, str] = field(default_factory=dict)
    words: dict[Role, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)

    def labelled(self, text: str, labels: list[Label]) -> MetaLine | None:
        self._before(text[: labels[0].start], labels[0])
        for label, following in zip(labels, [*labels[1:], None], strict=True):
            value = text[label.end : following.start if following else len(text)]
            if not self._take(label, value):
                return None
        return self._line(known=len(labels))

    def unlabelled(self, text: str) -> MetaLine | None:
        """A line without labels is one only when a whole date stands apart in it and little else."""
        spots = self._days(text)
        if not spots and self.at is not None and (line := self._relative(text)):
            return line
        if not spots or any(len(spot.iso) < len("2026-11-05") for spot in spots[:1]):
            return None
        before, after = text[: spots[0].start], text[spots[-1].end :]
        between = text[spots[0].end : spots[-1].start] if len(spots) > 1 else ""
        if len(spots) > 2 or between.strip(" |·•・,/"):
            return None  # a range of days, or prose
        posted = _POSTED_ZH[0].search(before) and _POSTED_ZH[1].search(after)
        if poster := _POSTER_ZH.search(before):
            self._name(Role.AUTHOR, poster["name"])
            before = before[: poster.start()]
        elif not posted and not _stands_apart(before, after) and not _is_stamp(spots[0], before, after):
            return None
        self._dates(spots, "发表" if posted or poster else "")
        self._loose(before, after)
        return self._line(known=1)

    def _relative(self, text: str) -> MetaLine | None:
        """A line such as "Posted 3 days ago by Jane Doe"; nothing but such words may stand before the name."""
        match = _POSTED.match(text)
        when = _REST.split(text[match.end() if match else 0 :], maxsplit=1)[0]
        lonely = not match and when.strip().isalpha()  # "Today" may be a menu's
        if len(when) > RELATIVE_MAX or lonely or not is_relative(when):
            return None
        iso = self._read(when)
        if iso is None:
            return None
        role = Role.MODIFIED if match and match["changed"] else Role.PUBLISHED
        self.values[role] = iso
        self.words[role] = match[0].strip() if match else ""
        self._loose(text[(match.end() if match else 0) + len(when) :], "")
        return self._line(known=1)

    def _before(self, prefix: str, label: Label) -> None:
        """What stands before the first label: a date, an author, or the name of the section."""
        spots = self._days(prefix)
        if spots:
            self._dates(spots[:2], "")
            self._loose(prefix[: spots[0].start], prefix[spots[-1].end :])
            return
        name = cut_widgets(prefix).strip(_SEPARATORS)
        if self.at is not None and is_relative(name):
            self._dates([Spotted(iso=iso, start=0, end=0)] if (iso := self._read(name)) else [], "")
        elif read_byline(name) or _CUT.search(name):
            self._loose(name, "")
        elif label.word in _POSTED_AT and _POSTER.fullmatch(name) and not _COLUMN.search(name):
            self._name(Role.AUTHOR, name)
        elif 0 < len(name) <= SECTION_MAX and label.role in DATED and not re.search(r"\d", name):
            self.values[Role.SECTION] = name
        elif name:
            self.rest.append(name)

    def _take(self, label: Label, value: str) -> bool:
        """Keep the value of one label; False when it shows that this is no meta line."""
        role = label.role
        self.words.setdefault(role, label.word)
        if role in DATED:
            return self._take_date(label, value)
        if role is Role.VIEWS:
            count = re.match(r"[^\w\n]*(\d[\d,.]*(?![\d年/-]))?\s?(?:次|人次|回)?", value)
            if count and count[1]:
                self.values.setdefault(role, count[1])
            return self._tail(value[count.end() :] if count else value)
        if role is Role.OTHER:
            return len(value) <= VALUE_MAX
        bare = value.lstrip(" :：")
        cut = _CUT.search(bare) if role is not Role.AUTHOR else re.search(r"[|｜丨【\[]", bare)
        kept, tail = (bare[: cut.start()], bare[cut.start() :]) if cut else (bare, "")
        spots = self._days(kept)
        if spots:  # "来源：新华社 2026-11-05"
            kept, tail = kept[: spots[0].start], kept[spots[0].start :] + tail
        kept = _CONTROL.sub("", clean_name(cut_widgets(kept)).strip(_VALUE_EDGE))
        kept = kept.rstrip(")） ") if ")" in kept and "(" not in kept else kept  # the bracket was around the whole line
        if len(kept) > VALUE_MAX or _SENTENCE.search(kept):
            return False
        if kept:
            self._name(role, kept)
        return self._tail(tail)

    def _take_date(self, label: Label, value: str) -> bool:
        spots = self._days(value)
        if spots and spots[0].start <= len("the on Wednesday, "):
            pair = spots[:2] if len(spots) > 1 and not value[spots[0].end : spots[1].start].strip(" |") else spots[:1]
            if len(pair) == 1:
                self.values.setdefault(label.role, pair[0].iso)
            else:
                self._dates(pair, label.word)
            return self._tail(value[pair[-1].end :])
        head = _REST.split(value, maxsplit=1)[0]  # "3 days ago by Jane Doe"
        whole = self._read(head) if head.strip() else None
        if whole:
            self.values.setdefault(label.role, whole)
            return self._tail(value[len(head) :])
        return self._tail(value)

    def _tail(self, text: str) -> bool:
        """What follows a value: widgets, a date without a label, or something that fits nowhere."""
        spots = self._days(text)
        if spots and not DATED & self.values.keys():
            self._dates(spots[:1], "")
            text = text[: spots[0].start] + " " + text[spots[0].end :]
        self._loose(text, "")
        return True

    def _name(self, role: Role, value: str) -> None:
        if role is Role.AUTHOR:
            value = _COUNTS_ZH.split(value, maxsplit=1)[0]
            if _UNIT.search(value):
                self.values.setdefault(Role.PUBLISHER, value)
                return
            names = "; ".join(read_authors(value))
            if names:
                self.values.setdefault(role, names)
            return
        self.values.setdefault(role, value)

    def _loose(self, before: str, after: str) -> None:
        for part in re.split(r"[|｜丨·•・]|\s[-–—]\s|\s{3,}", f"{before} | {after}"):
            piece = cut_widgets(part).strip(_SEPARATORS)
            if not piece:
                continue
            names = read_byline(piece)
            if names:
                self.values.setdefault(Role.AUTHOR, "; ".join(names))
            elif _AGENCY.search(piece) and len(piece) <= AGENCY_MAX:
                self.values.setdefault(Role.PUBLISHER, piece)
            else:
                self.rest.append(piece)

    def _read(self, text: str) -> str | None:
        return read_date(text, at=self.at, language=self.language, timezone=self.timezone)

    def _days(self, text: str) -> list[Spotted]:
        return list(find_dates(text, at=self.at, language=self.language, timezone=self.timezone))

    def _dates(self, spots: list[Spotted], word: str) -> None:
        """One date is the publication, a second one glued to it the last change."""
        if not spots:
            return
        self.values.setdefault(Role.PUBLISHED, spots[0].iso)
        self.words.setdefault(Role.PUBLISHED, word)
        if len(spots) > 1:
            self.values.setdefault(Role.MODIFIED, spots[1].iso)

    def _line(self, *, known: int) -> MetaLine | None:
        leftovers = " ".join(self.rest)
        fields = {role: value for role, value in self.values.items() if role is not Role.VIEWS}
        lonely = known == 1 and not fields and not self.values and leftovers
        if len(leftovers) > LEFTOVER_MAX or _SENTENCE.search(leftovers) or lonely:
            return None
        return MetaLine(
            published=self.values.get(Role.PUBLISHED),
            modified=self.values.get(Role.MODIFIED),
            origin=self.values.get(Role.ORIGIN) or self.values.get(Role.PUBLISHER),
            author=self.values.get(Role.AUTHOR),
            editor=self.values.get(Role.EDITOR),
            section=self.values.get(Role.SECTION),
            views=self.values.get(Role.VIEWS),
            labels=self.words,
            leftovers=leftovers,
        )


def _stands_apart(before: str, after: str) -> bool:
    """Whether the date is parted from its neighbours by a sign, not merely by a blank as in a sentence or a title."""
    if len(before.strip()) + len(after.strip()) > LEFTOVER_MAX:
        return False
    tight = before[-1:].isalpha() and before[-1] < "ɐ" and len(before) <= PLACE_MAX  # "Leaf TimesNovember 21, 2025"
    before, after = before.rstrip(_OPENING), after.lstrip(_CLOSING) if before.rstrip()[-1:] in _BRACKETS else after
    named = bool(read_byline(before))
    place = before.rstrip()[-1:] not in ",，" or (len(before) <= PLACE_MAX and len(before.split()) <= PLACE_WORDS)
    left = not before.strip() or named or tight or (before.rstrip()[-1] in _PARTING and place)
    rest = cut_widgets(after).strip(_SEPARATORS)
    glued = after[:1].isalpha() and after.isascii() and len(rest) <= GLUED_MAX
    counted = rest.isdigit() and len(rest) <= COUNT_DIGITS
    right = not rest or after.lstrip()[0] in _PARTING or glued or counted or bool(_AGENCY.match(rest))
    return left and (right or bool(read_byline(after)) or (named and len(rest.split()) <= NAMED_WORDS))


def _is_stamp(spot: Spotted, before: str, after: str) -> bool:
    """Whether the date carries a time and a name or a count at most stands beside it."""
    beside = f"{before} {after}"
    words = len(re.findall(r"[^\W_一-鿿]+", beside)) + len(re.findall(r"[一-鿿]", beside)) // 3
    return (
        "T" in spot.iso
        and words <= STAMP_WORDS
        and not _SENTENCE.search(before)
        and not before.rstrip().endswith(_LEADS)
    )


_LEADS = (
    " on",
    " at",
    " in",
    " from",
    " until",
    " since",
    " by",
    " the",
    " of",
    " am",
    " le",
    " el",
    " vom",
    " bis",
    "于",
    "在",
    "至",
    "定于",
)
