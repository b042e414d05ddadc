"""The crawler room: brings in what was kept elsewhere: web archives, HTML and text pages, folders, exports.

An import keeps what it is given and says its kind: articles and standing pages. Lists, feeds, walls and empty pages
are counted, not kept. Bringing in the same again changes nothing; what cannot be read is one line of the report, and
the rest goes on.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from archive import Archive, Arrival, Article, CaptureWriter, Visit, What
from crawler.extraction import TextPage, extract, read_text_pages
from crawler.extraction.decode import decode
from crawler.intake import open_parcels
from crawler.normalise import normalise
from crawler.parcels import Parcel, Problem, Row, Skipped
from crawler.stations import Extraction, Hints, NotAnArticle, PageKind
from crawler.transfer import COUNTED, Transfer
from crawler.urls import BadAddress, canonical
from crawler.version import VERSION

IMPORTED = "imported"  # the source of a page that names no site
BATCH = 40  # arrivals a transaction
TEXTS_MAX = 2_000  # text pages read together
TEXTS_BYTES_MAX = 64 * 1024**2
PROBLEMS_MAX = 1_000  # named one by one; more are counted

Told = Callable[[int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What one import did."""

    read: int = 0  #: pages and rows looked at
    new: int = 0
    revised: int = 0
    copied: int = 0
    unchanged: int = 0  #: known already, byte for byte or word for word
    earlier: int = 0  #: older states of known pages: their captures are kept, beside the newer text
    kinds: Mapping[str, int] = field(default_factory=dict)  #: kind of what was given and kept before or now -> count
    skipped: Mapping[str, int] = field(default_factory=dict)  #: reason -> count
    problems: tuple[Problem, ...] = ()  #: what could not be read
    more_problems: int = 0  #: beyond the first PROBLEMS_MAX

    @property
    def kept(self) -> int:
        return self.new + self.revised + self.copied

    def __str__(self) -> str:
        counts = f"{self.read} read: {self.new} new, {self.revised} revised, {self.copied} copies, {self.unchanged} known already"
        lines = [counts]
        if self.earlier:
            lines.append(
                f"{self.earlier} older than what is kept of their pages: their captures are kept, the text stays"
            )
        if self.skipped:
            reasons = ", ".join(
                f"{count} {why}" for why, count in sorted(self.skipped.items(), key=lambda item: -item[1])
            )
            lines.append(f"not kept: {reasons}")
        lines += [str(problem) for problem in self.problems]
        if self.more_problems:
            lines.append(f"and {self.more_problems} more that could not be read")
        return "\n".join(lines)


def import_paths(
    archive: Archive, paths: Sequence[Path | str], *, at: datetime, progress: Told | None = None
) -> ImportReport:
    """Bring in every page and row of `paths`; see the module.

    `at` (aware) is when this happens: the moment of pages whose own moment nobody knows. `progress` is told, after each
    piece, how many were read and where the last one came from. Source of a page: the site its index names, else the
    host of its address, else "imported".

    Raises:
        ArchiveError: the archive cannot be written; what was kept before stays, importing again goes on from there.

    """
    with CaptureWriter(archive.captures, prefix="import", software=f"newsarchive/{VERSION}") as captures:
        importer = _Importer(archive, captures, at, progress)
        for piece in open_parcels([Path(path) for path in paths]):
            importer.take(piece)
        report = importer.finish()
    archive.note(
        What.IMPORTED,
        ", ".join(map(str, paths)),
        outcome=f"{len(report.problems) + report.more_problems} could not be read" if report.problems else "done",
        read=report.read,
        kept=report.kept,
        unchanged=report.unchanged,
    )
    return report


