"""The crawler room, extraction: where others begin to speak below an article: comments, replies, the blog's older posts.

Each of them comes with its stamp, a short line with day and hour in an element of one name, and its text behind or
before it. A model of blocks sees prose like the article's; who reads the page sees the stamps. So where at least three
stamps alike stand among or below the chosen blocks, and chosen text stands between them, the body ends at the first.
"""

from __future__ import annotations

import re
from bisect import bisect

from crawler.extraction.blocks import Blocks, Flag

STAMP_CHARS_MAX = 160  # who wrote, when, how many comments; a longer line is prose
STAMPS_MIN = 3  # alike; two may be "published" and "updated"
PROSE_BYTES = 80  # of the chosen block that must come first: what stands above it is the article's own stamp
_DIGITS = dict.fromkeys(map(ord, "0123456789"))
_HOUR = re.compile(r"(?<!\d)\d{1,2}[:h]\d\d(?!\d)")
_DAY = re.compile(
    r"(?<!\d)\d{1,2}\D{1,12}(?:19|20)\d\d(?!\d)|(?:19|20)\d\d\D{1,2}\d{1,2}\D{1,2}\d{1,2}(?!\d)"
    r"|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d\d(?!\d)|(?<!\d)\d{1,2}[/-]\d{1,2}\s\d{1,2}:"
)


def without_other_posts(blocks: Blocks, chosen: list[int]) -> list[int]:
    """The chosen blocks (indexes in document order) up to where posts of others begin."""
    sizes = blocks.sizes
    first = next((i for i in chosen if sizes[i] >= PROSE_BYTES), None)
    if first is None or first == chosen[-1]:
        return chosen
    ends = [stamps[0] for stamps in _stamps(blocks, set(chosen), first) if _part_posts(blocks, chosen, stamps)]
    return [i for i in chosen if i < min(ends)] if ends else chosen


def _stamps(blocks: Blocks, chosen: set[int], first: int) -> list[list[int]]:
    """The blocks behind `first` that are stamps and not chosen, those alike together."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for i in range(first + 1, len(blocks)):
        text = blocks.texts[i]
        if ":" in text and len(text) <= STAMP_CHARS_MAX and i not in chosen and _is_stamp(text, blocks.flags[i]):
            alike.setdefault(_place(blocks, blocks.owners[i]), []).append(i)
    return [stamps for stamps in alike.values() if len(stamps) >= STAMPS_MIN]


def _is_stamp(text: str, flags: int) -> bool:
    return not flags & Flag.PRE and _HOUR.search(text) is not None and _DAY.search(text) is not None


def _place(blocks: Blocks, node: int) -> tuple[str, ...]:
    """Tag and names of an element and of the one around it, numbers left out: "comment-12" and "comment-13" are alike."""
    found = []
    for k in (node, blocks.node_parents[node]):
        if k >= 0:
            found += [blocks.node_tags[k], blocks.node_names[k].translate(_DIGITS)]
    return tuple(found)


def _part_posts(blocks: Blocks, chosen: list[int], stamps: list[int]) -> bool:
    """Whether chosen text stands between the stamps. Where it stands behind them all, they are cards within an article."""
    between = behind = 0
    for i in chosen:
        at = bisect(stamps, i)
        if at == len(stamps):
            behind += blocks.sizes[i]
        elif at:
            between += blocks.sizes[i]
    return 2 * between > behind
