"""The crawler room, extraction: learns from a handful of a site's articles what recurs on it (template.py).

Distinct articles count, not addresses: two pages whose bodies are mostly the same text are one article that was
published twice, and their common text is no boilerplate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from crawler.extraction.blocks import Blocks
from crawler.extraction.body import Body
from crawler.extraction.claims import Claim
from crawler.extraction.fitting import FORM_LETTER, blocks_at, fit_of
from crawler.extraction.page import STATED, open_page
from crawler.extraction.template import (
    CONSTANT_MIN,
    OTHERS_MIN,
    PATH_PAGES_MIN,
    SHAPE_CHARS,
    Constant,
    Line,
    Place,
    Template,
    address_key,
    block_paths,
    path_of,
    shape_key,
    text_key,
)  # fmt: skip
from crawler.stations import Hints, PageKind

PAGES_MAX = 40  # more teach nothing new
LINES_MAX = 400  # kept of each kind, the most frequent first
SAMPLE_CHARS = 120
EDGE_LINES = 3  # the last of a body; what opens one may be a heading that the sort of text demands
SAME_ARTICLE = 0.6  # of the smaller body's long paragraphs that stand in the other one
PARAGRAPH_CHARS = 40  # of a paragraph that tells articles apart
TITLE_SHARE = 0.8  # of the titles that must end alike
PLACE_SHARE = 0.6  # of the articles that must state a field in one element
SEPARATORS = "|-–—_·:：»›<>－/【】[]()（） "
_LEARNED_FROM = (PageKind.ARTICLE, PageKind.PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One article of the site, as read without a template."""

    url: str
    blocks: Blocks
    body: Body
    title: str  #: of the `<title>` element
    paths: Mapping[str, str] = field(default_factory=dict)  #: field -> element in which the page states it
    declared: Mapping[tuple[str, str], str] = field(default_factory=dict)  #: (field, method) -> what its head says


def learn(pages: Iterable[tuple[bytes, str]]) -> Template:
    """A template from articles of one site, each as (bytes, address). Pages without a body teach nothing.

    Useful from three distinct articles on; fewer give a template that changes nothing.
    """
    seen = [page for data, url in list(pages)[:PAGES_MAX] if (page := read_seen(data, url)) is not None]
    return learn_seen(seen)


def read_seen(
    data: bytes, url: str, headers: Mapping[str, str] | None = None, *, hints: Hints | None = None
) -> Seen | None:
    """A page as `learn_seen` wants it; None for what is no article and no standing page."""
    page = open_page(data, url, headers, hints=hints)
    read = page.read()
    if read.kind not in _LEARNED_FROM or not page.body.paragraphs:
        return None
    paths = {}
    if page.headline is not None and page.headline.block is not None:
        paths["title"] = path_of(page.blocks, page.blocks.owners[page.headline.block])
    chosen = {name: getattr(read, name) for name in STATED}
    for name, claims in page.shown.items():
        if (path := _path_of_claim(page.blocks, claims, chosen[name])) is not None:
            paths[name] = path
    declared = {
        (name, claim.method): claim.value[:10] if name == "published" else claim.value
        for name in ("title", "published", "author")
        for claim in page.declared.claims.of(name)
        if not claim.method.startswith("json-ld:Web")
    }
    title = " ".join((page.title_tag or "").split())
    return Seen(url=url, blocks=page.blocks, body=page.body, title=title, paths=paths, declared=declared)


def _path_of_claim(blocks: Blocks, claims: Sequence[Claim], chosen: str | None) -> str | None:
    """The element of the line that states what was chosen."""
    for claim in claims:
        if claim.block is not None and chosen and claim.value[:10] == chosen[:10]:
            return path_of(blocks, blocks.owners[claim.block])
    return None


def learn_seen(pages: Sequence[Seen]) -> Template:
    """A template from pages that were read already."""
    groups = _distinct(pages)
    first = [group[0] for group in groups]
    suffix, prefix = _common_ends([page.title for page in first if page.title])
    lines = _recurring(groups, text_key)
    template = Template(
        articles=len(groups),
        members=frozenset(address_key(page.url) for page in pages),
        lines=lines,
        shapes=_shapes(groups, lines),
        paths=_paths(groups),
        places=tuple(place for name in ("title", *STATED) if (place := _place(first, name)) is not None),
        constants=_constants(first),
        title_suffix=suffix,
        title_prefix=prefix,
    )
    return replace(template, fits=_own_fits(template, first))


def _own_fits(template: Template, pages: Sequence[Seen]) -> dict[str, float]:
    """How the articles themselves fit, in every respect in which another page may fit or not."""
    shown = [
        fit_of(template, page.blocks, page.body, {name: [path] for name, path in page.paths.items()}) for page in pages
    ]
    names = dict.fromkeys(name for fit in shown for name in fit)
    return {name: round(sum(fit[name] for fit in shown) / len(shown), 2) for name in names}


def _distinct(pages: Sequence[Seen]) -> list[list[Seen]]:
    """The pages, those of one article together."""
    groups: list[tuple[set[str], list[Seen]]] = []
    for page in pages:
        texts = {text_key(p.text) for p in page.body.paragraphs if len(p.text) >= PARAGRAPH_CHARS}
        texts = texts or {text_key(p.text) for p in page.body.paragraphs}
        for known, members in groups:
            if len(texts & known) >= SAME_ARTICLE * max(1, min(len(texts), len(known))):
                members.append(page)
                known.update(texts)
                break
        else:
            groups.append((texts, [page]))
    return [members for _, members in groups]


