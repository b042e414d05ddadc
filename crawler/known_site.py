"""The crawler room: what a crawl knows of its site: takes the template from the archive, learns it from the pages at hand,
notices when it no longer fits, and learns it again.

A new source's first pages wait for each other until there is a handful to learn from. Whether the template still fits is
noted page by page and goes into the crawl's report (`archive.TemplateFit`).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from archive import Archive, ArchiveError, Capture, KeptTemplate, TemplateFit, read_capture
from crawler import drift
from crawler.parsing import fits_of, learn_template
from crawler.stations import Hints

HANDFUL = 5  # pages a template is learned from at the least
AMPLE = 20  # distinct articles after which more pages teach nothing new
USEFUL = 3  # distinct articles below which a template says nothing
MORE = 2  # times as many articles as it was learned from: then it is learned again, up to AMPLE
WINDOW = 8  # pages over which it is asked whether the site was rebuilt
PAGES_MAX = 2 * AMPLE  # that a template is learned from
VERSIONS_TRIED = 6  # older ones that may fit a site of several looks
PAGE_BYTES_MAX = 1_000_000  # of a page that something is learned from
LEARNED_MAX = 8  # times in one crawl: to learn costs as much as to read dozens of pages, and some sites fit nothing
PAGES_NOTED = 500  # of a crawl, over which its report says how they fitted

log = logging.getLogger(__name__)
Run = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """An article's page that something may be learned from."""

    url: str
    at: datetime
    headers: Mapping[str, str]
    body: bytes
    fit: drift.Fit  #: how it fits the template it was read with; empty without one


