"""The crawler room, extraction: what a tag, as it is written, means to the pass over a page (walk.py).

Tags repeat endlessly, in the lists of one page and over the pages of one site, so what was learned of one is kept.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TypeAlias

from crawler.extraction.blocks import Flag
from crawler.extraction.names import name_pieces

#: What the tag does, its name, class and id and role, flags, and the open elements it may end by starting.
Known: TypeAlias = tuple[int, str, str, int, frozenset[str]]

KNOWN_MAX = 50_000  # tags kept; then all are forgotten
KNOWN_CHARS = 300  # a longer tag does not come twice

# What a tag does to the pass. Those up to BREAK end a block; an inline one does nothing.
INLINE, OPEN, CLOSE, BORDER, BREAK, LINK, UNLINK, IMAGE, TIME, HEAD, SKIP, STRAY = range(12)
_BLOCK_NAMES = (
    "html body div p h1 h2 h3 h4 h5 h6 ul ol dl li dt dd menu table caption thead tbody tfoot tr td th section article "
    "main header footer nav aside form fieldset legend blockquote pre figure figcaption address center hr details "
    "summary button dialog noscript hgroup search marquee dir listing plaintext"
)
BLOCK_TAGS = frozenset(_BLOCK_NAMES.split())
# Passed over with all they hold: none of it is text of the page. What RAW ones hold is no markup either.
RAW_TAGS = frozenset(("script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes"))
_SKIPPED_NAMES = "template svg canvas object applet select datalist audio video map progress meter rp"
SKIPPED_TAGS = RAW_TAGS | frozenset(_SKIPPED_NAMES.split())
_TAG_FLAGS: dict[str, int] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), int(Flag.HEADING)),
    **dict.fromkeys(("ul", "ol", "dl", "menu", "dir"), int(Flag.LIST)),
    "table": int(Flag.TABLE),
    "blockquote": int(Flag.QUOTE),
    "figcaption": int(Flag.CAPTION),
    "caption": int(Flag.CAPTION),
    "figure": int(Flag.FIGURE),
    **dict.fromkeys(("pre", "listing", "plaintext"), int(Flag.PRE)),
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
_CODES = {"br": (BREAK, BREAK), "a": (LINK, UNLINK), "img": (IMAGE, INLINE), "amp-img": (IMAGE, INLINE),
          "time": (TIME, INLINE), "meta": (HEAD, INLINE), "link": (HEAD, INLINE)}  # fmt: skip  # start, end
# End tags that people leave out: an element ends where one of these starts, before any of the elements around it ends.
_ITEMS = {
    "li": ("li", "li div address p"),
    **dict.fromkeys(("dt", "dd"), ("dt dd", "dt dd div address p")),
    **dict.fromkeys(("td", "th"), ("td th", "")),
    "tr": ("tr", ""),
    **dict.fromkeys(("tbody", "thead", "tfoot"), ("tbody thead tfoot caption tr", "")),
}
ENDED: dict[str, frozenset[str]] = {tag: frozenset(ended.split()) for tag, (ended, _) in _ITEMS.items()}
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NOTHING: frozenset[str] = frozenset()
_PARAGRAPH = frozenset("p")
_LOOSE = frozenset(("button", "noscript", "details", "summary", "legend"))  # may stand inside a paragraph
_IN_TABLE = BLOCK_TAGS - {"html", "body", "table"}


def _may_end(tag: str) -> frozenset[str]:
    """Elements that the start of `tag` ends, or ends others through."""
    if tag in _ITEMS:
        return frozenset(_ITEMS[tag][1].split()) or _IN_TABLE
    return _PARAGRAPH | HEADINGS if tag in HEADINGS else _NOTHING if tag in _LOOSE else _PARAGRAPH


_MAY_END = {tag: _may_end(tag) for tag in BLOCK_TAGS}
# Names of what leads elsewhere, and names of what must be read all the same.
_MENU_NAMES = (
    "<nav> <footer> nav navbar navigation menu menus menubar submenu mainmenu megamenu menuitem footer foot colophon "
    "contentinfo flyout offcanvas drawer"
)
_READ_NAMES = (
    "byline author authors date time meta crumb crumbs breadcrumb breadcrumbs title headline caption credit source "
    "attachment attachments file files download downloads editor content article post entry story text body info"
)
_MENU_PIECES, _READ_PIECES = frozenset(_MENU_NAMES.split()), frozenset(_READ_NAMES.split())
_MENU_TAGS = frozenset(("nav", "footer"))
_NOT_MENUS = "html body main article p h1 h2 h3 h4 h5 h6 td th pre blockquote"
_NOT_MENU_TAGS = frozenset(_NOT_MENUS.split())
# Marks that are looked for before a pattern is: every new tag is asked.
_MENU_MARKS = re.compile("nav|menu|foot|colophon|contentinfo|flyout|offcanvas|drawer")
_TRAIL_STEMS = re.compile("crumb|curmb|dqwz|weizhi|position|location|path|place")
_TRAIL_MARKS = re.compile(
    r"breadcrumb|bread[-_]crumb|crumbs?\b|dqwz|weizhi|\bcurmbs?\b|position|location|\bpath\b|\bplace\b"
)
_TITLE_NAMES = re.compile(r"tit|headline|heading|biaoti|bt|subject")
_SITE_NAMES = re.compile(
    r"(?:site|brand|logo|widget|menu|nav|banner|block|section|sidebar|footer)[-_]*(?:title|name)|masthead"
)
_HIDDEN, _CAPTION = int(Flag.HIDDEN), int(Flag.CAPTION)
_TITLED, _TRAIL, _MENU = int(Flag.TITLED), int(Flag.TRAIL), int(Flag.MENU)
_NAMING = re.compile(
    r"""[\s"'](?:class|id|role)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""",
    re.IGNORECASE,
)
_HIDING = re.compile(r"""\sstyle\s*=\s*["'][^"']*display\s*:\s*none|\shidden(?=[\s=/]|$)""", re.IGNORECASE)
# Tags that mean the same whatever their attributes, the usual ones of them.
_INLINE_NAMES = "span i b em strong small u s sup sub font label input option picture source path use"
_PLAIN: dict[str, Known] = {
    **{name: (INLINE, name, "", 0, _NOTHING) for name in _INLINE_NAMES.split()},
    **{name: (start, name, "", 0, _NOTHING) for name, (start, _) in _CODES.items()},
    **{f"/{name}": (end, name, "", 0, _NOTHING) for name, (_, end) in _CODES.items()},
}
_ADDRESSED = frozenset((LINK, IMAGE, TIME, HEAD))
A_LINK = _PLAIN["a"]
KNOWN: dict[str, Known] = {}


