"""The crawler room: walking one seed: its first page, then as many further pages as there is something to find.

What a page leads to is in the archive before anything else happens, so a crawl that dies here loses nothing. A walk that
was cut short leaves a mark in its seed's visit and goes on from there the next time; the seed's validators are kept only
when the walk came to its end.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from archive import Archive, Visit
from crawler.discovery import Page, read_seed
from crawler.evidence import is_home
from crawler.expect import SeedSaw
from crawler.fetch import Answer, Fetcher
from crawler.frontier import after_trouble, after_unchanged, conditions, ends_walk
from crawler.moves import Lists
from crawler.reader import Reader, Unreadable
from crawler.source import Seed, Source
from crawler.stations import Discovered, Limits, PageKind
from crawler.tally import Tally
from crawler.urls import BadAddress, canonical, in_scope, same_page
from crawler.writer import Writer

MISSES_MAX = 2  # pages in a row that are missing or bring nothing, before a walk ends
SITEMAP_MAX_BYTES = 50 * 1024**2  # the protocol's own bound
SEEDS_DEEP = 3  # an index of sitemaps may name an index, and that one again
GONE = frozenset({404, 410})
BLOCKING = frozenset({PageKind.CHALLENGE, PageKind.LOGIN, PageKind.SHELL})
NAMES_PARTED = " | "  # between the names of a column, in its seed's visit
WAITING_MAX = 100  # pages that a mark remembers: years and months stand side by side, and none leads to the others
_MARK = re.compile(r"^walk stands at page (?=\d)")
_STANDS = re.compile(r"(\d+): (\S+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a walk was cut off: the last page that was kept, then those that were waiting; page number and address of each."""

    stands: tuple[tuple[int, str], ...]

    @property
    def page(self) -> int:
        """The number of the last page that was kept."""
        return self.stands[0][0]

    @property
    def text(self) -> str:
        """As it stands in the seed's visit."""
        return "walk stands at page " + "; ".join(f"{n}: {url}" for n, url in self.stands[:WAITING_MAX])

    @classmethod
    def of(cls, visit: Visit) -> Mark | None:
        """The mark in a seed's visit, if its last walk was cut off."""
        if not _MARK.match(visit.why or ""):
            return None
        return cls(tuple((int(n), url.removesuffix(";")) for n, url in _STANDS.findall(visit.why or "")))


@dataclass(slots=True)
class Walk:
    """One walk as it stands."""

    seed: Seed
    visit: Visit  #: of the seed, as remembered before this walk
    depth: int = 0
    pages: int = 0
    misses: int = 0
    first: Answer | None = None
    found_first: int | None = None
    seen: set[str] = field(default_factory=set)  #: addresses met in this walk
    asked: set[str] = field(default_factory=set)
    queue: deque[tuple[int, str, bool]] = field(default_factory=deque)  #: page number, address, guessed?
    resume: Mark | None = None  #: where the last walk was cut off
    problem: str | None = None
    blocked: bool = False
    names: tuple[str, ...] = ()  #: what its column is called now
    whole: bool = True  #: nothing on the way was unreadable
    inner: list[Discovered] = field(default_factory=list)  #: further seeds it named


