"""The crawler room, discovery: which links of a list page are its articles. Pure.

With a source's own selector every link it matches is one. Without, the page itself tells: links that stand alike are
weighed as one group by what they have in common - the shape of their addresses, dates beside them, headings, the length
of their titles, their place - and the groups that look like a list of news are taken. Menus, footers, pagers and the
related links inside an item are none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree, html
from lxml.cssselect import CSSSelector, SelectorError

from crawler.discovery.beside import dates_around
from crawler.discovery.heading import names_of
from crawler.discovery.items import DateReader, is_more, pieces_of, read_title
from crawler.discovery.links import Group, Link, group_links, page_base, read_links
from crawler.discovery.page import FOUND_MAX, Page
from crawler.discovery.pager import read_pager
from crawler.discovery.position import page_parameters, without
from crawler.extraction import extract
from crawler.extraction.decode import decode
from crawler.extraction.tree import parse
from crawler.shapes import article_shape, family, file_ending, looks_like_list, words
from crawler.source import Seed
from crawler.stations import Discovered, PageKind
from crawler.urls import BadAddress, canonical, in_scope, join, site_of

ENOUGH = 3.0  # points from which a group is a list of news
BEST_ENOUGH = 2.3  # points from which the best group is taken when none is clearly one
NEAR_BEST = 0.55  # share of the best group's points from which others are taken too
WALLS = frozenset({PageKind.CHALLENGE, PageKind.LOGIN, PageKind.SHELL, PageKind.SOFT_404})
_STRONG = words("trs vsb vsb-script webplus hanweb n-number content phpcms spip day script number")
_RECORD = re.compile(r"<record>\s*<!\[CDATA\[")
_RECORD_MAX = 20_000  # characters of one
KIN_MIN = 3  # listed articles from which their addresses make a family
RECORDS_MAX = 500  # items of a list that a page carries as data for its script
_PAGER_TEXT = re.compile(
    r"^[\W_]*(?:\d{1,4}|首页|上一?页|下一?页|尾页|末页|prev(?:ious)?|next|first|last|older.*|newer.*|zurück|vor|weiter)[\W_]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    url: str
    title: str | None
    date: str | None
    shape: str | None
    order: int
    place: str = ""  #: the tags above its link


def read_listing(  # noqa: PLR0913 - what is known of a fetched page, each of it by name
    data: bytes,
    url: str,
    seed: Seed,
    *,
    headers: Mapping[str, str] | None = None,
    hosts: Sequence[str] | None = None,
    page: int = 1,
    at: datetime | None = None,
    timezone: str | None = None,
) -> Page:
    """The articles that a list page leads to, and its further pages.

    `hosts` is the source's scope (default: the seed's own host); `page` counts the pages of this walk from 1; `at` is the
    moment of the fetch, for dates like "3 hours ago"; `timezone` the source's zone, for times without one.
    """
    decoded = decode(data, headers)
    tree = parse(decoded.text)
    if tree is None:
        return Page(problem="there is no HTML in this answer")
    scope = tuple(hosts or (site_of(seed.url),))
    language = (tree.get("lang") or "").strip() or None
    dates = DateReader(at=at, language=language, timezone=timezone)
    links = read_links(tree, url, encoding=decoded.charset, text=decoded.text) + _records(
        decoded.text, url, decoded.charset
    )
    if seed.links:
        items, method = _selected(tree, seed.links, page_base(tree, url), decoded.charset, dates), "links"
    else:
        items, method = _by_shape(links, url, scope, dates)
    position = page_parameters([item.url for item in items], url, page)
    items = [replace(item, url=without(item.url, position)) for item in items] if position else items
    pager = read_pager(tree, decoded.text, url, page=page, hosts=scope, encoding=decoded.charset)
    if (further := seed.further(page + 1)) and (address := join(url, further)) and in_scope(address, scope):
        pager = replace(pager, next=(address,), guessed=True, method="next")
    result = _page(items, method, url, seed, scope, taboo={url, *pager.next})
    result = replace(
        result,
        next=pager.next,
        guessed=pager.guessed,
        pager=pager.method,
        pages=pager.pages,
        names=names_of(tree),
    )
    return result if result.found or result.files else _walled(result, data, url, headers)


def _walled(page: Page, data: bytes, url: str, headers: Mapping[str, str] | None) -> Page:
    """A list without an article: what stands in its place says so itself, if something does."""
    read = extract(data, url, headers)
    return replace(page, wall=read.kind, problem=read.why) if read.kind in WALLS else page


def _page(items: Iterable[_Item], method: str, url: str, seed: Seed, scope: Sequence[str], taboo: set[str]) -> Page:
    """The items that are articles of the source; each address once, with the best that any of its links says."""
    found: dict[str, Discovered] = {}
    files: dict[str, Discovered] = {}
    outside: set[str] = set()
    skipped: Counter[str] = Counter()
    own = {_known(address) for address in taboo}
    for item in items:
        key = _known(item.url, scope)
        if key in own:
            continue
        if not in_scope(key, scope):
            outside.add(key)
        elif seed.match and not re.search(seed.match, key):
            skipped["address does not match"] += 1
        else:
            into = files if file_ending(key) else found
            known = into.get(key)
            if known is None and len(into) >= FOUND_MAX:
                skipped["beyond the bound of one page"] += 1
                continue
            into[key] = Discovered(
                url=key, via=url, title=(known and known.title) or item.title, date=(known and known.date) or item.date
            )
    return Page(
        found=tuple(found.values()),
        files=tuple(files.values()),
        outside=len(outside),
        method=method,
        skipped=dict(skipped),
    )


def _known(address: str, scope: Sequence[str] = ()) -> str:
    try:
        return canonical(address, scope)
    except BadAddress:
        return address


def _selected(tree: html.HtmlElement, css: str, base: str, encoding: str, dates: DateReader) -> list[_Item]:
    """What the source's own selector matches: links, or elements that hold one."""
    try:
        matched = CSSSelector(css, translator="html")(tree)
    except (SelectorError, etree.XPathError):
        return []
    elements: dict[html.HtmlElement, html.HtmlElement] = {}
    for element in matched:
        link = element if element.tag == "a" else next((a for a in element.iter("a") if a.get("href")), None)
        if link is not None:
            elements.setdefault(link, element)
    items = []
    alone = _lone_ancestors(list(elements))
    for order, (link, element) in enumerate(elements.items()):
        if address := join(base, link.get("href") or "", encoding=encoding):
            item = element if element is not link else alone[link]
            title = read_title([link], item, dates)
            date = dates.of_item(item, [link], title, address)
            items.append(_Item(url=address, title=title, date=date, shape=article_shape(address), order=order))
    return items


