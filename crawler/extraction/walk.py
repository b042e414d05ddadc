"""The crawler room, extraction: one pass over the markup of a page, turning it into blocks and nodes (blocks.py).

No tree is built: the pass needs to know which block elements are open, and a stack tells that, at a quarter of the cost
of the quickest parser's tree and the walk over it. The source is cut at every "<" at once, and what a tag means is
remembered by the tag as written (tags.py). Whatever the markup, time grows with its length alone.

Nothing is judged here and nothing visible is left out but menus: elements that say so by tag or name and hold next to
nothing but short links, a third of all blocks.
"""

from __future__ import annotations

import re
from html import unescape

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.tags import (
    A_LINK,
    BORDER,
    BREAK,
    CLOSE,
    ENDED,
    HEAD,
    HEADINGS,
    IMAGE,
    KNOWN,
    LINK,
    OPEN,
    RAW_TAGS,
    SKIP,
    STRAY,
    TIME,
    UNLINK,
    Known,
    learn,
)

PIECES_MAX = 300_000  # tags of a page; what stands behind them is not read. The longest development page has 50,000
BLOCKS_MAX = 20_000  # a page of more is read up to here; the longest development page has 9,600
DEPTH_MAX = 250  # open block elements; deeper ones are borders between blocks and no more
CAPTION_BLOCKS_MAX = 8  # blocks in one caption; what is named so and holds more is a frame around many things
MENU_TEXT_CHARS = 60  # a text outside links that is longer than this stands in no menu
MENU_LINKED = 0.5  # share of a menu's text that is links
MENU_TAGS_MAX = 4_000  # tags in one menu
VAIN_TAGS_MAX = 400_000  # of a page, looked at for the ends of what was no menu; then no more menus are looked for

_INVISIBLE = "\u200b\u200c\u200e\u200f\u2060\ufeff\xad"
_CAPTION, _PRE, _BREAK, _LINKED = int(Flag.CAPTION), int(Flag.PRE), int(Flag.BREAK), int(Flag.LINK)
_MENU, _TRAIL = int(Flag.MENU), int(Flag.TRAIL)
_INHERITED = ~int(Flag.TITLED | Flag.TRAIL | Flag.MENU)
_SCOPES = frozenset(("td", "th", "caption", "table"))  # an end tag does not reach out of these
_TABLE_TAGS = frozenset(("td", "th", "tr", "tbody", "thead", "tfoot", "caption", "table"))
_NAME_ENDS = frozenset((">", "/", " ", "\n", "\t", "\r", "\f"))  # what may stand behind the name of a tag
_COMMENT_END = re.compile("--!?>")
_COMMENT: Known = (STRAY, "!--", "", 0, frozenset())


def read_blocks(source: str, *, whole: bool = False) -> Blocks:
    """The blocks of a page in document order, from its markup.

    `<noscript>` is read (with its flag): forums keep their text there. Hidden text is kept (with its flag):
    accordions and "read more" hold it. Menus are passed over and counted, unless `whole`. Scripts, styles, form values
    and the page head are not text; what the head declares is noted by place.
    """
    blocks = Blocks(pieces=visible(source).split("<", PIECES_MAX)[: PIECES_MAX + 1])
    _Pass(blocks, 0 if whole else _MENU).run()
    return blocks


def visible(text: str) -> str:
    """The text without the characters that show nothing."""
    if not text.isascii():
        for char in _INVISIBLE:
            if char in text:
                text = text.replace(char, "")
    return text


def _resolved(text: str) -> str:
    return visible(unescape(text))


