"""The crawler room: is this the article we know, at another address? Decisions on what pages, lists and old addresses say. Pure.

A redesign gives every article a new address. The same text there is the same article if its old address no longer stands by
itself: it is gone, leads elsewhere, shows something else, or the lists know it no more. Where the old address answers as
it always did, the new one is a copy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from archive import Article, Known
from crawler.expect import WALL_STATUSES
from crawler.fetch import PERMANENT, Answer
from crawler.stations import NotAnArticle, PageKind
from crawler.urls import same_page

LISTED_MIN = 3  # addresses on the lists; with fewer, that none of them is known says nothing
SILENT_MAX = 3  # crawls in which an old address may fail to answer; then the lists decide
TITLE_MIN = 6  # letters and digits; a shorter title that is part of another one says nothing
SHINGLE = 4  # words in a row that are compared
SAME_SHARE = 0.9  # of the shorter text's shingles, found in the longer one: the same page in another dress
SAME_LENGTH = 0.6  # of the longer text; a teaser is not its article
CLEARLY = 0.02  # by which the best of several texts that are alike must be more alike than the next

_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
#: What stands in a page's place for now, and says nothing of the page.
_PASSING = frozenset({PageKind.CHALLENGE, PageKind.LOGIN, PageKind.SHELL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What the lists of this crawl led to."""

    listed: frozenset[str] = frozenset()  #: addresses
    known: int = 0  #: of them: known before this crawl

    @property
    def uprooted(self) -> bool:
        """Not one of the addresses is known: as it is after a redesign, and never else."""
        return not self.known and len(self.listed) >= LISTED_MIN

    def replace(self, old: str, new: str) -> bool:
        """The lists know the new address, and not the old one any more."""
        return self.uprooted and new in self.listed and old not in self.listed


class Old(StrEnum):
    """How an old address stands."""

    GONE = "gone"  #: it is missing, leads elsewhere, or shows something else
    ALIVE = "alive"  #: it still shows the same article
    SILENT = "silent"  #: no answer for the moment
    UNKNOWN = "unknown"  #: it may not be asked


def judge_old(answer: Answer, old: str, new: str) -> Old | None:
    """How the old address stands by its answer alone; None: its page must be read."""
    if answer.status in (404, 410):
        return Old.GONE
    if answer.status is None:
        if answer.moved_by in PERMANENT and not answer.passing:
            return Old.GONE  # it leads for good to where we may not go
        return Old.SILENT if answer.passing else Old.UNKNOWN
    if not same_page(answer.final, old):
        # A redirect for good, or to the new address: the old one is no page any more. Other redirects may be a detour.
        if answer.moved_by in PERMANENT or same_page(answer.final, new):
            return Old.GONE
        return None if answer.status == 200 else Old.SILENT
    if answer.status == 200:
        return None
    return Old.SILENT if answer.status in WALL_STATUSES or answer.status >= 500 or answer.status == 429 else Old.GONE


def judge_page(read: Article | NotAnArticle, article: Article) -> Old:
    """How the old address stands by what its page says now."""
    if isinstance(read, NotAnArticle):
        return Old.SILENT if read.kind in _PASSING else Old.GONE
    return Old.ALIVE if says_same(read, article) else Old.GONE


def is_move(old: Old, lists: Lists, *, old_url: str, new_url: str, failures: int) -> bool | None:
    """Whether the article moved; False: what came is a copy; None: wait until the old address answers."""
    if old is Old.GONE:
        return True
    if old is Old.SILENT and failures < SILENT_MAX:
        return None
    return lists.replace(old_url, new_url)


# --- the same text ------------------------------------------------------------------------------------------------------


def pick_twin(article: Article, near: Sequence[tuple[Known, float]]) -> Known | None:
    """Of articles that say nearly the same, the one that this one may be after a change of template: of the same title
    and day, and clearly more alike than any other.
    """
    fit = [(known, alike) for known, alike in near if _same_head(known.article, article)]
    if not fit or (len(fit) > 1 and fit[0][1] - fit[1][1] < CLEARLY):
        return None
    return fit[0][0]


def _same_head(one: Article, other: Article) -> bool:
    days = {article.published[:10] for article in (one, other) if article.published}
    return len(days) < 2 and same_title(one.title, other.title)


def same_title(one: str | None, other: str | None) -> bool:
    """Equal but for blanks, case and punctuation, or one with the site's name behind or before it."""
    short, long = sorted((_bare(one), _bare(other)), key=len)
    return bool(short) and (
        short == long or (len(short) >= TITLE_MIN and (long.startswith(short) or long.endswith(short)))
    )


def _bare(text: str | None) -> str:
    return "".join(_WORD.findall(unicodedata.normalize("NFKC", text or "").casefold()))


def says_same(one: Article, other: Article) -> bool:
    """Whether two pages show the same article, be it in another dress (print, mobile, another template)."""
    if one.body == other.body:
        return same_title(one.title, other.title)
    short, long = sorted((_words(one.body), _words(other.body)), key=len)
    if not short or len(short) < SAME_LENGTH * len(long) or not same_title(one.title, other.title):
        return False
    wanted, there = set(_shingles(short)), set(_shingles(long))
    return len(wanted & there) >= SAME_SHARE * len(wanted)


def _words(text: str) -> list[str]:
    """Words; of scripts without blanks each character."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        found += list(word) if _CJK.search(word) else [word]
    return found


def _shingles(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(words[at : at + SHINGLE]) for at in range(max(len(words) - SHINGLE + 1, 1)))