class Walker:
    """Walks the seeds of one source."""

    def __init__(  # noqa: PLR0913 - each is asked for by its name
        self,
        source: Source,
        *,
        fetcher: Fetcher,
        writer: Writer,
        archive: Archive,
        tally: Tally,
        limits: Limits,
        clock: Callable[[], datetime],
        crawl: int,
        full: bool,
        reader: Reader | None = None,
        moved_on: Callable[[], None] = lambda: None,
    ) -> None:
        """`moved_on` is called before each page. Without a `reader` pages are parsed in this process."""
        self._source, self._fetcher, self._writer, self._archive = source, fetcher, writer, archive
        self._tally, self._limits, self._clock, self._crawl, self._full = tally, limits, clock, crawl, full
        self._pages, self._moved_on, self._reader = 0, moved_on, reader
        #: addresses that a seed walked before leads to now: news, to be fetched before what is left of a backfill
        self.news: dict[str, None] = {}
        self._listed: set[str] = set()
        self._known = 0

    @property
    def lists(self) -> Lists:
        """What the walks led to so far."""
        return Lists(listed=frozenset(self._listed), known=self._known)

    async def walk(self, seed: Seed, *, depth: int = 0, stated: str | None = None) -> SeedSaw:
        """Walk a seed to its end, or to where nothing new can be. `stated`: the change day its index gives it."""
        known = await self._writer.call(self._archive.visits, self._source.slug, [seed.url])
        visit = known.get(seed.url) or Visit(source=self._source.slug, url=seed.url, role="seed")
        if stated is not None and visit.date == stated and visit.walked_in and not self._full:
            return SeedSaw(url=seed.url)  # its index says: not changed since we walked it
        walk = Walk(seed=seed, visit=replace(visit, role="seed", date=stated or visit.date), depth=depth)
        walk.resume = None if self._full else Mark.of(visit)
        walk.queue.append((1, seed.url, False))
        while walk.queue:
            number, url, guessed = walk.queue.popleft()
            if url in walk.asked:
                continue
            if walk.pages >= seed.pages:
                self._tally.skip("list pages beyond the seed's bound", len(walk.queue) + 1)
                break
            if self._pages >= self._limits.seed_pages:
                self._tally.skip("list pages beyond the crawl's bound", len(walk.queue) + 1)
                walk.whole = False
                break
            walk.asked.add(url)
            if not await self._page(walk, number, url, guessed=guessed):
                break
        return await self._end(walk)

    async def _page(self, walk: Walk, number: int, url: str, *, guessed: bool) -> bool:
        """One page of the walk; False: the walk ends with it."""
        self._moved_on()
        first = walk.first is None
        etag, last_modified = conditions(walk.visit, full=self._full) if first else (None, None)
        room = SITEMAP_MAX_BYTES if walk.seed.kind == "sitemap" else None
        page_like = walk.seed.kind == "listing"
        answer = await self._fetcher.fetch(url, etag=etag, last_modified=last_modified, max_bytes=room, page=page_like)
        self._pages += 1
        walk.pages += 1
        if first:
            walk.first = answer
        if answer.status == 304 and first:
            return False
        if answer.status in (404, 410) and not first:
            return self._missed(walk)
        if answer.status != 200:
            walk.whole = False
            self._trouble(walk, answer, first=first, guessed=guessed)
            return False
        if first and is_home(answer.final) and not is_home(walk.seed.url):
            walk.problem, walk.whole = f"leads to the front page {answer.final}", False
            return False
        page = await self.parse(walk.seed, answer, number)
        self._tally.skip("out of scope", page.outside)
        return await self._read(walk, page, number, answer, first=first)

    async def parse(self, seed: Seed, answer: Answer, number: int = 1) -> Page:
        """What this answer says as a page of this seed; nothing is kept."""
        return await asyncio.to_thread(self._parse, seed, answer, number)

    def _parse(self, seed: Seed, answer: Answer, number: int) -> Page:
        read = self._reader.read if self._reader is not None else _at_once
        try:
            return read(
                read_seed,
                seed,
                answer.body,
                answer.final,
                headers=dict(answer.headers),
                page=number,
                hosts=self._source.hosts,
                at=self._clock(),
                timezone=self._source.timezone,
            )
        except Unreadable as error:
            self._tally.skip("parsing took too much")
            return Page(problem=f"{answer.url}: {error}")

    def _trouble(self, walk: Walk, answer: Answer, *, first: bool, guessed: bool) -> None:
        said = answer.why or f"answers {answer.status} {answer.reason}".rstrip()
        if first:
            walk.problem, walk.blocked = said, answer.walled or (answer.trouble == "robots" and not answer.passing)
        elif not guessed and answer.trouble != "stopped":
            self._tally.skip(f"list page: {answer.trouble or answer.status}")

    async def _read(self, walk: Walk, page: Page, number: int, answer: Answer, *, first: bool) -> bool:
        if page.problem:
            walk.whole = False
            if first:
                walk.problem, walk.blocked = page.problem, page.wall in BLOCKING
                return False
            if page.wall in BLOCKING:
                self._tally.skip(f"list page: {page.wall}")
        if first:
            walk.names = page.names
        for reason, count in page.skipped.items():
            self._tally.skip(reason, count)
        found = self._addresses(page.found)
        inner = [item for item in page.found if item.kind == "seed"]
        if first:
            walk.found_first = len(found) + len(inner)
        fresh = [url for url in found if url not in walk.seen]
        if not first and not fresh and not inner:
            return self._missed(walk)
        walk.misses = 0
        walk.seen.update(found)
        known = await self._writer.call(self._archive.visits, self._source.slug, list(found))
        self._listed.update(found)
        self._known += sum(visit.found_in != self._crawl for visit in known.values())
        mark = Mark(stands=((number, answer.url), *((n, waits) for n, waits, _ in walk.queue))).text
        at = replace(
            walk.visit, state="done", status=200, etag=None, last_modified=None, failures=0, why=mark, last_at=self._clock()
        )  # fmt: skip
        if walk.resume is None or number >= walk.resume.page or walk.depth:
            walk.visit = at
        else:  # until the walk stands where the last one stood, that mark stays
            walk.visit = replace(at, why=walk.resume.text)
        self._tally.discovered += await self._writer.call(self._archive.keep_seed, walk.visit, list(found.values()))
        if walk.visit.walked_in:
            self.news.update(dict.fromkeys(url for url in found if url not in known))
        walk.inner += inner
        if not self._full and page.ordered and ends_walk(found, known, walk.visit.walked_in):
            return False
        if walk.resume is not None and page.ordered and self._met(walk, found, known, number):
            return True
        walk.queue.extend(
            (number + 1 + i, url, page.guessed) for i, url in enumerate(page.next) if url not in walk.asked
        )
        return True

    def _met(self, walk: Walk, found: Mapping[str, Visit], known: Mapping[str, Visit], number: int) -> bool:
        """All of this page was kept by the walk that was cut off: go on where that one stood."""
        assert walk.resume is not None
        if number >= walk.resume.page:
            walk.resume = None
            return False
        if not found or any(url not in known for url in found):
            return False
        walk.queue.clear()
        walk.queue.extend((n, url, False) for n, url in walk.resume.stands)
        walk.resume = None
        return True

    def _missed(self, walk: Walk) -> bool:
        walk.misses += 1
        return walk.misses < MISSES_MAX

    def _addresses(self, found: Iterable[Discovered]) -> dict[str, Visit]:
        """The article addresses of a page in its order, each once, inside the scope."""
        kept: dict[str, Visit] = {}
        for item in found:
            if item.kind != "article":
                continue
            try:
                url = canonical(item.url, self._source.hosts)
            except BadAddress:
                self._tally.skip("bad address")
                continue
            if not in_scope(url, self._source.hosts):
                self._tally.skip("out of scope")
                continue
            kept.setdefault(
                url,
                Visit(source=self._source.slug, url=url, found_in=self._crawl, title=item.title, date=item.date),
            )
        return kept

    async def _end(self, walk: Walk) -> SeedSaw:
        """Keep what the walk came to."""
        now, first = self._clock(), walk.first
        assert first is not None
        if first.status == 304:
            await self._writer.call(self._archive.keep_visit, after_unchanged(walk.visit, now, status=304))
            return SeedSaw(url=walk.seed.url, status=304)
        if walk.problem:
            if first.trouble != "stopped":
                kept = after_trouble(walk.visit, now, why=walk.visit.why or walk.problem, status=first.status)
                await self._writer.call(self._archive.keep_visit, kept)
        else:
            whole = walk.whole and await self._inner(walk)
            first = walk.first or first
            etag, last_modified = first.validators
            if whole:
                done = replace(
                    walk.visit, title=NAMES_PARTED.join(walk.names) or None, etag=etag, last_modified=last_modified, why=None,
                    walked_in=self._crawl, last_at=now, next_at=None,
                )  # fmt: skip
                await self._writer.call(self._archive.keep_visit, done)
        return SeedSaw(
            url=walk.seed.url,
            problem=walk.problem,
            status=first.status,
            found=walk.found_first,
            blocked=walk.blocked,
            lost=walk.problem is not None and not walk.blocked and (first.status in GONE or first.status == 200),
            leads_to=self._leads_to(walk, first),
            names=tuple((walk.visit.title or "").split(NAMES_PARTED)) if walk.visit.title else (),
        )

    def _leads_to(self, walk: Walk, first: Answer) -> str | None:
        """Where a seed's address sends its readers: out of the scope, or to another place for good."""
        if first.trouble == "scope" and not same_page(first.final, walk.seed.url):
            return first.final
        return first.moved_to if walk.problem is None else None

    async def _inner(self, walk: Walk) -> bool:
        """The seeds that a seed named (an index of sitemaps); False when one could not be walked to its end."""
        if walk.inner and walk.depth >= SEEDS_DEEP:
            self._tally.skip("sitemap nested too deep", len(walk.inner))
            return True
        whole = True
        for item in walk.inner:
            if not in_scope(item.url, self._source.hosts):
                self._tally.skip("out of scope")
                continue
            if self._pages >= self._limits.seed_pages:
                self._tally.skip("list pages beyond the crawl's bound")
                return False
            seed = walk.seed.model_copy(update={"url": item.url})
            saw = await self.walk(seed, depth=walk.depth + 1, stated=item.date)
            whole = whole and saw.problem is None
            # Without a stated day for each, an unchanged index says nothing about what it lists: ask it again in full.
            if item.date is None and walk.first is not None:
                walk.first = replace(walk.first, headers=())
        return whole


def _at_once(function: Callable[..., Page], *args: Any, **options: Any) -> Page:
    return function(*args, **options)
