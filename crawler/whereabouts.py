"""The crawler room: a list that is lost, and where it may be now. Columns are renamed and moved; their names, the shape of their
address and above all their articles stay. Proposed is what a person would find: nothing is changed by itself.

`candidates` reads a page that may lead there (the home page); `Search` asks for the few best and looks what they hold.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from urllib.parse import unquote, urlsplit

from archive import CrawlReport
from crawler.discovery import Page
from crawler.discovery.items import text_of
from crawler.discovery.links import read_links
from crawler.evidence import feeds_of, is_further_page, is_home, list_links
from crawler.extraction.decode import decode
from crawler.extraction.tree import parse
from crawler.fetch import Answer, Fetcher
from crawler.reader import Reader, Unreadable
from crawler.shapes import file_ending
from crawler.source import Seed
from crawler.urls import in_scope, same_page, with_scheme_of

ASKED_MAX = 5  # candidates that are asked for
FOUND_MIN = 3  # articles from which a page is a list
KNOWN_MIN = 2  # known articles that prove a candidate
POINTS_MIN = 1.0  # of a candidate that is worth a request
LINE = 0.6  # likeness of two addresses, from 0 to 1, below which it says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A seed that is not where it was."""

    seed: Seed
    names: tuple[str, ...] = ()  #: what its column was called


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address that may be it."""

    url: str
    points: float
    why: str
    named: bool = False  #: it is called as the lost one was


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Where a lost seed probably is now, and by what evidence."""

    url: str
    why: str


def candidates(
    data: bytes, url: str, headers: Mapping[str, str], lost: Lost, hosts: Sequence[str]
) -> tuple[Candidate, ...]:
    """What this page links to that may be the lost seed, the likeliest first. Pure."""
    tree = parse(decode(data, headers).text)
    if tree is None:
        return ()
    found: dict[str, Candidate] = {}
    if lost.seed.kind == "feed":
        offered = [(feed, 3.0, "named as a feed") for feed in feeds_of(tree, url)]
    else:
        offered = [(link, points / 2, "a link that promises news") for link, points in list_links(tree, url).items()]
    for address, points, why in offered:
        found[address] = Candidate(url=address, points=points, why=why)
    for link in read_links(tree, url):
        if lost.seed.kind == "feed":
            break
        points, why, named = _weighed(link.url, f"{text_of(link.element)}", link.element.get("title") or "", lost)
        known = found.get(link.url)
        if points and (known is None or known.points < points):
            more = known.points / 2 if known else 0.0
            found[link.url] = Candidate(url=link.url, points=points + more, why=why, named=named)
    fit = [
        one
        for one in found.values()
        if one.points >= POINTS_MIN and in_scope(one.url, hosts) and not is_home(one.url)
        and not is_further_page(one.url) and not file_ending(one.url) and not same_page(one.url, lost.seed.url)
    ]  # fmt: skip
    return tuple(sorted(fit, key=lambda one: -one.points)[: 2 * ASKED_MAX])


def _weighed(url: str, label: str, title: str, lost: Lost) -> tuple[float, str, bool]:
    """How much a link speaks for being the lost list: by its words, by its address."""
    words = {_bare(label), _bare(title)} - {""}
    named = next((name for name in lost.names if _bare(name) in words), None)
    likeness = _likeness(url, lost.seed.url)
    points = (5.0 if named else 0.0) + (3.0 * likeness if likeness >= LINE else 0.0)
    if named:
        return points, f"linked as “{named}”", True
    return points, "an address of nearly the same shape", False


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def _likeness(one: str, other: str) -> float:
    """Of the paths: the last named part counts most, as in /xwdt/zhxw/ and /xwzx/zhxw/."""
    parts = [
        [
            part
            for part in unquote(urlsplit(url).path).lower().split("/")
            if part and not re.match(r"^(?:index|list)\b", part)
        ]
        for url in (one, other)
    ]
    if not all(parts):
        return 0.0
    last = 1.0 if parts[0][-1] == parts[1][-1] else SequenceMatcher(None, parts[0][-1], parts[1][-1]).ratio() * 0.8
    whole = SequenceMatcher(None, parts[0], parts[1]).ratio()
    return 0.7 * last + 0.3 * whole


def carried_over(url: str, history: Sequence[CrawlReport]) -> tuple[str, str] | None:
    """What earlier crawls found out about this lost seed; None: it is time to look (again): in the first crawl that misses
    it, then in the second, fourth, eighth.
    """
    streak = next((n for n, report in enumerate(history) if url not in report.proposals), len(history))
    if streak & (streak - 1) == 0:
        return None
    return history[0].proposals[url], "as an earlier crawl found"


class Search:
    """Looks for lost seeds of one source, with the crawl's own manners."""

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        hosts: Sequence[str],
        parse: Callable[[Seed, Answer], Awaitable[Page]],
        reader: Reader | None,
        known: Callable[[Sequence[str]], Awaitable[int]],
    ) -> None:
        """`parse` reads a list; `known` says how many of these articles the archive has. Without a `reader` the home
        page is read in this process.
        """
        self._fetcher, self._hosts, self._parse, self._reader, self._known = fetcher, tuple(hosts), parse, reader, known

    async def look_for(self, lost: Lost, *, start: str) -> Proposal | None:
        """The best of what `start` (the home page) leads to; None when nothing there is it."""
        home = await self._fetcher.fetch(start)
        if home.status != 200:
            return None
        best: tuple[tuple[int, float], Proposal] | None = None
        for one in (await asyncio.to_thread(self._candidates, home, lost))[:ASKED_MAX]:
            url = with_scheme_of(one.url, home.final)
            answer = await self._fetcher.fetch(url)
            if answer.status != 200 or is_home(answer.final):
                continue
            page = await self._parse(lost.seed.model_copy(update={"url": url}), answer)
            found = [item.url for item in page.found if item.kind == "article"]
            if page.problem or len(found) < FOUND_MIN:
                continue
            known = await self._known(found)
            if known < KNOWN_MIN and not one.named:
                continue
            rank = (known, one.points)
            if best is None or rank > best[0]:
                best = rank, Proposal(url=url, why=f"{one.why}; {len(found)} articles, {known} of them known")
        return best[1] if best else None

    def _candidates(self, home: Answer, lost: Lost) -> tuple[Candidate, ...]:
        told = (home.body, home.final, dict(home.headers), lost, self._hosts)
        try:
            return candidates(*told) if self._reader is None else self._reader.read(candidates, *told)
        except Unreadable:
            return ()
