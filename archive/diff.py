"""The archive room: what changed between two states of a text, word by word. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from archive.words import CJK

WORDS_MAX = 20_000  # of both texts; beyond it paragraphs are compared, so that time stays bounded

# A number with its marks ("0.5", "1,700") or a word, with nothing around it; every CJK character, blank and mark by itself.
_PIECE = re.compile(rf"\d+(?:[.,:]\d+)+|[{CJK}]|[^\W_{CJK}]+|\s+|.", re.DOTALL)
_PARAGRAPH = re.compile(r"[^\n]+|\n+")


def diff_words(old: str, new: str) -> list[tuple[str, str]]:
    """("same" | "gone" | "added", text) in reading order. Joining all but "added" gives `old`, all but "gone" `new`.

    Words are compared whole, Chinese, Japanese and Korean by the character. SequenceMatcher's Ratcliff-Obershelp.
    """
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    if len(before) + len(after) > WORDS_MAX:
        before, after = _PARAGRAPH.findall(old), _PARAGRAPH.findall(new)
    found: list[tuple[str, str]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(before[i1:i2])))
            continue
        if i2 > i1:
            found.append(("gone", "".join(before[i1:i2])))
        if j2 > j1:
            found.append(("added", "".join(after[j1:j2])))
    return found
