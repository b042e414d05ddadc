"""The archive room: texts into hashed tokens, many of them at once. Pure.

A token is a word in lower case, or one CJK character; a clause is what stands between two marks of punctuation. Every
article that comes in passes here, so texts are split in numpy arrays of code points, several together, and one running
sum over them gives the hash of any stretch (Karp & Rabin 1987).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Codes = NDArray[np.uint32]
Places = NDArray[np.int64]

Number = TypeVar("Number", bound=np.generic)

CLAUSE_TOKENS = 3  # a shorter clause says too little to be recognised by
CJK_SHINGLE = 5  # characters
WORD_SHINGLE = 3  # words

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003ffff"
# Punctuation that ends a clause, but not between two digits: 11:00 and 3.5 are one fact.
_CLAUSE_ENDS = frozenset(',.;:!?。；：！？、，\n\r()“”"「」【】[]|—')

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # odd, near 2^64 / phi: spreads positions
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64, Steele et al. 2014
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_SHINGLE_SALT = np.uint64(0x5851F42D4C957F2D)

NOTHING: Hashes = np.zeros(0, dtype=np.uint64)


def _mix(values: Hashes) -> Hashes:
    values = (values ^ (values >> _S30)) * _MIX_1
    values = (values ^ (values >> _S27)) * _MIX_2
    return values ^ (values >> _S31)


# The hash of a stretch is the sum of its members' products with a power for their place, brought back to the first
# place by the inverse of that power (all modulo 2^64). Powers are made once, for the longest text that ever came.
_POWERS = np.ones(1, dtype=np.uint64)
_INVERSES = np.ones(1, dtype=np.uint64)
_INVERSE = np.uint64(pow(int(_GOLDEN), -1, 1 << 64))
PLACES = 1 << 14  # at first


def _powers(count: int) -> Hashes:
    global _POWERS, _INVERSES  # noqa: PLW0603 - a table of constants that grows
    if len(_POWERS) < count:
        size = max(PLACES, 1 << (count - 1).bit_length())
        # First the inverses: another thread that finds long powers finds long inverses.
        _INVERSES = _powers_of(_INVERSE, size)
        _POWERS = _powers_of(_GOLDEN, size)
    return _POWERS


def _powers_of(base: np.uint64, count: int) -> Hashes:
    powers = np.full(count, base, dtype=np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def _sums(values: Hashes) -> Hashes:
    """The sum before each place, and the one after the last."""
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values * _powers(len(values))[: len(values)], out=sums[1:])
    return sums


def _stretches(sums: Hashes, starts: Places, ends: Places) -> Hashes:
    return _mix((sums[ends] - sums[starts]) * _INVERSES[starts])


# --- splitting --------------------------------------------------------------------------------------------------------

NOT_SEEN, APART, ENDS_CLAUSE, LETTER, DIGIT, CHARACTER = range(6)
# What each code point is; filled in when one is first met.
_KINDS = np.full(0x110000, NOT_SEEN, dtype=np.uint8)
_IS_CJK = re.compile(f"[{CJK}]")


def _kind(character: str) -> int:
    if character in _CLAUSE_ENDS:
        return ENDS_CLAUSE
    if _IS_CJK.match(character):
        return CHARACTER
    if character.isalnum():
        return DIGIT if character.isdigit() else LETTER
    return APART


def in_word(character: str) -> bool:
    """Whether it is a letter or digit of a word."""
    code = ord(character)
    if not _KINDS[code]:
        _KINDS[code] = _kind(character)
    return _KINDS[code] in {LETTER, DIGIT}


def _kinds(codes: Codes) -> NDArray[np.uint8]:
    kinds = _KINDS[codes]
    if not kinds.all():
        for code in set(codes[kinds == NOT_SEEN].tolist()):  # np.unique would import a sixth of numpy more
            _KINDS[code] = _kind(chr(code))
        kinds = _KINDS[codes]
    return kinds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """One text of a split."""

    text: str  #: in lower case
    tokens: Hashes
    starts: Places  #: number of the first token of each clause; after the last one the number of tokens
    places: Places  #: where in the text each clause begins
    clauses: Hashes  #: 0 for a clause that is too short to be recognised
    shingle: int  #: tokens a shingle
    grams: Hashes  #: of all shingles, as they follow each other


class Split:
    """Texts in normal form, split together: numpy's calls are shared by all of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = [text.lower() for text in texts]
        # A blank after each: no token reaches into the next text.
        codes: Codes = np.frombuffer(" ".join([*self.texts, ""]).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        kinds = _kinds(codes)
        place = np.flatnonzero(kinds >= LETTER)
        character = kinds[place] == CHARACTER
        begins = np.ones(len(place), dtype=bool)
        begins[1:] = character[1:] | character[:-1] | (place[1:] - place[:-1] > 1)
        self._codes = codes[place]  # of the tokens alone
        self._first = np.flatnonzero(begins)  # where among those each token begins
        self._at = place[begins]  # where in all texts each token begins
        self.ids = _stretches(_sums(self._codes.astype(np.uint64)), self._first, np.append(self._first[1:], len(place)))
        self._characters = np.append(0, np.cumsum(character[begins]))
        self._here = [0, *accumulate(len(text) + 1 for text in self.texts)]
        # The first token of each text, and of each clause.
        self._bounds = np.searchsorted(self._at, self._here)
        ends = np.flatnonzero(kinds == ENDS_CLAUSE)
        ends = ends[kinds[ends + 1] != DIGIT]
        self._starts = distinct(np.concatenate([np.searchsorted(self._at, ends), self._bounds]))
        self._sums = _sums(self.ids)
        self._clauses = _stretches(self._sums, self._starts[:-1], self._starts[1:])
        self._clauses[self._starts[1:] - self._starts[:-1] < CLAUSE_TOKENS] = 0
        self._clause_bounds = np.searchsorted(self._starts, self._bounds)

    def words(self) -> list[str]:
        """Of each text all tokens, parted by blanks."""
        parts = np.full(len(self.ids), ord(" "), dtype=np.uint32)
        some = self._bounds[1:] > self._bounds[:-1]
        parts[self._bounds[:-1][some]] = ord("\n")
        spread = np.empty(len(self._codes) + len(self.ids), dtype=np.uint32)
        before = self._first + np.arange(len(self.ids))
        inside = np.ones(len(spread), dtype=bool)
        inside[before] = False
        spread[before] = parts
        spread[inside] = self._codes
        found = iter(spread.tobytes().decode("utf-32-le", "surrogatepass").split("\n")[1:])
        return [next(found) if there else "" for there in some.tolist()]

    def cut(self, number: int) -> Cut:
        """One of the texts."""
        start, end = self._bounds[number : number + 2].tolist()
        first, last = self._clause_bounds[number : number + 2].tolist()
        starts = self._starts[first : last + 1]
        tall = 2 * int(self._characters[end] - self._characters[start]) > end - start
        shingle = CJK_SHINGLE if tall else WORD_SHINGLE
        return Cut(
            text=self.texts[number],
            tokens=self.ids[start:end].copy(),  # the others are not to be kept with it
            starts=starts - start,
            places=self._at[starts[:-1]] - self._here[number],
            clauses=self._clauses[first:last].copy(),
            shingle=shingle,
            grams=_grams(self._sums[start : end + 1], shingle, start),
        )


# --- stretches -------------------------------------------------------------------------------------------------------


def shingles(ids: Hashes, size: int) -> Hashes:
    """The distinct hashes of every `size` tokens in a row, sorted; of a shorter text the one of all its tokens."""
    return distinct(grams(ids, size))


def grams(ids: Hashes, size: int) -> Hashes:
    """The hashes of every `size` tokens in a row."""
    return _grams(_sums(ids), size, 0)


def _grams(sums: Hashes, size: int, at: int) -> Hashes:
    """The hashes of every `size` tokens in a row, of a running sum that is cut out of a longer one at this place."""
    size = min(size, len(sums) - 1)
    if not size:
        return NOTHING
    return _mix((sums[size:] - sums[:-size]) * _INVERSES[at : at + len(sums) - size] ^ _SHINGLE_SALT)


def among(values: Hashes, known: Hashes) -> NDArray[np.bool_]:
    """Which of these are among the known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    at = np.searchsorted(known, values)
    at[at == len(known)] = 0
    found: NDArray[np.bool_] = known[at] == values
    return found


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """Sorted, each once; faster than numpy's unique at the size of an article."""
    if not len(values):
        return values
    ordered = np.sort(values)
    new = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]
