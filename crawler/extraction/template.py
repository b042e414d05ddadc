"""The crawler room, extraction: what recurs over the pages of one site, as a small value that can be kept and explained.

A template is learned from a handful of a site's articles (learning.py) and kept as JSON by source and version. It says
which lines stand on many articles, which elements never hold text, where headline, date and author stand, and what every
head declares alike; fitting.py applies that to a page. Lines are counted over distinct articles, not over addresses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Any

from crawler.extraction.blocks import Blocks

VERSION = 2  # of the form a template is kept in
OTHERS_MIN = 2  # other articles a text must stand on; one may be the same article at a second address
PATH_PAGES_MIN = 3  # articles that must have shown an element before it says anything
SHAPE_CHARS = 80  # a longer line has no shape
KEY_CHARS = 160  # a longer text is known by its digest
CONSTANT_MIN = 5  # articles that declare the very same day: it is that of a migration, not theirs

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A text, a shape or an element that several articles of the site share."""

    key: str  #: the text or shape, or its digest; of an element its path
    sample: str  #: how it reads, for people
    articles: int  #: distinct articles it stands on
    body: int  #: of these, where it was chosen as body
    edge: bool = False  #: where chosen, it always stood among the last lines of the body

    @property
    def is_boilerplate(self) -> bool:
        """Whether the body is not its place: seldom chosen, or only ever at the very end."""
        return 2 * self.body < self.articles or self.edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The element in which the articles of the site state a field."""

    field: str  #: "title", "published", "modified", "author", "origin"
    path: str
    articles: int  #: articles that state it there


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A value that the heads of all articles declare alike, so that it says nothing of any of them."""

    field: str
    method: str  #: "meta:PubDate"
    value: str
    articles: int


