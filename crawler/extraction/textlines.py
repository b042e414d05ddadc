"""The crawler room, extraction: the lines of plain text pages: splitting, what recurs over pages, paragraphs undone from wrapping."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

LINES_MAX = 20_000  # of one page; what lies beyond is no article
PROSE_CHARS = 80  # a line of at least this, or one that ends a sentence, is prose (a third of it in Chinese)
FRAME_CHARS = 300  # a longer line that recurs is a form letter's, not a frame's
ALIKE = 0.5  # share of prose lines in common from which two pages are one page twice and tell nothing of a frame
HOLDERS_MAX = 50  # pages that share one line of prose looked at; form letters come by the thousand
WRAP_MIN, WRAP_MAX = 50, 120  # characters a line; text set to a width is broken within these
WRAPPED_SHARE = 0.6  # of the lines inside blocks that break off in mid-sentence

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’»」』)）\]]*$")
_BLANK = " \t\u00a0\u3000\ufeff\u200b\u2007\u202f"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank."""

    number: int  #: from 0, blank lines counted
    text: str  #: without the blanks around it
    after_blank: bool  #: a blank line, or nothing, stands before it

    @property
    def is_prose(self) -> bool:
        """Long enough for a paragraph, or a short sentence with its full stop."""
        weight = len(self.text) + 2 * len(_CJK.findall(self.text))
        return weight >= 2 * PROSE_CHARS or (weight >= PROSE_CHARS // 2 and _SENTENCE_END.search(self.text) is not None)


def split_lines(text: str) -> list[Line]:
    """The lines of a page that are not blank, with their numbers; any of the usual line ends, a mark at the start ignored."""
    found: list[Line] = []
    blank = True
    for number, raw in enumerate(
        re.split(r"\r\n|\r|\n|\u2028|\u2029|\x0b|\x0c|\x85", text.lstrip("\ufeff"))[:LINES_MAX]
    ):
        line = "".join(char for char in raw if char >= " " or char == "\t").strip(_BLANK)
        if line:
            found.append(Line(number, line, blank))
        blank = not line
    return found


def recurring(pages: Sequence[Sequence[Line]]) -> list[frozenset[int]]:
    """By page: numbers of the short lines at its beginning and end that other, different pages begin or end with too."""
    prose = [{_key(line) for line in page if line.is_prose} for page in pages]
    heads = [{_key(line) for line in _edge(page, first=True)} for page in pages]
    tails = [{_key(line) for line in _edge(page, first=False)} for page in pages]
    begins, ends = Counter(key for head in heads for key in head), Counter(key for tail in tails for key in tail)
    holders: dict[str, list[int]] = {}
    for index, keys in enumerate(prose):
        for key in keys:
            holders.setdefault(key, []).append(index)
    found = []
    for index, page in enumerate(pages):
        # The page itself, and those that are the same page once more, do not count.
        near = {other for key in prose[index] for other in holders[key][:HOLDERS_MAX]}
        same = [index, *(other for other in near if other != index and _alike(prose[index], prose[other]))]
        begun = {key for key in heads[index] if begins[key] > sum(key in heads[other] for other in same)}
        ended = {key for key in tails[index] if ends[key] > sum(key in tails[other] for other in same)}
        found.append(frozenset(_run(list(page), begun) | _run(list(reversed(page)), ended)))
    return found


def unwrap(lines: Sequence[Line]) -> list[str]:
    """Paragraphs: one a line, but lines of a text that was set to a fixed width are joined again."""
    if not _is_wrapped(lines):
        return [line.text for line in lines]
    paragraphs: list[str] = []
    for position, line in enumerate(lines):
        before = lines[position - 1] if position else None
        if (
            before is not None
            and not line.after_blank
            and len(before.text) >= WRAP_MIN
            and not _ends_short(before, lines)
        ):
            glue = "" if _CJK.match(line.text) and _CJK.match(before.text[-1]) else " "
            paragraphs[-1] += glue + line.text
        else:
            paragraphs.append(line.text)
    return paragraphs


def _key(line: Line) -> str:
    return re.sub(r"\s+", " ", line.text.translate({0xA0: " ", 0x3000: " "})).casefold()


def _alike(one: set[str], other: set[str]) -> bool:
    return bool(one and other) and len(one & other) >= ALIKE * min(len(one), len(other))


def _edge(page: Sequence[Line], *, first: bool) -> list[Line]:
    """The lines before the first, or after the last, line of prose that could be a paragraph."""
    edge: list[Line] = []
    for line in page if first else reversed(page):
        if (len(line.text) > FRAME_CHARS or _SENTENCE_END.search(line.text)) and not _frame_like(line):
            break
        edge.append(line)
    return edge


def _frame_like(line: Line) -> bool:
    """A short line may end in a full stop ("All Rights Reserved.") and belong to the frame all the same."""
    return len(line.text) <= FRAME_CHARS // 2 and len(_CJK.findall(line.text)) <= FRAME_CHARS // 6


def _run(lines: list[Line], seen: set[str]) -> set[int]:
    """Numbers of the lines from the edge inwards that were seen there on another page, up to the first that was not."""
    numbers: set[int] = set()
    for line in lines:
        if _key(line) not in seen:
            break
        numbers.add(line.number)
    return numbers if len(numbers) < len(lines) else set()


def _is_wrapped(lines: Sequence[Line]) -> bool:
    inner = [lines[i] for i in range(len(lines) - 1) if not lines[i + 1].after_blank]
    if len(inner) < 3 or max((len(line.text) for line in lines), default=0) > WRAP_MAX:
        return False
    broken = sum(len(line.text) >= WRAP_MIN and not _SENTENCE_END.search(line.text) for line in inner)
    return broken >= WRAPPED_SHARE * len(inner)


def _ends_short(line: Line, lines: Sequence[Line]) -> bool:
    """A line much shorter than the set width that ends a sentence ends its paragraph."""
    width = max(len(other.text) for other in lines)
    return len(line.text) < 0.75 * width and _SENTENCE_END.search(line.text) is not None
