"""The crawler room, extraction: one walk over a parsed page, turning it into text blocks and block elements.

A *block* is the text between two borders (start or end of a block element, or `<br>`), white space folded, in document
order. A *node* is a block element; its blocks are the half-open range `node_first[k]:node_last[k]`, so whatever is
asked of a container is the difference of two prefix sums. Columns instead of objects: a page has a few hundred blocks
and every later step reads them all. Nothing is judged here and nothing visible is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any, TypeAlias

Element: TypeAlias = Any  # lxml ships no types

BLOCKS_MAX = 20_000  # a page of more is read up to here; the longest development page has 9,600
DEPTH_MAX = 240  # nested elements; below this libxml2 itself stops at 256, and Python's stack would follow
CAPTION_BLOCKS_MAX = 8  # blocks in one caption; what is named so and holds more is a frame around many things


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
    BOLD = 262144
    BREAK = 524288  #: on a block alone: it starts behind a `<br>`, not at its element's border
    DETAILS = 1048576


@dataclass(slots=True)
class Blocks:
    """What one walk found. Parallel lists by block (`texts` and on), by node (`node_*`) and by image and link."""

    texts: list[str] = field(default_factory=list)  #: white space folded; inside `<pre>` lines are kept
    owners: list[int] = field(default_factory=list)  #: node the block belongs to
    linked: list[int] = field(default_factory=list)  #: characters inside links
    bold: list[int] = field(default_factory=list)  #: characters inside b, strong
    flags: list[int] = field(default_factory=list)  #: `Flag` bits
    node_elements: list[Element] = field(default_factory=list)
    node_tags: list[str] = field(default_factory=list)
    node_parents: list[int] = field(default_factory=list)  #: -1 for the first
    node_names: list[str] = field(default_factory=list)  #: class, id and role as written, parted by blanks
    node_flags: list[int] = field(default_factory=list)
    node_first: list[int] = field(default_factory=list)
    node_last: list[int] = field(default_factory=list)  #: one behind the last block
    images: list[tuple[Element, int]] = field(default_factory=list)  #: element, block it stands in or before
    links: list[tuple[Element, int]] = field(default_factory=list)  #: element, block it stands in or before

    def __len__(self) -> int:
        return len(self.texts)

    def tag(self, index: int) -> str:
        """Tag of the block element around block `index`."""
        return self.node_tags[self.owners[index]]

    def element(self, index: int) -> Element:
        """The block element around block `index`."""
        return self.node_elements[self.owners[index]]

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


# What a tag does to the walk.
_INLINE, _BLOCK, _SKIP, _BREAK, _LINK, _IMAGE, _BOLD = range(7)
_BLOCK_TAGS = (
    "html body div p h1 h2 h3 h4 h5 h6 ul ol dl li dt dd menu table caption thead tbody tfoot tr td th section article "
    "main header footer nav aside form fieldset legend blockquote pre figure figcaption address center hr details "
    "summary button dialog noscript hgroup search marquee dir listing xmp plaintext"
)
_SKIPPED_TAGS = (
    "head script style template svg canvas object embed applet iframe select datalist textarea audio video map "
    "noframes frameset title meta link base input progress meter rp"
)
_ACTIONS: dict[Any, int] = {
    **dict.fromkeys(_BLOCK_TAGS.split(), _BLOCK),
    **dict.fromkeys(_SKIPPED_TAGS.split(), _SKIP),
    "br": _BREAK,
    "wbr": _SKIP,
    "a": _LINK,
    "img": _IMAGE,
    "amp-img": _IMAGE,
    "b": _BOLD,
    "strong": _BOLD,
}
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
_HIDDEN, _CAPTION, _PRE_BIT, _BREAK_BIT = int(Flag.HIDDEN), int(Flag.CAPTION), int(Flag.PRE), int(Flag.BREAK)
_LINK_BIT, _BOLD_BIT = int(Flag.LINK), int(Flag.BOLD)
_COUNTED = _LINK_BIT | _BOLD_BIT
_NAMING = {"class", "id", "role"}
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200e\u200f\u2060\ufeff\xad"))


def read_blocks(tree: Element) -> Blocks:
    """The blocks of a page in document order, from one walk over its lxml tree (a root element or any other).

    `<noscript>` is walked into (with its flag): forums keep their text there. Hidden text is kept (with its flag):
    accordions and "read more" hold it. Scripts, styles, form values and the page head are not text.
    """
    walk = _Walk()
    walk.enter(tree, -1, 0, 0)
    return walk.blocks


class _Walk:
    """The state of one walk: the pieces of text of the block in the making, and the columns so far.

    The hot path of extraction: elements without children are read where they are met, because a call costs more than
    all that is done with them.
    """

    __slots__ = ("blocks", "bold", "broken", "linked", "pieces", "texts")

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.texts = self.blocks.texts
        self.pieces: list[str] = []
        self.linked = self.bold = 0
        self.broken = 0  # BREAK bit of the block in the making

    def enter(self, element: Element, parent: int, flags: int, depth: int) -> None:
        """One block element: a new node, its content, and a border before and behind it."""
        blocks, tag, names = self.blocks, element.tag, ""
        for key, value in element.items():
            if key in _NAMING:
                names = f"{names} {value}" if names else value
            elif (key == "style" and "none" in value and _is_hidden(value)) or key == "hidden":
                flags |= _HIDDEN
        named = "caption" in names and not flags & _CAPTION
        if named:
            flags |= _CAPTION
        if tag in _TAG_FLAGS:
            flags |= _TAG_FLAGS[tag]
        node = len(blocks.node_tags)
        blocks.node_elements.append(element)
        blocks.node_tags.append(tag)
        blocks.node_parents.append(parent)
        blocks.node_names.append(names)
        blocks.node_flags.append(flags)
        blocks.node_first.append(len(self.texts))
        blocks.node_last.append(0)
        text = element.text
        if text:
            self.add(text, flags)
        if depth <= DEPTH_MAX and len(element):
            self.content(element, node, flags, depth)
        if self.pieces:
            self.close(node, flags)
        self.broken = 0
        blocks.node_last[node] = len(self.texts)
        if named and blocks.node_last[node] - blocks.node_first[node] > CAPTION_BLOCKS_MAX:
            # "has-caption" on the frame of a whole article names what is in it, not what it is.
            for index in range(blocks.node_first[node], blocks.node_last[node]):
                blocks.flags[index] &= ~_CAPTION

    def content(self, element: Element, node: int, flags: int, depth: int) -> None:
        """The children of an element, of which `node` is the innermost block element, and what stands behind each."""
        pieces = self.pieces
        for child in element:
            tag = child.tag
            action = _ACTIONS.get(tag, _INLINE)
            if action == _BLOCK:
                if pieces:
                    self.close(node, flags)
                self.broken = 0
                self.enter(child, node, flags, depth + 1)
            elif action == _INLINE:
                if tag.__class__ is str:
                    self.inline(child, node, flags, depth)
            elif action == _LINK:
                self.blocks.links.append((child, len(self.texts)))
                self.inline(child, node, flags | _LINK_BIT, depth)
            elif action == _BOLD:
                self.inline(child, node, flags | _BOLD_BIT, depth)
            elif action == _BREAK:
                if flags & _PRE_BIT:
                    pieces.append("\n")
                else:
                    if pieces:
                        self.close(node, flags)
                    self.broken = _BREAK_BIT
            elif action == _IMAGE:
                self.blocks.images.append((child, len(self.texts)))
            text = child.tail
            if text:
                if flags & _COUNTED:
                    self.add(text, flags)
                else:
                    pieces.append(text)

    def inline(self, element: Element, node: int, flags: int, depth: int) -> None:
        """An element that is no border; hidden ones are flagged through the blocks inside them alone."""
        text = element.text
        if text:
            self.add(text, flags)
        if len(element) and depth <= DEPTH_MAX:
            style = element.get("style")
            hidden = _HIDDEN if style and "none" in style and _is_hidden(style) else 0
            self.content(element, node, flags | hidden, depth + 1)

    def add(self, text: str, flags: int) -> None:
        if flags & _COUNTED:
            length = len(text.strip())
            if flags & _LINK_BIT:
                self.linked += length
            if flags & _BOLD_BIT:
                self.bold += length
        self.pieces.append(text)

    def close(self, node: int, flags: int) -> None:
        """A border: what was gathered becomes a block of `node`, if it holds any text."""
        pieces = self.pieces
        raw = pieces[0] if len(pieces) == 1 else "".join(pieces)
        pieces.clear()
        if raw.isspace():
            return
        linked, bold = self.linked, self.bold
        self.linked = self.bold = 0
        if not raw.isascii():
            raw = raw.translate(_INVISIBLE)
        text = " ".join(raw.split())
        if not text or len(self.texts) >= BLOCKS_MAX:
            return
        texts = _paragraphs_of_pre(raw) if flags & _PRE_BIT else (text,)
        blocks = self.blocks
        for text in texts:
            blocks.texts.append(text)
            blocks.owners.append(node)
            blocks.linked.append(min(len(text), linked))
            blocks.bold.append(min(len(text), bold))
            blocks.flags.append(flags | self.broken)


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
