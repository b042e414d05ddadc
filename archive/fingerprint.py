"""The archive room: what a text comes down to when two of them are compared. Pure.

Two digests, both over normal form (NFKC, white space folded to single blanks):
- `revision_digest` over title and body: another one at the same address is a revision;
- `text_digest` over the letters, digits and CJK characters of the body alone: the same one elsewhere is a copy.

And a `Print`, for texts that are nearly the same: hashed tokens, the clauses they stand in, and a few keys by which an
ordinary indexed table finds candidates: the smallest hashes of the text's clauses and of its shingles (bottom-k
sketches, Broder 1997), which a shortened copy shares with its original.

A token is a word in lower case, or one CJK character. Texts are split in numpy arrays of code points, because every
article that comes in passes here.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from archive.normal import normal

Hashes = NDArray[np.uint64]
Codes = NDArray[np.uint32]

SHORT_TOKENS = 12  # a body below this many tokens is no text of its own: its title has to be the same as well
DIGEST_BYTES = 16
CLAUSE_TOKENS = 3  # a shorter clause says too little to be recognised by
CJK_SHINGLE = 5  # characters
WORD_SHINGLE = 3  # words
CLAUSE_KEYS = 10
SHINGLE_KEYS = 8
KEYS = CLAUSE_KEYS + SHINGLE_KEYS + 1
PRINTS_KEPT = 512  # in memory: the texts of a form letter are compared again and again

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003ffff]")
_TOKEN = re.compile(rf"{_CJK.pattern}|(?:(?!{_CJK.pattern})[^\W_])+")
# Punctuation that ends a clause, but not between two digits: 11:00 and 3.5 are one fact.
_CLAUSE_ENDS = frozenset(',.;:!?。；：！？、，\n\r()“”"「」【】[]|—')

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # odd, near 2^64 / phi: spreads positions
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64, Steele et al. 2014
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_TITLE_SALT = np.uint64(0x3C6EF372FE94F82A)
_SHINGLE_SALT = np.uint64(0x5851F42D4C957F2D)
_WORD_BIT = np.uint64(1 << 63)  # tells a word's hash from a character's code point


def _mix(values: Hashes) -> Hashes:
    values = (values ^ (values >> _S30)) * _MIX_1
    values = (values ^ (values >> _S27)) * _MIX_2
    return values ^ (values >> _S31)


# An odd random factor for each place of a letter in its word, of a token in its clause or shingle (multilinear hashing).
PLACES = 1024  # further on they repeat
_WEIGHTS = _mix(np.arange(1, PLACES + 1, dtype=np.uint64) * _GOLDEN) | np.uint64(1)


def _weights(places: NDArray[np.int64]) -> Hashes:
    found: Hashes = _WEIGHTS[places & (PLACES - 1)]
    return found


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
    return _text_digest(title, read_print(title, body))


def _text_digest(title: str | None, text: Print) -> bytes:
    words = text.words
    if len(text) < SHORT_TOKENS:
        words = " ".join([*tokens(title or ""), "\n", words])
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


def _kind(character: str) -> int:
    if character in _CLAUSE_ENDS:
        return ENDS_CLAUSE
    if _CJK.match(character):
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


@dataclass(frozen=True, slots=True)
class _Split:
    words: str  #: all tokens, parted by blanks
    ids: Hashes  #: of each token
    clause_of: NDArray[np.int64]
    sizes: NDArray[np.int64]  #: tokens of each clause
    numbers: tuple[tuple[int, str], ...]
    characters: int  #: tokens that are CJK characters


_NOTHING = _Split("", np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64), (), 0)


def _split(text: str) -> _Split:
    """The tokens of a text in normal form."""
    lower = text.lower()
    codes: Codes = np.frombuffer(lower.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _kinds(codes)
    kept = kinds >= LETTER
    inside = (kinds == LETTER) | (kinds == DIGIT)
    starts = kept.copy()
    starts[1:] &= ~(inside[1:] & inside[:-1])
    first = np.flatnonzero(starts)
    if not len(first):
        return _NOTHING
    place = np.flatnonzero(kept)
    token_of = np.cumsum(starts[place]) - 1
    ids = _token_ids(codes, place, token_of, np.searchsorted(place, first), kinds[first] == CHARACTER)
    ends = kinds == ENDS_CLAUSE
    ends[:-1] &= kinds[1:] != DIGIT
    before = np.cumsum(ends)[first]
    clause_of = np.cumsum(np.diff(before, prepend=before[0]) > 0, dtype=np.int64)
    digits = np.unique(token_of[kinds[place] == DIGIT])
    last = np.append(np.searchsorted(place, first[1:]) - 1, len(place) - 1)
    numbers = tuple((int(clause_of[n]), lower[first[n] : place[last[n]] + 1]) for n in digits.tolist())
    return _Split(
        words=_joined(codes[place], token_of),
        ids=ids,
        clause_of=clause_of,
        sizes=np.bincount(clause_of),
        numbers=numbers,
        characters=int(np.count_nonzero(kinds[first] == CHARACTER)),
    )


def _token_ids(
    codes: Codes,
    place: NDArray[np.int64],
    token_of: NDArray[np.int64],
    starts: NDArray[np.int64],
    character: NDArray[np.bool_],
) -> Hashes:
    """A CJK character is its code point, a word the hash of its letters with their places in it."""
    within = np.arange(len(place)) - starts[token_of]
    letters = codes[place].astype(np.uint64) * _weights(within)
    words = _mix(np.add.reduceat(letters, starts)) | _WORD_BIT
    found: Hashes = np.where(character, codes[place[starts]].astype(np.uint64), words)
    return found


def _joined(codes: Codes, token_of: NDArray[np.int64]) -> str:
    spread = np.full(len(codes) + int(token_of[-1]), ord(" "), dtype=np.uint32)
    spread[np.arange(len(codes)) + token_of] = codes
    return spread.tobytes().decode("utf-32-le", "surrogatepass")


# --- prints -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Print:
    """A text as it is compared. `tokens` and `clause_of` have one entry a token, `clauses` one a clause."""

    title: tuple[str, ...]
    words: str  #: all tokens, parted by blanks
    tokens: Hashes
    clause_of: NDArray[np.int64]  #: number of the clause each token stands in
    clauses: Hashes  #: 0 for a clause that is too short to be recognised
    numbers: tuple[tuple[int, str], ...]  #: (number of its clause, token) of every token with a digit
    shingle: int  #: tokens a shingle
    shingles: Hashes  #: distinct and sorted

    def __len__(self) -> int:
        return len(self.tokens)


def read_print(title: str | None, body: str) -> Print:
    return _read_print(normal(title or ""), normal(body))


@lru_cache(maxsize=PRINTS_KEPT)
def _read_print(title: str, body: str) -> Print:
    found = _split(body)
    size = CJK_SHINGLE if 2 * found.characters > len(found.ids) else WORD_SHINGLE
    return Print(
        title=tuple(_tokens(title)),
        words=found.words,
        tokens=found.ids,
        clause_of=found.clause_of,
        clauses=_hash_clauses(found.ids, found.sizes),
        numbers=found.numbers,
        shingle=size,
        shingles=shingles(found.ids, size),
    )


def _hash_clauses(ids: Hashes, sizes: NDArray[np.int64]) -> Hashes:
    if not len(sizes):
        return np.zeros(0, dtype=np.uint64)
    starts = np.cumsum(sizes) - sizes
    within = np.arange(len(ids)) - np.repeat(starts, sizes)
    hashes = _mix(np.add.reduceat(ids * _weights(within), starts))
    return np.where(sizes >= CLAUSE_TOKENS, hashes, np.uint64(0))


def shingles(ids: Hashes, size: int) -> Hashes:
    """The distinct hashes of every `size` tokens in a row, sorted; of a shorter text the one of all its tokens."""
    if not len(ids):
        return np.zeros(0, dtype=np.uint64)
    size = min(size, len(ids))
    count = len(ids) - size + 1
    total = np.zeros(count, dtype=np.uint64)
    for place in range(size):
        total += ids[place : place + count] * _WEIGHTS[place]
    return _distinct(_mix(total ^ _SHINGLE_SALT))


def _distinct(values: Hashes) -> Hashes:
    """Sorted, each once; faster than numpy's unique at the size of an article."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def keys(text: Print) -> list[int]:
    """By which candidates are found: at most KEYS signed 32-bit numbers, made from the text alone.

    The smallest hashes of its clauses and of its shingles, and the title: the heart of a form letter may be in neither
    sample, its title says which one it is.
    """
    clauses = _distinct(text.clauses[text.clauses != 0])[:CLAUSE_KEYS]
    sample = [clauses, text.shingles[:SHINGLE_KEYS]]
    if len(text.title) >= CLAUSE_TOKENS:
        digest = hashlib.blake2b(" ".join(text.title).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        sample.append(np.frombuffer(digest, np.uint64) ^ _TITLE_SALT)
    # The smallest hashes have their information in the low bits.
    low = (np.concatenate(sample) & np.uint64(0xFFFFFFFF)).astype(np.uint32).view(np.int32)
    return sorted(set(low.tolist()))


def heart(text: Print, recurring: Hashes) -> tuple[Hashes, Counter[str]]:
    """Shingles and numbers of what is left when the clauses that recur on its site are dropped."""
    if len(recurring):
        dropped = np.isin(text.clauses, recurring)
        if dropped.any():
            left = text.tokens[~dropped[text.clause_of]]
            return shingles(left, text.shingle), Counter(word for clause, word in text.numbers if not dropped[clause])
    return text.shingles, Counter(word for _, word in text.numbers)


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
    text = _read_print(title, body)
    return Reading(
        revision_digest=_revision_digest(title, body),
        text_digest=_text_digest(title, text),
        text=text,
        keys=tuple(keys(text)),
    )
