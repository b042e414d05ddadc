"""The crawler room: attachments and pictures: which of them an article wants fetched, and what becomes of their answers.

Answers are taken one at a time in the writer's thread: a file may be large, and its text is read in the reader's process.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from archive import Archive, Article, Capture, CaptureWriter, Document, FileArrival, Visit
from crawler import frontier
from crawler.documents import IMAGES, MEDIA, read_document, sniff
from crawler.fetch import Answer
from crawler.patience import patiently
from crawler.reader import Reader, Unreadable
from crawler.source import Source
from crawler.stations import Limits
from crawler.tally import Tally
from crawler.urls import BadAddress, canonical, in_scope

ATTACHMENT, IMAGE = "attachment", "image"
IMAGES_MAX = 30  # of one article; a gallery is shown, not kept whole

log = logging.getLogger(__name__)


def roles(source: Source, limits: Limits) -> tuple[str, ...]:
    """What is fetched: the source's own word, else the installation's."""
    said = (
        (ATTACHMENT, source.attachments.fetch, limits.attachments),
        (IMAGE, source.attachments.images, limits.images),
    )
    return tuple(role for role, own, usual in said if (usual if own is None else own))


def file_limits(source: Source, limits: Limits) -> Limits:
    """The bounds of the requests for files."""
    most = source.attachments.max_bytes or limits.file_bytes
    return replace(limits, page_bytes=most, request=limits.file_request)


def hosts_of(source: Source) -> tuple[str, ...]:
    """Where files may lie."""
    return (*source.hosts, *source.attachments.hosts)


def wanted(article: Article, source: Source, kinds: Iterable[str]) -> tuple[list[Visit], int]:
    """The addresses to be fetched for an article, and how many lie outside of the scope."""
    kinds, hosts = set(kinds), hosts_of(source)
    named = [(ATTACHMENT, attachment.url) for attachment in article.attachments if ATTACHMENT in kinds]
    if IMAGE in kinds:
        named += [(IMAGE, image.url) for image in article.images if image.url is not None][:IMAGES_MAX]
    found: dict[str, Visit] = {}
    outside = 0
    for role, address in named:
        try:
            url = canonical(address, hosts)
        except BadAddress:
            continue
        if in_scope(url, hosts):
            found.setdefault(url, Visit(source=article.source, url=url, role=role))
        else:
            outside += 1
    return list(found.values()), outside


class Files:
    """Takes what the addresses of files answer into the archive. For one thread."""

    def __init__(
        self,
        archive: Archive,
        captures: CaptureWriter,
        *,
        tally: Tally,
        clock: Callable[[], datetime],
        reader: Reader | None,
    ) -> None:
        self._archive, self._captures, self._tally, self._clock, self._reader = archive, captures, tally, clock, reader

    def take(self, visit: Visit, answer: Answer) -> None:
        """It is kept when this returns. Raises ArchiveError when it cannot be."""
        now = self._clock()
        if answer.trouble is not None:
            after = frontier.after_trouble if answer.passing else frontier.after_refusal
            self._leave(answer.trouble, after(visit, now, why=answer.why, status=answer.status))
        elif answer.status == 304 and visit.state == "done":
            patiently(lambda: self._archive.keep_visit(frontier.after_unchanged(visit, now, status=304)))
        elif answer.status == 200:
            self._take_bytes(visit, answer, now)
        elif answer.status in (404, 410):
            after_it = frontier.after_gone if answer.status == 410 else frontier.after_missing
            # What it was is kept; a picture or form that is gone says nothing of the article.
            self._leave(f"status {answer.status}", after_it(visit, now))
        else:
            why = f"answers {answer.status}"
            after = frontier.after_doubt if answer.walled else frontier.after_trouble
            self._leave(f"status {answer.status}", after(visit, now, why=why, status=answer.status))

    def _leave(self, reason: str, visit: Visit) -> None:
        self._tally.skip(f"file: {reason}")
        patiently(lambda: self._archive.keep_visit(visit))

    def _take_bytes(self, visit: Visit, answer: Answer, now: datetime) -> None:
        declared = PurePosixPath(urlsplit(visit.url).path).suffix.removeprefix(".").lower()
        kind = sniff(answer.body, declared)
        if problem := _stand_in(visit, answer, kind):
            self._leave(problem, frontier.after_doubt(visit, now, why=problem, status=200))
            return
        digest = "sha256:" + hashlib.sha256(answer.body).hexdigest()
        if visit.state == "done" and visit.digest == digest:
            again = self._capture(answer, digest, now)
            patiently(lambda: self._archive.keep_visit(frontier.after_unchanged(visit, now, status=200), again))
            return
        document = self._read(answer.body, declared, kind, digest)
        kept = frontier.after_file(
            visit, now, etag=answer.header("ETag"), last_modified=answer.header("Last-Modified"), digest=digest
        )
        arrival = FileArrival(
            visit=kept, at=now, capture=self._capture(answer, digest, now), document=document, bytes=len(answer.body)
        )
        self._tally.files += 1
        for change in patiently(lambda: self._archive.keep_file(arrival)):
            self._tally.changed([change])

    def _capture(self, answer: Answer, digest: str, now: datetime) -> Capture:
        write = partial(
            self._captures.write,
            url=answer.final,
            at=now,
            request_headers=answer.request_headers,
            status=200,
            reason=answer.reason,
            headers=answer.headers,
            body=answer.body,
            original=self._archive.capture_of(digest),
        )
        capture = patiently(write)
        patiently(self._captures.flush)
        return capture

    def _read(self, body: bytes, declared: str, kind: str, digest: str) -> Document:
        """What is written in it; read once for the same bytes, and never of a picture."""
        unread = Document(kind=kind, media=MEDIA[kind])
        if kind in IMAGES or self._archive.knows_file(digest):
            return unread
        try:
            if self._reader is None:
                return read_document(body, declared)
            return self._reader.read(read_document, body, declared)
        except Unreadable as error:
            return replace(unread, why=f"its text could not be read: {error}")
        except Exception as error:
            log.exception("a %s file cannot be read", kind)
            return replace(unread, why=f"its text could not be read: {type(error).__name__}")


def _stand_in(visit: Visit, answer: Answer, kind: str) -> str | None:
    """Why these bytes are not the file that was asked for: a page (not found, log in) often stands in its place."""
    if not answer.body:
        return "nothing came"
    if visit.role == IMAGE:
        return None if kind in IMAGES else "no picture came"
    declared = (answer.header("Content-Type") or "").lower()
    # Word and Excel save pages under the names of their own files; those say so.
    if kind == "html" and ("html" in declared or not declared.startswith("application/")):
        return "a page came instead of the file"
    return None