def _lone_ancestors(links: list[html.HtmlElement]) -> dict[html.HtmlElement, html.HtmlElement]:
    """For each link the largest element that holds none of the others: its item."""
    holds: Counter[html.HtmlElement] = Counter(above for link in links for above in link.iterancestors())
    items = {}
    for link in links:
        item = link
        for above in link.iterancestors():
            if holds[above] > 1 or above.tag in ("body", "html"):
                break
            item = above
        items[link] = item
    return items


def _by_shape(links: list[Link], url: str, scope: Sequence[str], dates: DateReader) -> tuple[list[_Item], str]:
    """The items of the groups that look like lists of news, in document order, and what told them apart."""
    weighed = []
    for group in group_links(links):
        items = _items(group, url, dates)
        points, method = _weigh(items, group, scope)
        if items and points > 0:
            weighed.append((points, method, group, items))
    if not weighed:
        return [], ""
    weighed.sort(key=lambda entry: -entry[0])
    best = weighed[0][0]
    if best < BEST_ENOUGH:
        return [], ""
    enough = max(ENOUGH, best * NEAR_BEST) if best >= ENOUGH else best
    taken: list[_Item] = []
    strays: list[_Item] = []
    inside: set[html.HtmlElement] = set()
    methods: list[str] = []
    for points, method, group, items in weighed:
        nested = sum(any(above in inside for above in link.element.iterancestors()) for link in group.links)
        if nested * 2 > len(group.links):
            continue
        if points < enough:
            strays += items
            continue
        taken += _pruned(items)
        methods.append(method)
        inside |= {group.item_of(link) for link in group.links} if len(group.boxes) < len(group.links) else set()
    taken += _kin(strays, taken)
    return sorted(taken, key=lambda item: item.order), methods[0]


def _kin(strays: Sequence[_Item], taken: Sequence[_Item]) -> list[_Item]:
    """Articles that stand apart from their list, as the first one often does, or one that has a second link: their addresses
    are of its family, and of a known shape or below the same tags.
    """
    families = Counter(family(item.url) for item in taken)
    places = {item.place for item in taken}
    return [
        item
        for item in strays
        if item.title and families[family(item.url)] >= KIN_MIN and (item.shape in _STRONG or item.place in places)
    ]


def _pruned(items: list[_Item]) -> list[_Item]:
    """Without the lists among articles: "more" links and archives that stand in a box of the same kind."""
    shaped = sum(item.shape is not None for item in items)
    if shaped * 2 < len(items):
        return items
    return [item for item in items if item.shape or item.date or not looks_like_list(item.url)]


