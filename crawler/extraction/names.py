"""The crawler room, extraction: what the class, id and role names of elements say for or against main text.

The weights are learned (benchmarks/train_body.py): log odds of main-text mass against other mass under a token,
each registered domain capped, so that one big site does not speak for all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

NAME_DECAY = 0.8  # what a name says, one level further in
NAME_CHARS_MAX = 1_000  # of one element; utility-class frameworks write long lists
MEMO_MAX = 50_000  # bounds the memory of a long crawl
NAMED_TAGS = frozenset(
    ["nav", "header", "footer", "aside", "form", "main", "article", "section", "button", "figure", "details"]
)

_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_DIGITS = dict.fromkeys(map(ord, "0123456789"))
_COMMENT = re.compile(r"comment|respond|disqus|repl(?:y|ies)|discuss|kommentar|pinglun")  # in lower case


@lru_cache(maxsize=20_000)
def name_pieces(tag: str, names: str) -> tuple[str, ...]:
    """Tokens of an element's class, id and role, split at case and punctuation; semantic tags are tokens too."""
    pieces = [piece.lower() for piece in _PIECE.findall(names[:NAME_CHARS_MAX]) if len(piece) > 1]
    if tag in NAMED_TAGS:
        pieces.insert(0, f"<{tag}>")
    return tuple(dict.fromkeys(pieces))


@dataclass(slots=True)
class Names:
    """Learned weights of name tokens, with a memo by element."""

    weights: dict[str, float] = field(default_factory=dict)
    _memo: dict[tuple[str, str], tuple[float, float, bool, str]] = field(default_factory=dict)

    def score(self, tag: str, names: str) -> tuple[float, float, bool, str]:
        """Of one element: sum and least of its tokens' weights, whether it names comments, and a key equal for elements
        that differ in numbers alone ("post-12", "post-13").
        """
        key = (tag, names)
        found = self._memo.get(key)
        if found is None:
            weights = [self.weights.get(piece, 0.0) for piece in name_pieces(tag, names)]
            comment = bool(names and _COMMENT.search(names.lower()))
            found = (sum(weights), min(weights, default=0.0), comment, f"{tag} {_without_digits(names)}")
            if len(self._memo) < MEMO_MAX:
                self._memo[key] = found
        return found


def _without_digits(names: str) -> str:
    if names.isascii():
        return names.encode().translate(None, b"0123456789").decode()
    return names.translate(_DIGITS)
