"""The crawler room, extraction: the chosen body as clean HTML that is safe to show anywhere.

The markup is rebuilt from the chosen blocks, so that what was judged boilerplate cannot come back through it; of the
page's own markup only inline emphasis and links survive.
"""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import groupby

import nh3

from archive import Image
from crawler.extraction.blocks import Blocks, Flag, attributes_of, tag_of
from crawler.extraction.body import Body, Paragraph
from crawler.extraction.declared import absolute

HTML_CHARS_MAX = 2_000_000
INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "cite",
        "code",
        "del",
        "em",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "small",
        "strong",
        "sub",
        "sup",
        "u",
    ]
)
_BLOCKS = "p h2 h3 h4 h5 h6 blockquote pre ul ol li table tbody tr td figure figcaption img"
TAGS = {*INLINE, *_BLOCKS.split()}  #: all that the HTML of a body is made of
_ATTRIBUTES = {"a": {"href", "title"}, "abbr": {"title"}, "img": {"src", "alt"}}
_SANITISER = nh3.Cleaner(  # made once: making it costs several times what cleaning a body does
    tags=TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https"}, link_rel="noopener nofollow"
)
_EMPTY_LINK = re.compile("<a [^<>]*></a>")  # the anchor of a heading
_QUOTE = int(Flag.QUOTE)
_PLAIN = {
    "h1": "h2",
    "h2": "h2",
    "h3": "h3",
    "h4": "h4",
    "h5": "h5",
    "h6": "h6",
    "blockquote": "blockquote",
    "pre": "pre",
    "dt": "p",
    "dd": "p",
}


def body_html(blocks: Blocks, body: Body, images: tuple[Image, ...], url: str) -> str | None:
    """The body's paragraphs, lists, tables and images in order, links absolute; None when there is no body."""
    if not body.paragraphs:
        return None
    parts: list[str] = [figure_html(image) for image in images]
    size = sum(map(len, parts))
    for (tag, _), members in groupby(body.paragraphs, key=lambda p: _group(blocks, p)):
        part = "\n".join(_render(tag, list(members), blocks, url))
        size += len(part)
        if size > HTML_CHARS_MAX:
            break
        parts.append(part)
    # Written from closed lists of names and escaped texts as it is, the markup still passes a sanitiser.
    return _SANITISER.clean("\n".join(parts))


def _group(blocks: Blocks, paragraph: Paragraph) -> tuple[str, int]:
    """What stands together: the items of one list, the cells of one table; anything else alone."""
    node = blocks.owners[paragraph.index]
    while node >= 0:
        tag = blocks.node_tags[node]
        if tag in ("ul", "ol", "table"):
            return tag, node
        if tag in ("body", "article", "main", "section"):
            break
        node = blocks.node_parents[node]
    return "", paragraph.index


def _render(tag: str, members: list[Paragraph], blocks: Blocks, url: str) -> list[str]:
    if tag in ("ul", "ol"):
        return [f"<{tag}>", *(f"<li>{_inline(blocks, p, url)}</li>" for p in members), f"</{tag}>"]
    if tag == "table":
        rows = groupby(members, key=lambda p: _row(blocks, p))
        cells = ("".join(f"<td>{_inline(blocks, p, url)}</td>" for p in row) for _, row in rows)
        return ["<table>", *(f"<tr>{row}</tr>" for row in cells), "</table>"]
    made = []
    for paragraph in members:
        name = _PLAIN.get(paragraph.tag, "blockquote" if blocks.flags[paragraph.index] & _QUOTE else "p")
        made.append(f"<{name}>{_inline(blocks, paragraph, url)}</{name}>")
    return made


def _row(blocks: Blocks, paragraph: Paragraph) -> int:
    node = blocks.owners[paragraph.index]
    while node >= 0 and blocks.node_tags[node] not in ("tr", "table"):
        node = blocks.node_parents[node]
    return node


def _inline(blocks: Blocks, paragraph: Paragraph, url: str) -> str:
    """The text of one block with its links and emphasis, where the block is all its element holds."""
    node = blocks.owners[paragraph.index]
    start, end = blocks.node_places[node], blocks.node_ends[node]
    whole = blocks.node_last[node] - blocks.node_first[node] == 1
    if not whole or end - start == 1 or paragraph.text != blocks.texts[paragraph.index]:
        return escape(paragraph.text, quote=False)
    pieces: list[str] = []
    opened: list[str] = []
    for place, token, text in blocks.steps(start, end):
        if place > start and token:
            pieces.append(_tag(token, opened, url))
        pieces.append(escape(unescape(text), quote=False) if text else "")
    pieces += [f"</{name}>" for name in reversed(opened)]
    made = " ".join("".join(pieces).split())
    return _EMPTY_LINK.sub("", made) if "></a>" in made else made


def _tag(token: str, opened: list[str], url: str) -> str:
    """A tag of inline markup written anew, nothing for any other; `opened` are those that wait for their end."""
    tag = tag_of(token)
    name = tag.removeprefix("/")
    if name not in INLINE:
        return ""
    if tag != name or (name == "a" and "a" in opened):
        ended = _closed(name, opened)
        if tag != name:
            return ended
    else:
        ended = ""
    about = attributes_of(token)
    title = f' title="{escape(about["title"])}"' if name in ("a", "abbr") and about.get("title") else ""
    address = absolute(url, about.get("href", "")) if name == "a" else None
    if name == "a" and not (address and address.startswith("http")):
        return ended  # leads nowhere
    opened.append(name)
    link = f' href="{escape(address)}"' if address else ""
    return f"{ended}<{name}{link}{title}>"


def _closed(name: str, opened: list[str]) -> str:
    """The end of the innermost open element of that name and of those in it; nothing where there is none."""
    if name not in opened:
        return ""
    ended = ""
    while True:
        inner = opened.pop()
        ended += f"</{inner}>"
        if inner == name:
            return ended


def figure_html(image: Image) -> str:
    """A picture with its caption."""
    picture = f'<img src="{escape(image.url)}" alt="{escape(image.alt or "")}">' if image.url else ""
    words = " ".join(filter(None, (image.caption, f"({image.credit})" if image.credit else None)))
    caption = f"<figcaption>{escape(words, quote=False)}</figcaption>" if words else ""
    return f"<figure>{picture}{caption}</figure>"