def _items(group: Group, url: str, dates: DateReader) -> list[_Item]:
    """The group's links as items: links to the same address in the same item are one."""
    gathered: dict[tuple[html.HtmlElement, str], list[Link]] = {}
    for link in group.links:
        gathered.setdefault((group.item_of(link), link.url), []).append(link)
    per_item = Counter(item for item, _ in gathered)
    items: list[_Item] = []
    undated: dict[html.HtmlElement, tuple[str | None, str]] = {}
    numbers: dict[html.HtmlElement, int] = {}
    for (element, address), links in gathered.items():
        if _same(address, url):
            continue
        shared = per_item[element] > 1  # several addresses in one element: its text belongs to none of them alone
        elements = [link.element for link in links]
        where = elements[0] if shared else element
        title = read_title(elements, where, dates)
        if title is None and all(is_more(" ".join(pieces_of(link))) for link in elements) and _pager_like(elements):
            continue
        date = dates.of_item(where, elements, title, address)
        if date is None and not shared:
            undated[element], numbers[element] = (title, address), len(items)
        items.append(
            _Item(
                url=address,
                title=title,
                date=date,
                shape=article_shape(address),
                order=links[0].order,
                place=links[0].place,
            )
        )
    for element, date in dates_around(undated, dates).items():
        items[numbers[element]] = replace(items[numbers[element]], date=date)
    return items


def _weigh(items: Sequence[_Item], group: Group, scope: Sequence[str]) -> tuple[float, str]:
    """How much a group looks like a list of news, in points, and the strongest reason."""
    here = [item for item in items if in_scope(item.url, scope)]
    if not here:
        return 0.0, ""
    count = len(items)
    shapes = Counter(item.shape for item in items if item.shape)
    strong = sum(number for shape, number in shapes.items() if shape in _STRONG) / count
    weak = sum(shapes.values()) / count - strong
    dated = sum(item.date is not None for item in items) / count
    titled = sum(min(_weight(item.title), 40.0) / 40.0 for item in items) / count
    headed = sum(_headed(link.element) for link in group.links) / len(group.links)
    alike = Counter(family(item.url) for item in items).most_common(1)[0][1] / count
    lists = sum(looks_like_list(item.url) for item in items) / count
    points = 2.2 * strong + 1.0 * weak + 2.0 * dated + 1.6 * titled + 0.5 * alike - 1.5 * lists
    points += 1.2 * headed * (0.3 + 0.7 * titled)  # short words in headings are the chapters of a site
    points += 0.35 * math.log2(min(count, 32)) * max(strong, dated, titled) - (0.8 if count == 1 else 0.0)
    points -= 2.0 * (1 - len(here) / count)
    points -= {"main": 0.0, "side": 1.2, "head": 1.6, "nav": 2.6, "foot": 3.0}[group.region]
    if titled < 0.25 and dated < 0.3 and strong < 0.5:
        points -= 1.5  # short words without dates are a menu, whatever their number
    reason = (
        f"shape:{shapes.most_common(1)[0][0]}"
        if strong >= 0.5
        else "dates"
        if dated >= 0.5
        else "headings"
        if headed >= 0.5
        else "titles"
    )
    return points, reason


def _weight(title: str | None) -> float:
    """The length of a title in Latin letters; one Chinese character says as much as three."""
    return sum(3.0 if ord(char) > 0x2E7F else 1.0 for char in title or "")


def _headed(element: html.HtmlElement) -> bool:
    headings = {"h1", "h2", "h3", "h4", "h5"}
    above = [str(parent.tag) for parent, _ in zip(element.iterancestors(), range(3), strict=False)]
    return bool(headings & set(above)) or next(element.iter(*headings), None) is not None


def _pager_like(elements: Iterable[html.HtmlElement]) -> bool:
    return any(_PAGER_TEXT.match(" ".join(pieces_of(element))) for element in elements)


def _same(one: str, other: str) -> bool:
    return one.partition("#")[0].partition("://")[2].rstrip("/") == other.partition("#")[0].partition("://")[2].rstrip(
        "/"
    )


def _records(text: str, url: str, encoding: str) -> list[Link]:
    """The links of a list that the page carries as data for its script: Hanweb's <record><![CDATA[<li>…]]></record>."""
    records: list[str] = []
    end = 0
    while len(records) < RECORDS_MAX and (match := _RECORD.search(text, end)):
        end = text.find("]]>", match.end(), match.end() + _RECORD_MAX)
        if end < 0:
            break
        records.append(text[match.end() : end])
    tree = parse(f"<html><body><ul>{''.join(records)}</ul></body></html>") if records else None
    return read_links(tree, url, encoding=encoding) if tree is not None else []
