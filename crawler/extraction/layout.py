"""The crawler room, extraction: a page laid out as numpy columns, the ground that the features stand on.

Every figure about a container is the difference of two prefix sums over its block range, so nothing is walked twice.
Blocks whose names speak loudly against them are dropped before anything is counted; the gaps they leave are counted.
"Good text" is prose: bytes of UTF-8 outside links, of a block that is long enough or ends like a sentence (so a CJK
character counts as three letters).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crawler.extraction.blocks import Blocks
from crawler.extraction.names import NAME_DECAY, Names

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

GOOD_BYTES = 80  # shorter text is prose only if it ends like a sentence
NAME_FLOOR = -5.0  # blocks below hold 0.2 % of all body text and are 28 % of all blocks
KEPT_CHARS = (
    80  # prose of this length is kept whatever its element is called: a wrapper's name may be wrong for all of it
)
FAR = 60  # blocks; a distance beyond counts as this
SENTENCE_ENDS = frozenset('.!?…。！？；”’"»」』)）')
_TAG_GROUPS = (
    "p", "blockquote", "h3 h4 h5 h6", "h2", "h1", "li", "dd dt", "td", "th caption", "pre", "div",
    "section article main", "figcaption figure", "center address", "button summary legend",
    "header footer nav aside form", "body html",
)  # fmt: skip
TAGS = {name: code for code, names in enumerate(_TAG_GROUPS) for name in names.split()}
OTHER_TAG = len(_TAG_GROUPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of a page besides its blocks."""

    title: str | None = None
    description: str | None = None
    url: str = ""
    declared: frozenset[str] = frozenset()  #: "og:article", "ld:newsarticle", "published"
    linked: bool = False


@dataclass(slots=True)
class Columns:
    """A page as the model reads it. A row is a kept block."""

    kept: Ints  #: block index of each row
    table: dict[str, NDArray[Any]]  #: feature -> column
    page: dict[str, float]  #: figures of the page as a whole
    size: Floats  #: bytes of UTF-8
    first: Ints  #: by node, its range of rows
    last: Ints

    def matrix(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        """The named features as one array: rows x names; a page figure fills its column."""
        out = np.empty((len(self.kept), len(names)), dtype=np.float32)
        for j, name in enumerate(names):
            column = self.table.get(name)
            out[:, j] = self.page[name] if column is None else column
        return out


class Nodes:
    """By block element: what its names and those around it say."""

    def __init__(self, blocks: Blocks, names: Names) -> None:
        self.own: list[float] = []
        self.score: list[float] = []
        self.least: list[float] = []
        self.comment: list[bool] = []
        self.key: list[str] = []
        score, least, comment = self.score, self.least, self.comment
        for tag, name, parent in zip(blocks.node_tags, blocks.node_names, blocks.node_parents, strict=True):
            own, low, says_comment, key = names.score(tag, name)
            self.own.append(own)
            self.key.append(key)
            if parent >= 0:
                score.append(own + NAME_DECAY * score[parent])
                least.append(min(least[parent], low))
                comment.append(says_comment or comment[parent])
            else:
                score.append(own)
                least.append(low)
                comment.append(says_comment)


class Layout:
    """The base columns of a page, by row and by node, and the prefix sums over them."""

    def __init__(self, blocks: Blocks, nodes: Nodes, signs: Signs, kept: list[int], ranks: Ints) -> None:
        self.blocks, self.nodes, self.signs = blocks, nodes, signs
        self.kept = np.array(kept, dtype=np.intp)
        self.n = len(kept)
        self.order = np.arange(self.n)
        self.first = ranks[np.array(blocks.node_first, dtype=np.intp)]
        self.last = ranks[np.array(blocks.node_last, dtype=np.intp)]
        self.owners = [blocks.owners[i] for i in kept]
        self.owner = np.array(self.owners, dtype=np.intp)
        self.flags = np.array([blocks.flags[i] for i in kept], dtype=np.int64)
        self.texts = texts = [blocks.texts[i] for i in kept]
        self.chars = np.array([len(text) for text in texts], dtype=float)
        self.size = np.array([blocks.sizes[i] for i in kept], dtype=float)
        self.density = np.array([blocks.linked[i] for i in kept], dtype=float) / self.chars
        self.ends = np.array([text[-1] in SENTENCE_ENDS for text in texts])
        self.tag = np.array([TAGS.get(blocks.node_tags[k], OTHER_TAG) for k in self.owners], dtype=float)
        self.link = self.size * self.density
        self.good = np.where((self.size >= GOOD_BYTES) | self.ends, self.size - self.link, 0.0)
        self.prose = self.good > 0
        self.sums = np.zeros((4, self.n + 1))
        for sums, column in zip(self.sums, (self.good, self.size, self.link, self.prose), strict=True):
            column.cumsum(out=sums[1:])
        self.good_before = self.sums[0]  # n + 1 long: good text before a row, and all of it
        self.total = max(float(self.good_before[-1]), 1.0)
        self.held = self.sums[:, self.last] - self.sums[:, self.first]  # by node: good, size, link, prose
        self.wide = self.last - self.first
        self.table: dict[str, NDArray[Any]] = {}
        self.page: dict[str, float] = {}
        self.title_row = -1


def shifted(column: NDArray[Any], shift: int) -> NDArray[Any]:
    """The value of the row `shift` before (after, if negative); -1 beyond the page."""
    out = np.empty_like(column)
    if shift > 0:
        out[:shift] = -1
        out[shift:] = column[:-shift]
    else:
        out[shift:] = -1
        out[:shift] = column[-shift:]
    return out


def last_before(mask: NDArray[Any], order: Ints) -> Ints:
    """By row: the nearest row at or before it where the mask holds; -1 where there is none."""
    found: Ints = np.maximum.accumulate(np.where(mask, order, -1))
    return found


def next_after(mask: NDArray[Any], order: Ints) -> Ints:
    """By row: the nearest row at or after it where the mask holds; far beyond the page where there is none."""
    found: Ints = np.minimum.accumulate(np.where(mask, order, len(order) + FAR)[::-1])[::-1]
    return found
