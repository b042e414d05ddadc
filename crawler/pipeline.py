"""The crawler room: stations 6 to 11 of an article's way: captured, read, put into normal form, compared, kept, logged.

Answers come in groups: the pages of a group are read together, and what became of them is kept in one transaction. One bad
page costs that page alone. All of this runs in the writer's thread (`crawler.writer`).
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from archive import Archive, ArchiveError, Arrival, Article, Capture, CaptureWriter, Known, Visit
from crawler import frontier
from crawler.addresses import Addresses
from crawler.attachments import Files, wanted
from crawler.fetch import Answer
from crawler.known_site import KnownSite, Lesson
from crawler.moves import Lists
from crawler.parsing import ReadPage, read_page
from crawler.patience import patiently
from crawler.reader import Reader, Unreadable
from crawler.source import Source
from crawler.stations import NotAnArticle, PageKind
from crawler.tally import Tally
from crawler.urls import BadAddress, canonical, same_page

WAITING = frozenset({PageKind.CHALLENGE, PageKind.LOGIN, PageKind.SHELL})  # stand in the page's place for now
WALLS = frozenset({PageKind.CHALLENGE, PageKind.LOGIN})

_CHARACTER = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An article's address and what it answered."""

    visit: Visit
    answer: Answer
    digest: str | None = field(init=False, default=None)  #: of the bytes, where some came

    def __post_init__(self) -> None:
        if self.answer.trouble is None and self.answer.status == 200:
            object.__setattr__(self, "digest", "sha256:" + hashlib.sha256(self.answer.body).hexdigest())

    @property
    def is_new(self) -> bool:
        """Is this answer a page, and not the very one we have?"""
        return self.digest is not None and (self.visit.state != "done" or self.visit.digest != self.digest)


@dataclass(slots=True, kw_only=True)
class _Page:
    """A page on its way."""

    item: Fetched
    url: str  #: its own address
    capture: Capture
    made: Article | NotAnArticle | Exception | None = None
    canonical: str | None = None
    fit: Mapping[str, float] = field(default_factory=dict)
    twin: Known | None = None  #: the same text at another address of this source

    def lesson(self) -> Lesson | None:
        """What may be learned of its site; nothing from what is no article."""
        if not isinstance(self.made, Article):
            return None
        answer = self.item.answer
        return Lesson(url=self.url, at=self.capture.at, headers=dict(answer.headers), body=answer.body, fit=self.fit)


def words_in(text: str) -> int:
    """Words of a text; in scripts without blanks between them two characters count as one."""
    return len(_WORD.findall(text)) + len(_CHARACTER.findall(text)) // 2