def learn(token: str) -> Known:
    """What a tag means (without its angle brackets), noted for the next time. Of what is no tag: STRAY."""
    tag = token.split(None, 1)[0].lower() if token and not token[0].isspace() else ""
    what = _PLAIN.get(tag)
    if what is not None:
        if what[0] in _ADDRESSED:
            return what  # addresses make each a tag of its own: nothing to keep
    else:
        end = tag.startswith("/")
        tag = tag.strip("/")
        if not tag or not ("a" <= tag[0] <= "z"):
            return STRAY, tag, "", 0, _NOTHING
        if tag in BLOCK_TAGS:
            what = _block(tag, token, end=end)
        elif tag in SKIPPED_TAGS and not end and token[-1] != "/":
            what = (SKIP, tag, "", 0, _NOTHING)
        else:
            what = (_CODES[tag][end] if tag in _CODES else INLINE, tag, "", 0, _NOTHING)
    if len(token) <= KNOWN_CHARS:
        if len(KNOWN) >= KNOWN_MAX:
            KNOWN.clear()
        KNOWN[token] = what
    return what


def _block(tag: str, token: str, *, end: bool) -> Known:
    if end:
        return (BORDER if tag in ("html", "body", "hr") else CLOSE), tag, "", 0, _NOTHING
    flags, names = _TAG_FLAGS.get(tag, 0), ""
    if len(token) > len(tag):
        names = " ".join([quoted or single or bare for quoted, single, bare in _NAMING.findall(token)])
        if "&" in names:
            names = unescape(names)
        if ("none" in token or "hidden" in token) and _HIDING.search(token):
            flags |= _HIDDEN
    lower = names.lower()
    if names:
        if "caption" in names:
            flags |= _CAPTION
        if _TITLE_NAMES.search(lower) and not _SITE_NAMES.search(lower):
            flags |= _TITLED
        if _TRAIL_STEMS.search(lower) and _TRAIL_MARKS.search(lower):
            flags |= _TRAIL
    if tag in _MENU_TAGS or (names and tag not in _NOT_MENU_TAGS and _MENU_MARKS.search(lower)):
        pieces = name_pieces(tag, names)
        if not _MENU_PIECES.isdisjoint(pieces) and _READ_PIECES.isdisjoint(pieces) and "crumb" not in token.lower():
            flags |= _MENU
    return (BORDER if tag in ("html", "body", "hr") else OPEN), tag, names, flags, _MAY_END[tag]
