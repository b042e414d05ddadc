"""The crawler room: under which address an article is kept, and whether it is one we know from another. Asks where it must.

What follows from the answers is decided in `crawler.moves` and `crawler.canonicals`. For the writer's thread alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from archive import Archive, Article, Known, Visit
from crawler.canonicals import Canonicals
from crawler.fetch import Answer
from crawler.moves import Lists, Old, is_move, judge_old, judge_page, pick_twin, says_same
from crawler.reader import Unreadable
from crawler.shapes import family
from crawler.source import Source
from crawler.stations import NotAnArticle
from crawler.urls import same_page

SAMPLE = 300  # addresses of the source by which a new kind of address is known

Read = Callable[[Answer, str], Article | NotAnArticle]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What is known of an article's address."""

    moved_from: str | None = None  #: the article's old address: it is re-addressed
    waits: Answer | None = None  #: nothing can be said before the old address answers otherwise than so


class Addresses:
    """The addresses of one crawl."""

    def __init__(self, archive: Archive, source: Source, *, probe: Callable[[str], Answer], read: Read) -> None:
        """`probe` asks an address, `read` reads what came; both wait for it."""
        self._archive, self._source, self._probe, self._read = archive, source, probe, read
        self._lists = Lists()
        self._canonicals = Canonicals(source.hosts, home=source.home, seeds=[seed.url for seed in source.discover])
        self._alive: set[str] = set()  # that answered as articles in this crawl
        self._old: dict[str, tuple[Old, Answer | None]] = {}  # what old addresses answered in this crawl
        self._moving = False
        self._families: set[str] | None = None

    def learn(self, lists: Lists) -> None:
        """What the lists led to; before the first article."""
        self._lists = lists

    def answered(self, url: str) -> None:
        """An article stands at this address."""
        self._alive.add(url)

    # --- rel=canonical ------------------------------------------------------------------------------------------------

    def own(self, article: Article, said: str | None) -> str:
        """The article's own address: the one it was read from, or the one its page names, if that can be believed."""
        named = self._canonicals.claim(article.url, said, f"{article.title}\n{article.body}")
        if named is None:
            return article.url
        there = self._archive.at_addresses(article.source, [named]).get(named)
        if there is not None:
            return named if says_same(there.article, article) else self._doubt(article.url, named)
        if self._canonicals.is_proven(article.url, named):
            return named
        answer = self._probe(named)
        if answer.status != 200 or not same_page(answer.final, named):
            # Not now, or not at all: then the page stays where it was found, as long as nobody knows better.
            return article.url if answer.status is None else self._doubt(article.url, named)
        try:
            read = self._read(answer, named)
        except Unreadable:
            return self._doubt(article.url, named)
        if isinstance(read, NotAnArticle) or not says_same(read, article):
            return self._doubt(article.url, named)
        self._canonicals.prove(article.url, named)
        return named

    def _doubt(self, url: str, named: str) -> str:
        self._canonicals.refute(url, named)
        return url

    # --- old addresses ------------------------------------------------------------------------------------------------

    def twins(self, articles: Sequence[Article]) -> dict[str, Known]:
        """By their addresses, the articles that these may be: with the very same text, or, where addresses are on the
        move, with nearly the same under the same title.
        """
        found = self._archive.twins(articles)
        others = [article for article in articles if article.url not in found and self._may_have_moved(article.url)]
        near = self._archive.near_twins(others) if others else {}
        for article in others:
            if (twin := pick_twin(article, near.get(article.url, ()))) is not None:
                found[article.url] = twin
        return found

    def _may_have_moved(self, url: str) -> bool:
        """Worth the search: the lists are new altogether, others have moved, or addresses of this kind are new here."""
        if self._families is None:
            self._families = {family(one) for one in self._archive.sample_addresses(self._source.slug, SAMPLE)}
        if not self._families:
            return False  # the source's first crawl: there was nothing that could have moved
        return self._lists.uprooted or self._moving or family(url) not in self._families

    def place(self, article: Article, twin: Known | None, visit: Visit) -> Placed:
        """Is this the twin, moved? Its old address is asked once a crawl, and not at all where the lists say it."""
        if twin is None:
            return Placed()
        old = twin.article.url
        if self._lists.replace(old, article.url):
            self._moving = True
            return Placed(moved_from=old)
        stands, answer = self._stands(old, article)
        moved = is_move(stands, self._lists, old_url=old, new_url=article.url, failures=visit.failures)
        if moved is None:
            return Placed(waits=answer)
        self._moving = self._moving or moved
        return Placed(moved_from=old if moved else None)

    def _stands(self, old: str, article: Article) -> tuple[Old, Answer | None]:
        if old in self._alive:
            return Old.ALIVE, None
        if old not in self._old:
            answer = self._probe(old)
            stands = judge_old(answer, old, article.url)
            try:
                stands = stands or judge_page(self._read(answer, old), article)
            except Unreadable:
                stands = Old.SILENT
            self._old[old] = stands, answer
        return self._old[old]
