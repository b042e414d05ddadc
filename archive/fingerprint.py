"""The archive room: what a text comes down to when two of them are compared. Pure.

Two digests, both over normal form (NFKC, white space folded to single blanks):
- `revision_digest` over title and body: another one at the same address is a revision;
- `text_digest` over the letters, digits and CJK characters of the body alone: the same one elsewhere is a copy.

And a `Print`, for texts that are nearly the same: hashed tokens, the clauses they stand in, and a few keys by which an
ordinary indexed table finds candidates: the smallest hashes of the text's clauses and of its shingles (bottom-k
sketches, Broder 1997), which a shortened copy shares with its original.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

SHORT_TOKENS = 12  # a body below this many tokens is no text of its own: its title has to be the same as well
DIGEST_BYTES = 16
CLAUSE_TOKENS = 3  # a shorter clause says too little to be recognised by
CJK_SHINGLE = 5  # characters
WORD_SHINGLE = 3  # words
CLAUSE_KEYS = 10
SHINGLE_KEYS = 8
KEYS = CLAUSE_KEYS + SHINGLE_KEYS + 1
PRINTS_KEPT = 512  # in memory: the texts of a form letter are compared again and again

_SPACE = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff\u00ad]+")
CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
# Punctuation ends a clause, but not between two digits: 11:00 and 3.5 are one fact.
_CLAUSE_END = re.compile(r"[,.;:!?。；：！？、，\n\r()“”\"「」【】\[\]|—]+(?!\d)")

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # odd, near 2^64 / phi: spreads positions
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64, Steele et al. 2014
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_PLACES = np.arange(1, max(CJK_SHINGLE, WORD_SHINGLE) + 1, dtype=np.uint64) * _GOLDEN
_TITLE_SALT = 0x3C6EF372
_SHINGLE_SALT = np.uint64(0x5851F42D4C957F2D)


def fold(text: str) -> str:
    """NFKC with every run of white space or invisible characters as one blank."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def tokens(text: str) -> list[str]:
    """Lower-case words; each CJK character is one by itself. Punctuation says nothing."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


def revision_digest(title: str | None, body: str) -> str:
    """The text `sha256:` and hex over title and body in normal form; None and "" as title are the same."""
    text = f"{fold(title or '')}\n{fold(body)}"
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def text_digest(title: str | None, body: str) -> bytes:
    """Equal for two articles that say the same, wherever they stand and however it is typeset."""
    words = tokens(body)
    if len(words) < SHORT_TOKENS:
        words = [*tokens(title or ""), "\n", *words]
    return hashlib.sha256(" ".join(words).encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


# --- prints -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Print:
    """A text as it is compared. Arrays are parallel: one entry a token, or one entry a clause."""

    title: tuple[str, ...]
    tokens: Hashes
    clause_of: NDArray[np.int64]  #: number of the clause each token stands in
    clauses: Hashes  #: 0 for a clause that is too short to be recognised
    numbers: tuple[tuple[int, str], ...]  #: (number of its clause, token) of every token with a digit
    shingle: int  #: tokens a shingle

    def __len__(self) -> int:
        return len(self.tokens)


def read_print(title: str | None, body: str) -> Print:
    return _read_print(title or "", body)


@lru_cache(maxsize=PRINTS_KEPT)
def _read_print(title: str, body: str) -> Print:
    text = unicodedata.normalize("NFKC", body).lower()
    words: list[str] = []
    lengths: list[int] = []
    for clause in _CLAUSE_END.split(text):
        found = _TOKEN.findall(clause)
        if found:
            words += found
            lengths.append(len(found))
    ids = np.fromiter(map(_token_id, words), dtype=np.uint64, count=len(words))
    cjk = int(np.count_nonzero(ids < np.uint64(1 << 32)))
    sizes = np.array(lengths, dtype=np.int64)
    clause_of = np.repeat(np.arange(len(lengths)), sizes)
    return Print(
        title=tuple(tokens(title)),
        tokens=ids,
        clause_of=clause_of,
        clauses=_hash_clauses(ids, sizes),
        numbers=tuple((int(clause_of[at]), word) for at, word in enumerate(words) if _has_digit(word)),
        shingle=CJK_SHINGLE if 2 * cjk > len(ids) else WORD_SHINGLE,
    )


def _token_id(word: str) -> int:
    """A CJK character is its code point; words are above 2^32."""
    return ord(word) if len(word) == 1 and word > "\u2e80" else zlib.crc32(word.encode("utf-8", "replace")) | 1 << 32


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word)) if not word.isalpha() else False


def _mix(values: Hashes) -> Hashes:
    values = (values ^ (values >> _S30)) * _MIX_1
    values = (values ^ (values >> _S27)) * _MIX_2
    return values ^ (values >> _S31)


def _hash_clauses(ids: Hashes, sizes: NDArray[np.int64]) -> Hashes:
    if not len(sizes):
        return np.zeros(0, dtype=np.uint64)
    starts = np.cumsum(sizes) - sizes
    place = (np.arange(len(ids)) - np.repeat(starts, sizes) + 1).astype(np.uint64)
    hashes = _mix(np.add.reduceat(_mix(ids + place * _GOLDEN), starts))
    return np.where(sizes >= CLAUSE_TOKENS, hashes, np.uint64(0))


def shingles(ids: Hashes, size: int) -> Hashes:
    """The distinct hashes of every `size` tokens in a row, sorted; of a shorter text the one of all its tokens."""
    if not len(ids):
        return np.zeros(0, dtype=np.uint64)
    size = min(size, len(ids))
    count = len(ids) - size + 1
    total = np.zeros(count, dtype=np.uint64)
    for place in range(size):
        total += _mix(ids[place : place + count] + _PLACES[place])
    return np.unique(_mix(total ^ _SHINGLE_SALT))


def keys(text: Print) -> list[int]:
    """By which candidates are found: at most KEYS signed 32-bit numbers, made from the text alone.

    The smallest hashes of its clauses and of its shingles, and the title: the heart of a form letter may be in neither
    sample, its title says which one it is.
    """
    clauses = np.unique(text.clauses)[: CLAUSE_KEYS + 1]
    clauses = clauses[clauses != 0][:CLAUSE_KEYS]
    titles = [hash_title(text.title)] if len(text.title) >= CLAUSE_TOKENS else []
    sample = np.concatenate([clauses, shingles(text.tokens, text.shingle)[:SHINGLE_KEYS], np.array(titles, np.uint64)])
    # The smallest hashes have their information in the low bits.
    return [int(key) for key in np.unique((sample & np.uint64(0xFFFFFFFF)).astype(np.uint32).astype(np.int32))]


def hash_title(title: tuple[str, ...]) -> int:
    return zlib.crc32(" ".join(title).encode("utf-8", "replace")) ^ _TITLE_SALT


def heart(text: Print, recurring: Hashes) -> tuple[Hashes, Counter[str]]:
    """Tokens and numbers of what is left when the clauses that recur on its site are dropped."""
    if not len(recurring):
        return text.tokens, Counter(word for _, word in text.numbers)
    kept = ~np.isin(text.clauses, recurring)
    return text.tokens[kept[text.clause_of]], Counter(word for clause, word in text.numbers if kept[clause])
