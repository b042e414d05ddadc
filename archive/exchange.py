"""The archive room: one request and its answer as the records of a WARC file (version 1.1), and back. No file is touched here.

What is written: a `response` with the body after its transfer and content encodings were undone (the header lines that
spoke of them are kept as `X-Crawl-…`, as Common Crawl has it), or a `revisit` where the very same bytes are kept
already, or a `resource` for a file that was imported; after a response, the `conversion` a browser made of it; last the
`request`. Each record is a gzip member of its own.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import IO, Any
from urllib.parse import quote
from uuid import UUID, uuid5

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.members import RUN_MAX
from archive.records import Capture

GZIP_LEVEL = 6  # 9 takes a tenth more of the time and saves a thousandth of the bytes
UNDONE = {"content-encoding", "transfer-encoding", "content-length"}  # what a stored body has no longer
ORIGINAL = "X-Crawl-"  # before the name of such a header line as it came
NO_HTTP_STATUS = 200  # of an imported file: it was there

_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")
_NO_NAME = re.compile("[^!-9;-~]")  # of what a header's name may not hold
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_HTTP = ("http:", "https:")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer."""

    url: str
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes  #: as it was handed to extraction; of a revisit that was read: empty
    request_headers: tuple[tuple[str, str], ...] = ()
    reason: str = "OK"
    method: str = "GET"
    served: bytes | None = None  #: of a page that a browser rendered: what the server had sent
    revisit: bool = False  #: read: the body is that of another capture


def digest_of(body: bytes) -> str:
    """As `Capture.digest` has it."""
    return "sha256:" + hashlib.sha256(body).hexdigest()


def warc_date(at: datetime) -> str:
    """To the microsecond, as version 1.1 has it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def iso_second(at: datetime) -> str:
    """To the second, as indexes and lists of pages have it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- writing ----------------------------------------------------------------------------------------------------------


def write_exchange(
    exchange: Exchange, original: Capture | None = None, *, seed: UUID | None = None
) -> tuple[bytes, int, bool]:
    """The records' bytes, how many of them are the first record's, and whether that is a revisit. `original`: a capture
    that has this very body. The same `seed` gives records the same identities, else each has one of its own.
    """
    writer = WARCWriter(BytesIO(), gzip=False, warc_version="1.1")
    url, date = _ascii(exchange.url), warc_date(exchange.at)
    if not exchange.url.lower().startswith(_HTTP):
        made = [_resource(writer, url, date, exchange)]
    else:
        known = original if original is not None and _may_refer_to(original, exchange) else None
        first = _revisit(writer, url, date, exchange, known) if known else _response(writer, url, date, exchange)
        made = [first]
        if exchange.served is not None:
            made.append(_conversion(writer, url, date, exchange, _id(first)))
        made.append(_request(writer, url, date, exchange, _id(first)))
    if seed is not None:
        _rename(made, seed)
    members = [pack(writer, record) for record in made]
    return b"".join(members), len(members[0]), made[0].rec_type == "revisit"


def _may_refer_to(original: Capture, exchange: Exchange) -> bool:
    """A revisit leads to one whole response, and is not worth its bytes for an empty one."""
    if exchange.served is not None or not exchange.body or original.original is not None:
        return False
    return original.digest == digest_of(exchange.body) and original.url.lower().startswith(_HTTP)


def _rename(made: Sequence[Any], seed: UUID) -> None:
    first, name = _id(made[0]), f"<urn:uuid:{seed}>"
    for record in made:
        record.rec_headers.replace_header("WARC-Record-ID", f"<urn:uuid:{uuid5(seed, record.rec_type)}>")
        for refers in ("WARC-Concurrent-To", "WARC-Refers-To"):
            if record.rec_headers.get_header(refers) == first:
                record.rec_headers.replace_header(refers, name)
    made[0].rec_headers.replace_header("WARC-Record-ID", name)


def pack(writer: Any, record: Any) -> bytes:
    """A record as one gzip member. `writer` was made with gzip=False."""
    writer.out = BytesIO()
    writer.write_record(record)
    machine = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return machine.compress(writer.out.getvalue()) + machine.flush()


def write_warcinfo(name: str, info: dict[str, str], *, identity: str | None = None, date: str | None = None) -> bytes:
    """The record that begins a file. With `identity` and `date` the same values make the same bytes."""
    writer = WARCWriter(BytesIO(), gzip=False, warc_version="1.1")
    record = writer.create_warcinfo_record(name, {**info, "format": "WARC File Format 1.1"})
    if identity is not None and date is not None:
        record.rec_headers.replace_header("WARC-Record-ID", identity)
        record.rec_headers.replace_header("WARC-Date", date)
    return pack(writer, record)


def _id(record: Any) -> str:
    return str(record.rec_headers.get_header("WARC-Record-ID"))


