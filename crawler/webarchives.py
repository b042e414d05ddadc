"""The crawler room: pages out of web archives that others made: WARC files, gzipped or not, and WACZ packages.

A page keeps the moment it was captured. What is no page (images, scripts, errors, records about records) is named and
left out; a file that breaks off gives all of its whole records and one problem.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from crawler.parcels import Parcel, Piece, Problem, Skipped, in_utc

RECORD_BYTES_MAX = 64 * 1024**2  # of one page; more is no page
MEMBERS_MAX = 10_000  # files in one WACZ
ORIGINALS_MAX = 500_000  # pages of one import whose place is remembered
ZIP_HEAD = 30  # bytes of a member's head before its name (APPNOTE.TXT, 4.3.7)
_PAGES = ("text/html", "application/xhtml+xml", "application/xhtml", "text/plain", "")
_BROKEN = (ArchiveLoadFailed, OSError, EOFError, ValueError, zipfile.BadZipFile, RuntimeError)


def is_warc_name(name: str) -> bool:
    """Whether a file name is that of a WARC file."""
    return name.lower().removesuffix(".open").endswith((".warc", ".warc.gz"))


class Originals:
    """Where in the web archives of one import the bytes of a page lie, by the digest its record gives: a `revisit` record
    has none of its own. Kept for the first ORIGINALS_MAX pages.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[Path, int]] = {}

    def note(self, record: Any, place: tuple[Path, int]) -> None:
        """Remember the bytes of this response."""
        if (digest := record.rec_headers.get_header("WARC-Payload-Digest")) and len(self._places) < ORIGINALS_MAX:
            self._places.setdefault(digest, place)

    def of(self, record: Any) -> bytes | None:
        """The bytes this revisit stands for; None when they are in none of the files read before."""
        place = self._places.get(record.rec_headers.get_header("WARC-Payload-Digest") or "")
        if place is None:
            return None
        with place[0].open("rb") as stream:
            stream.seek(place[1])
            original = next(iter(ArchiveIterator(stream)), None)
            return bytes(original.content_stream().read(RECORD_BYTES_MAX + 1)) if original is not None else None


def read_warc(path: Path, originals: Originals | None = None) -> Iterator[Piece]:
    """The pages of a WARC file, in its order. `originals` is shared by the files of one import."""
    with path.open("rb") as stream:
        yield from _records(stream, str(path), originals or Originals(), path)


def read_wacz(path: Path, originals: Originals | None = None) -> Iterator[Piece]:
    """The pages of all WARC files in a WACZ package."""
    originals = originals or Originals()
    try:
        with zipfile.ZipFile(path) as package:
            names = sorted(info.filename for info in package.infolist() if is_warc_name(info.filename))
            if not names:
                yield Problem(where=str(path), what="no WARC file is in this package", mend="give a WACZ or WARC file")
            for name in names[:MEMBERS_MAX]:
                with package.open(name) as stream:
                    begin = _begin(path, package.getinfo(name))
                    yield from _records(stream, f"{path}:{name}", originals, path, begin)
    except _BROKEN as error:
        yield Problem(where=str(path), what=f"no whole WACZ package ({error})", mend="fetch or copy the file again")


def _begin(path: Path, info: zipfile.ZipInfo) -> int | None:
    """Where the bytes of a member begin in the package; None where they are compressed."""
    if info.compress_type != zipfile.ZIP_STORED:
        return None
    with path.open("rb") as stream:
        stream.seek(info.header_offset)
        head = stream.read(ZIP_HEAD)
    return info.header_offset + ZIP_HEAD + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")


def first_moment(path: Path) -> str:
    """When the first record of a WARC file was made, as it says; "" when it cannot be read. To put files in order."""
    try:
        with path.open("rb") as stream:
            record = next(iter(ArchiveIterator(stream)), None)
            return str(record.rec_headers.get_header("WARC-Date") or "") if record is not None else ""
    except _BROKEN:
        return ""


def _records(stream: IO[bytes], where: str, originals: Originals, file: Path, begin: int | None = 0) -> Iterator[Piece]:
    """`begin`: where in `file` the stream begins; None: nowhere that can be gone back to."""
    count = 0
    held: tuple[str, Piece] | None = None  # a response, until it is known whether a browser made something of it
    try:
        records = ArchiveIterator(stream)
        for count, record in enumerate(records, start=1):
            if record.format != "warc":  # warcio takes any line for the old ARC format
                yield Problem(
                    where=where, what="no WARC file", mend="give WARC files; others convert with `warcio recompress`"
                )
                return
            if held is not None:
                yield _rendered(held, record)
                held = None
            if record.rec_type in {"response", "resource", "revisit"}:
                held = (_header(record, "WARC-Record-ID"), _piece(record, f"{where} record {count}", originals))
                if begin is not None and isinstance(held[1], Parcel) and record.rec_type != "revisit":
                    # Asking where it begins reads a record to its end: the page is taken out of it before.
                    originals.note(record, (file, begin + records.get_record_offset()))
    except _BROKEN as error:
        if held is not None:
            yield held[1]
        yield Problem(
            where=where,
            what=f"no whole WARC file: it breaks off after {count} records ({error})",
            mend="what was whole is kept; fetch or copy the file again and import it once more",
        )
        return
    if held is not None:
        yield held[1]
    if not count:
        yield Problem(where=where, what="no WARC record is in this file", mend="give a WARC file with records in it")


def _rendered(held: tuple[str, Piece], record: Any) -> Piece:
    """The page as a browser made it of the response before, where this is the record of that."""
    identity, piece = held
    if record.rec_type != "conversion" or _header(record, "WARC-Refers-To") != identity:
        return piece
    declared = _header(record, "Content-Type")
    if not isinstance(piece, Parcel) or not declared.startswith("text/html"):
        return piece
    data = record.content_stream().read(RECORD_BYTES_MAX + 1)
    return replace(piece, data=data, headers={"Content-Type": declared}) if len(data) <= RECORD_BYTES_MAX else piece


def _header(record: Any, name: str) -> str:
    return str(record.rec_headers.get_header(name) or "")


def _piece(record: Any, where: str, originals: Originals) -> Piece:
    url = _header(record, "WARC-Target-URI").strip("<>")
    status = int(record.http_headers.get_statuscode() or 0) if record.http_headers else 200
    headers = {str(name): str(value) for name, value in record.http_headers.headers} if record.http_headers else {}
    declared = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    declared = declared or (_header(record, "Content-Type") if not record.http_headers else "")
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
    again = record.rec_type == "revisit"
    data = originals.of(record) if again else record.content_stream().read(RECORD_BYTES_MAX + 1)
    if data is None:
        return Skipped(where=where, why="repeats a capture that is in none of the files")
    if len(data) > RECORD_BYTES_MAX:
        return Skipped(where=where, why=f"larger than {RECORD_BYTES_MAX // 1024**2} MB")
    at = _moment(record.rec_headers.get_header("WARC-Date"))
    return Parcel(where=where, data=data, url=url, at=at, status=status, headers=headers, text=kind == "text/plain")


def _moment(stamp: str | None) -> datetime | None:
    try:
        return in_utc(datetime.fromisoformat(stamp or ""))
    except ValueError:
        return None
