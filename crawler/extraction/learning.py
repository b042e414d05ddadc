"""The crawler room, extraction: learns from a handful of a site's articles what recurs on it (template.py).

Distinct articles count, not addresses: two pages whose bodies are mostly the same text are one article that was
published twice, and their common text is no boilerplate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from crawler.extraction.blocks import Blocks, read_blocks
from crawler.extraction.body import Body, choose_body
from crawler.extraction.decode import decode
from crawler.extraction.lines import read_meta_line
from crawler.extraction.template import (
    FORM_LETTER,
    OTHERS_MIN,
    PATH_PAGES_MIN,
    SHAPE_CHARS,
    Line,
    Template,
    address_key,
    path_of,
    shape_key,
    text_key,
)  # fmt: skip
from crawler.extraction.tree import parse

PAGES_MAX = 40  # more teach nothing new
LINES_MAX = 400  # kept of each kind, the most frequent first
SAMPLE_CHARS = 120
EDGE_LINES = 3  # the last of a body; what opens one may be a heading that the sort of text demands
SAME_ARTICLE = 0.6  # of the smaller body's long paragraphs that stand in the other one
PARAGRAPH_CHARS = 40  # of a paragraph that tells articles apart
META_LINES_BEFORE = 12  # blocks before the body among which the line with the date stands
TITLE_SHARE = 0.8  # of the titles that must end alike
SEPARATORS = "|-–—_·:：»›<>－/【】[]()（） "


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One article of the site, as read without a template."""

    url: str
    blocks: Blocks
    body: Body
    title: str  #: of the `<title>` element


def learn(pages: Iterable[tuple[bytes, str]]) -> Template:
    """A template from articles of one site, each as (bytes, address). Pages without a body teach nothing.

    Useful from three distinct articles on; fewer give a template that changes nothing.
    """
    seen = [page for data, url in list(pages)[:PAGES_MAX] if (page := read_seen(data, url)) is not None]
    return learn_seen(seen)


def read_seen(data: bytes, url: str) -> Seen | None:
    """A page as `learn_seen` wants it; None where there is no body in it."""
    tree = parse(decode(data).source, light=True)
    if tree is None:
        return None
    title = " ".join((tree.findtext(".//title") or "").split())
    blocks = read_blocks(tree)
    body = choose_body(blocks, title=title or None, url=url)
    return Seen(url=url, blocks=blocks, body=body, title=title) if body.paragraphs else None


def learn_seen(pages: Sequence[Seen]) -> Template:
    """A template from pages that were read already."""
    groups = _distinct(pages)
    first = [group[0] for group in groups]
    suffix, prefix = _common_ends([page.title for page in first if page.title])
    return Template(
        articles=len(groups),
        members=frozenset(address_key(page.url) for page in pages),
        lines=_recurring(groups, text_key, None),
        shapes=_recurring(groups, shape_key, SHAPE_CHARS),
        paths=_paths(groups),
        title_suffix=suffix,
        title_prefix=prefix,
        date_path=_path_of_meta(first, "published"),
        origin_path=_path_of_meta(first, "origin"),
    )


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


def _recurring(groups: list[list[Seen]], key_of: Callable[[str], str], chars_max: int | None) -> tuple[Line, ...]:
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
    """Elements of three or more articles that held body text on all of them, or on none."""
    articles: Counter[str] = Counter()
    bodies: Counter[str] = Counter()
    for group in groups:
        page = group[0]
        owners = page.blocks.owners
        inside = {path_of(page.blocks, owners[paragraph.index]) for paragraph in page.body.paragraphs}
        everything = {path_of(page.blocks, owner) for owner in set(owners)}
        articles.update(everything)
        bodies.update(inside)
    common = [path for path, count in articles.most_common() if count >= PATH_PAGES_MIN and bodies[path] in {0, count}]
    return tuple(
        Line(key=path, sample=path, articles=articles[path], body=bodies[path]) for path in sorted(common)[:LINES_MAX]
    )


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


def _path_of_meta(pages: Sequence[Seen], name: str) -> str | None:
    """The element in which most pages say a field in a line before the body."""
    found: dict[str, int] = defaultdict(int)
    for page in pages:
        start = page.body.paragraphs[0].index
        for i in range(start - 1, max(-1, start - 1 - META_LINES_BEFORE), -1):
            line = read_meta_line(page.blocks.texts[i])
            if line is not None and getattr(line, name):
                found[path_of(page.blocks, page.blocks.owners[i])] += 1
                break
    best = max(found, key=lambda path: (found[path], path), default=None)
    return best if best is not None and 2 * found[best] > len(pages) else None
