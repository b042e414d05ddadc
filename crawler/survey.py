"""The crawler room: what a site offers for discovery, found by looking: feeds, sitemaps, lists of news, and by what evidence.

`Survey` asks for a few dozen pages through a `Look`; what each of them gives away is read by `crawler.evidence`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urljoin

from lxml import html

from crawler.discovery import Page, read_seed
from crawler.evidence import feeds_of, frames_of, is_further_page, is_home, is_shell, list_links, site_name, sitemaps_of
from crawler.extraction.decode import decode
from crawler.extraction.tree import parse
from crawler.interfaces import asked_for, seed_of
from crawler.look import Look, Seen
from crawler.platforms import GENERIC, Recognised, recognise
from crawler.source import Seed
from crawler.urls import BadAddress, canonical, in_scope, with_scheme_of

LISTS_TRIED = 14  # pages that may be lists
FEEDS_TRIED = 5
SITEMAPS_TRIED = 4
FRAMES_SEEN = 4
INTERFACES_TRIED = 3  # pages of news, besides the one given, whose scripts are read
LISTS_KEPT = 8  # list seeds of one source
PROBED = 3  # lists without a way to older pages for which the usual ways are tried
PROBED_MIN = 5  # articles that such a list shows: a shorter one is whole
STRONG = 3  # points of a link that says "news", from which it is followed to another host of the same owner
ITEMS_MIN = 3  # articles from which a page is a list of news
BARE_MIN = 5  # links with titles, but without days, from which a page that is called news may be one


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One seed a site offers."""

    seed: Seed
    page: Page
    evidence: str
    doubts: tuple[str, ...] = ()

    @property
    def urls(self) -> frozenset[str]:
        return frozenset(item.url for item in self.page.found)

    @property
    def bare(self) -> bool:
        """Whether nothing but titles says that these are articles."""
        return self.page.method == "titles"

    @property
    def dated(self) -> int:
        """How many of its items carry a date."""
        return sum(item.date is not None for item in self.page.found)


@dataclass(slots=True)
class Surveyed:
    """What was found out about a site."""

    recognised: Recognised = field(default_factory=lambda: Recognised(platform=GENERIC))
    name: str | None = None
    language: str | None = None
    lists: list[Offer] = field(default_factory=list)
    feeds: list[Offer] = field(default_factory=list)
    sitemaps: list[Offer] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)  #: links to news on other hosts, the likeliest first

    @property
    def offers(self) -> list[Offer]:
        """All seeds that the site offers."""
        return [*self.lists, *self.feeds, *self.sitemaps]


