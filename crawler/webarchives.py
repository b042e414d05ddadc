"""The crawler room: pages out of web archives that others made: WARC files, gzipped or not, and WACZ packages.

A page keeps the moment it was captured. What is no page (images, scripts, errors, records about records) is named and
left out; a file that breaks off gives all of its whole records and one problem.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from crawler.parcels import Parcel, Piece, Problem, Skipped

RECORD_BYTES_MAX = 64 * 1024**2  # of one page; more is no page
MEMBERS_MAX = 10_000  # files in one WACZ
_PAGES = ("text/html", "application/xhtml+xml", "application/xhtml", "text/plain", "")
_BROKEN = (ArchiveLoadFailed, OSError, EOFError, ValueError, zipfile.BadZipFile, RuntimeError)


def is_warc_name(name: str) -> bool:
    """Whether a file name is that of a WARC file."""
    return name.lower().removesuffix(".open").endswith((".warc", ".warc.gz"))


def read_warc(path: Path) -> Iterator[Piece]:
    """The pages of a WARC file, in its order."""
    with path.open("rb") as stream:
        yield from _records(stream, str(path))


def read_wacz(path: Path) -> Iterator[Piece]:
    """The pages of all WARC files in a WACZ package."""
    try:
        with zipfile.ZipFile(path) as package:
            names = sorted(info.filename for info in package.infolist() if is_warc_name(info.filename))
            if not names:
                yield Problem(where=str(path), what="no WARC file is in this package", mend="give a WACZ or WARC file")
            for name in names[:MEMBERS_MAX]:
                with package.open(name) as stream:
                    yield from _records(stream, f"{path}:{name}")
    except _BROKEN as error:
        yield Problem(where=str(path), what=f"no whole WACZ package ({error})", mend="fetch or copy the file again")


def first_moment(path: Path) -> str:
    """When the first record of a WARC file was made, as it says; "" when it cannot be read. To put files in order."""
    try:
        with path.open("rb") as stream:
            record = next(iter(ArchiveIterator(stream)), None)
            return str(record.rec_headers.get_header("WARC-Date") or "") if record is not None else ""
    except _BROKEN:
        return ""


def _records(stream: IO[bytes], where: str) -> Iterator[Piece]:
    count = 0
    try:
        for count, record in enumerate(ArchiveIterator(stream), start=1):
            if record.format != "warc":  # warcio takes any line for the old ARC format
                yield Problem(
                    where=where, what="no WARC file", mend="give WARC files; others convert with `warcio recompress`"
                )
                return
            if record.rec_type in {"response", "resource"}:
                yield _piece(record, f"{where} record {count}")
    except _BROKEN as error:
        yield Problem(
            where=where,
            what=f"no whole WARC file: it breaks off after {count} records ({error})",
            mend="what was whole is kept; fetch or copy the file again and import it once more",
        )
        return
    if not count:
        yield Problem(where=where, what="no WARC record is in this file", mend="give a WARC file with records in it")


def _piece(record: Any, where: str) -> Piece:
    url = str(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    status = int(record.http_headers.get_statuscode() or 0) if record.http_headers else 200
    headers = {str(name): str(value) for name, value in record.http_headers.headers} if record.http_headers else {}
    declared = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    declared = declared or (str(record.rec_headers.get_header("Content-Type") or "") if not record.http_headers else "")
    kind = declared.split(";")[0].strip().lower()
    if not url.startswith(("http://", "https://", "file://")):
        return Skipped(where=where, why="no web address")
    if status != 200:
        return Skipped(where=where, why=f"status {status}")
    if (
        kind not in _PAGES
        or url.lower().endswith("/robots.txt")
        or (kind == "text/plain" and not url.startswith("file:"))
    ):
        return Skipped(where=where, why=f"not a page ({kind or 'robots.txt'})")
    data = record.content_stream().read(RECORD_BYTES_MAX + 1)
    if len(data) > RECORD_BYTES_MAX:
        return Skipped(where=where, why=f"larger than {RECORD_BYTES_MAX // 1024**2} MB")
    at = _moment(record.rec_headers.get_header("WARC-Date"))
    return Parcel(where=where, data=data, url=url, at=at, status=status, headers=headers, text=kind == "text/plain")


def _moment(stamp: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stamp or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
