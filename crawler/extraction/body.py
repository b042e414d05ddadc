"""The crawler room, extraction: which blocks of a page are the body of its article, and in what shape.

`choose_body` is the door. A learned model (model.py, features.py) says of every block how likely it is main text; the
page is then decided as a whole: the set of blocks with the greatest expected F1, with a bonus for those inside the
element that holds most of it, a standfirst kept, the headline left out, and so are the posts of others (posts.py) and what else
reads like an article beside it (intruders.py). Never
raises; deterministic: the same page gives the same body. Captions are kept apart from the paragraphs, with their place.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.completion import with_short_lines
from crawler.extraction.context import FORUM_KINDS
from crawler.extraction.edges import without_edge_lines
from crawler.extraction.features import read_columns
from crawler.extraction.fitting import weighed
from crawler.extraction.folding import fold
from crawler.extraction.intruders import without_intruders
from crawler.extraction.layout import Columns, Signs
from crawler.extraction.model import Model, load_model, sigmoid
from crawler.extraction.posts import without_other_posts
from crawler.extraction.template import Template

LIFT = 0.15  # taken off a block's probability outside the element with the best expected F1
LEDE_BACK = 12  # rows before the first chosen one among which a standfirst is looked for
_CAPTION = int(Flag.CAPTION)
LEDE_CHARS = 20  # a description or first line shorter than this proves nothing

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph, heading, list item, quote, table cell or caption of the body."""

    text: str
    tag: str  #: of its block element: "p", "h2", "li", "td", "blockquote", "figcaption", "div", ...
    index: int  #: of its block


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The chosen body."""

    paragraphs: tuple[Paragraph, ...] = ()
    captions: tuple[Paragraph, ...] = ()  #: captions that stand between or beside the paragraphs
    container: int = -1  #: node around all paragraphs, the innermost; -1 when there are none
    confidence: float = 0.0  #: expected F1 of the choice, 0 to 1
    method: str = "none"

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(paragraph.text for paragraph in self.paragraphs)


def choose_body(
    blocks: Blocks,
    *,
    title: str | None = None,
    description: str | None = None,
    url: str = "",
    template: Template | None = None,
    linked: bool = False,
    declared: Collection[str] = (),
) -> Body:
    """The body of the page's article.

    `title` is the page's own headline (dropped where it opens the body), `description` what the head declares (keeps a
    standfirst), `template` what recurs on this site, `linked` whether a list's article link led here. `declared` are
    the head's signs of what the page is, lower case: "og:" + og:type, "ld:" + each JSON-LD type, and "published" where
    an article:published_time stands.
    """
    signs = Signs(title=title, description=description, url=url, declared=frozenset(declared), linked=linked)
    model = load_model()
    columns = read_columns(blocks, model.names, signs)
    if columns is None:
        return Body()
    odds = probabilities(model, columns)
    if template is not None:
        odds = weighed(template, blocks, columns.kept.tolist(), odds, url=url)
    rows, expected = decide(blocks, columns, odds, signs)
    own: list[int] = columns.kept[rows].tolist()
    if signs.declared.isdisjoint(FORUM_KINDS):  # what calls itself a thread keeps all its posts
        own = without_other_posts(blocks, own)
    chosen = without_edge_lines(blocks, without_intruders(blocks, with_short_lines(blocks, own, title), title))
    return assemble(blocks, chosen, confidence=round(expected, 3), method="blocks")


def probabilities(model: Model, columns: Columns) -> Floats:
    """By row: how likely it is main text."""
    forest = model.forests["any"]
    return sigmoid(forest.score(columns.table, columns.page, len(columns.kept)))


def decide(blocks: Blocks, columns: Columns, odds: Floats, signs: Signs) -> tuple[list[int], float]:
    """Rows of the body in document order, and the expected F1 of the choice."""
    size = columns.size
    lifted = odds - LIFT * ~_best_subtree(columns, odds)
    chosen, expected = _best_prefix(np.minimum(np.maximum(lifted, 0), 1), size)
    rows = _with_lede(columns, blocks, np.flatnonzero(chosen).tolist(), signs)
    return _without_title(columns, blocks, rows, signs), expected


def _best_prefix(odds: Floats, size: Floats) -> tuple[NDArray[np.bool_], float]:
    """The blocks, most likely first, up to where the expected F1 is greatest."""
    order = (-odds).argsort(kind="stable")
    hits = (odds * size)[order].cumsum()
    f1 = 2 * hits / (size[order].cumsum() + max(hits[-1], 1.0))
    best = int(f1.argmax())
    chosen = np.zeros(len(odds), dtype=bool)
    chosen[order[: best + 1]] = True
    return chosen, float(f1[best])


def _best_subtree(columns: Columns, odds: Floats) -> NDArray[np.bool_]:
    """Rows inside the element whose whole text has the greatest expected F1."""
    hits, size = np.zeros((2, len(odds) + 1))
    (odds * columns.size).cumsum(out=hits[1:])
    columns.size.cumsum(out=size[1:])
    first, last = columns.first, columns.last
    f1 = 2 * (hits[last] - hits[first]) / (size[last] - size[first] + max(hits[-1], 1.0))
    best = int(f1.argmax())
    inside = np.zeros(len(odds), dtype=bool)
    inside[first[best] : last[best]] = True
    return inside


def _with_lede(columns: Columns, blocks: Blocks, rows: list[int], signs: Signs) -> list[int]:
    """A block shortly before the first chosen one that starts like the declared description is the standfirst."""
    lead = fold(signs.description or "")[: 2 * LEDE_CHARS]
    if not rows or len(lead) < LEDE_CHARS:
        return rows
    for row in range(max(0, rows[0] - LEDE_BACK), rows[0]):
        head = fold(blocks.texts[columns.kept[row]])[: 2 * LEDE_CHARS]
        if len(head) >= LEDE_CHARS and (head.startswith(lead) or lead.startswith(head)):
            return [row, *rows]
    return rows


def _without_title(columns: Columns, blocks: Blocks, rows: list[int], signs: Signs) -> list[int]:
    """The headline is a field of its own: it does not open the body too."""
    if signs.title and len(rows) > 1 and fold(blocks.texts[columns.kept[rows[0]]]) == fold(signs.title):
        return rows[1:]
    return rows


def assemble(blocks: Blocks, chosen: list[int], *, confidence: float, method: str) -> Body:
    """A body of the blocks at the indexes `chosen` (in document order), captions set apart."""
    paragraphs: list[Paragraph] = []
    captions: list[Paragraph] = []
    for i in chosen:
        paragraph = Paragraph(text=blocks.texts[i], tag=blocks.tag(i), index=i)
        (captions if blocks.flags[i] & _CAPTION else paragraphs).append(paragraph)
    if not paragraphs:
        return Body(captions=tuple(captions))
    return Body(
        paragraphs=tuple(paragraphs),
        captions=tuple(captions),
        container=common_node(blocks, paragraphs[0].index, paragraphs[-1].index),
        confidence=confidence,
        method=method,
    )


def common_node(blocks: Blocks, first: int, last: int) -> int:
    """The innermost node around the blocks `first` to `last`."""
    node = blocks.owners[first]
    while blocks.node_parents[node] >= 0 and blocks.node_last[node] <= last:
        node = blocks.node_parents[node]
    return node
