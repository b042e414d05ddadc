"""The front door, extracting: pages to JSON without an archive; one page, or a stream of them in one process."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any, TextIO

from crawler import Extraction, PageKind, extract
from newsarchive.terminal import json_line, plain

PAGE_BYTES_MAX = 64 * 1024**2  # a larger page is refused
LINE_BYTES_MAX = PAGE_BYTES_MAX * 4 // 3 + 100_000  # such a page in base64, with its address
_MARKUP = re.compile(
    rb"<\s*(?:!doctype|!--|\?xml|html|head|body|meta|title|script|div|p|a|br|table|article|span|h[1-6]|rss|feed)\b|<!--",
    re.IGNORECASE,
)
_MARKUP_WITHIN = 16_384  # bytes from the start in which a page shows its first tag


class BadPage(ValueError):
    """There is no page in these bytes; the text says why."""


def extract_page(data: bytes, *, name: str, url: str = "") -> dict[str, Any]:
    """What can be read off one page, as `newsarchive extract` prints it; plain text pages are read as such.

    Raises:
        BadPage: no bytes, more than PAGE_BYTES_MAX, or no page at all (an image, an archive, a program).

    """
    if not data:
        raise BadPage(f"{name} has 0 bytes: there is nothing to extract")
    if len(data) > PAGE_BYTES_MAX:
        raise BadPage(f"{name} is larger than {PAGE_BYTES_MAX // 1024**2} MB: that is no page")
    read = _text_page(data, name) if _is_text(data) else extract(data, url, at=datetime.now(UTC))
    if read.kind is PageKind.BINARY:
        raise BadPage(f"{name} is no page but binary data ({read.why}): give an HTML or text file")
    if read.kind is PageKind.EMPTY and not data.strip():
        raise BadPage(f"{name} holds white space alone: there is nothing to extract")
    return record(read)


def _is_text(data: bytes) -> bool:
    head = data[:_MARKUP_WITHIN]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\x00", b"")  # UTF-16: its letters are every other byte
    return b"\x00" not in head and not _MARKUP.search(head)


def _text_page(data: bytes, name: str) -> Extraction:
    from crawler import TextPage, read_text_pages  # noqa: PLC0415 - its tables are not needed for HTML

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Not UTF-8: let the decoder for pages find the charset, or say that this is binary.
        return extract(data, "", at=datetime.now(UTC))
    return read_text_pages([TextPage(name=name, text=text)])[0]


def record(read: Extraction) -> dict[str, Any]:
    """The fields of an extraction, under the names that `extract` prints."""
    return {
        "url": read.url or None,
        "kind": str(read.kind),
        "why": read.why,
        "title": read.title,
        "date": read.published,
        "modified": read.modified,
        "author": read.author,
        "editor": read.editor,
        "origin": read.origin,
        "section": read.section,
        "breadcrumb": plain(read.breadcrumb),
        "language": read.language,
        "text": read.body,
        "images": plain(read.images),
        "attachments": plain(read.attachments),
        "canonical": read.canonical,
        "charset": read.charset,
        "found": plain(read.found),
    }


def extract_stream(source: IO[bytes], target: TextIO) -> int:
    """Read {"id","url","html_b64"} a line, write {"id","kind","title","date",...} a line, each at once.

    A line that cannot be read gives {"id":…, "error":…}, and the stream goes on. Gives the number of lines.
    """
    count = 0
    while line := source.readline(LINE_BYTES_MAX):
        if not line.endswith(b"\n") and len(line) >= LINE_BYTES_MAX:
            _skip_line(source)
            answer: dict[str, Any] = {"id": None, "error": f"the line is longer than {LINE_BYTES_MAX} bytes"}
        elif not line.strip():
            continue
        else:
            answer = _answer(line)
        target.write(json_line(answer) + "\n")
        target.flush()
        count += 1
    return count


def _skip_line(source: IO[bytes]) -> None:
    while (rest := source.readline(1024**2)) and not rest.endswith(b"\n"):
        pass


def _answer(line: bytes) -> dict[str, Any]:
    name = None
    try:
        given = json.loads(line)
        if not isinstance(given, dict):
            return {"id": None, "error": "the line is JSON, but no object"}
        name = given.get("id")
        data = _bytes(given)
        url = given.get("url") or ""
        if not isinstance(url, str):
            return {"id": name, "error": "url is no text"}
        headers = given.get("headers")
        read = extract(data, url, headers if isinstance(headers, Mapping) else None)
        return {"id": name, **record(read)}
    except (ValueError, RecursionError) as error:
        return {"id": name, "error": str(error)}


def _bytes(given: Mapping[str, Any]) -> bytes:
    coded = given.get("html_b64")
    if not isinstance(coded, str):
        raise ValueError("html_b64 is missing: the page's bytes in base64")  # noqa: TRY004 - one kind of wrong line
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"html_b64 is no base64: {error}") from error