class Survey:
    """Looks around one site, from the address somebody gave."""

    def __init__(
        self, look: Look, hosts: Sequence[str], *, at: datetime, on_progress: Callable[[str], None] = lambda _: None
    ) -> None:
        """`at` is the moment dates are read by; `on_progress` is told each address before it is asked for."""
        self._look, self._hosts, self._at, self._on_progress = look, tuple(hosts), at, on_progress

    def around(self, start: Seen) -> Surveyed:
        """What the site of this page offers."""
        result = Surveyed()
        home = self._see(urljoin(start.final, "/"))
        pages = [start] if home.final == start.final or not home.good else [start, home]
        trees = [(seen, tree) for seen in pages if (tree := _tree(seen)) is not None]
        trees += self._framed(trees)
        for _, tree in reversed(trees):  # the home page knows the site's name best, the page given its language
            result.name = result.name or site_name(tree)
            result.language = (tree.get("lang") or "").strip() or result.language
        self._lists(start, trees, result)
        found = tuple(url for offer in result.lists for url in offer.urls)
        result.recognised = max(
            (recognise(_text(seen), found) for seen, _ in trees),
            key=lambda one: len(one.evidence),
            default=result.recognised,
        )
        result.lists = self._with_older_pages(result.lists, result.recognised)
        if not result.lists:
            self._interfaces([seen for seen, _ in trees], result)
        self._feeds(start, trees, result)
        self._sitemaps(start, result)
        if trees and not result.lists and is_shell(trees[0][1]):
            result.doubts.append("the page is empty until JavaScript has run: its list may need `render = true`")
        return result

    def read(self, seed: Seed, seen: Seen, page: int = 1) -> Page:
        """A page of a seed, as a crawl would read it."""
        return read_seed(
            seed, seen.body, seen.final, headers=dict(seen.headers), page=page, hosts=self._hosts, at=self._at
        )

    def _see(self, url: str) -> Seen:
        self._on_progress(url)
        return self._look.at(url)

    def _framed(self, trees: Sequence[tuple[Seen, html.HtmlElement]]) -> list[tuple[Seen, html.HtmlElement]]:
        """What these pages show in frames: a menu or a list may stand there alone."""
        shown = dict.fromkeys(url for seen, tree in trees for url in frames_of(tree, seen.final))
        inside = [self._see(url) for url in list(shown)[:FRAMES_SEEN] if in_scope(url, self._hosts)]
        return [(seen, tree) for seen in inside if (tree := _tree(seen)) is not None]

    def _lists(self, start: Seen, trees: Sequence[tuple[Seen, html.HtmlElement]], result: Surveyed) -> None:
        """The page given is a list if it reads as one; else, and besides, those it and the home page link to."""
        given = self._list_offer(start.final, start, "the page given")
        offers = [given] if given is not None and not is_home(start.final) else []
        links: Counter[str] = Counter()
        abroad: Counter[str] = Counter()
        for seen, tree in trees:
            for linked, points in list_links(tree, seen.final).items():
                url = with_scheme_of(linked, seen.final)
                if not in_scope(url, self._hosts) and points >= STRONG:
                    abroad[url] = max(abroad[url], points)
                if in_scope(url, self._hosts) and _key(url) != _key(start.final) and not is_further_page(url):
                    links[url] = max(links[url], points)
        result.elsewhere = [url for url, _ in abroad.most_common(LISTS_TRIED)]
        known = {_key(offer.seed.url) for offer in offers}
        bare: list[Offer | None] = []
        for url, _ in links.most_common(LISTS_TRIED):
            if offers and is_home(url):
                continue
            seen = self._see(url)
            offer = self._list_offer(url, seen, "a link that promises news") if seen.good else None
            if offer is None and seen.good and links[url] >= STRONG:
                bare.append(self._list_offer(url, seen, "a link that promises news", bare=True))
            if offer is not None and _key(offer.seed.url) not in known:
                known.add(_key(offer.seed.url))
                offers.append(offer)
        for seen, _ in trees:  # a list that stands in a frame is a page of its own
            offer = None if offers else self._list_offer(seen.final, seen, "shown in a frame")
            if offer is not None and seen is not start and not is_home(seen.final):
                offers.append(offer)
        if not offers:
            bare.append(self._list_offer(start.final, start, "the page given", bare=not is_home(start.final)))
            offers = sorted((one for one in bare if one), key=lambda one: -len(one.page.found))[:1]
        if not offers and given is not None:
            offers = [replace(given, doubts=("the front page is read as the list: no list of its own was found",))]
        result.lists = choose_lists(offers)

    def _list_offer(self, url: str, seen: Seen, how: str, *, bare: bool = False) -> Offer | None:
        """A list of news, if this page is one. `bare`: titles alone, without days or known addresses, are taken for one too."""
        seed = Seed(kind="listing", url=url)
        page = self.read(seed, seen)
        if page.problem or len(page.found) < (BARE_MIN if bare else ITEMS_MIN) or not page.method:
            return None
        if (page.method == "titles") != bare:
            return None
        dated = sum(item.date is not None for item in page.found)
        evidence = f"{how}; {len(page.found)} articles by {page.method}, {dated} with a date"
        if page.next:
            evidence += f"; goes on at {page.next[0]} (by {page.pager})"
        doubts = [] if page.next or page.pager else ["no further page of this list was found"]
        doubts += ["nothing but their titles says that these are articles"] if bare else []
        return Offer(seed=seed, page=page, evidence=evidence, doubts=tuple(doubts))

    def _with_older_pages(self, offers: Sequence[Offer], recognised: Recognised) -> list[Offer]:
        """The lists, and for those that name no further page the one that answers where such systems keep it: a button of
        a script may lead there.
        """
        result, probed = [], 0
        for offer in offers:
            ends = offer.page.next or offer.page.pager or len(offer.page.found) < PROBED_MIN or probed >= PROBED
            probed += not ends
            result.append(offer if ends else self._probed(offer, recognised))
        return result

    def _probed(self, offer: Offer, recognised: Recognised) -> Offer:
        base = offer.seed.url.partition("?")[0]
        ways = dict.fromkeys((*recognised.platform.further, *GENERIC.further))
        for way in ways:
            folder = base if base.endswith("/") or way.startswith("?") else f"{base.rsplit('/', 1)[0]}/"
            if way.startswith("page/") and not base.endswith("/"):
                folder = f"{base}/"
            seed = offer.seed.model_copy(update={"next": f"{folder}{way}"})
            seen = self._see(seed.further(2) or base)
            if not seen.good:
                continue
            found = {item.url for item in self.read(seed, seen, page=2).found}
            if len(found - offer.urls) >= ITEMS_MIN and 2 * len(found & offer.urls) < len(found):
                evidence = f"{offer.evidence}; no link leads to older ones, but they answer at {seen.final}"
                return replace(offer, seed=seed, evidence=evidence, doubts=())
        return offer

    def _interfaces(self, pages: Sequence[Seen], result: Surveyed) -> None:
        """Lists that the scripts of these pages, or of those they link to as news, ask an interface for."""
        news = [with_scheme_of(url, seen.final) for seen in pages for url in _news_links(seen)]
        inside = dict.fromkeys(url for url in news if in_scope(url, self._hosts))
        seen_there = [self._look.at(url) for url in list(inside)[:INTERFACES_TRIED]]
        for seen in [*pages, *(one for one in seen_there if one.good)]:
            for url in asked_for(_text(seen), seen.final, self._hosts):
                answer = self._see(url)
                seed = seed_of(answer.body, url, _text(seen), self._hosts) if answer.good else None
                page = self.read(seed, answer) if seed is not None else None
                if seed is None or page is None or len(page.found) < ITEMS_MIN:
                    continue
                evidence = f"{seen.final} asks it for its list; {len(page.found)} items at `{seed.items}`, addresses by `{seed.link}`"
                doubts = () if seed.next else ("how it goes on is not known: see `next`",)
                result.lists.append(Offer(seed=seed, page=page, evidence=evidence, doubts=doubts))
                return

    def _feeds(self, start: Seen, trees: Sequence[tuple[Seen, html.HtmlElement]], result: Surveyed) -> None:
        named = [with_scheme_of(url, seen.final) for seen, tree in trees for url in feeds_of(tree, seen.final)]
        usual = [urljoin(start.final, path) for path in result.recognised.platform.feeds]
        tried: set[str] = set()
        for url in [*named, *usual]:
            if _key(url) in tried or len(tried) >= FEEDS_TRIED or not in_scope(url, self._hosts):
                continue
            tried.add(_key(url))
            seen = self._see(url)
            if not seen.good:
                continue
            page = self.read(Seed(kind="feed", url=url), seen)
            if page.problem or not page.found or any(page.found == offer.page.found for offer in result.feeds):
                continue
            how = (
                "named in the page's head"
                if url in named
                else f"at the usual place of {result.recognised.platform.name}"
            )
            newest = max((item.date for item in page.found if item.date), default=None)
            stale = self._stale(newest, result)
            evidence = f"{how}; {len(page.found)} items, newest {newest or 'undated'}"
            result.feeds.append(Offer(seed=Seed(kind="feed", url=url), page=page, evidence=evidence, doubts=stale))

    @staticmethod
    def _stale(newest: str | None, result: Surveyed) -> tuple[str, ...]:
        listed = max((item.date for offer in result.lists for item in offer.page.found if item.date), default=None)
        if newest and listed and newest[:7] < listed[:7]:
            return (f"the feed ends on {newest[:10]} while the list goes on to {listed[:10]}",)
        return ()

    def _sitemaps(self, start: Seen, result: Surveyed) -> None:
        robots = self._see(urljoin(start.final, "/robots.txt"))
        named = sitemaps_of(robots.body.decode("utf-8", "replace"), robots.final) if robots.good else []
        usual = [urljoin(start.final, path) for path in (*result.recognised.platform.sitemaps, *GENERIC.sitemaps)]
        tried = 0
        for url in dict.fromkeys([*named, *usual]):
            if tried >= SITEMAPS_TRIED or result.sitemaps or not in_scope(url, self._hosts):
                continue
            tried += 1
            seen = self._see(url)
            page = self.read(Seed(kind="sitemap", url=url), seen) if seen.good else None
            if page is not None and not page.problem and page.found:
                how = "named in robots.txt" if url in named else "at its usual place"
                kind = "sitemaps" if page.found[0].kind == "seed" else "addresses"
                evidence = f"{how}; {len(page.found)} {kind}"
                result.sitemaps.append(Offer(seed=Seed(kind="sitemap", url=url), page=page, evidence=evidence))


