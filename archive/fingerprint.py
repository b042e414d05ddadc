"""The archive room: what a text comes down to when two of them are compared. Pure.

Two digests, both over normal form (NFKC, white space folded to single blanks):
- `revision_digest` over title and body: another one at the same address is a revision;
- `text_digest` over the letters, digits and CJK characters of the body alone: the same one elsewhere is a copy.

And a `Print`, for texts that are nearly the same: hashed tokens, the clauses they stand in, and a few keys by which an
ordinary indexed table finds candidates: the smallest hashes of the text's clauses and of its shingles (bottom-k
sketches, Broder 1997), which a shortened copy shares with its original.

A token is a word in lower case, or one CJK character. Every article that comes in passes here, so texts are split in
numpy arrays of code points, and one running sum of a text gives the hash of any stretch of it (Karp & Rabin 1987).
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archive.normal import normal

Hashes = NDArray[np.uint64]
Codes = NDArray[np.uint32]
Places = NDArray[np.int64]

SHORT_TOKENS = 12  # a body below this many tokens is no text of its own: its title has to be the same as well
DIGEST_BYTES = 16
CLAUSE_TOKENS = 3  # a shorter clause says too little to be recognised by
CJK_SHINGLE = 5  # characters
WORD_SHINGLE = 3  # words
CLAUSE_KEYS = 10
SHINGLE_KEYS = 8
KEYS = CLAUSE_KEYS + SHINGLE_KEYS + 1
HEART_SHINGLES = 4  # with fewer left after dropping, nothing is left to compare
KEY_BITS = 48  # of 32, one text in ten among a million would meet a stranger by chance

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_DIGITS = re.compile(rf"\d[^\W_{_CJK}]*")
# Punctuation that ends a clause, but not between two digits: 11:00 and 3.5 are one fact.
_CLAUSE_ENDS = frozenset(',.;:!?。；：！？、，\n\r()“”"「」【】[]|—')

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # odd, near 2^64 / phi: spreads positions
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64, Steele et al. 2014
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_TITLE_SALT = np.uint64(0x3C6EF372FE94F82A)
_SHINGLE_SALT = np.uint64(0x5851F42D4C957F2D)
_WORD_SALT = np.uint64(0x2545F4914F6CDD1D)
_KEY_MASK = np.uint64((1 << KEY_BITS) - 1)


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
    return _text_digest(normal(title or ""), _split(normal(body)))


def _text_digest(title: str, split: _Split) -> bytes:
    words = split.words()
    if len(split.ids) < SHORT_TOKENS:
        words = " ".join([*_tokens(title), "\n", words])
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def tokens(text: str) -> list[str]:
    """Words in lower case; each CJK character is one by itself. Punctuation says nothing."""
    return _tokens(normal(text))


def _tokens(text: str) -> list[str]:
    """For a title; `_split` is for whole texts and gives the very same."""
    return _TOKEN.findall(text.lower())


# --- splitting --------------------------------------------------------------------------------------------------------

NOT_SEEN, APART, ENDS_CLAUSE, LETTER, DIGIT, CHARACTER = range(6)
# What each code point is; filled in when one is first met.
_KINDS = np.full(0x110000, NOT_SEEN, dtype=np.uint8)
_IS_CJK = re.compile(f"[{_CJK}]")


def _kind(character: str) -> int:
    if character in _CLAUSE_ENDS:
        return ENDS_CLAUSE
    if _IS_CJK.match(character):
        return CHARACTER
    if character.isalnum():
        return DIGIT if character.isdigit() else LETTER
    return APART


def _kinds(codes: Codes) -> NDArray[np.uint8]:
    kinds = _KINDS[codes]
    if not kinds.all():
        for code in np.unique(codes[kinds == NOT_SEEN]).tolist():
            _KINDS[code] = _kind(chr(code))
        kinds = _KINDS[codes]
    return kinds


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    text: str  #: in lower case
    codes: Codes  #: of the tokens alone
    first: Places  #: where among those each token begins; after the last one their number
    ids: Hashes  #: of each token
    clauses: Places  #: number of the first token of each clause; after the last one the number of tokens
    places: Places  #: where in the text each clause begins
    characters: int  #: tokens that are CJK characters

    def words(self) -> str:
        """All tokens, parted by blanks."""
        if not len(self.ids):
            return ""
        spread = np.full(len(self.codes) + len(self.ids) - 1, ord(" "), dtype=np.uint32)
        before = np.zeros(len(self.codes), dtype=np.int64)
        before[self.first[1:-1]] = 1
        spread[np.arange(len(self.codes)) + np.cumsum(before)] = self.codes
        return spread.tobytes().decode("utf-32-le", "surrogatepass")


_NONE = np.zeros(1, dtype=np.int64)
_NOTHING = _Split("", np.zeros(0, np.uint32), _NONE, NOTHING, _NONE, _NONE[:0], 0)


def _split(text: str) -> _Split:
    """The tokens of a text in normal form."""
    lower = text.lower()
    codes: Codes = np.frombuffer(lower.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _kinds(codes)
    place = np.flatnonzero(kinds >= LETTER)
    if not len(place):
        return _NOTHING
    kept, kind = codes[place], kinds[place]
    character = kind == CHARACTER
    begins = np.ones(len(place) + 1, dtype=bool)
    begins[1:-1] = character[1:] | character[:-1] | (place[1:] - place[:-1] > 1)
    first = np.flatnonzero(begins)
    ids = _stretches(_sums(kept.astype(np.uint64)), first[:-1], first[1:])
    ends = np.flatnonzero(kinds == ENDS_CLAUSE)
    if len(ends) and ends[-1] == len(kinds) - 1:
        ends = ends[:-1]
    ends = ends[kinds[ends + 1] != DIGIT]
    at = place[first[:-1]]
    clauses = np.concatenate([[0], np.searchsorted(at, ends), [len(at)]])
    clauses = clauses[np.concatenate([[True], clauses[1:] != clauses[:-1]])]
    return _Split(lower, kept, first, ids, clauses, at[clauses[:-1]], int(np.count_nonzero(character)))


# --- prints -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Print:
    """A text as it is compared."""

    title: tuple[str, ...]
    text: str  #: in normal form and lower case
    tokens: Hashes
    starts: Places  #: number of the first token of each clause; after the last one the number of tokens
    places: Places  #: where in the text each clause begins
    clauses: Hashes  #: 0 for a clause that is too short to be recognised
    shingle: int  #: tokens a shingle
    shingles: Hashes  #: distinct and sorted

    def __len__(self) -> int:
        return len(self.tokens)


def read_print(title: str | None, body: str) -> Print:
    return _print(normal(title or ""), _split(normal(body)))


def _print(title: str, split: _Split) -> Print:
    size = CJK_SHINGLE if 2 * split.characters > len(split.ids) else WORD_SHINGLE
    sums = _sums(split.ids)
    clauses = _stretches(sums, split.clauses[:-1], split.clauses[1:])
    clauses[split.clauses[1:] - split.clauses[:-1] < CLAUSE_TOKENS] = 0
    return Print(
        title=tuple(_tokens(title)),
        text=split.text,
        tokens=split.ids,
        starts=split.clauses,
        places=split.places,
        clauses=clauses,
        shingle=size,
        shingles=_shingles(sums, size),
    )


def shingles(ids: Hashes, size: int) -> Hashes:
    """The distinct hashes of every `size` tokens in a row, sorted; of a shorter text the one of all its tokens."""
    return _shingles(_sums(ids), size)


def _shingles(sums: Hashes, size: int) -> Hashes:
    size = min(size, len(sums) - 1)
    if not size:
        return NOTHING
    return _distinct(_mix((sums[size:] - sums[:-size]) * _INVERSES[: len(sums) - size] ^ _SHINGLE_SALT))


def _distinct(values: Hashes) -> Hashes:
    """Sorted, each once; faster than numpy's unique at the size of an article."""
    if not len(values):
        return values
    ordered = np.sort(values)
    new = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def keys(text: Print) -> tuple[int, ...]:
    """By which candidates are found: at most KEYS numbers, made from the text alone.

    The smallest hashes of its clauses and of its shingles, and the title: the heart of a form letter may be in neither
    sample, its title says which one it is.
    """
    return _keys(text, text.clauses, text.shingles)


