"""The archive room: what a text comes down to when two of them are compared. Pure.

Two digests, both over normal form (NFKC, white space folded to single blanks):
- `revision_digest` over title and body: another one at the same address is a revision;
- `text_digest` over the letters, digits and CJK characters of the body alone: the same one elsewhere is a copy.

And a `Print`, for texts that are nearly the same: hashed tokens, the clauses they stand in, and a few keys by which an
ordinary indexed table finds candidates: the smallest hashes of the text's clauses and of its shingles (bottom-k
sketches, Broder 1997), which a shortened copy shares with its original.

What tokens and clauses are is in `archive.splitting`.
"""

from __future__ import annotations

import hashlib
import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from archive.normal import normal
from archive.splitting import CJK, CLAUSE_TOKENS, Cut, Hashes, Split, among, distinct, grams, in_word, shingles

SHORT_TOKENS = 12  # a body below this many tokens is no text of its own: its title has to be the same as well
DIGEST_BYTES = 16
CLAUSE_KEYS = 10
SHINGLE_KEYS = 8
KEYS = CLAUSE_KEYS + SHINGLE_KEYS + 1
HEART_SHINGLES = 4  # with fewer left after dropping, nothing is left to compare
KEY_BITS = 48  # of 32, one text in ten among a million would meet a stranger by chance

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_DIGITS = re.compile(rf"\d[^\W_{CJK}]*")

GROUP_CHARS = 1 << 15  # of texts that are read together: as much as stays in a processor's cache
RECENT = 32  # texts whose reading is remembered
_TITLE_SALT = 0x3C6EF372FE94F82A
_KEY_MASK = (1 << KEY_BITS) - 1
_LIKELY = 3


def fold(text: str) -> str:
    """NFKC with every run of white space or invisible characters as one blank."""
    return _fold(normal(text))


def _fold(text: str) -> str:
    for character in _INVISIBLE:
        if character in text:
            text = text.replace(character, " ")
    return " ".join(text.split())


def revision_digest(title: str | None, body: str) -> str:
    """The text `sha256:` and hex over title and body in normal form; None and "" as title are the same."""
    return _revision_digest(normal(title or ""), normal(body))


def _revision_digest(title: str, body: str) -> str:
    text = f"{_fold(title)}\n{_fold(body)}"
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def text_digest(title: str | None, body: str) -> bytes:
    """Equal for two articles that say the same, wherever they stand and however it is typeset."""
    split = Split([normal(body)])
    return _text_digest(normal(title or ""), split.words()[0], len(split.ids))


def _text_digest(title: str, words: str, count: int) -> bytes:
    if count < SHORT_TOKENS:
        words = " ".join([*_tokens(title), "\n", words])
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def tokens(text: str) -> list[str]:
    """Words in lower case; each CJK character is one by itself. Punctuation says nothing."""
    return _tokens(normal(text))


def _tokens(text: str) -> list[str]:
    """For a title; `_split` is for whole texts and gives the very same."""
    return _TOKEN.findall(text.lower())


# --- prints -----------------------------------------------------------------------------------------------------------


class Print:
    """A text as it is compared."""

    __slots__ = ("_shingles", "clauses", "grams", "places", "shingle", "starts", "text", "title", "tokens")

    def __init__(self, title: str, cut: Cut) -> None:
        self.title = tuple(_tokens(title))
        self.text, self.tokens, self.clauses = cut.text, cut.tokens, cut.clauses
        self.starts, self.places, self.shingle = cut.starts, cut.places, cut.shingle
        self.grams = cut.grams  #: the hashes of all shingles, in any order
        self._shingles: Hashes | None = None

    @property
    def shingles(self) -> Hashes:
        """Distinct and sorted."""
        if self._shingles is None:
            self._shingles = self.grams = distinct(self.grams)
        return self._shingles

    def __len__(self) -> int:
        return len(self.tokens)


def read_print(title: str | None, body: str) -> Print:
    return read_prints([(title, body)])[0]


def read_prints(texts: Iterable[tuple[str | None, str]]) -> list[Print]:
    """The same of several, each with its title, in less time."""
    found = []
    for group in _groups(texts):
        split = Split([body for _, body in group])
        found += [Print(title, split.cut(number)) for number, (title, _) in enumerate(group)]
    return found


def _groups(texts: Iterable[tuple[str | None, str]]) -> Iterator[list[tuple[str, str]]]:
    """Titles and bodies in normal form, as many at a time as are read together."""
    group: list[tuple[str, str]] = []
    size = 0
    for title, body in texts:
        if group and size + len(body) > GROUP_CHARS:
            yield group
            group, size = [], 0
        group.append((normal(title or ""), normal(body)))
        size += len(body)
    if group:
        yield group


