"""The archive room: how a text becomes the words of the search index. Pure, the same for both databases.

Words are folded (compatibility forms, case, diacritics). A run of Chinese, Japanese or Korean characters has no
blanks to split at: it becomes its overlapping pairs of characters, so that any two neighbouring characters are one
indexed word; a character that only ever ends a run is a word by itself, so that any single one is the start of one.

The index says which words an article has, each once, not where: that keeps it at half the size of the text. What
stands next to each other is looked for in the texts themselves, of the few that have all words of a phrase. Three marks
(characters of private use, which no folded text holds) make words that nobody wrote.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from operator import add

import numpy as np

from archive.normal import normal
from archive.splitting import distinct

IN_TITLE = "\ue000"  # before a word: the title has it
OF_SOURCE = "\ue001"  # before a source's slug in hexadecimal digits
EVERY = "\ue002"  # a word that every article has
WORD_CHARS = 64  # a longer "word" is a blob; its head is enough to find it

CJK = (
    # Letters alone: FTS5 parts words at the middle dot, the sound marks and the radicals, so we must as well.
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Marks that are no part of any word. With them gone most western text is plain ASCII, which is quick to fold and split.
_TYPOGRAPHY = "“”‘’„–—•·"
_ASCII_WORDS = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))  # 32: a blank
_RUNS = re.compile(rf"([{CJK}]+)|([^\W_{CJK}]+)")
_WORDS = re.compile(rf"[^\W_{CJK}]+")
_CJK = re.compile(f"[{CJK}]")
_IS_CJK = np.zeros(0x110000, dtype=bool)
for _first, _, _last in re.findall("(.)(-(.))?", CJK):
    _IS_CJK[ord(_first) : ord(_last or _first) + 1] = True
# What most Chinese texts consist of: lower case is all that folding does to it.
_PLAIN = re.compile("[\x00-\x7f\u3001-\u3003\u3008-\u3011\u3014\u3015\u3400-\u4dbf\u4e00-\u9fff]*").fullmatch
_HALF, _LOW = np.uint64(32), np.uint64((1 << 32) - 1)
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")


def fold(text: str) -> str:
    """Compatibility forms, case and diacritics gone."""
    text = normal(text)
    if not text.isascii():
        for mark in _TYPOGRAPHY:
            if mark in text:
                text = text.replace(mark, " ")
    if text.isascii() or _PLAIN(text):
        return text.lower()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold())
    # Hangul and Japanese voicing marks belong to the letter: put them together again.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", bare).casefold())


@lru_cache(maxsize=8192)
def fold_character(character: str) -> str:
    """One character of a text by itself, for the way back from a folded text to the original."""
    return fold(character)


def runs(folded: str) -> list[tuple[str, bool]]:
    """The words and the runs of CJK characters of a folded text in order; True for the latter."""
    return [(run, True) if run else (word[:WORD_CHARS], False) for run, word in _RUNS.findall(folded)]


def pairs(run: str) -> list[str]:
    """The words of a run of two or more CJK characters."""
    return list(map(add, run, run[1:]))


def entries(source: str, title: str | None, body: str) -> str:
    """All that the index holds of an article: words parted by blanks, each once."""
    named = [IN_TITLE + word for word in listed(title).split()]
    words = [listed(f"{title}\n{body}" if title else body), *named, of_source(source), EVERY]
    return " ".join(words).lstrip()  # a text without words makes no empty one, which PostgreSQL refuses


def listed(text: str | None) -> str:
    """The words of a text, parted by blanks, each once."""
    if not text:
        return ""
    folded = fold(text)
    if folded.isascii():
        return " ".join(_cut(folded.encode().translate(_ASCII_WORDS).decode().split()))
    words = " ".join(_cut(_WORDS.findall(folded)))
    return f"{words} {_characters(folded)}".strip() if _CJK.search(folded) else words


def _cut(words: list[str]) -> set[str]:
    found = set(words)
    return found if max(map(len, found), default=0) <= WORD_CHARS else {word[:WORD_CHARS] for word in found}


def _characters(folded: str) -> str:
    """The words that its CJK characters make."""
    codes = np.frombuffer(f"{folded} ".encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    cjk = _IS_CJK[codes]
    codes = codes.astype(np.uint64)
    first = np.flatnonzero(cjk[:-1] & cjk[1:])
    couples = distinct(codes[first] << _HALF | codes[first + 1])
    heads = couples >> _HALF
    ends = distinct(codes[:-1][cjk[:-1] & ~cjk[1:]])
    written = np.full((len(couples), 3), ord(" "), dtype=np.uint32)
    written[:, 0], written[:, 1] = heads, couples & _LOW
    alone = np.full((len(ends), 2), ord(" "), dtype=np.uint32)
    alone[:, 0] = ends
    alone = alone[np.searchsorted(heads, ends) == np.searchsorted(heads, ends, side="right")]
    made: str = (written.tobytes() + alone.tobytes()).decode("utf-32-le")
    return made[:-1]


def of_source(source: str) -> str:
    """The word by which the index knows a source's articles."""
    return OF_SOURCE + source.encode("utf-8", "surrogatepass").hex()