@dataclass(frozen=True, kw_only=True)
class Template:
    """What recurs on one site. A value: compare, keep and send it as you like."""

    articles: int  #: distinct articles it was learned from
    members: frozenset[str] = frozenset()  #: digests of the addresses it was learned from
    lines: tuple[Line, ...] = ()
    shapes: tuple[Line, ...] = ()
    paths: tuple[Line, ...] = ()
    places: tuple[Place, ...] = ()
    constants: tuple[Constant, ...] = ()
    fits: Mapping[str, float] = field(
        default_factory=dict
    )  #: how its own articles fit it, in shares (`fitting.fit_of`)
    title_suffix: str | None = None  #: what ends (nearly) every `<title>`, with its separator: " | Leaf Institute"
    title_prefix: str | None = None
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
            for name, kind in _PARTS.items():
                stored[name] = tuple(kind(**part) for part in stored[name])
            return cls(**stored | {"members": frozenset(stored["members"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no template can be read from this text ({error!r}): learn it again") from error

    # ---- what it knows -------------------------------------------------------------------------------------------------

    @cached_property
    def by_line(self) -> dict[str, Line]:
        return {line.key: line for line in self.lines}

    @cached_property
    def by_shape(self) -> dict[str, Line]:
        return {line.key: line for line in self.shapes}

    @cached_property
    def by_path(self) -> dict[str, Line]:
        return {line.key: line for line in self.paths}

    @cached_property
    def usual(self) -> tuple[str, ...]:
        """Keys of the lines and elements that (nearly) every article has."""
        return tuple(line.key for line in (*self.lines, *self.paths) if line.articles >= 0.8 * self.articles)

    @cached_property
    def text_paths(self) -> frozenset[str]:
        """Elements that (nearly) every article has and that always held its text."""
        return frozenset(p.key for p in self.paths if p.body == p.articles and p.articles >= 0.8 * self.articles)

    def place(self, name: str) -> Place | None:
        """Where the site states a field, if it was learned."""
        return next((place for place in self.places if place.field == name), None)

    def says_nothing(self, name: str, method: str, value: str) -> bool:
        """Whether a declared value is the one that all articles of the site declare."""
        return any(
            constant.field == name and constant.method == method and constant.value == value
            for constant in self.constants
        )

    def without_site_name(self, title: str) -> str:
        """A `<title>` less what every title of the site begins or ends with."""
        if self.title_suffix and title.endswith(self.title_suffix):
            title = title[: -len(self.title_suffix)]
        if self.title_prefix and title.startswith(self.title_prefix):
            title = title[len(self.title_prefix) :]
        return title.strip()

    def explain(self) -> list[Reason]:
        """What is treated as boilerplate on this site, and what else was learned of it, and why; the strongest first."""
        return list(self._reasons())

    def _reasons(self) -> Iterator[Reason]:
        of = f"of {self.articles} articles"
        for line in sorted(self.lines, key=lambda line: (line.body - line.articles, line.sample)):
            if line.is_boilerplate:
                where = "at the end of the text" if line.body and line.edge else "outside the text"
                seldom = f", inside it on {line.body}" if line.body and not line.edge else ""
                yield Reason.of("line", line, f"stands on {line.articles} {of}, {where}{seldom}")
        for line in self.shapes:
            if line.is_boilerplate:
                yield Reason.of("shape", line, f"but for its numbers the same on {line.articles} {of}")
        for line in self.paths:
            if 2 * line.body < line.articles:
                seldom = f"held text on {line.body} of them" if line.body else "never held text"
                yield Reason.of("element", line, f"an element of {line.articles} {of} that {seldom}")
        for end in filter(None, (self.title_prefix, self.title_suffix)):
            why = "cut off titles: (nearly) every page of the site has it"
            yield Reason(what="title", sample=end, articles=self.articles, why=why)
        for place in self.places:
            why = f"{place.articles} {of} state their {place.field} here"
            yield Reason(what="place", sample=place.path, articles=place.articles, why=why)
        for constant in self.constants:
            why = f"declared alike by {constant.articles} {of}, so it is not believed"
            sample = f"{constant.method} = {constant.value}"
            yield Reason(what="constant", sample=sample, articles=constant.articles, why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that was learned of a site, for people."""

    what: str  #: "line", "shape", "element" (boilerplate); "title", "place" (of a field), "constant" (declared alike)
    sample: str  #: how it reads
    articles: int  #: distinct articles that show it
    inside: int = 0  #: of these, where it was text
    why: str

    @classmethod
    def of(cls, what: str, line: Line, why: str) -> Reason:
        return cls(what=what, sample=line.sample, articles=line.articles, inside=line.body, why=why)


_PARTS: dict[str, Any] = {"lines": Line, "shapes": Line, "paths": Line, "places": Place, "constants": Constant}


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def text_key(text: str) -> str:
    """By what a line is known: itself, or its digest when it is long."""
    return text if len(text) <= KEY_CHARS else _digest(text)


def shape_key(text: str) -> str:
    """The same for short texts that differ in numbers alone."""
    return _DIGITS.sub("0", text)


def address_key(url: str) -> str:
    """Digest of an address, scheme and final slash aside."""
    return _digest(url.partition("://")[2].rstrip("/") or url)


@lru_cache(maxsize=50_000)
def _step(tag: str, names: str) -> str:
    bare = ".".join(_DIGITS.sub("", names).split())
    return f"{tag}.{bare}"[:80] if bare else tag


LINKED = " (links)"  # behind the path of a block that is all link


def block_paths(blocks: Blocks) -> list[str]:
    """By block: the path of its element, those that are all link apart."""
    paths = paths_of(blocks)
    return [
        paths[owner] + LINKED if 10 * linked > 8 * len(text) else paths[owner]
        for owner, text, linked in zip(blocks.owners, blocks.texts, blocks.linked, strict=True)
    ]


def path_of(blocks: Blocks, node: int) -> str:
    """Tag and names of a block element and the two around it, numbers taken out."""
    return paths_of(blocks)[node]


def paths_of(blocks: Blocks) -> list[str]:
    """The paths of all elements of a page; made once."""
    if not blocks.node_paths:
        steps = [_step(tag, names) for tag, names in zip(blocks.node_tags, blocks.node_names, strict=True)]
        parents = blocks.node_parents
        pairs = [f"{step} < {steps[up]}" if up >= 0 else step for step, up in zip(steps, parents, strict=True)]
        blocks.node_paths = [
            f"{step} < {pairs[up]}" if up >= 0 else step for step, up in zip(steps, parents, strict=True)
        ]
    return blocks.node_paths