def heart_keys(text: Print, recurring: Hashes) -> tuple[int, ...] | None:
    """The same of what is left when the clauses that recur somewhere (sorted) are dropped; None when none does, or
    nothing is left then.
    """
    dropped = _dropped(text, recurring)
    if dropped is None:
        return None
    left = shingles(_left(text, dropped), text.shingle)
    return _keys(text, text.clauses[~dropped], left) if len(left) >= HEART_SHINGLES else None


def _keys(text: Print, clauses: Hashes, grams: Hashes) -> tuple[int, ...]:
    clauses = _distinct(clauses)
    if len(clauses) and not clauses[0]:
        clauses = clauses[1:]
    sample = [clauses[:CLAUSE_KEYS], grams[:SHINGLE_KEYS]]
    if len(text.title) >= CLAUSE_TOKENS:
        digest = hashlib.blake2b(" ".join(text.title).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        sample.append(np.frombuffer(digest, np.uint64) ^ _TITLE_SALT)
    # The smallest hashes have their information in the low bits.
    return tuple(dict.fromkeys((np.concatenate(sample) & _KEY_MASK).tolist()))


def heart(text: Print, recurring: Hashes) -> tuple[Hashes, Counter[str]]:
    """Shingles and numbers of what is left when the clauses that recur on its site (sorted) are dropped."""
    dropped = _dropped(text, recurring)
    if dropped is None:
        return text.shingles, Counter(word for _, word in _numbers(text))
    numbers = Counter(word for clause, word in _numbers(text) if not dropped[clause])
    return shingles(_left(text, dropped), text.shingle), numbers


def _dropped(text: Print, recurring: Hashes) -> NDArray[np.bool_] | None:
    """Which of its clauses recur; None when none does."""
    if not len(recurring) or not len(text.clauses):
        return None
    at = np.minimum(np.searchsorted(recurring, text.clauses), len(recurring) - 1)
    dropped: NDArray[np.bool_] = recurring[at] == text.clauses
    return dropped if dropped.any() else None


def _left(text: Print, dropped: NDArray[np.bool_]) -> Hashes:
    return text.tokens[~np.repeat(dropped, text.starts[1:] - text.starts[:-1])]


def _numbers(text: Print) -> list[tuple[int, str]]:
    """(number of its clause, token) of every token with a digit."""
    places = text.places.tolist()
    found = []
    for match in _DIGITS.finditer(text.text):
        start = match.start()
        while start and _KINDS[ord(text.text[start - 1])] in {LETTER, DIGIT}:
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
    title, body = normal(title or ""), normal(body)
    split = _split(body)
    text = _print(title, split)
    return Reading(
        revision_digest=_revision_digest(title, body),
        text_digest=_text_digest(title, split),
        text=text,
        keys=keys(text),
    )