class _Importer:
    """One import: texts wait to be read together, arrivals wait for their transaction."""

    def __init__(self, archive: Archive, captures: CaptureWriter, at: datetime, progress: Told | None) -> None:
        self._archive, self._captures, self._at, self._progress = archive, captures, at, progress
        self._texts: list[tuple[Parcel, str]] = []
        self._texts_bytes = 0
        self._waiting: list[Arrival] = []
        self._addresses: set[tuple[str, str]] = set()  # of those that wait
        self._sources: set[str] = set()
        self._read = 0
        self._counts: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._problems: list[Problem] = []
        self._more = 0
        self._rows = Transfer(archive, self._counts, at)

    def take(self, piece: Parcel | Row | Skipped | Problem) -> None:
        if isinstance(piece, Problem):
            self._problem(piece)
        elif isinstance(piece, Skipped):
            self._skipped[piece.why] += 1
        elif isinstance(piece, Row):
            self._take_row(piece)
        elif piece.text:
            self._take_text(piece)
        else:
            self._take_page(piece)
        self._read += not isinstance(piece, Problem)
        if self._progress is not None:
            self._progress(self._read, piece.where)

    def finish(self) -> ImportReport:
        self._read_texts()
        self._flush()
        self._rows.flush()
        return ImportReport(
            read=self._read,
            new=self._counts["new"],
            revised=self._counts["revised"],
            copied=self._counts["copied"],
            unchanged=self._counts["unchanged"],
            earlier=self._counts["earlier"],
            kinds=dict(self._kinds),
            skipped=dict(self._skipped),
            problems=tuple(self._problems),
            more_problems=self._more,
        )

    # --- pages ------------------------------------------------------------------------------------------------------------

    def _take_page(self, parcel: Parcel) -> None:
        self._rows.flush()
        hints = Hints(linked=parcel.kind == "article")
        read = extract(parcel.data, parcel.url or "", parcel.headers, at=parcel.at or self._at, hints=hints)
        if parcel.kind == "page" and read.kind is PageKind.ARTICLE:
            read = replace(read, kind=PageKind.PAGE)
        url = parcel.url or read.canonical or _file_address(parcel)
        self._keep(parcel, read, _address(url), hints)

    def _take_text(self, parcel: Parcel) -> None:
        decoded = decode(parcel.data, parcel.headers or None)
        self._texts.append((parcel, decoded.text))
        self._texts_bytes += len(parcel.data)
        if len(self._texts) >= TEXTS_MAX or self._texts_bytes > TEXTS_BYTES_MAX:
            self._read_texts()

    def _read_texts(self) -> None:
        """Text pages are read together: the footers they share tell which of their lines are the site's."""
        texts, self._texts, self._texts_bytes = self._texts, [], 0
        pages = [TextPage(name=parcel.where, text=text) for parcel, text in texts]
        for (parcel, _), read in zip(texts, read_text_pages(pages, at=self._at), strict=True):
            self._keep(parcel, read, _address(parcel.url or _file_address(parcel)), Hints())

    def _keep(self, parcel: Parcel, read: Extraction, url: str, hints: Hints) -> None:
        source = _slug(parcel.site) or _slug(_host(url)) or IMPORTED
        article = normalise(replace(read, url=url), source=source, url=url, hints=hints, keep_pages=True)
        if isinstance(article, NotAnArticle):
            self._skipped[f"{article.kind.value}: not an article or page"] += 1
            return
        at = parcel.at or self._at
        digest = "sha256:" + hashlib.sha256(parcel.data).hexdigest()
        if (article.source, article.url) in self._addresses:
            self._flush()  # two captures of one address: the second is compared with the first
        known = self._archive.visits(article.source, [article.url]).get(article.url)
        self._kinds[article.kind.value] += 1
        if known is not None and self._is_kept(known, digest, parcel):
            self._counts["unchanged"] += 1
            return
        last = known.last_at if known is not None else None
        earlier = parcel.at is not None and last is not None and parcel.at < last
        self._arrive(article, at, None if earlier else self._visit(article, at, digest), digest, parcel)

    def _is_kept(self, known: Visit, digest: str, parcel: Parcel) -> bool:
        """A page whose moment nobody knows is the same while its bytes are; any other one is what its address answered then."""
        if parcel.at is None:
            return known.digest == digest
        return self._archive.has_capture(known.source, known.url, parcel.at, digest)

    def _visit(self, article: Article, at: datetime, digest: str) -> Visit:
        # Nothing of an import is ever due by itself: without a source file nobody crawls it.
        return Visit(source=article.source, url=article.url, state="done", status=200, digest=digest, last_at=at)

    def _arrive(self, article: Article, at: datetime, visit: Visit | None, digest: str, parcel: Parcel) -> None:
        self._name_source(article)
        kind = "text/plain" if parcel.text else "text/html"
        capture = self._captures.write(
            url=article.url,
            at=at,
            request_headers=(),
            status=parcel.status,
            reason="OK",
            headers=tuple(parcel.headers.items()) or (("Content-Type", kind),),
            body=parcel.data,
            original=self._archive.capture_of(digest),
        )
        self._waiting.append(Arrival(article=article, at=at, visit=visit, capture=capture, earlier=visit is None))
        self._addresses.add((article.source, article.url))
        if len(self._waiting) >= BATCH:
            self._flush()

    def _name_source(self, article: Article) -> None:
        if article.source not in self._sources:
            self._sources.add(article.source)
            if article.source not in self._archive.counts():
                host = _host(article.url)
                home = f"http://{host}/" if host else ""
                self._archive.keep_source(article.source, name=host or "imported pages", home=home, definition="")

    def _flush(self) -> None:
        """Captures first, then one transaction for all that waits."""
        if not self._waiting:
            return
        self._captures.flush()
        for arrival, made in zip(self._waiting, self._archive.store_batch(self._waiting), strict=True):
            nothing = "earlier" if arrival.earlier else "unchanged"
            for counted in [COUNTED.get(change.kind, change.kind.value) for change in made] or [nothing]:
                self._counts[counted] += 1
        self._waiting.clear()
        self._addresses.clear()

    def _take_row(self, row: Row) -> None:
        self._flush()  # in the order in which they came
        self._name_source(row.article)
        self._kinds[row.article.kind.value] += 1
        self._rows.take(row)

    def _problem(self, problem: Problem) -> None:
        if len(self._problems) < PROBLEMS_MAX:
            self._problems.append(problem)
        else:
            self._more += 1


def _address(url: str) -> str:
    """Canonical where it is a web address; a file's stays as it is."""
    try:
        return canonical(url)
    except BadAddress:
        return url


def _file_address(parcel: Parcel) -> str:
    """A page that nobody gives a web address is known by its file."""
    return Path(parcel.where).resolve().as_uri()


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower() if url.startswith(("http://", "https://")) else ""
    except ValueError:
        return ""


def _slug(site: str | None) -> str:
    """A host as a source's slug: `www.leaf.example` is `leaf-example`."""
    return re.sub(r"[^a-z0-9]+", "-", (site or "").lower().removeprefix("www.")).strip("-")[:60].strip("-")
