"""The crawler room, extraction: one pass over a parsed page, turning it into text blocks and block elements.

A *block* is the text between two borders (start or end of a block element, or `<br>`), white space folded, in document
order. A *node* is a block element; its blocks are the half-open range `node_first[k]:node_last[k]`, so whatever is
asked of a container is the difference of two prefix sums. Columns instead of objects: a page has a few hundred blocks
and every later step reads them all. Nothing is judged here and nothing visible is left out.

The tree is not walked from Python: it is written out once and cut at its tags, which C does in a tenth of the time, and
what a tag means is remembered by the tag as written. A *place* is the position of a start tag among those pieces.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntFlag
from html import unescape
from typing import Any, TypeAlias

from lxml import etree

Element: TypeAlias = Any  # lxml ships no types
Mark: TypeAlias = tuple[int, int, int]  # of an image, a link, a `<time>`: place, block it stands in or before, node
Known: TypeAlias = tuple[int, str, str, int]  # of a tag: what it does, its name, class and id and role, flags

BLOCKS_MAX = 20_000  # a page of more is read up to here; the longest development page has 9,600
CAPTION_BLOCKS_MAX = 8  # blocks in one caption; what is named so and holds more is a frame around many things
TAGS_KEPT_MAX = 50_000  # tags remembered between pages; then all are forgotten
TAG_KEPT_CHARS = 300  # a longer tag does not come twice


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


@dataclass(slots=True)
class Blocks:
    """What one pass found. Parallel lists by block (`texts` and on) and by node (`node_*`); marks in document order."""

    texts: list[str] = field(default_factory=list)  #: white space folded; inside `<pre>` lines are kept
    owners: list[int] = field(default_factory=list)  #: node the block belongs to
    linked: list[int] = field(default_factory=list)  #: characters inside links
    flags: list[int] = field(default_factory=list)  #: `Flag` bits
    node_tags: list[str] = field(default_factory=list)
    node_parents: list[int] = field(default_factory=list)  #: -1 for the first
    node_names: list[str] = field(default_factory=list)  #: class, id and role as written, parted by blanks
    node_flags: list[int] = field(default_factory=list)
    node_first: list[int] = field(default_factory=list)
    node_last: list[int] = field(default_factory=list)  #: one behind the last block
    node_places: list[int] = field(default_factory=list)
    node_ends: list[int] = field(default_factory=list)  #: place of the end tag
    images: list[Mark] = field(default_factory=list)
    links: list[Mark] = field(default_factory=list)
    times: list[Mark] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)  #: the page as written out: text, tag, text, ... tag, text
    tree: Element = None
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

    def attributes(self, place: int) -> dict[str, str]:
        """The attributes of the start tag at `place`."""
        found = _ATTRIBUTE.findall(self.pieces[place])
        return {name: unescape(value) if "&" in value else value for name, value in found}

    def end(self, place: int) -> int:
        """The place of the end tag of the element that starts at `place` (the same place if it is empty)."""
        pieces = self.pieces
        if pieces[place].endswith("/"):
            return place
        name = pieces[place].partition(" ")[0]
        closing, depth = f"/{name}", 1
        for at in range(place + 2, len(pieces), 2):
            token = pieces[at]
            if token == closing:
                depth -= 1
                if not depth:
                    return at
            elif token.startswith(name) and token.partition(" ")[0] == name and not token.endswith("/"):
                depth += 1
        return len(pieces) - 2

    def text_at(self, place: int) -> str:
        """All text inside the element that starts at `place`, white space folded."""
        text = "".join(self.pieces[place + 1 : self.end(place) : 2])
        return " ".join((unescape(text) if "&" in text else text).split())

    def node_at(self, place: int) -> int:
        """The innermost node around the tag at `place`; the node itself where it starts there."""
        node = bisect_right(self.node_places, place) - 1
        while node >= 0 and self.node_ends[node] < place:
            node = self.node_parents[node]
        return node

    def nodes_of(self, elements: Iterable[Element]) -> set[int]:
        """The nodes that are the given elements of the tree. Seldom needed: it lists all elements."""
        wanted = {id(element) for element in elements}
        starts = (at for at in range(1, len(self.pieces), 2) if not self.pieces[at].startswith("/"))
        places = {at for at, element in zip(starts, _written(self.tree), strict=False) if id(element) in wanted}
        return {node for node, place in enumerate(self.node_places) if place in places}


# What a tag does to the pass. One that is not named here is inline and does nothing; those up to _BREAK end a block.
_INLINE, _OPEN, _CLOSE, _BORDER, _BREAK, _LINK, _UNLINK, _ANCHOR, _IMAGE, _TIME = range(10)
_BLOCK_NAMES = (
    "html body div p h1 h2 h3 h4 h5 h6 ul ol dl li dt dd menu table caption thead tbody tfoot tr td th section article "
    "main header footer nav aside form fieldset legend blockquote pre figure figcaption address center hr details "
    "summary button dialog noscript hgroup search marquee dir listing xmp plaintext"
)
_BLOCK_TAGS = frozenset(_BLOCK_NAMES.split())
# Cut out of the tree before it is written out: none of it is text.
_CUT_TAGS = (
    "script", "style", "template", "svg", "canvas", "object", "embed", "applet", "iframe", "select", "datalist",
    "textarea", "audio", "video", "map", "noframes", "frameset", "title", "progress", "meter", "rp",
)  # fmt: skip
_TAG_FLAGS: dict[str, int] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), int(Flag.HEADING)),
    **dict.fromkeys(("ul", "ol", "dl", "menu", "dir"), int(Flag.LIST)),
    "table": int(Flag.TABLE),
    "blockquote": int(Flag.QUOTE),
    "figcaption": int(Flag.CAPTION),
    "caption": int(Flag.CAPTION),
    "figure": int(Flag.FIGURE),
    **dict.fromkeys(("pre", "listing", "xmp", "plaintext"), int(Flag.PRE)),
    "nav": int(Flag.NAV),
    "header": int(Flag.HEADER),
    "footer": int(Flag.FOOTER),
    "aside": int(Flag.ASIDE),
    "form": int(Flag.FORM),
    "noscript": int(Flag.NOSCRIPT),
    "article": int(Flag.ARTICLE),
    "main": int(Flag.MAIN),
    "button": int(Flag.BUTTON),
    "details": int(Flag.DETAILS),
}
_INLINE_CODES = {"br": (_BREAK, _INLINE, _BREAK), "a": (_LINK, _UNLINK, _ANCHOR), "time": (_TIME, _INLINE, _TIME),
                 "img": (_IMAGE, _INLINE, _IMAGE), "amp-img": (_IMAGE, _INLINE, _IMAGE)}  # fmt: skip  # start, end, empty
_HIDDEN, _CAPTION, _PRE_BIT, _BREAK_BIT = int(Flag.HIDDEN), int(Flag.CAPTION), int(Flag.PRE), int(Flag.BREAK)
_LINK_BIT = int(Flag.LINK)
_TAG = re.compile("<([^>]*)>")  # the serialiser writes no bare ">" into texts and values
_ATTRIBUTE = re.compile(r' ([^\s=<>"]+)="([^"]*)"')
_NAMING = re.compile(r' (class|id|role|style|hidden)="([^"]*)"')
_INVISIBLE = "\u200b\u200c\u200e\u200f\u2060\ufeff\xad"
_A_LINK: Known = (_LINK, "a", "", 0)
_KNOWN: dict[str, Known] = {}  # by tag as written: lists on one page and pages of one site repeat them endlessly


def read_blocks(tree: Element) -> Blocks:
    """The blocks of a page in document order, from its lxml tree (a root element or any other).

    `<noscript>` is read (with its flag): forums keep their text there. Hidden text is kept (with its flag):
    accordions and "read more" hold it. Scripts, styles, form values and the page head are not text; all of them but the
    head are cut out of `tree`, so whoever wants them reads them before.
    """
    etree.strip_elements(tree, *_CUT_TAGS, with_tail=False)
    markup = "".join(etree.tostring(root, encoding="unicode", with_tail=False) for root in _roots(tree))
    if tree.tag == "html":
        markup = f"<html>{markup}</html>"
    if not markup.isascii():
        for char in _INVISIBLE:
            if char in markup:
                markup = markup.replace(char, "")
    blocks = Blocks(pieces=_cut(markup), tree=tree)
    _read(blocks)
    return blocks


def _cut(markup: str) -> list[str]:
    """The markup cut at its tags: text, tag, text, ... tag, text."""
    if markup.count("<") == markup.count(">"):
        return markup.replace(">", "<").split("<")
    return _TAG.split(markup)  # a broken page may have "<" in the name of an attribute


def _roots(tree: Element) -> list[Element]:
    """The elements that are written out: all but the head."""
    return [child for child in tree if child.tag != "head"] if tree.tag == "html" else [tree]


def _written(tree: Element) -> Iterator[Element]:
    """The elements in the order of their start tags."""
    if tree.tag == "html":
        yield tree
    for root in _roots(tree):
        yield from root.iter(etree.Element)


def _read(blocks: Blocks) -> None:
    """Fill the columns from the pieces. The hot path of extraction: one turn a tag, everything in local names."""
    texts, owners, linked, flags = blocks.texts, blocks.owners, blocks.linked, blocks.flags
    tags, parents, names, inherited = blocks.node_tags, blocks.node_parents, blocks.node_names, blocks.node_flags
    first, last, places, ends = blocks.node_first, blocks.node_last, blocks.node_places, blocks.node_ends
    known = _KNOWN.get
    gathered: list[str] = []  # text of the block in the making
    in_links = broken = linking = 0  # its characters inside links, its BREAK bit; the LINK bit while a link is open
    node, bits, place = -1, 0, -1  # the innermost open block element and its flags; the tag in hand

    def border() -> None:
        nonlocal in_links
        raw = gathered[0] if len(gathered) == 1 else "".join(gathered)
        gathered.clear()
        whole = " ".join(raw.split())
        if whole and len(texts) < BLOCKS_MAX:
            for text in _paragraphs_of_pre(raw) if bits & _PRE_BIT else (whole,):
                texts.append(text)
                owners.append(node)
                linked.append(min(len(text), in_links))
                flags.append(bits | broken | linking)
        in_links = 0

    for token, text in zip(blocks.pieces[1::2], blocks.pieces[2::2], strict=True):
        place += 2
        code, tag, name, own = known(token) or (
            _A_LINK if token.startswith("a ") and token[-1] != "/" else _learn(token)
        )
        if code:
            if gathered and code <= _BREAK and (code != _BREAK or not bits & _PRE_BIT):
                border()
            if code == _OPEN:
                parents.append(node)
                node = len(tags)
                bits |= own | linking
                tags.append(tag)
                names.append(name)
                inherited.append(bits)
                first.append(len(texts))
                last.append(0)
                places.append(place)
                ends.append(place)
                broken = 0
            elif code == _CLOSE:
                if node >= 0:
                    last[node] = len(texts)
                    ends[node] = place
                    if bits & _CAPTION and last[node] - first[node] > CAPTION_BLOCKS_MAX:
                        _unframe(blocks, node)
                    node = parents[node]
                    bits = inherited[node] if node >= 0 else 0
                broken = 0
            elif code == _LINK:
                linking = _LINK_BIT
                blocks.links.append((place, len(texts), node))
            elif code == _UNLINK:
                linking = 0
            elif code == _BREAK:
                if bits & _PRE_BIT:
                    gathered.append("\n")
                else:
                    broken = _BREAK_BIT
            elif code == _BORDER:
                broken = 0
            else:
                marks = blocks.images if code == _IMAGE else blocks.links if code == _ANCHOR else blocks.times
                marks.append((place, len(texts), node))
        if text and (gathered or not text.isspace()):
            if "&" in text:
                text = unescape(text)  # noqa: PLW2901
            gathered.append(text)
            if linking:
                in_links += len(text.strip())


def _learn(token: str) -> Known:
    """What a tag means, noted for the next time."""
    end, empty = token.startswith("/"), token.endswith("/")
    tag = token.strip("/").partition(" ")[0]
    codes = _INLINE_CODES.get(tag)
    if tag in _BLOCK_TAGS:
        what = (_CLOSE, tag, "", 0) if end else (_BORDER, tag, "", 0) if empty else _opening(tag, token)
    elif codes is not None:
        what = (codes[1] if end else codes[2] if empty else codes[0], tag, "", 0)
        if not end:
            return what  # addresses make every link and picture a tag of its own
    else:
        what = (_INLINE, tag, "", 0)
    if len(token) <= TAG_KEPT_CHARS:
        if len(_KNOWN) >= TAGS_KEPT_MAX:
            _KNOWN.clear()
        _KNOWN[token] = what
    return what


def _opening(tag: str, token: str) -> Known:
    flags, names = _TAG_FLAGS.get(tag, 0), ""
    for key, value in _NAMING.findall(token) if len(token) > len(tag) else ():
        if key == "style":
            flags |= _HIDDEN if "none" in value and _is_hidden(value) else 0
        elif key == "hidden":
            flags |= _HIDDEN
        else:
            names = f"{names} {value}" if names else value
    if "&" in names:
        names = unescape(names)
    if "caption" in names:
        flags |= _CAPTION
    return _OPEN, tag, names, flags


def _unframe(blocks: Blocks, node: int) -> None:
    """A "has-caption" on the frame of a whole article names what is in it, not what it is."""
    parent = blocks.node_parents[node]
    if "caption" in blocks.node_names[node] and not (parent >= 0 and blocks.node_flags[parent] & _CAPTION):
        for index in range(blocks.node_first[node], blocks.node_last[node]):
            blocks.flags[index] &= ~_CAPTION


def _is_hidden(style: str) -> bool:
    style = style.replace(" ", "").lower()
    return "display:none" in style


def _paragraphs_of_pre(raw: str) -> list[str]:
    """Preformatted text: an empty line parts blocks, lines inside a block stay lines."""
    found: list[str] = []
    lines: list[str] = []
    for line in [*raw.split("\n"), ""]:
        if line.strip():
            lines.append(line.rstrip())
        elif lines:
            found.append("\n".join(lines).strip())
            lines = []
    return found
