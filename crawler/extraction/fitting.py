"""The crawler room, extraction: a site's template laid over one of its pages.

Three things speak about a block: its very text that stands on other articles too, the shape of a short line with its
numbers taken out, and the kind of element it stands in. Form letters keep their bodies: what recurs inside bodies counts
against a line only where most of the body at hand does not recur. How well the page fits shows whether the site was rebuilt.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import exp, log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crawler.extraction.blocks import Blocks
from crawler.extraction.declared import Declared
from crawler.extraction.template import (
    OTHERS_MIN,
    PATH_PAGES_MIN,
    SHAPE_CHARS,
    Line,
    Template,
    address_key,
    block_paths,
    path_of,
    paths_of,
    shape_key,
    text_key,
)

if TYPE_CHECKING:
    from crawler.extraction.body import Body

RECURRING = 0.1  # what is left of the odds of a recurring line
SHAPED = 0.3  # ... of a line that recurs but for its numbers
PATH_WEIGHT = 0.8  # of what the element a block stands in says, in logits
FORM_LETTER = 0.4  # of a body's text that recurs elsewhere: then recurring is its nature
DRIFT = 0.4  # frame below which a page is not built as the others were
PLACE_BLOCKS_MAX = 8  # blocks of one page in a learned place; more and it says nothing


def weighed(
    template: Template, blocks: Blocks, rows: Sequence[int], odds: NDArray[np.float64], *, url: str = ""
) -> NDArray[np.float64]:
    """The odds of the blocks `rows` (0 to 1) as seen by somebody who knows the site.

    A line must stand on two articles besides this one; a page the template was learned from (by its address) does
    not count as its own witness.
    """
    need = OTHERS_MIN + (address_key(url) in template.members)
    lines, shapes, paths = template.by_line, template.by_shape, template.by_path
    texts = [blocks.texts[i] for i in rows]
    found = [line if (line := lines.get(text_key(text))) and line.articles >= need else None for text in texts]
    is_letter = _is_form_letter(texts, found, odds)
    result = odds.copy()
    where = block_paths(blocks)
    for row, (i, text, line) in enumerate(zip(rows, texts, found, strict=True)):
        path = paths.get(where[i])
        if line is not None:
            if line.is_boilerplate and not (is_letter and line.body):
                result[row] *= RECURRING
        elif len(text) <= SHAPE_CHARS and (shape := shapes.get(shape_key(text))) and shape.articles >= need:
            result[row] *= SHAPED if shape.is_boilerplate and not (is_letter and shape.body) else 1
        if (
            path is not None
            and path.articles >= PATH_PAGES_MIN
            and (line is None or is_letter or 2 * path.body < path.articles)
        ):
            result[row] = _shifted(
                result[row], PATH_WEIGHT * log((path.body + 0.5) / (path.articles - path.body + 0.5))
            )
    return result


def _shifted(odds: float, by: float) -> float:
    """A probability moved by so much of its logit."""
    if not 0.0 < odds < 1.0:
        return odds
    return 1 / (1 + exp(log((1 - odds) / odds) - by))


def _is_form_letter(texts: list[str], found: list[Line | None], odds: NDArray[np.float64]) -> bool:
    """Whether much of what would be the body also stands in the bodies of other articles."""
    sizes = np.array([len(text) for text in texts], dtype=float) * (odds > 0.5)
    shared = np.array([line is not None and line.body > 0 for line in found])
    return bool((sizes * shared).sum() > FORM_LETTER * max(sizes.sum(), 1.0))


def frame_fit(template: Template, blocks: Blocks) -> float:
    """The share of the lines and elements of (nearly) every article that this page has too; 1 with nothing to compare.

    Below `DRIFT` on most pages the site was rebuilt.
    """
    usual = template.usual
    if not usual:
        return 1.0
    seen = {text_key(text) for text in blocks.texts}
    seen.update(block_paths(blocks))
    return sum(key in seen for key in usual) / len(usual)


def blocks_at(blocks: Blocks, path: str) -> list[int]:
    """The blocks of a page in the element that `path` names; none where it names too many to mean anything."""
    paths = paths_of(blocks)
    nodes = {node for node, there in enumerate(paths) if there == path} if path in paths else set()
    found = [i for i, owner in enumerate(blocks.owners) if owner in nodes]
    return found if len(found) <= PLACE_BLOCKS_MAX else []


def doubt(template: Template, declared: Declared) -> None:
    """Take from a page's head what the heads of all pages of its site say: the day of a migration, the site's own name.

    An author whom every page names may be right all the same: he counts where the page shows nobody else.
    """
    by_field = declared.claims.by_field
    for name in ("title", "published", "author"):
        claims = by_field.get(name, [])
        empty = [claim for claim in claims if template.says_nothing(name, claim.method, _constant(name, claim.value))]
        if empty:
            by_field[name] = [claim for claim in claims if claim not in empty]
            if name == "author":
                by_field.setdefault("page_author", []).extend(empty)
    if declared.title_tag:
        declared.title_tag = template.without_site_name(declared.title_tag) or declared.title_tag
    for place, claim in enumerate(by_field.get("title", [])):
        if cut := template.without_site_name(claim.value):
            by_field["title"][place] = replace(claim, value=cut)


def _constant(name: str, value: str) -> str:
    """As constants are compared: a stamp by its day."""
    return value[:10] if name == "published" else value


def fit_of(template: Template, blocks: Blocks, body: Body, stated: Mapping[str, Collection[str]]) -> dict[str, float]:
    """How a page fits: "frame" (see `frame_fit`), "body" and each field of a learned place: 1 where the page has it in
    the element the template names, 0 where it has not. `stated`: by field, the elements in which the page states it.
    """
    fit = {"frame": round(frame_fit(template, blocks), 2)}
    if template.text_paths:
        owners = {blocks.owners[paragraph.index] for paragraph in body.paragraphs}
        fit["body"] = float(any(path_of(blocks, owner) in template.text_paths for owner in owners))
    for place in template.places:
        here = blocks_at(blocks, place.path) if place.field == "title" else place.path in stated.get(place.field, ())
        fit[place.field] = float(bool(here))
    return fit
