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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any
from urllib.parse import quote
from uuid import UUID, uuid4, uuid5

from warcio.archiveiterator import ArchiveIterator

from archive.members import RUN_MAX
from archive.records import Capture
from archive.rows import clean

try:
    from zlib_ng import zlib_ng as deflate
except ImportError:  # no wheel for this machine: the same bytes in more than twice the time
    import zlib as deflate  # type: ignore[no-redef]

GZIP_LEVEL = 5  # of zlib-ng: as small as zlib's own 6 (within a hundredth), in less than half of the time
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
    return _iso(at, "microseconds")


def iso_second(at: datetime) -> str:
    """To the second, as indexes and lists of pages have it."""
    return _iso(at, "seconds")


def _iso(at: datetime, to: str) -> str:
    """Not by `strftime`, which writes years before 1000 with less than four digits."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=to) + "Z"


# --- writing ----------------------------------------------------------------------------------------------------------


def write_exchange(
    exchange: Exchange, original: Capture | None = None, *, seed: UUID | None = None
) -> tuple[bytes, int, bool]:
    """The records' bytes, how many of them are the first record's, and whether that is a revisit. `original`: a capture
    that has this very body. The same `seed` gives records the same identities, else each has one of its own.
    """
    url, date = printable(exchange.url), warc_date(exchange.at)
    first, more = f"<urn:uuid:{seed or uuid4()}>", partial(_further, seed)
    if not exchange.url.lower().startswith(_HTTP):
        made = [_resource(url, date, exchange, first)]
        return made[0], len(made[0]), False
    known = original if original is not None and _may_refer_to(original, exchange) else None
    made = [_revisit(url, date, exchange, first, known) if known else _response(url, date, exchange, first)]
    if exchange.served is not None:
        made.append(_conversion(url, date, exchange, more("conversion"), first))
    made.append(_request(url, date, exchange, more("request"), first))
    return b"".join(made), len(made[0]), known is not None


def _further(seed: UUID | None, kind: str) -> str:
    return f"<urn:uuid:{uuid5(seed, kind) if seed else uuid4()}>"


def _may_refer_to(original: Capture, exchange: Exchange) -> bool:
    """A revisit leads to one whole response, and is not worth its bytes for an empty one."""
    if exchange.served is not None or not exchange.body or original.original is not None:
        return False
    return original.digest == digest_of(exchange.body) and original.url.lower().startswith(_HTTP)


def write_warcinfo(name: str, info: dict[str, str], *, identity: str | None = None, date: str | None = None) -> bytes:
    """The record that begins a file. With `identity` and `date` the same values make the same bytes."""
    fields = {**info, "format": "WARC File Format 1.1"}
    return _record(
        "warcinfo",
        identity or f"<urn:uuid:{uuid4()}>",
        date or warc_date(datetime.now(UTC)),
        "".join(f"{key}: {_line(value)}\r\n" for key, value in fields.items()).encode(),
        {"WARC-Filename": name},
        content="application/warc-fields",
    )


def _record(
    kind: str,
    identity: str,
    date: str,
    block: bytes,
    more: dict[str, str],
    *,
    content: str,
    payload: str | None = None,
) -> bytes:
    """A record as one gzip member; `payload` is the digest of what the block carries."""
    head = {
        "WARC-Type": kind,
        "WARC-Record-ID": identity,
        "WARC-Date": date,
        **more,
        **({"WARC-Payload-Digest": payload} if payload else {}),
        "WARC-Block-Digest": _sha1(block),
        "Content-Type": content,
        "Content-Length": str(len(block)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    machine = deflate.compressobj(GZIP_LEVEL, deflate.DEFLATED, deflate.MAX_WBITS | 16)
    packed = [machine.compress(part) for part in (f"WARC/1.1\r\n{lines}\r\n".encode(), block, b"\r\n\r\n")]
    return b"".join([*packed, machine.flush()])


def _sha1(data: bytes) -> str:
    """As WARC files have digests; whether bytes are the same is decided by SHA-256 (`digest_of`)."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()  # noqa: S324


def _http(exchange: Exchange, length: int) -> bytes:
    """Status line and headers as they are stored: what was undone is named, not claimed."""
    kept, undone = [], []
    for name, value in _header(exchange.headers):
        if name.lower() not in UNDONE:
            kept.append((name, value))
        elif name.lower() != "content-length" or value != str(length):
            undone.append((ORIGINAL + name, value))
    kept += [*undone, ("Content-Length", str(length))]
    return _head(_line(f"HTTP/1.1 {exchange.status} {printable(exchange.reason, ' ')}"), kept)


def _head(first: str, headers: Headers) -> bytes:
    """The bytes as they came, where they came from the net; what an import says beyond them is UTF-8."""
    text = "\r\n".join([first, *(f"{name}: {value}" for name, value in headers), "", ""])
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def _response(url: str, date: str, exchange: Exchange, identity: str) -> bytes:
    body = exchange.body if exchange.served is None else exchange.served
    return _record(
        "response", identity, date, _http(exchange, len(body)) + body, {"WARC-Target-URI": url},
        content="application/http; msgtype=response", payload=_sha1(body),
    )  # fmt: skip


def _revisit(url: str, date: str, exchange: Exchange, identity: str, original: Capture) -> bytes:
    refers = {
        "WARC-Target-URI": url,
        "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        "WARC-Refers-To-Target-URI": printable(original.url),
        "WARC-Refers-To-Date": warc_date(original.at),
    }
    return _record(
        "revisit", identity, date, _http(exchange, len(exchange.body)), refers,
        content="application/http; msgtype=response", payload=_sha1(exchange.body),
    )  # fmt: skip


def _conversion(url: str, date: str, exchange: Exchange, identity: str, of: str) -> bytes:
    """The page as a browser showed it, as UTF-8 HTML."""
    return _record(
        "conversion", identity, date, exchange.body, {"WARC-Target-URI": url, "WARC-Refers-To": of},
        content="text/html; charset=utf-8", payload=_sha1(exchange.body),
    )  # fmt: skip


def _resource(url: str, date: str, exchange: Exchange, identity: str) -> bytes:
    """A file that was imported: no HTTP was spoken, and WARC has a record of its own for that."""
    types = [printable(value, " ") for name, value in _header(exchange.headers) if name.lower() == "content-type"]
    return _record(
        "resource", identity, date, exchange.body, {"WARC-Target-URI": url},
        content=types[0] if types else "application/octet-stream", payload=_sha1(exchange.body),
    )  # fmt: skip


def _request(url: str, date: str, exchange: Exchange, identity: str, of: str) -> bytes:
    path = "/" + url.split("://", 1)[-1].partition("/")[2]
    asked = _head(f"{_line(exchange.method)} {path} HTTP/1.1", _header(exchange.request_headers))
    return _record(
        "request", identity, date, asked, {"WARC-Target-URI": url, "WARC-Concurrent-To": of},
        content="application/http; msgtype=request",
    )  # fmt: skip


def _line(value: str) -> str:
    """A header value that cannot become two lines."""
    return _BREAKS.sub(" ", value).strip()


def _header(headers: Headers) -> list[tuple[str, str]]:
    return [(_NO_NAME.sub("_", name) or "_", _line(value)) for name, value in headers]


def printable(text: str, more: str = "") -> str:
    """As in a request line: what is not printable ASCII, nor one of `more`, is percent-encoded."""
    return quote(clean(text) or "", safe=_PRINTABLE + more)


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
