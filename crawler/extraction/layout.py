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
SHORT_CHARS = 60  # dates, bylines, credits; only these are looked at letter by letter
LEDE_CHARS = 20  # a description shorter than this says nothing
FAR = 60  # blocks; a distance beyond counts as this
SENTENCE_ENDS = frozenset('.!?…。！？；”’"»」』)）')
TAGS = {name: code for code, names in enumerate((
    "p", "blockquote", "h3 h4 h5 h6", "h2", "h1", "li", "dd dt", "td", "th caption", "pre", "div", "section article main",
    "figcaption figure", "center address", "button summary legend", "header footer nav aside form", "body html",
)) for name in names.split()}  # fmt: skip
OTHER_TAG = len(set(TAGS.values()))


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
    table: dict[str, Floats]  #: feature -> column
    page: dict[str, float]  #: figures of the page as a whole
    size: Floats  #: bytes of UTF-8
    good: Floats
    first: Ints  #: by node, its range of rows
    last: Ints
    title_row: int  #: row of the headline, -1 where none is seen

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
        count = len(blocks.node_tags)
        self.own = [0.0] * count
        self.score = [0.0] * count
        self.least = [0.0] * count
        self.comment = [0] * count
        self.depth = [0] * count
        self.key = [""] * count
        for k, parent in enumerate(blocks.node_parents):
            own, least, comment, self.key[k] = names.score(blocks.node_tags[k], blocks.node_names[k])
            self.own[k] = own
            if parent >= 0:
                self.score[k] = own + NAME_DECAY * self.score[parent]
                self.least[k] = min(least, self.least[parent])
                self.comment[k] = self.comment[parent] or int(comment)
                self.depth[k] = self.depth[parent] + 1
            else:
                self.score[k], self.least[k], self.comment[k] = own, least, int(comment)


class Layout:
    """One page in the making: base columns first, then groups of features that read them."""

    def __init__(self, blocks: Blocks, nodes: Nodes, signs: Signs, kept: Ints, ranks: Ints) -> None:
        self.blocks, self.nodes, self.signs, self.kept = blocks, nodes, signs, kept
        self.n = len(kept)
        self.order = np.arange(self.n)
        self.first = ranks[np.array(blocks.node_first, dtype=np.intp)]
        self.last = ranks[np.array(blocks.node_last, dtype=np.intp)]
        self.owner = np.array(blocks.owners, dtype=np.intp)[kept]
        self.flags = np.array(blocks.flags, dtype=np.int64)[kept]
        self.texts = [blocks.texts[i] for i in kept.tolist()]
        chars = np.array([len(text) for text in self.texts], dtype=float)
        self.size = np.array(
            [len(t) if t.isascii() else len(t.encode("utf-8", "replace")) for t in self.texts], dtype=float
        )
        self.density = np.array(blocks.linked, dtype=float)[kept] / chars
        self.bold = np.array(blocks.bold, dtype=float)[kept] / chars
        self.ends = np.array([text[-1] in SENTENCE_ENDS for text in self.texts])
        self.prose = (self.size >= GOOD_BYTES) | self.ends
        self.good = np.where(self.prose, self.size * (1 - self.density), 0.0)
        self.sums = {
            "good": np.concatenate(([0.0], np.cumsum(self.good))),
            "size": np.concatenate(([0.0], np.cumsum(self.size))),
            "link": np.concatenate(([0.0], np.cumsum(self.size * self.density))),
            "image": np.concatenate(([0.0], np.cumsum(self.images_at(ranks)))),
            "prose": np.concatenate(([0.0], np.cumsum((self.good > 0).astype(float)))),
        }
        self.total = max(self.sums["good"][-1], 1.0)
        self.chars = chars
        self.table: dict[str, Floats] = {}
        self.page: dict[str, float] = {}
        self.title_row = -1
        self.level: list[Ints] = []  # by level, each row's ancestor
        self.lead = " ".join((signs.description or "").split())

    def images_at(self, ranks: Ints) -> Floats:
        """By row: images that stand in its block or before it."""
        places = [min(at, len(self.blocks.texts) - 1) for _, at in self.blocks.images]
        return (
            np.bincount(np.minimum(ranks[places], self.n - 1), minlength=self.n).astype(float)
            if places
            else np.zeros(self.n)
        )

    def span(self, name: str, start: Ints, end: Ints) -> Floats:
        """Sum of a base column over the rows start to end (exclusive), clipped to the page."""
        sums = self.sums[name]
        result: Floats = sums[np.clip(end, 0, self.n)] - sums[np.clip(start, 0, self.n)]
        return result


def folded(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def shifted(column: NDArray[Any], shift: int) -> NDArray[Any]:
    """The value of the row `shift` before (after, if negative); -1 beyond the page."""
    out = np.full_like(column, -1)
    if shift > 0:
        out[shift:] = column[:-shift]
    else:
        out[:shift] = column[-shift:]
    return out


def distance_before(mask: NDArray[Any], n: int) -> Floats:
    order = np.arange(n)
    last = np.maximum.accumulate(np.where(mask, order, -FAR))
    return np.minimum(order - last, FAR).astype(float)


def distance_after(mask: NDArray[Any], n: int) -> Floats:
    order = np.arange(n)
    following = np.minimum.accumulate(np.where(mask, order, n + FAR)[::-1])[::-1]
    return np.minimum(following - order, FAR).astype(float)