def _http(exchange: Exchange, length: int) -> Any:
    """Status line and headers as they are stored: what was undone is named, not claimed."""
    kept, undone = [], []
    for name, value in _header(exchange.headers):
        if name.lower() not in UNDONE:
            kept.append((name, value))
        elif name.lower() != "content-length" or value != str(length):
            undone.append((ORIGINAL + name, value))
    kept += [*undone, ("Content-Length", str(length))]
    return StatusAndHeaders(_line(f"{exchange.status} {_ascii(exchange.reason, ' ')}"), kept, protocol="HTTP/1.1")


def _response(writer: Any, url: str, date: str, exchange: Exchange) -> Any:
    body = exchange.body if exchange.served is None else exchange.served
    return writer.create_warc_record(
        url,
        "response",
        payload=BytesIO(body),
        length=len(body),
        http_headers=_http(exchange, len(body)),
        warc_headers_dict={"WARC-Date": date},
    )


def _revisit(writer: Any, url: str, date: str, exchange: Exchange, original: Capture) -> Any:
    payload = "sha1:" + base64.b32encode(hashlib.sha1(exchange.body).digest()).decode()  # noqa: S324
    return writer.create_revisit_record(
        url,
        payload,
        _ascii(original.url),
        warc_date(original.at),
        http_headers=_http(exchange, len(exchange.body)),
        warc_headers_dict={"WARC-Date": date},
    )


def _conversion(writer: Any, url: str, date: str, exchange: Exchange, of: str) -> Any:
    """The page as a browser showed it, as UTF-8 HTML."""
    return writer.create_warc_record(
        url,
        "conversion",
        payload=BytesIO(exchange.body),
        length=len(exchange.body),
        warc_content_type="text/html; charset=utf-8",
        warc_headers_dict={"WARC-Date": date, "WARC-Refers-To": of},
    )


def _resource(writer: Any, url: str, date: str, exchange: Exchange) -> Any:
    """A file that was imported: no HTTP was spoken, and WARC has a record of its own for that."""
    types = [value for name, value in _header(exchange.headers) if name.lower() == "content-type"]
    return writer.create_warc_record(
        url,
        "resource",
        payload=BytesIO(exchange.body),
        length=len(exchange.body),
        warc_content_type=types[0] if types else "application/octet-stream",
        warc_headers_dict={"WARC-Date": date},
    )


def _request(writer: Any, url: str, date: str, exchange: Exchange, of: str) -> Any:
    path = "/" + url.split("://", 1)[-1].partition("/")[2]
    line = StatusAndHeaders(
        f"{exchange.method} {path} HTTP/1.1", _header(exchange.request_headers), is_http_request=True
    )
    return writer.create_warc_record(
        url, "request", http_headers=line, warc_headers_dict={"WARC-Date": date, "WARC-Concurrent-To": of}
    )


def _line(value: str) -> str:
    """A header value that cannot become two lines."""
    return _BREAKS.sub(" ", value).strip()


def _header(headers: Headers) -> list[tuple[str, str]]:
    return [(_NO_NAME.sub("_", name) or "_", _line(value)) for name, value in headers]


def _ascii(text: str, more: str = "") -> str:
    """As in a request line: what is not printable ASCII, nor one of `more`, is percent-encoded."""
    return quote(text, safe=_PRINTABLE + more, errors="replace")


# --- reading ----------------------------------------------------------------------------------------------------------


def read_exchange(stream: IO[bytes]) -> Exchange | None:
    """The capture that begins here; None where another record does. Raises what warcio does for what is no record."""
    records = ArchiveIterator(stream)
    first = next(records, None)
    if first is None or first.rec_type not in {"response", "resource", "revisit"}:
        return None
    exchange = _first(first)
    identity = first.rec_headers.get_header("WARC-Record-ID")
    for _ in range(RUN_MAX - 1):
        record = next(records, None)
        if record is None:
            break
        if record.rec_type == "conversion" and record.rec_headers.get_header("WARC-Refers-To") == identity:
            exchange = replace(exchange, served=exchange.body, body=record.content_stream().read())
        elif record.rec_headers.get_header("WARC-Concurrent-To") == identity:
            asked = tuple(record.http_headers.headers) if record.http_headers else ()
            return replace(exchange, request_headers=asked)
        else:
            break
    return exchange


def _first(record: Any) -> Exchange:
    http = record.http_headers
    kind = (("Content-Type", record.rec_headers.get_header("Content-Type")),)
    return Exchange(
        url=record.rec_headers.get_header("WARC-Target-URI"),
        at=datetime.fromisoformat(record.rec_headers.get_header("WARC-Date")),
        status=int(http.get_statuscode()) if http else NO_HTTP_STATUS,
        reason=http.statusline.partition(" ")[2] if http else "OK",
        headers=tuple(http.headers) if http else kind,
        body=b"" if record.rec_type == "revisit" else record.content_stream().read(),
        revisit=record.rec_type == "revisit",
    )
