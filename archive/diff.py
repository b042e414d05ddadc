"""The archive room: what changed between two states of an article, field by field and word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from archive.records import Article
from archive.words import CJK

WORDS_MAX = 20_000  # of a changed stretch; beyond it whole paragraphs are compared, so that time stays bounded
FEW_ATOMS = 12  # of an exchanged stretch that is looked at more closely
EXACT_WORDS = 2_000  # of a changed stretch; beyond it what is everywhere (the, 的, a comma) is no anchor

TEXTS = ("title", "body")
FIELDS = (
    "url", "kind", "published", "modified", "author", "editor", "origin", "section", "language", "breadcrumb", "images",
    "attachments",
)  # fmt: skip

# A number with its marks ("0.5", "1,700") or a word; every CJK character, blank and mark by itself.
_ATOM = re.compile(_ONE := rf"\d+(?:[.,:]\d+)+|[{CJK}]|[^\W_{CJK}]+|\s+|.", re.DOTALL)
_PIECE = re.compile(rf"(?:{_ONE})\s*", re.DOTALL)  # each with the blanks after it: a blank says nothing of where we are
_PARAGRAPH = re.compile(r"[^\n]+|\n+")

Part = tuple[str, str]  # ("same" | "gone" | "added", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that reads otherwise: `parts` of a text in reading order, else the values that went and those that came."""

    field: str
    gone: Any = None
    added: Any = None
    parts: tuple[Part, ...] = ()


def diff_states(old: Article, new: Article) -> list[Difference]:
    """Every field in which two states of an article differ, its title first and its body last. Of a list, the members
    that went and came.
    """
    found = []
    for name in ("title", *FIELDS, "body"):
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        if name in TEXTS:
            parts = diff_words(before or "", after or "")
            found.append(Difference(field=name, gone=before, added=after, parts=tuple(parts)))
        elif isinstance(before, tuple):
            gone, added = [one for one in before if one not in after], [one for one in after if one not in before]
            if not gone and not added:  # the same ones in another order, or another number of times
                gone, added = list(before), list(after)
            found.append(Difference(field=name, gone=gone, added=added))
        else:
            found.append(Difference(field=name, gone=before, added=after))
    return found


def diff_words(old: str, new: str) -> list[Part]:
    """("same" | "gone" | "added", text) in reading order. Joining all but "added" gives `old`, all but "gone" `new`.

    Words are compared whole, Chinese, Japanese and Korean by the character. SequenceMatcher's Ratcliff-Obershelp, of the
    paragraphs first and of the words of those that changed.
    """
    found: list[Part] = []
    for what, text in _pieces(old, new):
        if found and found[-1][0] == what:
            found[-1] = (what, found[-1][1] + text)
        elif text:
            found.append((what, text))
    return found


def _pieces(old: str, new: str) -> Iterator[Part]:
    before, after = _PARAGRAPH.findall(old), _PARAGRAPH.findall(new)
    for tag, gone, added in _compared(before, after, exact=True):
        if tag == "equal":
            yield "same", "".join(gone)
            continue
        words, others = _PIECE.findall("".join(gone)), _PIECE.findall("".join(added))
        if len(words) + len(others) > WORDS_MAX:
            words, others = list(gone), list(added)
        for inner, was, comes in _compared(words, others, exact=len(words) + len(others) <= EXACT_WORDS):
            if inner == "equal":
                yield "same", "".join(was)
            else:
                yield from _closer("".join(was), "".join(comes))


def _closer(was: str, comes: str) -> Iterator[Part]:
    """Of words that were exchanged, the blanks and marks that were not."""
    before, after = _ATOM.findall(was), _ATOM.findall(comes)
    if len(before) + len(after) > FEW_ATOMS:
        before, after = [was.rstrip(), was[len(was.rstrip()) :]], [comes.rstrip(), comes[len(comes.rstrip()) :]]
    for tag, gone, added in _compared(before, after, exact=True):
        if tag == "equal":
            yield "same", "".join(gone)
        else:
            yield "gone", "".join(gone)
            yield "added", "".join(added)


def _compared(
    before: Sequence[str], after: Sequence[str], *, exact: bool
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    matcher = SequenceMatcher(None, before, after, autojunk=not exact)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        yield tag, before[i1:i2], after[j1:j2]