class _Pass:
    """The state of one pass: the block in the making, and the innermost open node."""

    __slots__ = ("at", "bits", "blocks", "broken", "depth", "endless", "gathered", "in_links", "link_node", "linking",
                 "menu", "node", "pieces", "vain")  # fmt: skip

    def __init__(self, blocks: Blocks, menu: int) -> None:
        self.blocks, self.pieces, self.menu = blocks, blocks.pieces, menu
        self.gathered: list[str] = []  # text of the block in the making
        self.in_links = self.broken = 0  # its characters inside links, its BREAK bit
        self.linking, self.link_node = 0, -1  # the LINK bit while a link is open, and where it was opened
        self.node = self.bits = -1  # the innermost open node, and its flags
        self.depth = 0
        self.at = 0  # the piece in hand
        self.vain = 0  # tags looked at for the ends of what was no menu
        self.endless: set[str] = set()  # names of which no end tag follows any more
        for name in ("html", "body"):
            self.open(name, "", 0)

    def run(self) -> None:
        """One turn a tag. The hot path of extraction: what most tags need is done here, the rest is called."""
        blocks, pieces, known, gathered = self.blocks, self.pieces, KNOWN.get, self.gathered
        tags, images, links, texts = blocks.node_tags, blocks.images, blocks.links, blocks.texts
        self.add(pieces[0])
        count, at = len(pieces), 1
        while at < count:
            piece, place = pieces[at], at
            token, found, text = piece.partition(">")
            what = known(token)
            if what is None:
                if found and not (token.count('"') | token.count("'")) & 1 and token[:3] != "!--":
                    what = A_LINK if token[:2] == "a " else learn(token)
                elif token[:3] == "!--":
                    what = _COMMENT
                else:
                    token, text, last = blocks.cut(at)
                    what = known(token) or learn(token)
                    at = last if what[0] != STRAY else at
            code, tag, names, flags, ended = what
            if code:
                if code <= BREAK and gathered and (code != BREAK or not self.bits & _PRE):
                    self.border()
                self.at = place
                if code == OPEN:
                    self.broken = 0
                    if flags & self.menu and (end := self.menu_end()):
                        text = self.behind(end)
                        at = end
                    else:
                        if tags[self.node] in ended:
                            self.imply(tag, ended)
                        self.open(tag, names, flags)
                elif code == CLOSE:
                    self.broken = 0
                    if tags[self.node] == tag:
                        self.close()
                    else:
                        self.close_outer(tag)
                elif code == LINK:
                    self.linking, self.link_node = _LINKED, self.node
                    links.append((place, len(texts), self.node))
                elif code == UNLINK:
                    self.linking = 0
                elif code == IMAGE:
                    images.append((place, len(texts), self.node))
                elif code == BREAK:
                    if self.bits & _PRE:
                        gathered.append("\n")
                    else:
                        self.broken = _BREAK
                else:
                    at, text = self.seldom(what, at, text)
            if text and (gathered or not text.isspace()):
                if "&" in text:
                    text = _resolved(text)
                gathered.append(text)
                if self.linking:
                    self.in_links += len(text.strip())
            at += 1
        self.at = count
        if gathered:
            self.border()
        while self.node >= 0:
            self.close()

    def add(self, text: str) -> None:
        if text and (self.gathered or not text.isspace()):
            self.gathered.append(_resolved(text) if "&" in text else text)

    def border(self) -> None:
        """What was gathered becomes a block of the innermost open node, if it holds any text."""
        blocks, gathered, in_links = self.blocks, self.gathered, self.in_links
        raw = gathered[0] if len(gathered) == 1 else "".join(gathered)
        gathered.clear()
        self.in_links = 0
        whole = " ".join(raw.split())
        if whole and len(blocks.texts) < BLOCKS_MAX:
            for text in paragraphs_of_pre(raw) if self.bits & _PRE else (whole,):
                blocks.texts.append(text)
                blocks.owners.append(self.node)
                blocks.sizes.append(len(text) if text.isascii() else len(text.encode("utf-8", "replace")))
                blocks.linked.append(min(len(text), in_links))
                blocks.flags.append(self.bits | self.broken | self.linking)

    def open(self, tag: str, names: str, flags: int) -> None:
        """A new node inside the innermost open one."""
        if self.depth >= DEPTH_MAX:
            return
        blocks = self.blocks
        bits = (self.bits & _INHERITED if self.node >= 0 else 0) | flags | self.linking
        blocks.node_parents.append(self.node)
        self.node = len(blocks.node_tags)
        self.bits = bits
        self.depth += 1
        blocks.node_tags.append(tag)
        blocks.node_names.append(names)
        blocks.node_flags.append(bits)
        blocks.node_first.append(len(blocks.texts))
        blocks.node_last.append(0)
        blocks.node_places.append(self.at)
        blocks.node_ends.append(self.at)

    def close(self) -> None:
        """The innermost open node ends; a link that was opened in it ends with it."""
        blocks, node = self.blocks, self.node
        last = blocks.node_last[node] = len(blocks.texts)
        blocks.node_ends[node] = self.at
        if self.bits & _CAPTION and last - blocks.node_first[node] > CAPTION_BLOCKS_MAX:
            _unframe(blocks, node)
        if self.linking and self.link_node == node:
            self.linking = 0
        self.node = blocks.node_parents[node]
        self.bits = blocks.node_flags[self.node] if self.node >= 0 else 0
        self.depth -= 1

    def close_outer(self, tag: str) -> None:
        """The nearest open node of that name ends, with all in it; nothing does where there is none in reach."""
        tags, parents, node = self.blocks.node_tags, self.blocks.node_parents, self.node
        names = HEADINGS if tag in HEADINGS else (tag,)  # </h1> ends an <h2>
        while node > 1 and tags[node] not in names:
            if tags[node] in _SCOPES and (tags[node] == "table" or tag not in _TABLE_TAGS):
                return
            node = parents[node]
        if node > 1:
            while self.node != node:
                self.close()
            self.close()

    def imply(self, tag: str, ended: frozenset[str]) -> None:
        """End what the start of `tag` ends: a paragraph, and the item, cell or row before it."""
        tags, parents = self.blocks.node_tags, self.blocks.node_parents
        before = ENDED.get(tag)
        if before is None:
            self.close()
            return
        node = self.node
        while node > 1 and tags[node] in ended and tags[node] not in before:
            node = parents[node]
        if node > 1 and tags[node] in before:
            while self.node != node:
                self.close()
            self.close()
        elif tags[self.node] == "p":
            self.close()

    def seldom(self, what: Known, last: int, text: str) -> tuple[int, str]:
        """What few tags need; `last` is the tag's last piece. The last piece that was used up, and the text behind it."""
        code, tag, names, _, _ = what
        blocks, at = self.blocks, self.at
        if code in (SKIP, STRAY):
            gap = blocks.gaps.get(at)  # a menu that was none has been looked through before
            if gap is None:
                gap = blocks.gaps[at] = self.skip(tag, last, text) if code == SKIP else self.stray(tag)
            return gap
        if code == HEAD:
            blocks.heads.append(at)
        elif code == TIME:
            blocks.times.append((at, len(blocks.texts), self.node))
        elif code == BORDER:
            self.broken = 0
            if tag in ("html", "body") and not blocks.node_places[tag == "body"]:
                blocks.node_names[tag == "body"], blocks.node_places[tag == "body"] = names, at
            elif tag == "hr" and blocks.node_tags[self.node] == "p":
                self.close()
        return last, text

    def skip(self, tag: str, last: int, text: str) -> tuple[int, str]:
        """Past the end tag of an element that holds no text of the page; past its start tag where none follows."""
        pieces = self.pieces
        closing, width, depth = f"/{tag}", len(tag) + 1, 0
        if tag not in self.endless:
            for end in range(last + 1, len(pieces)):
                head = pieces[end][:width]
                if head[:1] == "/" and head.lower() == closing and pieces[end][width : width + 1] in _NAME_ENDS:
                    if not depth:
                        return end, self.keep(tag, [text, *pieces[last + 1 : end]]) + self.behind(end)
                    depth -= 1
                elif tag not in RAW_TAGS and head[:-1] == tag and learn(self.blocks.cut(end)[0])[0] == SKIP:
                    depth += 1
            self.endless.add(tag)
        return last, "" if tag in RAW_TAGS else text

    def keep(self, tag: str, held: list[str]) -> str:
        """Note what a title or a JSON-LD script holds, as written; what is held is text in an `<xmp>` alone."""
        blocks = self.blocks
        if tag == "title" and blocks.title is None:
            blocks.title = "<".join(held)
        elif tag == "script" and "ld+json" in blocks.cut(self.at)[0][:400].lower():
            blocks.data.append("<".join(held))
        return "<".join(held) if tag == "xmp" else ""

    def stray(self, tag: str) -> tuple[int, str]:
        """Past a comment, a declaration, or a "<" that begins no tag and is text."""
        pieces, at = self.pieces, self.at
        if tag == "!--":
            if "--" not in self.endless:
                for end in range(at, len(pieces)):
                    if stop := _COMMENT_END.search(pieces[end], 1 if end == at else 0):
                        return end, pieces[end][stop.end() :]
                self.endless.add("--")
            return at, self.behind(at)
        if pieces[at][:1] in ("!", "?", "/"):
            return at, pieces[at].partition(">")[2]  # quotes mean nothing there
        return at, f"<{pieces[at]}"

    def behind(self, at: int) -> str:
        return self.blocks.cut(at)[1]

    def menu_end(self) -> int:
        """Where the element in hand ends, if it is a menu (it is counted then); 0 if it is none."""
        end, links = self.look_for_menu_end()
        if end:
            self.blocks.menus += 1
            self.blocks.menu_links += links
        return end

    def look_for_menu_end(self) -> tuple[int, int]:
        """The place of its end tag, and the links before it; 0 where an end, links or brevity are missing."""
        pieces, known, name = self.pieces, KNOWN.get, ""
        depth = links = linked = free = 0
        at, stop, inside = self.at, min(len(self.pieces), self.at + MENU_TAGS_MAX), False
        while at < stop:
            token, found, text = pieces[at].partition(">")
            place = at
            what = known(token)
            if what is None:
                if token[:3] == "!--":
                    what = _COMMENT
                elif found and not (token.count('"') | token.count("'")) & 1:
                    what = A_LINK if token[:2] == "a " else learn(token)
                else:
                    token, text, last = self.blocks.cut(at)
                    what = learn(token)
                    at = last if what[0] != STRAY else at
            code, tag = what[0], what[1]
            name = name or tag
            if code == OPEN:
                depth += tag == name
                if tag == "h1" or what[3] & _TRAIL:
                    break
            elif code == CLOSE:
                depth -= tag == name
                if not depth and tag == name:
                    if links and linked >= MENU_LINKED * (linked + free):
                        return at, links
                    break
            elif code == LINK:
                inside = True
                links += 1
            elif code == UNLINK:
                inside = False
            elif code in (SKIP, STRAY):
                at, text = self.beyond(what, place, at, text)
            if text and not text.isspace():
                size = len(text.strip())
                if inside:
                    linked += size
                elif size > MENU_TEXT_CHARS:
                    break
                else:
                    free += size
            at += 1
        self.vain += at - self.at
        if self.vain > VAIN_TAGS_MAX:
            self.menu = 0
        return 0, 0

    def beyond(self, what: Known, place: int, last: int, text: str) -> tuple[int, str]:
        """Past what is skipped at another place than the one in hand."""
        here, self.at = self.at, place
        found = self.seldom(what, last, text)
        self.at = here
        return found


def _unframe(blocks: Blocks, node: int) -> None:
    """A "has-caption" on the frame of a whole article names what is in it, not what it is."""
    parent = blocks.node_parents[node]
    if "caption" in blocks.node_names[node] and not (parent >= 0 and blocks.node_flags[parent] & _CAPTION):
        for index in range(blocks.node_first[node], blocks.node_last[node]):
            blocks.flags[index] &= ~_CAPTION


def paragraphs_of_pre(raw: str) -> list[str]:
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