def keys(text: Print) -> tuple[int, ...]:
    """By which candidates are found: at most KEYS numbers, made from the text alone.

    The smallest hashes of its clauses and of its shingles, and the title: the heart of a form letter may be in neither
    sample, its title says which one it is.
    """
    return _keys(text, text.clauses, text.grams)


def heart_keys(text: Print, recurring: Hashes) -> tuple[int, ...] | None:
    """The same of what is left when the clauses that recur somewhere (sorted) are dropped; None when none does, or
    nothing is left then.
    """
    dropped = _dropped(text, recurring)
    if dropped is None:
        return None
    left = grams(_left(text, dropped), text.shingle)
    return _keys(text, text.clauses[~dropped], left) if len(left) >= HEART_SHINGLES else None


def _keys(text: Print, clauses: Hashes, found: Hashes) -> tuple[int, ...]:
    # The smallest hashes have their information in the low bits.
    sample = [key & _KEY_MASK for key in (*_lowest(clauses, CLAUSE_KEYS), *_lowest(found, SHINGLE_KEYS))]
    if len(text.title) >= CLAUSE_TOKENS:
        digest = hashlib.blake2b(" ".join(text.title).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        sample.append((int.from_bytes(digest, sys.byteorder) ^ _TITLE_SALT) & _KEY_MASK)
    return tuple(dict.fromkeys(sample))


def _lowest(values: Hashes, count: int) -> list[int]:
    """The first of them, distinct and sorted, without sorting all; 0 is no hash."""
    if len(values) > _LIKELY * count:
        # Hashes are spread evenly: below this bound lie three times as many as are wanted, unless many are the same.
        found = set(values[values < np.uint64((1 << 64) * _LIKELY * count // len(values))].tolist())
        found.discard(0)
        if len(found) >= count:
            return sorted(found)[:count]
    found = set(values.tolist())
    found.discard(0)
    return sorted(found)[:count]


def heart(text: Print, recurring: Hashes) -> Hashes:
    """Shingles of what is left when the clauses that recur on its site (sorted) are dropped."""
    dropped = _dropped(text, recurring)
    return text.shingles if dropped is None else shingles(_left(text, dropped), text.shingle)


def heart_numbers(text: Print, recurring: Hashes) -> Counter[str]:
    """The numbers in it."""
    dropped = _dropped(text, recurring)
    return Counter(word for clause, word in _numbers(text) if dropped is None or not dropped[clause])


def _dropped(text: Print, recurring: Hashes) -> NDArray[np.bool_] | None:
    """Which of its clauses recur; None when none does."""
    dropped = among(text.clauses, recurring)
    return dropped if dropped.any() else None


def _left(text: Print, dropped: NDArray[np.bool_]) -> Hashes:
    return text.tokens[~np.repeat(dropped, text.starts[1:] - text.starts[:-1])]


def _numbers(text: Print) -> list[tuple[int, str]]:
    """(number of its clause, token) of every token with a digit."""
    places = text.places.tolist()
    found = []
    for match in _DIGITS.finditer(text.text):
        start = match.start()
        while start and in_word(text.text[start - 1]):
            start -= 1
        found.append((bisect_right(places, start) - 1, text.text[start : match.end()]))
    return found


# --- on the way in ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """All that is compared of an article, made once."""

    revision_digest: str
    text_digest: bytes
    text: Print
    keys: tuple[int, ...]


def read(title: str | None, body: str) -> Reading:
    return read_all([(title, body)])[0]


def read_all(texts: Iterable[tuple[str | None, str]]) -> list[Reading]:
    """The same of several, each with its title, in less time. The last few are remembered: pages are asked for their
    twins right before they are kept.
    """
    global _recent  # noqa: PLW0603  (a memory of results: nothing depends on what is in it)
    wanted = [(title or "", body) for title, body in texts]
    known = _recent
    fresh = [text for text in dict.fromkeys(wanted) if text not in known]
    readings = (reading for group in _groups(fresh) for reading in _read(group))
    found = {text: known[text] for text in wanted if text in known} | dict(zip(fresh, readings, strict=True))
    _recent = dict(islice(((text, reading) for text, reading in found.items() if len(text[1]) <= GROUP_CHARS), RECENT))
    return [found[text] for text in wanted]


_recent: dict[tuple[str, str], Reading] = {}


def _read(texts: Sequence[tuple[str, str]]) -> list[Reading]:
    split = Split([body for _, body in texts])
    found = []
    for number, ((title, body), words) in enumerate(zip(texts, split.words(), strict=True)):
        text = Print(title, split.cut(number))
        digests = _revision_digest(title, body), _text_digest(title, words, len(text))
        found.append(Reading(revision_digest=digests[0], text_digest=digests[1], text=text, keys=keys(text)))
    return found
