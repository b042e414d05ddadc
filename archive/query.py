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
from archive.words import CJK, WORD_CHARS, fold, runs, split

QUERY_CHARS_MAX = 1000
TERMS_MAX = 64
DEPTH_MAX = 16  # of parentheses

_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "『": "』"}
_NOT_PART_OF_A_WORD = set(' \t\r\n\v\f()（）"“”„«»「」『』\u3000')


@dataclass(frozen=True, slots=True)
class Term:
    """Words next to each other, as the index holds them; `prefix`: the last one is only the head of a word."""

    words: tuple[str, ...]
    prefix: bool
    pattern: str  #: regular expression that finds the term in a folded text, for highlights


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
    """What stands between two blanks or quotes, as words of the index; None when there is no word in it."""
    folded = fold(text)
    found = runs(folded)
    if not found:
        return None
    last, is_cjk = found[-1]
    words = split(folded)
    prefix = not is_cjk and folded.rstrip().endswith("*")
    if is_cjk and len(last) > 1:
        words.pop()  # its last character alone is in the index only where the run ends there too
    elif is_cjk:
        prefix = True  # a single character is the head of a pair wherever it stands
    return Term(tuple(words), prefix, _pattern(found, open_end=prefix))


_EDGE = rf"[^\W_{CJK}]"


def _pattern(found: list[tuple[str, bool]], *, open_end: bool) -> str:
    parts = []
    for number, (run, is_cjk) in enumerate(found):
        if is_cjk:
            parts.append(re.escape(run))
            continue
        whole = len(run) < WORD_CHARS and not (open_end and number == len(found) - 1)
        parts.append(rf"(?<!{_EDGE}){re.escape(run)}" + (rf"(?!{_EDGE})" if whole else rf"{_EDGE}*"))
    return r"[\W_]*".join(parts)
