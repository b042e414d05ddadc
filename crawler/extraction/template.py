"""The crawler room, extraction: what recurs over the pages of one site, as a small value that can be kept and explained.

A template is learned from a handful of a site's articles (learning.py), kept as JSON by source and version, and applied to
the odds of blocks before a body is chosen. Three things speak: the very text of a line that stands on other articles too,
the shape of a short line with its numbers taken out, and the kind of element a block stands in. Form letters keep their
bodies: what recurs inside bodies counts against a line only where most of each of those bodies does not recur.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crawler.extraction.blocks import Blocks

VERSION = 1
OTHERS_MIN = 2  # other articles a text must stand on; one may be the same article at a second address
RECURRING = 0.1  # what is left of the odds of a recurring line
SHAPED = 0.3  # ... of a line that recurs but for its numbers
NEVER_BODY = 0.5  # ... of a block in an element that never held body text
ALWAYS_BODY = 0.25  # share of the doubt taken off a block in an element that always did
PATH_PAGES_MIN = 3  # articles that must have shown an element before it says anything
SHAPE_CHARS = 80  # a longer line has no shape
FORM_LETTER = 0.4  # of a body's text that recurs elsewhere: then recurring is its nature
DRIFT = 0.4  # fit below which a template should be learned again

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A text, a shape or an element that several articles of the site share."""

    key: str  #: digest of the folded text or shape; of an element its path
    sample: str  #: how it reads, for people
    articles: int  #: distinct articles it stands on
    body: int  #: of these, where it was chosen as body
    edge: bool = False  #: where chosen, it always stood among the last lines of the body


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What recurs on one site. A value: compare, keep and send it as you like."""

    articles: int  #: distinct articles it was learned from
    members: frozenset[str] = frozenset()  #: digests of the addresses it was learned from
    lines: tuple[Line, ...] = ()
    shapes: tuple[Line, ...] = ()
    paths: tuple[Line, ...] = ()
    title_suffix: str | None = None  #: what ends every `<title>`, with its separator: " | Leaf Institute"
    title_prefix: str | None = None
    date_path: str | None = None  #: element in which the line with the date stands
    origin_path: str | None = None  #: element in which the line with the origin stands
    version: int = VERSION

    def to_json(self) -> str:
        """The template as JSON, for the archive. `from_json` gives an equal value back."""
        return json.dumps(asdict(self) | {"members": sorted(self.members)}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Template:
        """A kept template.

        Raises:
            ValueError: it is no template, or of another version: learn it again.

        """
        try:
            stored: dict[str, Any] = json.loads(text)
            if stored["version"] != VERSION:
                raise ValueError(
                    f"a template of version {stored['version']}, this program reads {VERSION}: learn it again"
                )
            for name in ("lines", "shapes", "paths"):
                stored[name] = tuple(Line(**line) for line in stored[name])
            return cls(**stored | {"members": frozenset(stored["members"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no template can be read from this text ({error!r}): learn it again") from error

    def without_site_name(self, title: str) -> str:
        """A `<title>` less what every title of the site begins or ends with."""
        if self.title_suffix and title.endswith(self.title_suffix):
            title = title[: -len(self.title_suffix)]
        if self.title_prefix and title.startswith(self.title_prefix):
            title = title[len(self.title_prefix) :]
        return title.strip()

    def fit(self, blocks: Blocks) -> float:
        """How well a page fits, 0 to 1: the share of the lines and elements of (nearly) every article that it has too.

        Below `DRIFT` on most pages the site was rebuilt. 1 where there is nothing to compare with.
        """
        usual = [line for line in (*self.lines, *self.paths) if line.articles >= 0.8 * self.articles]
        if not usual:
            return 1.0
        seen = {text_key(text) for text in blocks.texts} | {path_of(blocks, node) for node in set(blocks.owners)}
        return sum(line.key in seen for line in usual) / len(usual)

    def explain(self) -> list[tuple[str, str]]:
        """What is treated as boilerplate on this site and why: pairs of a sample and a reason, strongest first."""
        told = []
        for line in sorted(self.lines, key=lambda line: (line.body - line.articles, line.sample)):
            where = (
                "outside the text" if not line.body else "at the end of the text" if line.edge else "inside the text"
            )
            if self._is_boilerplate(line):
                told.append((line.sample, f"stands on {line.articles} of {self.articles} articles, {where}"))
        told += [
            (line.sample, f"but for its numbers the same on {line.articles} of {self.articles} articles")
            for line in self.shapes
            if self._is_boilerplate(line)
        ]
        told += [
            (line.sample, f"an element of {line.articles} articles that never held body text")
            for line in self.paths
            if not line.body
        ]
        if self.title_suffix or self.title_prefix:
            told.append((self.title_suffix or self.title_prefix or "", "cut off titles: every page of the site has it"))
        return told

    @staticmethod
    def _is_boilerplate(line: Line) -> bool:
        return 2 * line.body < line.articles or line.edge

    def apply(
        self, blocks: Blocks, rows: Sequence[int], odds: NDArray[np.float64], *, url: str = ""
    ) -> NDArray[np.float64]:
        """The odds of the blocks `rows` (0 to 1) as seen by somebody who knows the site.

        A line must stand on two articles besides this one; a page the template was learned from (by its address) does
        not count as its own witness.
        """
        need = OTHERS_MIN + (address_key(url) in self.members)
        lines = {line.key: line for line in self.lines if line.articles >= need}
        shapes = {line.key: line for line in self.shapes if line.articles >= need}
        paths = {line.key: line for line in self.paths if line.articles >= PATH_PAGES_MIN}
        texts = [blocks.texts[i] for i in rows]
        found = [lines.get(text_key(text)) for text in texts]
        is_letter = _is_form_letter(texts, found, odds)
        known: dict[int, Line | None] = {}
        result = odds.copy()
        for row, (i, text, line) in enumerate(zip(rows, texts, found, strict=True)):
            owner = blocks.owners[i]
            if owner not in known:
                known[owner] = paths.get(path_of(blocks, owner))
            path = known[owner]
            if line is not None and self._is_boilerplate(line) and not (is_letter and line.body):
                result[row] *= RECURRING
            elif line is None and len(text) <= SHAPE_CHARS and (shape := shapes.get(shape_key(text))):
                result[row] *= SHAPED if self._is_boilerplate(shape) and not (is_letter and shape.body) else 1
            if path is not None and not path.body:
                result[row] *= NEVER_BODY
            elif path is not None and path.body == path.articles and (line is None or is_letter):
                result[row] += ALWAYS_BODY * (1 - result[row]) * result[row]
        return result


def _is_form_letter(texts: list[str], found: list[Line | None], odds: NDArray[np.float64]) -> bool:
    """Whether much of what would be the body also stands in the bodies of other articles."""
    sizes = np.array([len(text) for text in texts], dtype=float) * (odds > 0.5)
    shared = np.array([line is not None and line.body > 0 for line in found])
    return bool((sizes * shared).sum() > FORM_LETTER * max(sizes.sum(), 1.0))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def text_key(text: str) -> str:
    """The same for texts that differ in case and white space alone."""
    return _digest(" ".join(text.casefold().split()))


def shape_key(text: str) -> str:
    """The same for texts that differ in numbers alone."""
    return _digest(_DIGITS.sub("0", " ".join(text.casefold().split())))


def address_key(url: str) -> str:
    """Digest of an address, scheme and final slash aside."""
    return _digest(url.partition("://")[2].rstrip("/") or url)


def path_of(blocks: Blocks, node: int) -> str:
    """Tag and names of a block element and the two around it, numbers taken out."""
    steps: list[str] = []
    while node >= 0 and len(steps) < 3:
        names = ".".join(_DIGITS.sub("", blocks.node_names[node]).split())
        steps.append(f"{blocks.node_tags[node]}.{names}" if names else blocks.node_tags[node])
        node = blocks.node_parents[node]
    return " < ".join(steps)[:200]
