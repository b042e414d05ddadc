"""The crawler room, extraction: a page as text blocks and block elements (read by walk.py).

A *block* is the text between two borders (start or end of a block element, or `<br>`), white space folded, in document
order. A *node* is a block element; its blocks are the half-open range `node_first[k]:node_last[k]`, so whatever is
asked of a container is the difference of two prefix sums. A *place* is the index of a tag among the pieces of the page
cut at every "<". Columns instead of objects: a page has a few hundred blocks and every later step reads them all.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntFlag
from html import unescape
from html.entities import html5
from itertools import islice
from typing import TypeAlias

Mark: TypeAlias = tuple[int, int, int]  # of an image, a link, a `<time>`: place, block it stands in or before, node

VOID_TAGS = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
MENDED_PIECES = 200  # pieces that a tag with "<" in its values may go on over
MENDED_CHARS = 50_000  # and no such tag is longer
INNER_TAGS_MAX = 500  # tags in one inline element; what holds more lacks its end
NAMED_TAGS_MAX = 2_000  # tags in an element whose text is a name, a title or a caption
VAIN_CHARS = 10_000_000  # of a page, in which the end of tags was looked for in vain; then it is looked for no more


class Flag(IntFlag):
    """Where a block stands, inherited from every element around it."""

    LINK = 1
    LIST = 2
    TABLE = 4
    HEADING = 8
    QUOTE = 16
    CAPTION = 32
    FIGURE = 64
    PRE = 128
    NAV = 256
    HEADER = 512
    FOOTER = 1024
    ASIDE = 2048
    FORM = 4096
    HIDDEN = 8192
    NOSCRIPT = 16384
    ARTICLE = 32768
    MAIN = 65536
    BUTTON = 131072
    BREAK = 524288  #: on a block alone: it starts behind a `<br>`, not at its element's border
    DETAILS = 1048576
    TITLED = 2097152  #: of the element itself: its names say title
    TRAIL = 4194304  #: of the element itself: its names say breadcrumb
    MENU = 8388608  #: of the element itself: its tag or names say menu, its text does not


_ATTRIBUTE = re.compile(
    r"""(?<![^\s=<>"'/])([^\s=<>"'/]++)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))|(?<=\s)([a-z-]+)(?=[\s/]|$)"""
)
# A quote counts behind "=" alone, as in browsers.
_TAG_END = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'])))*+>""")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,8};?|#[xX][0-9a-fA-F]{1,8};?|[A-Za-z][A-Za-z0-9]{1,31}(?:;|(?![A-Za-z0-9=])))")


@dataclass(slots=True)
class Blocks:
    """What one pass found. Parallel lists by block (`texts` and on) and by node (`node_*`); marks in document order."""

    texts: list[str] = field(default_factory=list)  #: white space folded; inside `<pre>` lines are kept
    owners: list[int] = field(default_factory=list)  #: node the block belongs to
    sizes: list[int] = field(default_factory=list)  #: bytes of UTF-8: a CJK character counts as three letters
    linked: list[int] = field(default_factory=list)  #: characters inside links
    flags: list[int] = field(default_factory=list)  #: `Flag` bits
    node_tags: list[str] = field(default_factory=list)
    node_parents: list[int] = field(default_factory=list)  #: -1 for the first
    node_names: list[str] = field(default_factory=list)  #: class, id and role as written, parted by blanks
    node_flags: list[int] = field(default_factory=list)
    node_first: list[int] = field(default_factory=list)
    node_last: list[int] = field(default_factory=list)  #: one behind the last block
    node_places: list[int] = field(default_factory=list)
    node_ends: list[int] = field(default_factory=list)  #: place of the tag that ends it
    images: list[Mark] = field(default_factory=list)
    links: list[Mark] = field(default_factory=list)
    times: list[Mark] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)  #: places of `<meta>` and `<link>`
    title: str | None = None  #: of the first `<title>`, as written
    data: list[str] = field(default_factory=list)  #: JSON-LD scripts, as written
    menus: int = 0  #: elements passed over as menus
    menu_links: int = 0  #: links in them
    pieces: list[str] = field(default_factory=list)  #: the page cut at "<": a tag, ">" and the text behind it
    gaps: dict[int, tuple[int, str]] = field(
        default_factory=dict
    )  #: where what is no text of the page begins: its last piece, and the text behind it
    read: dict[int, dict[str, str]] = field(default_factory=dict)  #: attributes by place, as they were asked for
    vain: int = 0  #: characters in which the end of a tag was looked for and not found
    node_paths: list[str] = field(default_factory=list)  #: filled where a template is laid over the page

    def __len__(self) -> int:
        return len(self.texts)

    def tag(self, index: int) -> str:
        """Tag of the block element around block `index`."""
        return self.node_tags[self.owners[index]]

    def has(self, index: int, flag: Flag) -> bool:
        """Whether block `index` carries any of the bits of `flag`."""
        return bool(self.flags[index] & flag)

    def names(self, index: int) -> list[str]:
        """Class, id and role strings of the elements around block `index`, innermost first, empty ones left out."""
        node, found = self.owners[index], []
        while node >= 0:
            if self.node_names[node]:
                found.append(self.node_names[node])
            node = self.node_parents[node]
        return found

    def node_at(self, place: int) -> int:
        """The innermost node around the tag at `place`; the node itself where it starts there."""
        node = bisect_right(self.node_places, place) - 1
        while node >= 0 and self.node_ends[node] < place:
            node = self.node_parents[node]
        return node

    def cut(self, at: int) -> tuple[str, str, int]:
        """The tag of the piece `at` without its brackets, the text behind it, and the last piece it reaches over.

        A ">" ends a tag unless it stands in a quoted value; then it, and any "<", belong to the tag. A quote that nobody
        closes is none.
        """
        piece = self.pieces[at]
        token, found, text = piece.partition(">")
        if found and not (token.count('"') | token.count("'")) & 1:
            return token, text, at
        if end := _TAG_END.match(piece):
            return piece[: end.end() - 1], piece[end.end() :], at
        if self.vain < VAIN_CHARS:
            whole = "<".join(self.pieces[at : at + 1 + MENDED_PIECES])[:MENDED_CHARS]
            if end := _TAG_END.match(whole):
                last = at + whole.count("<", 0, end.end())
                behind = end.end() - whole.rfind("<", 0, end.end()) - 1
                return whole[: end.end() - 1], self.pieces[last][behind:], last
            self.vain += len(whole)
        return token, text, at

    def tag_at(self, place: int) -> str:
        """The name of the tag at `place`, with its slash if it is an end tag."""
        return tag_of(self.pieces[place].partition(">")[0])

    def attributes(self, place: int) -> dict[str, str]:
        """The attributes of the start tag at `place`, names in lower case; "" for one without a value."""
        found = self.read.get(place)
        if found is None:
            found = self.read[place] = attributes_of(self.cut(place)[0])
        return found

    def steps(self, start: int, end: int) -> Iterator[tuple[int, str, str]]:
        """The tags from `start` up to `end`: place, tag without its brackets, and the text behind it as written.

        Scripts, comments and the like are passed over; the text behind one comes with an empty tag.
        """
        at = start
        while at < end:
            gap = self.gaps.get(at)
            if gap is None:
                token, text, last = self.cut(at)
                yield at, token, text
            else:
                last, text = gap
                yield at, "", text
            at = last + 1

    def end(self, place: int) -> int:
        """The place of the tag that ends the element which starts at `place`: its end tag, or its block's."""
        node = self.node_at(place)
        last = self.node_ends[node] if node >= 0 else len(self.pieces)
        if node >= 0 and self.node_places[node] == place:
            return last
        name = self.tag_at(place)
        depth = 0
        for at, token, _ in islice(self.steps(place, last), INNER_TAGS_MAX):
            tag = tag_of(token)
            if tag == name:
                depth += 1
            elif tag == f"/{name}":
                depth -= 1
                if not depth:
                    return at
        return min(last, place + INNER_TAGS_MAX)

    def text_at(self, place: int) -> str:
        """The text inside the element that starts at `place`, white space folded; up to a bound."""
        text = "".join([text for _, _, text in islice(self.steps(place, self.end(place)), NAMED_TAGS_MAX)])
        return " ".join((unescape(text) if "&" in text else text).split())


def tag_of(token: str) -> str:
    """The name of a tag as it is written, in lower case, with its slash if it is an end tag."""
    return token.split(None, 1)[0].rstrip("/").lower() if token else ""


def attributes_of(token: str) -> dict[str, str]:
    """The attributes of a start tag as it is written; of two of one name the first counts."""
    found: dict[str, str] = {}
    for name, quoted, single, bare, alone in _ATTRIBUTE.findall(token):
        value = quoted or single or bare
        found.setdefault((name or alone).lower(), unescaped_value(value) if "&" in value else value)
    return found


def unescaped_value(value: str) -> str:
    """An attribute's value with its character references resolved: `&sect` in `?a=1&section=2` is none."""
    return _REFERENCE.sub(_referred, value)


def _referred(match: re.Match[str]) -> str:
    whole = match.group()
    return unescape(whole) if whole[1] == "#" else html5.get(whole[1:], whole)
