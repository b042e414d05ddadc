"""The archive room: what a person may ask the search for, read into a tree. Pure.

    moss leaf            both words            "leaf moss"     next to each other
    moss OR fern         one of them           moss -fern      the first without the second (also: moss NOT fern)
    (moss OR fern) leaf  grouped               photo*          every word that begins so
    研究所               these characters, next to each other

AND, OR and NOT count in capitals only. Any other character parts words; a query that holds no word, or whose quotes or
parentheses do not close, is refused with BadQuery, which says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.errors import BadQuery
from archive.words import CJK, WORD_CHARS, fold, pairs, runs

QUERY_CHARS_MAX = 1000
TERMS_MAX = 64
WORDS_MAX = 16  # of one phrase asked of the index; the rest of a longer one is looked for in the texts it finds
DEPTH_MAX = 16  # of parentheses

_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "『": "』"}
_NOT_PART_OF_A_WORD = set(' \t\r\n\v\f()（）"“”„«»「」『』\u3000')


@dataclass(frozen=True, slots=True)
class Term:
    """Words next to each other."""

    words: tuple[str, ...]  #: of the index: every text with the term has all of them
    prefix: bool  #: the last of them is only the head of a word
    exact: bool  #: every text with these words has the term
    pattern: str  #: regular expression that finds the term in a folded text
    plain: bool  #: the pattern is the text itself
    runs: tuple[str, ...] = ()  #: the text of the pattern, as far as it is searched for by these


@dataclass(frozen=True, slots=True)
class All:
    """Every part of `parts`, none of `without`."""

    parts: tuple[Node, ...]
    without: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Node, ...]


Node = Term | All | AnyOf


def parse(query: str) -> Node:
    """Raises BadQuery."""
    if len(query) > QUERY_CHARS_MAX:
        raise BadQuery(
            f"the query is {len(query)} characters long, {QUERY_CHARS_MAX} are the most: ask for less at once"
        )
    reader = _Reader(list(_lex(query)))
    node = reader.either(0)
    if reader.left():
        raise BadQuery(f"the parenthesis at character {reader.left()[0].at + 1} closes what was never opened: {query}")
    if node is None:
        raise BadQuery(f"there is no word to search for in {query!r}: give a word, or two Chinese characters")
    return node


def exact(node: Node) -> bool:
    """Whether the index alone knows what the query finds, without a look into the texts."""
    if isinstance(node, Term):
        return node.exact
    parts = node.parts + node.without if isinstance(node, All) else node.parts
    return all(map(exact, parts))


def terms(node: Node) -> Iterator[Term]:
    """The terms that are to be found (not those to be left out)."""
    if isinstance(node, Term):
        yield node
    else:
        for part in node.parts:
            yield from terms(part)


# --- lexer ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str  #: "text", "phrase", "(", ")", "AND", "OR", "NOT"
    text: str
    at: int


def _lex(query: str) -> Iterator[_Piece]:
    at = 0
    while at < len(query):
        character = query[at]
        if character in "(（":
            yield _Piece("(", character, at)
        elif character in ")）":
            yield _Piece(")", character, at)
        elif character in _QUOTES and (end := query.find(_QUOTES[character], at + 1)) >= 0:
            yield _Piece("phrase", query[at + 1 : end], at)
            at = end
            if query[at + 1 : at + 2] == "*":
                at += 1
        elif character == '"':
            raise BadQuery(f"the quote at character {at + 1} is never closed: {query}")
        elif character not in _NOT_PART_OF_A_WORD:
            end = at
            while end < len(query) and query[end] not in _NOT_PART_OF_A_WORD:
                end += 1
            yield from _bare(query[at:end], at)
            at = end - 1
        at += 1


def _bare(text: str, at: int) -> Iterator[_Piece]:
    if text in {"AND", "OR", "NOT"}:
        yield _Piece(text, text, at)
        return
    if text.startswith(("-", "－")):
        yield _Piece("NOT", text[0], at)
        text = text[1:]
    if text:
        yield _Piece("text", text, at)


# --- parser -----------------------------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, pieces: list[_Piece]) -> None:
        self._pieces = pieces
        self._next = 0
        self._terms = 0

    def left(self) -> list[_Piece]:
        return self._pieces[self._next :]

    def _peek(self) -> str | None:
        return self._pieces[self._next].kind if self._next < len(self._pieces) else None

    def either(self, depth: int) -> Node | None:
        parts = [self._every(depth)]
        while self._peek() == "OR":
            self._next += 1
            parts.append(self._every(depth))
        found = tuple(part for part in parts if part is not None)
        return found[0] if len(found) == 1 else AnyOf(found) if found else None

    def _every(self, depth: int) -> Node | None:
        wanted: list[Node] = []
        without: list[Node] = []
        start = self._next
        while (kind := self._peek()) is not None and kind not in {"OR", ")"}:
            if kind == "AND":
                self._next += 1
                continue
            negative = False
            while self._peek() == "NOT":
                negative = not negative
                self._next += 1
            if self._peek() in {None, "OR", ")", "AND"}:
                continue
            node = self._one(depth)
            if node is not None:
                (without if negative else wanted).append(node)
        if without and not wanted:
            at = self._pieces[start].at + 1
            raise BadQuery(
                f"from character {at} on the query only says what not to find: add a word that is to be found"
            )
        if not wanted:
            return None
        return wanted[0] if len(wanted) == 1 and not without else All(tuple(wanted), tuple(without))

    def _one(self, depth: int) -> Node | None:
        piece = self._pieces[self._next]
        self._next += 1
        if piece.kind != "(":
            return self._term(piece)
        if depth >= DEPTH_MAX:
            raise BadQuery(f"parentheses are nested more than {DEPTH_MAX} deep at character {piece.at + 1}")
        node = self.either(depth + 1)
        if self._peek() != ")":
            raise BadQuery(f"the parenthesis at character {piece.at + 1} is never closed")
        self._next += 1
        return node

    def _term(self, piece: _Piece) -> Term | None:
        term = make_term(piece.text)
        if term is not None:
            self._terms += 1
            if self._terms > TERMS_MAX:
                raise BadQuery(f"the query has more than {TERMS_MAX} words and phrases: ask for less at once")
        return term


def make_term(text: str) -> Term | None:
    """What stands between two blanks or quotes; None when there is no word in it."""
    folded = fold(text)
    found = runs(folded)
    if not found:
        return None
    prefix = not found[-1][1] and folded.rstrip().endswith("*")
    words: list[str] = []
    for run, cjk in found:
        if not cjk:
            words.append(run)
        elif len(run) > 1:
            words += pairs(run)
    exact = len(found) == 1 and len(words) <= 1
    if not words:
        # Single characters: each is the head of a pair, or ends its run, wherever it stands.
        words, prefix = [found[0][0]], True
    pattern = _pattern(found, open_end=prefix)
    return Term(_some(words, last=prefix), prefix, exact, pattern, pattern == found[0][0], _searched_for(found))


def _some(words: list[str], *, last: bool) -> tuple[str, ...]:
    """Of a long phrase as many words as narrow it down well, evenly from all over it."""
    if len(words) > WORDS_MAX:
        step = len(words) / (WORDS_MAX - 1)
        words = [*(words[int(number * step)] for number in range(WORDS_MAX - 1)), words[-1]]
    return tuple(words) if last else tuple(dict.fromkeys(words))


def _searched_for(found: list[tuple[str, bool]]) -> tuple[str, ...]:
    """Its runs up to the longest one: where that stands, the others before it are told by their ends."""
    runs = [run for run, _ in found]
    cut = next(
        (number for number, run in enumerate(runs) if len(run) >= WORD_CHARS), len(runs) - 1
    )  # its end is not known
    longest = max(range(cut + 1), key=lambda number: len(runs[number]))
    return tuple(runs[: longest + 1])


_EDGE = rf"[^\W_{CJK}]"


def _pattern(found: list[tuple[str, bool]], *, open_end: bool) -> str:
    """Literals first: so the search for them runs at the speed of memory."""
    parts = []
    for number, (run, is_cjk) in enumerate(found):
        literal = re.escape(run)
        if is_cjk:
            parts.append(literal)
            continue
        whole = len(run) < WORD_CHARS and not (open_end and number == len(found) - 1)
        parts.append(rf"{literal}(?<!{_EDGE}{literal})" + (rf"(?!{_EDGE})" if whole else rf"{_EDGE}*"))
    return r"[\W_]*".join(parts)
