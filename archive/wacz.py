"""The archive room: captures as a WACZ package (version 1.1.1): a WARC file with its index and its pages, in one zip file.

The same captures make the same package: nothing in it names the moment it was made. What replay tools need is in it:
`archive/` the WARC file, `indexes/` an index of it, `pages/` the articles by name, and the digest of each.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, Protocol

from archive.cdxj import Sink, cdxj_line, sort_lines, write_blocks
from archive.copying import NOTHING, copy_captures
from archive.depot import Depot
from archive.exchange import iso_second
from archive.records import Capture, Known

VERSION = "1.1.1"
WARC, INDEX, BLOCKS, PAGES = "captures.warc.gz", "index.cdx.gz", "index.idx", "pages.jsonl"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment a zip file can name


class Readable(Protocol):
    """What a package needs of an archive."""

    captures: Depot

    def captured(self, source: str | None = None) -> Iterator[Capture]: ...
    def readable(
        self, after: str = "", *, source: str | None = None, since: datetime | None = None, limit: int = 100
    ) -> list[tuple[Known, Capture]]: ...


def write_wacz(archive: Readable, stream: IO[bytes], *, source: str | None = None) -> int:
    """Write the captures (of one source) as a package; how many. Raises CaptureMissing, CaptureDamaged."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as zipped:
        package = _Package(zipped)
        count, newest = 0, NOTHING

        def lines(out: Sink) -> Iterator[str]:
            nonlocal count, newest
            for copied in copy_captures(archive.captures, lambda: archive.captured(source), out):
                count, newest = count + 1, max(newest, copied.capture.at)
                yield cdxj_line(copied.data, filename=WARC, offset=copied.offset, length=copied.length)

        with package.file(f"archive/{WARC}") as out:
            ordered = sort_lines(lines(out))
            first = next(ordered, b"")  # now all of them are written, and only the index is left
        with package.file(f"indexes/{INDEX}") as out:
            blocks = b"".join(write_blocks(_again(first, ordered), out, name=INDEX))
        package.write(f"indexes/{BLOCKS}", blocks)
        with package.file(f"pages/{PAGES}") as out:
            for line in _pages(archive, source):
                out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        package.finish(f"newsarchive: {source or 'all sources'}", iso_second(newest))
    return count


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _pages(archive: Readable, source: str | None) -> Iterator[dict[str, str]]:
    """The articles: what each is called, and the capture its newest text was read from."""
    yield {"format": "json-pages-1.0", "id": "pages", "title": "Articles"}
    after = ""
    while group := archive.readable(after, source=source):
        for known, capture in group:
            if capture.url.startswith(("http:", "https:")):
                title = known.article.title or known.article.url
                yield {"id": known.id, "url": capture.url, "ts": iso_second(capture.at), "title": title}
        after = group[-1][0].id


class _Package:
    """The zip file, and what its parts come to."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zipped = zipped
        self._resources: list[dict[str, Any]] = []

    @contextmanager
    def file(self, path: str) -> Iterator[Sink]:
        """A part that is written piece by piece."""
        with self._zipped.open(_info(path), "w", force_zip64=True) as out:
            counted = _Counted(out)
            yield counted
        self._resources.append(
            {"name": path.rpartition("/")[2], "path": path, "hash": counted.digest, "bytes": counted.bytes}
        )

    def write(self, path: str, data: bytes) -> None:
        with self.file(path) as out:
            out.write(data)

    def finish(self, title: str, created: str) -> None:
        told = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "title": title,
            "software": "newsarchive",
            "created": created,
            "resources": sorted(self._resources, key=lambda resource: resource["path"]),
        }
        data = json.dumps(told, ensure_ascii=False, indent=2).encode()
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        self._zipped.writestr(_info("datapackage.json"), data)
        self._zipped.writestr(_info("datapackage-digest.json"), json.dumps(digest, indent=2))


class _Counted:
    """Passes on what is written, and knows its size and digest."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._digest, self.bytes = out, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.bytes += len(data)
        return self._out.write(data)

    @property
    def digest(self) -> str:
        return f"sha256:{self._digest.hexdigest()}"


def _info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, EPOCH)
    info.external_attr = 0o644 << 16
    return info