class KnownSite:
    """One source's site during one crawl. For the writer's thread."""

    def __init__(self, archive: Archive, source: str, *, hints: Hints, clock: Callable[[], datetime], run: Run) -> None:
        """`hints` are what is known of every article of the source: its pages are learned from as they are read.

        `run` calls a function for each of many arguments, in the reader's process where there is one; in the place of
        a result it gives the exception.
        """
        self._archive, self._source, self._clock, self._run = archive, source, clock, run
        self._hints = hints
        self._kept: KeptTemplate | None = None
        self._before: drift.Fit = {}  #: how the template's own articles fit it
        self._asked = self._waited = self._looked_back = False
        self._lessons: deque[Lesson] = deque(maxlen=AMPLE)
        self._articles = 0  # of the source, that are known
        self._untaught = 0  # of them, since something was learned, or could not be
        self._learned = 0  # times in this crawl
        self._learned_from = 0  # pages, the last time; fewer of them may have been distinct articles
        self._window: deque[drift.Fit] = deque(maxlen=WINDOW)
        self._pages: deque[drift.Fit] = deque(maxlen=PAGES_NOTED)
        self._drifted: tuple[TemplateFit, ...] = ()

    @property
    def template(self) -> str | None:
        """The template to read pages with, in the form it is kept in."""
        if not self._asked:
            self._asked = True
            self._use(self._archive.template(self._source))
            self._articles = self._archive.counts().get(self._source, 0)
            if self._is_due():
                self._learn(self._enough(), "first pages of the site" if self._kept is None else "more pages")
        return self._kept.state if self._kept is not None else None

    def waits_for_more(self, pages: int) -> bool:
        """Whether so many pages should wait for more of them, so that they are read by somebody who knows the site."""
        return 0 < pages < HANDFUL and not self._waited and self.template is None

    def teach(self, lessons: Sequence[Lesson]) -> bool:
        """Articles that were read with `template` and are about to be kept; True when that changed, so that they should
        be read again.
        """
        self._waited = self._waited or bool(lessons)
        self._lessons.extend(lesson for lesson in lessons if len(lesson.body) <= PAGE_BYTES_MAX)
        self._untaught += len(lessons)
        self._articles += len(lessons)
        for lesson in lessons if self._kept is not None else ():
            self._window.append(lesson.fit)
            self._pages.append(lesson.fit)
        if self._learned >= LEARNED_MAX:
            return False
        if self._kept is None and self._untaught >= HANDFUL:
            return self._learn(self._enough(), "first pages of the site")
        if self._kept is not None and lessons and self._is_rebuilt():
            return self._learn_anew()
        if self._kept is not None and self._is_due():
            return self._learn(self._enough(), "more pages")
        return False

    def fits(self) -> tuple[TemplateFit, ...]:
        """How the pages of this crawl fitted, field by field; where the site turned out to be rebuilt, those that showed it."""
        return self._drifted or drift.compare(self._before, self._pages)

    # ---- whether it fits ---------------------------------------------------------------------------------------------

    def _is_rebuilt(self) -> bool:
        if not drift.is_strange(self._before, self._window[-1]):
            return False
        if len(self._window) < drift.ENOUGH and not self._looked_back:
            self._looked_back = True  # a source that brings one article a crawl is judged by its last few together
            self._look_back()
        return bool(drift.evidence(drift.compare(self._before, self._window)))

    def _look_back(self) -> None:
        """Put what earlier crawls brought before the pages at hand."""
        assert self._kept is not None
        seen = {lesson.url for lesson in self._lessons}
        earlier = [lesson for lesson in self._earlier(WINDOW) if lesson.url not in seen]
        told = [(lesson.body, lesson.url, dict(lesson.headers), self._kept.state, self._hints) for lesson in earlier]
        for lesson, fit in zip(earlier, self._run(fits_of, told), strict=True):
            if isinstance(fit, dict) and fit and len(self._window) < WINDOW:
                self._window.appendleft(fit)
                if len(self._lessons) < AMPLE:
                    self._lessons.appendleft(replace(lesson, fit=fit))

    # ---- learning ----------------------------------------------------------------------------------------------------

    def _is_due(self) -> bool:
        """Whether enough articles are known to be learned from, again or for the first time."""
        if self._kept is None:
            return self._articles >= HANDFUL
        before = max(self._kept.articles, self._learned_from)
        return before < AMPLE and self._articles >= min(AMPLE, MORE * before)

    def _enough(self) -> list[Lesson]:
        """The articles of this crawl, and of the newest that were kept before as many as make AMPLE, all of one look."""
        seen = {lesson.url for lesson in self._lessons}
        earlier = self._earlier(AMPLE) if len(seen) < AMPLE else []
        since = self._kept.since if self._kept is not None else datetime.min.replace(tzinfo=UTC)
        fresh = [lesson for lesson in earlier if lesson.url not in seen and lesson.at >= since]
        return [*self._lessons, *fresh][:AMPLE]

    def _learn_anew(self) -> bool:
        """The pages that the template does not fit show the new site; or an old one, if it has several looks."""
        fits = drift.compare(self._before, self._window)
        self._window.clear()
        strange = [lesson for lesson in self._lessons if drift.is_strange(self._before, lesson.fit)]
        if self._fit_an_older_version(strange):
            return self._learn([*self._lessons, *self._earlier(AMPLE)][:PAGES_MAX], "the site has several looks")
        self._drifted = fits
        self._lessons = deque(strange, maxlen=AMPLE)
        dead = ", ".join(fit.field for fit in fits if drift.has_died(fit))
        return self._learn(strange, f"the site was rebuilt ({dead})", rebuilt=True)

    def _fit_an_older_version(self, lessons: Sequence[Lesson]) -> bool:
        for older in self._archive.templates(self._source)[1 : 1 + VERSIONS_TRIED]:
            told = [
                (lesson.body, lesson.url, dict(lesson.headers), older.state, self._hints)
                for lesson in lessons[-WINDOW:]
            ]
            fits = [fit for fit in self._run(fits_of, told) if isinstance(fit, dict)]
            before = drift.shares_of(older.state)
            if before and fits and not drift.evidence(drift.compare(before, fits)):
                return True
        return False

    def _learn(self, lessons: Sequence[Lesson], why: str, *, rebuilt: bool = False) -> bool:
        """Keep a new version, where these pages say enough. Whatever they hold, the crawl goes on."""
        self._untaught, self._learned_from = 0, len(lessons)
        self._learned += 1
        told = [(lesson.body, lesson.url, dict(lesson.headers)) for lesson in lessons]
        learned = self._run(learn_template, [(told, self._hints)])[0]
        if isinstance(learned, Exception):
            log.warning("nothing can be learned of the site of %s: %s", self._source, learned)
            return False
        state, articles = learned
        if articles < USEFUL:
            return False
        since = min(lesson.at for lesson in lessons)
        if self._kept is not None and not rebuilt:
            since = min(since, self._kept.since)  # the same look, known better
        made = self._archive.keep_template(
            self._source, state, articles=articles, since=since, at=self._clock(), why=why
        )
        log.info("version %d of the template of %s, from %d articles: %s", made.version, self._source, articles, why)
        self._use(made)
        return True

    def _use(self, kept: KeptTemplate | None) -> None:
        before = drift.shares_of(kept.state) if kept is not None else None
        if kept is not None and before is None:
            log.info("the template of %s is of another version of this program and is learned again", self._source)
        self._kept, self._before = (kept, before) if before is not None else (None, {})
        self._window.clear()
        self._pages.clear()

    def _earlier(self, most: int) -> list[Lesson]:
        """What the archive has of the source's newest articles."""
        found = self._archive.newest_captured(self._source, limit=most)
        return [lesson for known, capture in found if (lesson := self._lesson(known.article.url, capture)) is not None]

    def _lesson(self, url: str, capture: Capture) -> Lesson | None:
        if capture.length > PAGE_BYTES_MAX:
            return None
        try:
            exchange = read_capture(self._archive.captures, capture)
        except ArchiveError:
            return None  # one page less teaches a little less; `verify` tells of damaged captures
        return Lesson(url=url, at=capture.at, headers=dict(exchange.headers), body=exchange.body, fit={})
