"""The archive room: captures: request and response as they were, in WARC/1.1 files, one gzip member a record.

The files are in a folder (`appending`) or in an object store (`bucket`). `Capture.file` says a file's final name; readers
look for one that is still written too.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Self

from archive.appending import FolderAppender
from archive.bucket import Bucket, BucketAppender
from archive.depot import Depot, depot_of, open_file
from archive.errors import ArchiveUnavailable, CaptureDamaged, CaptureMissing
from archive.exchange import Exchange, digest_of, iso_second, read_exchange, write_exchange, write_warcinfo
from archive.records import Capture


class CaptureWriter:
    """Writes the captures of one process. Not safe to share between threads.

    Raises ArchiveUnavailable when the disk is full or the place cannot be written; nothing half-written stays.
    """

    def __init__(self, depot: Depot, *, prefix: str, software: str) -> None:
        """`prefix` begins the file names (a source's slug); `software` names us in each file's warcinfo record."""

        def new_name(at: datetime) -> str:
            moment = re.sub(r"\D", "", iso_second(at))
            return f"{prefix}-{moment}-{secrets.token_hex(4)}.warc.gz"

        def head(name: str) -> bytes:
            return write_warcinfo(name, {"software": software})

        depot = depot_of(depot)
        self._file: FolderAppender | BucketAppender
        if isinstance(depot, Bucket):
            self._file = BucketAppender(depot, new_name, head)
        else:
            self._file = FolderAppender(depot, new_name, head)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(  # noqa: PLR0913 - an exchange has that many parts
        self,
        *,
        url: str,
        at: datetime,
        request_headers: Sequence[tuple[str, str]],
        status: int,
        reason: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        method: str = "GET",
        original: Capture | None = None,
        served: bytes | None = None,
    ) -> Capture:
        """Append request and response. `body` is decoded (Content-Encoding undone); the stored header says so.

        `original` is a capture with these very bytes (`Archive.capture_of`): then they are not written again, a
        `revisit` record says where they are. `served` is what the server had sent of a page that a browser rendered.
        """
        exchange = Exchange(
            url=url,
            at=at,
            status=status,
            reason=reason,
            headers=tuple(headers),
            body=body,
            method=method,
            request_headers=tuple(request_headers),
            served=served,
        )
        return self.append(exchange, original)

    def append(self, exchange: Exchange, original: Capture | None = None) -> Capture:
        """As `write`, in one value."""
        data, length, revisit = write_exchange(exchange, original)
        offset, name = self._file.append(data, exchange.at)
        return Capture(
            url=exchange.url,
            at=exchange.at,
            status=exchange.status,
            digest=digest_of(exchange.body),
            file=name,
            offset=offset,
            length=length,
            original=original if revisit else None,
        )

    def flush(self) -> None:
        """After this every capture written is on disk, or in the store. Call it before the archive's transaction that
        names them.
        """
        self._file.flush()

    def close(self) -> None:
        """Flush, and give the file its final name."""
        self._file.close()


# --- reading ----------------------------------------------------------------------------------------------------------


def read_capture(depot: Depot, capture: Capture) -> Exchange:
    """Read a capture back and hold it against its digest; a revisit comes with the bytes of its original.
    Raises CaptureMissing, CaptureDamaged.
    """
    exchange = read_record(depot, capture)
    if exchange.revisit and capture.original is not None:
        exchange = replace(exchange, body=read_record(depot, capture.original).body)
    if digest_of(exchange.body) != capture.digest:
        raise CaptureDamaged(
            f"the bytes of the capture of {capture.url} do not match their digest: {_mend(depot, capture)}"
        )
    return exchange


def read_record(depot: Depot, capture: Capture) -> Exchange:
    """What lies at the capture's place: of a revisit without the bytes. Raises CaptureMissing, CaptureDamaged."""
    with open_file(depot_of(depot), capture.file) as stream:
        if stream.seek(0, os.SEEK_END) < capture.offset + capture.length:
            raise CaptureMissing(f"the file ends before the capture of {capture.url} does: {_mend(depot, capture)}")
        stream.seek(capture.offset)
        error: Exception | None = None
        try:
            exchange = read_exchange(stream)
        except ArchiveUnavailable:
            raise
        except Exception as damage:  # noqa: BLE001 - whatever a reader of broken bytes may raise
            exchange, error = None, damage
    if exchange is None:
        raise CaptureDamaged(
            f"the capture of {capture.url} cannot be read, no whole record begins there: {_mend(depot, capture)}"
        ) from error
    return exchange


def _mend(depot: Depot, capture: Capture) -> str:
    return f"{depot}/{capture.file} at byte {capture.offset}: restore the file from a backup of the captures"
