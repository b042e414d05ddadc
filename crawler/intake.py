"""The crawler room: opens what an import is given (files and folders of any kind we read) and hands out its pieces.

A file says by its name and its first bytes what it is. One that cannot be read is one problem; the rest goes on.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.parcels import Parcel, Piece, Problem, Skipped, in_utc
from crawler.rows import LINE_BYTES_MAX, looks_like_rows, read_rows
from crawler.webarchives import Originals, first_moment, is_warc_name, read_wacz, read_warc

PAGE_BYTES_MAX = 64 * 1024**2  # of one page, unpacked
FILES_MAX = 200_000  # in one folder, its folders counted in
INDEX = "index.jsonl"
HEAD_BYTES = 16_384  # looked at to tell what a file is

_HTML = (".html", ".htm", ".shtml", ".xhtml", ".xht", ".php", ".asp", ".aspx", ".jsp")
_TEXT = (".txt", ".text")
_ROWS = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv")
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|meta|title|div|p|a|br|table|article|span|h[1-6]|rss|feed|\?xml|script)\b|<!--", re.IGNORECASE)  # fmt: skip
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(https?://[^\s>]+?)\s*-->", re.IGNORECASE)
_SINGLE_FILE = re.compile(
    rb"<!--\s*Page saved with SingleFile\s+url:\s*(https?://\S+)"
    rb"(?:\s+saved date:\s*\w{3} (\w{3} \d\d \d{4} \d\d:\d\d:\d\d) GMT([+-]\d{4}))?"
)
_HOST_FOLDER = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[:+]\d+)?")
_NOT_KEPT = {"listing": "a list of pages", "feed": "a feed", "sitemap": "a sitemap"}
_NOT_PAGES = (
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\xd0\xcf\x11\xe0",
    b"SQLite format 3",
    b"\x7fELF",
    b"RIFF",
    b"Rar!",
)


def open_parcels(paths: Iterable[Path]) -> Iterator[Piece]:
    """The pieces of all paths; web archives in the order of their captures, the rest as given (folders sorted)."""
    originals = Originals()
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            if (path / INDEX).is_file():
                yield from _read_index(path)
            else:
                found, cut = _walk(path)
                files += found
                if cut:
                    yield Problem(
                        where=str(path),
                        what=f"more than {FILES_MAX} files are in it",
                        mend="import its folders one by one",
                    )
        elif path.is_file():
            files.append(path)
        else:
            yield Problem(where=str(path), what="there is no such file or folder", mend="check the name")
    archives = sorted(
        (file for file in files if is_warc_name(file.name)), key=lambda file: (first_moment(file), str(file))
    )
    ordered = iter(archives)
    for file in files:
        yield from _guarded(next(ordered) if is_warc_name(file.name) else file, originals)


def _walk(folder: Path) -> tuple[list[Path], bool]:
    """The files below a folder that may hold pages, sorted; hidden ones and links out of it are passed over."""
    found: list[Path] = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            bare = name.lower().removesuffix(".gz")
            if not name.startswith(".") and (bare.endswith((*_HTML, *_TEXT, *_ROWS, ".wacz")) or is_warc_name(name)):
                if len(found) >= FILES_MAX:
                    return found, True
                found.append(Path(base) / name)
    return found, False


def _guarded(file: Path, originals: Originals) -> Iterator[Piece]:
    try:
        yield from _read_file(file, originals)
    except OSError as error:
        yield Problem(
            where=str(file), what=f"it cannot be read ({error.strerror or error})", mend="check its rights and the disk"
        )


def _read_file(file: Path, originals: Originals) -> Iterator[Piece]:
    name = file.name.lower()
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head and name.endswith(_ROWS):
        return  # an export of what changed, when nothing did
    if not head:
        yield Problem(where=str(file), what="it has 0 bytes", mend="copy it again or leave it out")
    elif is_warc_name(name) or head.startswith(b"WARC/1."):
        yield from read_warc(file, originals)
    elif head.startswith(b"PK\x03\x04"):
        yield from read_wacz(file, originals)
    elif name.removesuffix(".gz").endswith(_ROWS) or (name.endswith(".json") and looks_like_rows(head)):
        yield from read_rows(file)
    else:
        data = _read_bytes(file)
        yield data if isinstance(data, Problem) else _page(file, data)


def _read_bytes(file: Path) -> bytes | Problem:
    """The bytes of one page, unpacked when gzipped, within the bound."""
    too_large = Problem(
        where=str(file), what=f"larger than {PAGE_BYTES_MAX // 1024**2} MB: that is no page", mend="leave it out"
    )
    with file.open("rb") as stream:
        data = stream.read(PAGE_BYTES_MAX + 1)
    if len(data) > PAGE_BYTES_MAX:
        return too_large
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(file) as stream:
                data = stream.read(PAGE_BYTES_MAX + 1)
        except (OSError, EOFError, zlib.error) as error:
            return Problem(where=str(file), what=f"a gzip file that is not whole ({error})", mend="copy it again")
        if len(data) > PAGE_BYTES_MAX:
            return too_large
    return data


def _page(file: Path, data: bytes) -> Piece:
    head = data[:HEAD_BYTES]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\x00", b"")  # UTF-16
    if head.startswith(_NOT_PAGES) or b"\x00" in head:
        return Problem(
            where=str(file), what="no page but binary data", mend="give HTML, text, WARC, WACZ or JSON Lines"
        )
    if not data.strip():
        return Problem(where=str(file), what="nothing but blanks is in it", mend="leave it out")
    bare = file.name.lower().removesuffix(".gz")
    if bare.endswith(_TABLES):
        return Problem(
            where=str(file), what="a table, whose cells may have been changed", mend="give JSON Lines, as `export` does"
        )
    early = head[:1024].lower()
    text = not _MARKUP.search(head) or (bare.endswith(_TEXT) and b"<html" not in early and b"<!doctype" not in early)
    saved = _SINGLE_FILE.search(head) or _SAVED_FROM.search(head)
    url = saved[1].decode("utf-8", "replace") if saved else None if text else _mirrored(file)
    return Parcel(where=str(file), data=data, url=url, text=text, at=_saved_at(head))


def _saved_at(head: bytes) -> datetime | None:
    """When a browser saved the page, where it says so."""
    found = _SINGLE_FILE.search(head)
    if found is None or found[2] is None:
        return None
    try:
        return in_utc(datetime.strptime(f"{found[2].decode()}{found[3].decode()}", "%b %d %Y %H:%M:%S%z"))
    except ValueError:
        return None


def _mirrored(file: Path) -> str | None:
    """The address of a page that a mirroring tool saved under a folder named like its host."""
    parts = file.parts
    for position in range(len(parts) - 2, 0, -1):
        if _HOST_FOLDER.fullmatch(parts[position].lower()) and not parts[position].startswith("."):
            rest = "/".join(parts[position + 1 :]).removesuffix(".gz")
            return f"http://{parts[position].lower().replace('+', ':')}/{rest}"
    return None


# --- folders with an index --------------------------------------------------------------------------------------------


def _read_index(folder: Path) -> Iterator[Piece]:
    """The pages that an index.jsonl names: one row a page with `file`, and `url`, `kind`, `site`, `at` where known."""
    index = folder / INDEX
    try:
        with index.open("rb") as stream:
            number = 0
            while line := stream.readline(LINE_BYTES_MAX + 1):
                number += 1
                if line.strip():
                    yield from _index_row(folder, line, f"{index} line {number}")
    except OSError as error:
        yield Problem(where=str(index), what=f"it cannot be read ({error.strerror or error})", mend="check its rights")


def _index_row(folder: Path, line: bytes, where: str) -> Iterator[Piece]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        yield Problem(where=where, what=f"no JSON object ({error})", mend="mend or leave out the line")
        return
    name = row.get("file") if isinstance(row, dict) else None
    if not isinstance(name, str) or not name:
        yield Problem(where=where, what="the row names no file", mend='write {"file": ..., "url": ...} a line')
        return
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        yield Problem(where=where, what=f"{name!r} lies outside of the folder", mend="name files of this folder alone")
        return
    kind = str(row.get("kind") or "")
    if kind in _NOT_KEPT:
        yield Skipped(where=str(file), why=_NOT_KEPT[kind])
        return
    if not file.is_file():
        yield Problem(where=where, what=f"there is no file {name!r}", mend="restore it or leave out the row")
        return
    for piece in _guarded(file, Originals()):
        yield _with_row(piece, row, kind) if isinstance(piece, Parcel) else piece


def _with_row(parcel: Parcel, row: dict[str, Any], kind: str) -> Parcel:
    url, site = row.get("url"), row.get("site")
    return replace(
        parcel,
        url=url if isinstance(url, str) and url else parcel.url,
        site=site if isinstance(site, str) else None,
        kind=kind or None,
        at=_moment(row.get("at")) or parcel.at,
    )


def _moment(told: object) -> datetime | None:
    """A time as an index writes it, UTC where it names no zone; None where it is none."""
    try:
        return in_utc(datetime.fromisoformat(told)) if isinstance(told, str) else None
    except ValueError:
        return None