def _shapes(groups: list[list[Seen]], lines: Sequence[Line]) -> tuple[Line, ...]:
    """Short lines that recur but for their numbers, and would not be known by their very text."""
    known = Counter({shape_key(line.key): line.articles for line in lines})
    return tuple(shape for shape in _recurring(groups, shape_key, SHAPE_CHARS) if shape.articles > known[shape.key])


def _recurring(
    groups: list[list[Seen]], key_of: Callable[[str], str], chars_max: int | None = None
) -> tuple[Line, ...]:
    """Texts (or shapes) of two or more articles; for bodies that recur as a whole, being in them is no reproach."""
    articles: Counter[str] = Counter()
    bodies: Counter[str] = Counter()
    edges: Counter[str] = Counter()
    samples: dict[str, str] = {}
    for group in groups:
        keys, inside, edge = set(), set(), set()
        for page in group:
            chosen = [paragraph.index for paragraph in page.body.paragraphs]
            members, rim = set(chosen), set(chosen[-EDGE_LINES:])
            for i, text in enumerate(page.blocks.texts):
                if chars_max is not None and len(text) > chars_max:
                    continue
                key = key_of(text)
                keys.add(key)
                samples.setdefault(key, text[:SAMPLE_CHARS])
                if i in members:
                    inside.add(key)
                    if i in rim:
                        edge.add(key)
        articles.update(keys)
        bodies.update(inside)
        edges.update(edge)
    common = [key for key, count in articles.most_common() if count >= OTHERS_MIN][:LINES_MAX]
    letters = _form_letters(groups, key_of, {key for key in common if bodies[key] >= OTHERS_MIN})
    return tuple(
        Line(
            key=key, sample=samples[key], articles=articles[key], body=bodies[key],
            edge=0 < bodies[key] == edges[key] and articles[key] > OTHERS_MIN and not letters,
        )
        for key in common
    )  # fmt: skip


def _form_letters(groups: list[list[Seen]], key_of: Callable[[str], str], shared: set[str]) -> bool:
    """Whether the site's articles are mostly made of each other's paragraphs."""
    letters = 0
    for group in groups:
        texts = group[0].body.texts
        common = sum(len(text) for text in texts if key_of(text) in shared)
        letters += common > FORM_LETTER * sum(map(len, texts))
    return 2 * letters > len(groups)


def _paths(groups: list[list[Seen]]) -> tuple[Line, ...]:
    """Elements of three or more articles, and on how many of them (nearly) all of their text was body."""
    articles: Counter[str] = Counter()
    bodies: Counter[str] = Counter()
    for group in groups:
        page = group[0]
        chosen = {paragraph.index for paragraph in page.body.paragraphs}
        inside: dict[str, list[bool]] = {}
        for i, place in enumerate(block_paths(page.blocks)):
            inside.setdefault(place, []).append(i in chosen)
        articles.update(inside.keys())
        bodies.update(place for place, marks in inside.items() if 2 * sum(marks) > len(marks))
    common = [path for path, count in articles.most_common() if count >= PATH_PAGES_MIN]
    return tuple(
        Line(key=path, sample=path, articles=articles[path], body=bodies[path]) for path in sorted(common)[:LINES_MAX]
    )


def _place(pages: Sequence[Seen], name: str) -> Place | None:
    """The element in which most articles state a field, where it is no element of many lines."""
    counts = Counter(page.paths[name] for page in pages if name in page.paths)
    for path, count in counts.most_common(1):
        if count >= max(PATH_PAGES_MIN, PLACE_SHARE * len(pages)) and all(
            blocks_at(page.blocks, path) for page in pages if page.paths.get(name) == path
        ):
            return Place(field=name, path=path, articles=count)
    return None


def _constants(pages: Sequence[Seen]) -> tuple[Constant, ...]:
    """What all heads that declare a field at all declare alike, on enough articles to be no accident."""
    values: dict[tuple[str, str], Counter[str]] = {}
    for page in pages:
        for key, value in page.declared.items():
            values.setdefault(key, Counter())[value] += 1
    found = []
    for (name, method), counts in sorted(values.items()):
        ((value, count), *others) = counts.most_common(2)
        enough = CONSTANT_MIN if name == "published" else PATH_PAGES_MIN
        if not others and count >= enough and count >= TITLE_SHARE * len(pages):
            found.append(Constant(field=name, method=method, value=value, articles=count))
    return tuple(found)


def _common_ends(titles: list[str]) -> tuple[str | None, str | None]:
    """What (nearly) all titles end and begin with, from a separator on; None where the titles are too few or differ."""
    if len(set(titles)) <= OTHERS_MIN:
        return None, None
    suffix = _common([title[::-1] for title in titles])
    prefix = _common(titles)
    return (suffix[::-1] if suffix else None), prefix


def _common(titles: list[str]) -> str | None:
    """The longest beginning of most titles that ends with a separator and is not a whole title."""
    best = None
    counts: Counter[str] = Counter()
    for title in set(titles):
        counts.update({title[: end + 1] for end, char in enumerate(title[:-1]) if char in SEPARATORS and end > 1})
    for head, count in counts.items():
        ends_well = any(char in SEPARATORS.strip() for char in head[-3:])
        if ends_well and count >= TITLE_SHARE * len(set(titles)) and (best is None or len(head) > len(best)):
            best = head
    return best
