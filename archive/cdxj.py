"""The archive room: an index of web captures: CDXJ lines in order, in blocks that can be read one by one (ZipNum).

A line is the address turned round so that neighbours stand together ("example,leaf)/news/1.html"), the moment in
fourteen digits, and where the record lies. Replay tools look an address up by that key, so it must be the one they
make: host in reverse without "www.", everything in lower case, the query sorted.
"""

from __future__ import annotations

import gzip
import hashlib
import heapq
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from io import BytesIO
from itertools import islice
from tempfile import TemporaryFile
from typing import Protocol
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator

SORTED_AT_ONCE = 50_000  # lines; longer indexes are sorted in pieces, on disk
BLOCK_LINES = 1024  # of one block

_WWW = re.compile(r"^www\d*\.")
_ESCAPE = re.compile(r"%([0-9a-f]{2})")
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Sink(Protocol):
    """Where bytes are written to."""

    def write(self, data: bytes, /) -> int: ...


def search_key(url: str) -> str:
    """The key under which replay tools look for this address."""
    parts = urlsplit(url.lower())
    if parts.scheme not in _DEFAULT_PORTS:
        return url
    host = ",".join(reversed(_WWW.sub("", parts.hostname or "").split(".")))
    port = "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    path = _ESCAPE.sub(_bare, parts.path) or "/"
    path = path.removesuffix("/") if len(path) > 1 else path
    query = "&".join(sorted(_ESCAPE.sub(_bare, parts.query).split("&"), key=lambda pair: pair.split("=", 1)))
    return f"{host}{port}){path}" + (f"?{query}" if query else "")


def _bare(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0]


def cdxj_line(data: bytes, *, filename: str, offset: int, length: int) -> str:
    """The line of a capture whose records are `data`; `length` of them are the first one's."""
    record = next(ArchiveIterator(BytesIO(data)))
    header = record.rec_headers.get_header
    url, http = header("WARC-Target-URI"), record.http_headers
    kind = (http.get_header("Content-Type") if http else header("Content-Type")) or ""
    told = {
        "url": url,
        "mime": "warc/revisit" if record.rec_type == "revisit" else re.split(r"[;\s]", kind.strip(), maxsplit=1)[0],
        "status": http.get_statuscode() if http else None,
        "digest": header("WARC-Payload-Digest"),
        "length": str(length),
        "offset": str(offset),
        "filename": filename,
    }
    kept = {name: value for name, value in told.items() if value}
    moment = re.sub(r"\D", "", header("WARC-Date"))[:14]
    return f"{search_key(url)} {moment} {json.dumps(kept)}\n"


def sort_lines(lines: Iterable[str]) -> Iterator[bytes]:
    """By their bytes, whatever their number; sorted pieces lie on disk meanwhile."""
    rest = iter(lines)
    with ExitStack() as stack:
        pieces: list[Iterable[bytes]] = []
        while piece := sorted(line.encode() for line in islice(rest, SORTED_AT_ONCE)):
            if len(piece) < SORTED_AT_ONCE:
                pieces.append(piece)
                break
            file = stack.enter_context(TemporaryFile())
            file.writelines(piece)
            file.seek(0)
            pieces.append(file)
        yield from heapq.merge(*pieces)


def write_blocks(lines: Iterable[bytes], stream: Sink, *, name: str) -> Iterator[bytes]:
    """Write sorted lines into `stream`, gzipped a block at a time; gives the lines of the index of those blocks."""
    head = json.dumps({"format": "cdxj-gzip-1.0", "filename": name})
    yield f"!meta 0 {head}\n".encode()
    rest, offset = iter(lines), 0
    while block := list(islice(rest, BLOCK_LINES)):
        data = gzip.compress(b"".join(block), mtime=0)
        stream.write(data)
        place = {"offset": offset, "length": len(data), "digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "filename": name}  # fmt: skip
        key, moment, _ = block[0].split(b" ", 2)
        yield key + b" " + moment + f" {json.dumps(place)}\n".encode()
        offset += len(data)
