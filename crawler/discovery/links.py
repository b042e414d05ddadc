"""The crawler room, discovery: the links of a page, each with the place it stands in. Pure.

Two links stand alike when the path of tags above them and the kind of their nearest common box are the same: that is how
the items of a list are told from the menu beside it, whatever the classes are called.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import html

from crawler.discovery.clicks import Clicks
from crawler.urls import join

LINKS_MAX = 6_000  # links of one page that are looked at
DEPTH_MAX = 60  # tags above a link that count for its place
BOX_MIN = 2  # links that stand alike make a box

_REGION_TAGS = {"nav": "nav", "header": "head", "footer": "foot", "aside": "side"}
_REGION_WORDS = (
    ("foot", re.compile(r"(?:^|[-_\s])(?:footer|foot|copyright|friendlink|friend-?links?|yqlj|bottom-?links?|sitemap)(?:$|[-_\s\d])", re.IGNORECASE)),
    ("nav", re.compile(r"(?:^|[-_\s])(?:nav|navbar|navigation|mainnav|topnav|subnav|menu|menus|mainmenu|submenu|breadcrumbs?|crumbs?|toolbar|lang|languages?|skip-?links?|social|share|dropdown-menu|tagcloud|tags?)(?:$|[-_\s\d])", re.IGNORECASE)),
    ("side", re.compile(r"(?:^|[-_\s])(?:sidebar|widget-area|left-?menu|leftnav|popbox|popup|modal|related|hot-?news|recommend)(?:$|[-_\s\d])", re.IGNORECASE)),
)  # fmt: skip
# "content-sidebar-wrap", "has-sidebar": these say how a page is laid out, not that this is its sidebar.
_LAYOUT = re.compile(
    r"content|wrap|layout|container|(?:^|[-_])(?:has|with|no|two|page|main|body|site)[-_]", re.IGNORECASE
)
_CLICKED = ("a", "area", "tr", "td", "li", "div", "p", "span", "button", "article", "section")
_SKIPPED = {"script", "style", "noscript", "template", "select", "option", "svg"}
_REPEATED = {
    "li",
    "article",
    "tr",
    "td",
    "dt",
    "dd",
    "a",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "p",
    "span",
    "b",
    "strong",
    "em",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of a page."""

    url: str  #: absolute, as a browser would ask for it
    element: html.HtmlElement
    place: str  #: the tags above it, from the body down
    region: str  #: "main", "nav", "head", "foot" or "side"
    order: int  #: its number in the page


def page_base(tree: html.HtmlElement, url: str) -> str:
    """The address that the page's links are relative to: its <base>, where that makes sense, else its own."""
    for base in tree.iter("base"):
        joined = join(url, base.get("href") or "")
        if joined:
            return joined
    return url


def read_links(tree: html.HtmlElement, url: str, *, encoding: str = "utf-8", text: str = "") -> list[Link]:
    """Every http(s) link of the page outside of scripts, in document order, at most LINKS_MAX. With `text`, the page's source,
    also those that only a click follows.
    """
    base = page_base(tree, url)
    links: list[Link] = []
    clicks = Clicks(text) if text and ("onclick" in text or "javascript:" in text) else None
    for element in tree.iter(*(_CLICKED if clicks is not None else ("a", "area"))):
        href = element.get("href")
        if clicks is not None and _is_bare(href):
            href = clicks.leads_to(element.get("onclick") or href or "")
        if not href or href.lstrip().startswith("#"):
            continue
        joined = join(base, href, encoding=encoding)
        if joined is None:
            continue
        place, region = _place(element)
        if region == "skipped":
            continue
        links.append(Link(url=joined, element=element, place=place, region=region, order=len(links)))
        if len(links) >= LINKS_MAX:
            break
    return links


def _is_bare(href: str | None) -> bool:
    """Whether an address leads nowhere by itself."""
    return not href or href.lstrip().startswith("#") or href.lstrip()[:11].lower() == "javascript:"


def _place(element: html.HtmlElement) -> tuple[str, str]:
    tags, region = ["a"], "main"
    for above, _ in zip(element.iterancestors(), range(DEPTH_MAX), strict=False):
        tag = str(above.tag)
        if tag in _SKIPPED:
            return "", "skipped"
        if tag in ("body", "html"):
            break
        tags.append(tag)
        if region == "main":
            region = _region(above, tag)
    return "/".join(reversed(tags)), region


def _region(element: html.HtmlElement, tag: str) -> str:
    if tag == "header" and (next(element.iterancestors("article", "li", "main"), None) is not None):
        return "main"  # the head of one item, not of the page
    if tag in _REGION_TAGS:
        return _REGION_TAGS[tag]
    role = element.get("role") or ""
    if role in ("navigation", "menu", "menubar"):
        return "nav"
    named = f"{element.get('class') or ''} {element.get('id') or ''}".split()
    names = " ".join(name for name in named if not _LAYOUT.search(name))
    if tag not in ("article", "main") and names and len(names) < 300:
        for region, words in _REGION_WORDS:
            if words.search(names):
                return region
    return "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Links that stand alike."""

    links: tuple[Link, ...]
    boxes: frozenset[html.HtmlElement]  #: their nearest common boxes
    region: str

    def item_of(self, link: Link) -> html.HtmlElement:
        """The element of the box that holds this link: one item of the list."""
        item = link.element
        for above in link.element.iterancestors():
            if above in self.boxes:
                return item
            item = above
        return link.element


def group_links(links: list[Link]) -> list[Group]:
    """The links gathered by where they stand, in document order of their first link."""
    by_place: dict[tuple[str, str], list[Link]] = {}
    for link in links:
        by_place.setdefault((link.place, link.region), []).append(link)
    groups: list[Group] = []
    for (_, region), alike in by_place.items():
        gathered: dict[str, tuple[list[Link], set[html.HtmlElement]]] = {}
        for box, inside in _boxes(alike):
            kept, boxes = gathered.setdefault(_kind(box), ([], set()))
            kept.extend(inside)
            boxes.add(box)
        groups += [Group(links=tuple(kept), boxes=frozenset(boxes), region=region) for kept, boxes in gathered.values()]
    return sorted(groups, key=lambda group: group.links[0].order)


def _boxes(alike: list[Link]) -> Iterator[tuple[html.HtmlElement, list[Link]]]:
    """The smallest elements that hold at least two different addresses of these links, each with its links."""
    counts: Counter[html.HtmlElement] = Counter()
    targets: dict[html.HtmlElement, str] = {}
    for link in alike:
        for above in link.element.iterancestors():
            if targets.setdefault(above, link.url) != link.url:
                counts[above] += 1
    boxes: dict[html.HtmlElement, list[Link]] = {}
    for link in alike:
        box = next((above for above in link.element.iterancestors() if counts[above] >= BOX_MIN - 1), None)
        if box is None:
            box = link.element.getparent()
        boxes.setdefault(box, []).append(link)
    yield from boxes.items()


def _kind(box: html.HtmlElement) -> str:
    """What a box is called: its tag and classes without numbers, or its parent's where it has none."""
    for element in (box, box.getparent()):
        if element is not None:
            names = re.sub(r"\d+", "", f"{element.get('class') or ''}").split()
            if names and str(element.tag) not in _REPEATED:
                return f"{element.tag}.{'.'.join(sorted(names))}"
    return str(box.tag)