class Pipeline:
    """Takes groups of answers into the archive. For one thread."""

    def __init__(  # noqa: PLR0913 - each is asked for by its name
        self,
        archive: Archive,
        source: Source,
        *,
        tally: Tally,
        clock: Callable[[], datetime],
        software: str,
        probe: Callable[[str], Answer],
        files_of: tuple[str, ...] = (),
        reader: Reader | None = None,
    ) -> None:
        """`probe` asks an address and waits for its answer. Without a `reader` pages are parsed in this process.
        `files_of`: what of an article is fetched besides its page (`crawler.attachments.roles`).
        """
        self._archive, self._source, self._tally, self._clock = archive, source, tally, clock
        self._reader = reader
        self._captures = CaptureWriter(archive.captures, prefix=source.slug, software=software)
        self.files = Files(archive, self._captures, tally=tally, clock=clock, reader=reader)
        self._files_of = files_of
        self.site = KnownSite(archive, source.slug, hints=source.hints(None, None), clock=clock, run=self._run)
        self._arrivals: list[Arrival] = []
        self._visits: list[Visit] = []
        self._again: list[tuple[str, Capture]] = []  # of pages that sent the bytes we have
        self._held: dict[str, Capture] = {}  # by digest: captures that have the bytes of this group already
        self._addresses = Addresses(archive, source, probe=probe, read=self._read_one)
        self._selectors = source.extract.selectors()

    def learn(self, lists: Lists) -> None:
        """What the lists of this crawl led to; before its first article."""
        self._addresses.learn(lists)

    def close(self) -> None:
        """Close the captures' file."""
        self._captures.close()

    def waits_for_more(self, group: Sequence[Fetched]) -> bool:
        """Whether a group should grow before it is taken: a site's first pages are read together."""
        return self.site.waits_for_more(sum(item.is_new for item in group))

    def take(self, group: Sequence[Fetched]) -> None:
        """All of the group is kept when this returns. Raises ArchiveError when it cannot be."""
        self._held = self._archive.captures_of({item.digest for item in group if item.digest is not None})
        pages = {number: self._survive(item, self._captured) for number, item in enumerate(group) if item.is_new}
        self._read([page for page in pages.values() if page is not None])
        for number, item in enumerate(group):
            if number not in pages:
                self._survive(item, self._conclude)
            elif (page := pages[number]) is not None:
                self._survive(item, partial(self._settle, page))
        self._flush()

    def _survive(self, item: Fetched, do: Callable[[Fetched], T]) -> T | None:
        """The one place where a page that cannot be processed is caught, named and left behind."""
        try:
            return do(item)
        except ArchiveError:
            raise
        except Unreadable as error:
            self._tally.skip("parsing took too much")
            self._keep(frontier.after_doubt(item.visit, self._clock(), why=str(error), status=item.answer.status))
        except Exception as error:
            log.exception("page %s cannot be processed", item.visit.url)
            self._tally.skip("page cannot be processed")
            why = f"cannot be processed: {type(error).__name__}: {error}"[:500]
            self._keep(frontier.after_trouble(item.visit, self._clock(), why=why, status=item.answer.status))
        return None

    def _flush(self) -> None:
        """Keep what waits: articles first, then what is to be remembered of addresses without one."""
        if self._arrivals:
            group, self._arrivals = self._arrivals, []
            patiently(self._captures.flush)
            changes = patiently(lambda: self._archive.store_batch(group))
            for arrival, made in zip(group, changes, strict=True):
                self._tally.changed(made, arrival.article.published)
        if self._visits or self._again:
            visits, self._visits, again, self._again = self._visits, [], self._again, []
            if again:
                patiently(self._captures.flush)
            patiently(lambda: self._archive.keep_visits(visits, again))

    def _keep(self, visit: Visit) -> None:
        self._visits.append(visit)

    # ---- pages ---------------------------------------------------------------------------------------------------------

    def _captured(self, item: Fetched) -> _Page:
        """Station 6."""
        self._tally.fetched += 1
        return _Page(item=item, url=self._address(item.visit, item.answer), capture=self._capture(item))

    def _capture(self, item: Fetched) -> Capture:
        """Request and response into the WARC file; bytes that are there already are referred to."""
        answer = item.answer
        write = partial(
            self._captures.write,
            url=answer.final,
            at=self._clock(),
            request_headers=answer.request_headers,
            status=200,
            reason=answer.reason,
            headers=answer.headers,
            body=answer.body,
            served=answer.served,
            original=self._held.get(item.digest or ""),
        )
        capture = patiently(write)
        self._held.setdefault(capture.digest, capture)
        return capture

    def _read(self, pages: Sequence[_Page]) -> None:
        """Stations 7 and 8, and the questions whose answer a new address waits for: is it the article's own, and does its
        text stand elsewhere?
        """
        self._read_as_known(pages)
        if self.site.teach([lesson for page in pages if (lesson := page.lesson()) is not None]):
            self._read_as_known(pages)
        new: dict[str, _Page] = {}
        for page in pages:
            if isinstance(page.made, Article) and page.item.visit.state == "todo":
                page.made = replace(page.made, url=self._addresses.own(page.made, page.canonical))
                new[page.made.url] = page
            if isinstance(page.made, Article):
                self._addresses.answered(page.made.url)
        twins = self._addresses.twins([page.made for page in new.values() if isinstance(page.made, Article)])
        for url, page in new.items():
            page.twin = twins.get(url)

    def _read_as_known(self, pages: Sequence[_Page]) -> None:
        """Read with what is known of the site by now."""
        told = [self._told(page.item.answer, page.url, page.item.visit) for page in pages]
        for page, read in zip(pages, self._run(read_page, told), strict=True):
            if isinstance(read, ReadPage):
                page.made, page.canonical, page.fit = read.made, read.canonical, read.fit
            else:
                page.made = read

    def _told(self, answer: Answer, url: str, visit: Visit) -> tuple[Any, ...]:
        """What the reader is told of a page."""
        hints, headers = self._source.hints(visit.title, visit.date), dict(answer.headers)
        return (answer.body, url, headers, self._clock(), self._selectors, hints, self._source.slug, self.site.template)

    def _read_one(self, answer: Answer, url: str) -> Article | NotAnArticle:
        """A page that was asked for to decide about another one. Raises Unreadable."""
        told = self._told(answer, url, Visit(source=self._source.slug, url=url, title=""))
        return (self._reader.read(read_page, *told) if self._reader is not None else read_page(*told)).made

    def _run(self, function: Callable[..., T], many: Sequence[tuple[Any, ...]]) -> list[T | Exception]:
        """In the reader's process where there is one."""
        if self._reader is not None:
            return self._reader.read_many(function, many)
        return [function(*one) for one in many]

    def _address(self, visit: Visit, answer: Answer) -> str:
        """The article's own address: where permanent redirects lead, else the one that was discovered."""
        target = answer.moved_to or visit.url
        if same_page(target, answer.final):
            target = answer.final  # the scheme that answered
        try:
            return canonical(target, self._source.hosts)
        except BadAddress:
            return visit.url

    def _settle(self, page: _Page, item: Fetched) -> None:
        """What was read off a page goes on its way."""
        made, now = page.made, self._clock()
        if isinstance(made, Exception):
            raise made
        if isinstance(made, NotAnArticle):
            self._not_an_article(item.visit, item.answer, now, made)
        elif made is not None:
            self._tally.walled_in_a_row = 0
            self._count_fields(made)
            self._arrive(page, made, now)

    def _not_an_article(self, visit: Visit, answer: Answer, now: datetime, made: NotAnArticle) -> None:
        why = f"{made.kind.value}: {made.why}" if made.why else made.kind.value
        if made.kind in WALLS:
            self._walled(visit, answer, now, made.kind.value)
            return
        self._tally.skip(f"not an article: {made.kind.value}")
        after = frontier.after_doubt if made.kind in WAITING else frontier.after_refusal
        self._keep(after(visit, now, why=why, status=200))

    def _arrive(self, page: _Page, article: Article, now: datetime) -> None:
        visit, answer = page.item.visit, page.item.answer
        led = not same_page(article.url, visit.url)
        here, moved_from = visit, visit.url if led and visit.state == "done" else None
        if led:
            here = Visit(
                source=visit.source, url=article.url, found_in=visit.found_in, title=visit.title, date=visit.date
            )
        if visit.state == "todo":
            placed = self._addresses.place(article, page.twin, visit)
            repeats = page.twin is not None and placed.moved_from is None
            self._tally.repeats_in_a_row = self._tally.repeats_in_a_row + 1 if repeats else 0
            if placed.waits is not None:  # copy or move? That is decided when the old address answers
                if placed.waits.trouble != "stopped":
                    said = placed.waits.trouble or f"status {placed.waits.status}"
                    self._tally.skip(said)
                    self._keep(frontier.after_trouble(visit, now, why=placed.waits.why or said, status=None))
                return
            moved_from = placed.moved_from
        # Validators are those of the address that answered.
        etag, last_modified = answer.validators if same_page(article.url, answer.final) else (None, None)
        here = frontier.after_article(
            here,
            now,
            etag=etag,
            last_modified=last_modified,
            digest=page.capture.digest,
            published=article.published,
        )
        files, outside = wanted(article, self._source, self._files_of)
        self._tally.skip("file: out of scope", outside)
        self._arrivals.append(
            Arrival(
                article=article,
                at=now,
                visit=here,
                capture=page.capture,
                files=tuple(files),
                moved_from=moved_from,
                led_from=visit.url if led else None,
            )
        )
        if led:
            self._keep(frontier.after_move(visit, now, to=article.url, status=answer.moved_by or 200))

    def _count_fields(self, article: Article) -> None:
        counted = self._tally.fields
        self._tally.read += 1
        counted["articles"] += 1
        for name in ("title", "body", "published", "author", "origin", "section", "language"):
            if getattr(article, name):
                counted[name] += 1
        least = self._source.expect.body_words_min
        self._tally.short += least is not None and words_in(article.body) < least

    # ---- all other answers -------------------------------------------------------------------------------------------

    def _conclude(self, item: Fetched) -> None:
        visit, answer, now = item.visit, item.answer, self._clock()
        if answer.trouble is not None:
            self._no_answer(visit, answer, now)
        elif answer.status == 200 or (answer.status == 304 and visit.state == "done"):
            self._unchanged(item, now)
        elif answer.status in (404, 410):
            self._missing(visit, answer, now)
        elif answer.walled:
            self._walled(visit, answer, now, f"answers {answer.status}")
        else:
            self._tally.skip(f"status {answer.status}")
            self._keep(frontier.after_trouble(visit, now, why=f"status {answer.status}", status=answer.status))

    def _unchanged(self, item: Fetched, now: datetime) -> None:
        """The bytes we have. Where they stand at another address for good now, the article is re-addressed."""
        visit, answer = item.visit, item.answer
        if item.digest is not None and answer.served is None:  # what a browser showed has no record that only refers
            self._again.append((visit.source, self._capture(item)))
        self._tally.not_modified += 1
        self._addresses.answered(visit.url)
        new = self._address(visit, answer)
        if same_page(new, visit.url):
            self._keep(frontier.after_unchanged(visit, now, status=answer.status or 304))
            return
        self._flush()
        kept = frontier.after_move(visit, now, to=new, status=answer.moved_by)
        change = patiently(lambda: self._archive.moved(visit.source, visit.url, new, at=now, visit=kept))
        if change is not None:
            self._tally.changed([change])

    def _no_answer(self, visit: Visit, answer: Answer, now: datetime) -> None:
        if answer.trouble == "stopped":
            return  # it was never asked: it stays as it is
        self._tally.skip(answer.trouble or "trouble")
        after = frontier.after_trouble if answer.passing else frontier.after_refusal
        self._keep(after(visit, now, why=answer.why, status=answer.status))

    def _missing(self, visit: Visit, answer: Answer, now: datetime) -> None:
        after = frontier.after_gone if answer.status == 410 else frontier.after_missing
        kept = after(visit, now)
        change = None
        if visit.state == "done":
            self._flush()
            change = patiently(lambda: self._archive.gone(visit.source, visit.url, at=now, visit=kept))
        else:
            self._keep(kept)
            self._tally.skip(f"status {answer.status}")
        if change is not None:
            self._tally.gone += 1
            self._tally.changed([change])

    def _walled(self, visit: Visit, answer: Answer, now: datetime, why: str) -> None:
        self._tally.walled += 1
        self._tally.walled_in_a_row += 1
        self._tally.skip(f"blocked: {why}")
        self._keep(frontier.after_doubt(visit, now, why=why, status=answer.status))