def choose_lists(offers: Sequence[Offer]) -> list[Offer]:
    """The lists worth walking, the fullest first: those that go on and carry dates before those that do not, none whose
    articles all stand on a better one.
    """
    ranked = sorted(offers, key=lambda one: (bool(one.page.next), one.dated * 2 + len(one.page.found)), reverse=True)
    kept: list[Offer] = []
    seen: set[str] = set()
    for offer in ranked:
        fresh = offer.urls - seen
        if len(kept) < LISTS_KEPT and len(fresh) * 5 >= len(offer.urls):  # a fifth of it is its own
            kept.append(offer)
            seen |= offer.urls
    return kept


def _news_links(seen: Seen) -> list[str]:
    """The links of a page that promise news, the likeliest first."""
    tree = _tree(seen)
    points = list_links(tree, seen.final) if tree is not None else {}
    return sorted(points, key=points.__getitem__, reverse=True)


def _tree(seen: Seen) -> html.HtmlElement | None:
    return parse(_text(seen)) if seen.good else None


def _text(seen: Seen) -> str:
    return decode(seen.body, dict(seen.headers)).text


def _key(url: str) -> str:
    try:
        return canonical(url).partition("://")[2].rstrip("/").removesuffix("/index.html")
    except BadAddress:
        return url
