"""The crawler room: articles out of JSON Lines in the fields of `export`, so that an export can be brought back in."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from archive import Article, Attachment, Capture, Cause, Found, Image, Kind
from crawler.parcels import Piece, Problem, Row, Skipped, in_utc

LINE_BYTES_MAX = 64 * 1024**2  # of one row
NUMBER_MAX = 2**31 - 1  # of a revision, and of bytes within a WARC file
_TEXTS = ("title", "published", "modified", "author", "origin", "section", "language")
_MEND = "write one JSON object a line with at least source, url and body, as `export` does"


class BadRow(ValueError):
    """A line that is no article; the message says why."""


def read_rows(path: Path) -> Iterator[Piece]:
    """One article a line; a line that is none is one problem, and the next one is read."""
    with path.open("rb") as file:
        packed = file.peek(2).startswith(b"\x1f\x8b")
        stream = gzip.GzipFile(fileobj=file) if packed else file
        number = 0
        while True:
            try:
                line = stream.readline(LINE_BYTES_MAX + 1)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                yield Problem(where=str(path), what=f"a gzip file that is not whole ({error})", mend="copy it again")
                return
            if not line:
                return
            number += 1
            where = f"{path} line {number}"
            if len(line) > LINE_BYTES_MAX:
                yield Problem(
                    where=where, what=f"longer than {LINE_BYTES_MAX // 1024**2} MB", mend="cut or leave out the line"
                )
                return
            if line.strip():
                yield _piece(line, where)


def looks_like_rows(head: bytes) -> bool:
    """Whether a file beginning so holds JSON Lines."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _piece(line: bytes, where: str) -> Piece:
    try:
        row = json.loads(line.decode("utf-8-sig"))
        if not isinstance(row, dict):
            raise BadRow("no JSON object")
        if row.get("status") == "removed":
            return Skipped(where=where, why="removed there, its text is erased")
        return Row(
            where=where,
            id=_text(row, "id"),
            article=_article(row),
            status=_text(row, "status") or "published",
            first_seen=_moment(row, "first_seen"),
            last_seen=_moment(row, "last_seen"),
            revision=_number(row, "revision"),
            seen=_moment(row, "seen"),
            cause=_cause(row),
            newest=row.get("newest") is not False,
            capture=_capture(row),
        )
    except (ValueError, RecursionError) as error:
        return Problem(where=where, what=f"no row of an export ({error})", mend=_MEND)


def _article(row: Mapping[str, Any]) -> Article:
    source, url, body = _text(row, "source"), _text(row, "url"), _text(row, "body")
    if not url or body is None:
        raise BadRow("it has no url" if not url else "it has no body")
    kind = _text(row, "kind") or Kind.ARTICLE.value
    if kind not in set(Kind):
        raise BadRow(f"kind is {kind!r}, not one of {', '.join(Kind)}")
    values = {name: _text(row, name) for name in _TEXTS}
    return Article(
        source=source or "imported",
        url=url,
        body=body,
        kind=Kind(kind),
        html=_text(row, "html"),
        editor=_text(row, "editor"),
        breadcrumb=tuple(str(crumb) for crumb in _list(row, "breadcrumb")),
        images=tuple(
            Image(url=_text(i, "url"), caption=_text(i, "caption"), credit=_text(i, "credit"), alt=_text(i, "alt"))
            for i in _objects(row, "images")
        ),
        attachments=tuple(
            Attachment(url=_text(i, "url") or "", label=_text(i, "label"), type=_text(i, "type"))
            for i in _objects(row, "attachments")
        ),
        found=_found(row, [name for name, value in values.items() if value]),
        **values,
    )


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRow(f"{name} is no text")
    return value


def _list(row: Mapping[str, Any], name: str) -> list[Any]:
    value = row.get(name) or []
    if not isinstance(value, list):
        raise BadRow(f"{name} is no list")
    return value


def _objects(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    values = _list(row, name)
    if not all(isinstance(value, dict) for value in values):
        raise BadRow(f"{name} holds something that is no object")
    return values


def _moment(row: Mapping[str, Any], name: str) -> datetime | None:
    stamp = _text(row, name)
    if not stamp:
        return None
    try:
        moment = in_utc(datetime.fromisoformat(stamp))
    except ValueError as error:
        raise BadRow(f"{name} is no time: {stamp[:40]!r}") from error
    if moment is None:
        raise BadRow(f"{name} is in no calendar: {stamp[:40]!r}")
    return moment


def _number(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= NUMBER_MAX):
        raise BadRow(f"{name} is no number from 1 on")
    return value


def _cause(row: Mapping[str, Any]) -> Cause:
    cause = _text(row, "cause") or Cause.CONTENT.value
    if cause not in set(Cause):
        raise BadRow(f"cause is {cause!r}, not one of {', '.join(Cause)}")
    return Cause(cause)


def _found(row: Mapping[str, Any], names: list[str]) -> dict[str, Found]:
    """How each field was found, where the row says it; else that it was imported."""
    told = row.get("found")
    if told is None:
        return {name: Found(method="imported") for name in names}
    try:
        return {
            str(name): Found(method=str(how["method"]), confidence=float(how["confidence"]))
            for name, how in told.items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise BadRow("found is no object of method and confidence") from error


def _capture(row: Mapping[str, Any], name: str = "capture") -> Capture | None:
    told = row.get(name)
    if told is None:
        return None
    if not isinstance(told, dict):
        raise BadRow(f"{name} is no object")
    at, texts = _moment(told, "at"), [_text(told, key) for key in ("url", "digest", "file")]
    numbers = [told.get(key) for key in ("status", "offset", "length")]
    if at is None or not all(texts) or not all(isinstance(n, int) and 0 <= n <= NUMBER_MAX for n in numbers):
        raise BadRow(f"{name} is not whole")
    url, digest, file = (text or "" for text in texts)
    status, offset, length = (int(n or 0) for n in numbers)
    original = _capture(told, "original") if name == "capture" else None
    return Capture(
        url=url, at=at, status=status, digest=digest, file=file, offset=offset, length=length, original=original
    )
