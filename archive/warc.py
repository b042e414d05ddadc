"""The archive room: captures: request and response as they were, in WARC/1.1 files, one gzip member a record.

A file in work is called `NAME.warc.gz.open`. Records are appended whole and flushed before the archive's transaction
names them, so after a crash at most the tail of an open file is torn: `recover` trims it to the last whole record and
gives the file its final name. `Capture.file` always says the final name; readers look for the open one too.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

from archive.errors import ArchiveUnavailable, CaptureDamaged, CaptureMissing
from archive.exchange import Exchange, digest_of, read_exchange, write_exchange, write_warcinfo
from archive.members import whole_bytes
from archive.records import Capture

OPEN = ".open"
FILE_BYTES_MAX = 1 << 30  # a file is closed and the next one begun beyond this size, as the WARC guidelines advise


class CaptureWriter:
    """Writes the captures of one process. Not safe to share between threads.

    Raises ArchiveUnavailable when the disk is full or the folder cannot be written; nothing half-written stays.
    """

    def __init__(self, folder: Path, *, prefix: str, software: str) -> None:
        """`prefix` begins the file names (a source's slug); `software` names us in each file's warcinfo record."""
        self._folder = Path(folder)
        self._prefix = prefix
        self._software = software
        self._stream: IO[bytes] | None = None
        self._path = self._folder
        self._unsynced = False

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
        offset, name = self._append(data, exchange.at)
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

    def _append(self, data: bytes, at: datetime) -> tuple[int, str]:
        try:
            stream = self._current(at)
            offset = stream.seek(0, os.SEEK_END)
            try:
                _write_all(stream, data)
            except OSError:
                # What is half-written is cut off again, so that the file stays whole.
                os.ftruncate(stream.fileno(), offset)
                raise
        except OSError as error:
            raise ArchiveUnavailable(
                f"captures cannot be written to {self._folder}: {error.strerror}; nothing was kept, make room or name "
                "another folder"
            ) from error
        self._unsynced = True
        return offset, self._path.name.removesuffix(OPEN)

    def _current(self, at: datetime) -> IO[bytes]:
        if self._stream is not None and self._stream.tell() > FILE_BYTES_MAX:
            self.close()
        if self._stream is None:
            self._begin(at)
        assert self._stream is not None
        return self._stream

    def _begin(self, at: datetime) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        recover(self._folder)
        name = f"{self._prefix}-{at.astimezone(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}.warc.gz"
        self._path = self._folder / (name + OPEN)
        # Locked before it has a name that `recover` looks for: nobody takes it for an orphan in between.
        hidden = self._folder / ("." + name)
        # Unbuffered: what `write` returned from is with the operating system and survives kill -9.
        self._stream = hidden.open("xb", buffering=0)
        fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hidden.rename(self._path)
        _write_all(self._stream, write_warcinfo(name, {"software": self._software}))
        _sync_folder(self._folder)

    def flush(self) -> None:
        """After this every capture written is on disk. Call it before the archive's transaction that names them."""
        if self._stream is not None and self._unsynced:
            os.fsync(self._stream.fileno())
            self._unsynced = False

    def close(self) -> None:
        """Flush, and give the file its final name."""
        if self._stream is None:
            return
        self.flush()
        # Renamed while the lock is held: nobody takes it for an orphan in between.
        self._path.rename(self._path.with_name(self._path.name.removesuffix(OPEN)))
        _sync_folder(self._folder)
        self._stream.close()
        self._stream = None


def _write_all(stream: IO[bytes], data: bytes) -> None:
    """An unbuffered write may take a part and say so; the rest, or the reason why not, comes with the next."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]


def _sync_folder(folder: Path) -> None:
    """A new name is on disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- recovery ---------------------------------------------------------------------------------------------------------


def recover(folder: Path) -> list[Path]:
    """Give open files that no living process holds their final names, cut back to their last whole record."""
    done = []
    for path in sorted(folder.glob("*.warc.gz" + OPEN)):
        try:
            stream = path.open("r+b")
        except OSError:
            continue  # another process was faster, or only others may write here
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its writer lives
            if not path.exists():
                continue
            whole = whole_bytes(stream)
            stream.truncate(whole)
            os.fsync(stream.fileno())
            final = path.with_name(path.name.removesuffix(OPEN))
            if whole:
                path.rename(final)
                done.append(final)
            else:
                path.unlink()
    return done


# --- reading ----------------------------------------------------------------------------------------------------------


def capture_path(folder: Path, capture: Capture) -> Path:
    """Where the file of a capture is now: under its final name or still open. Raises CaptureMissing."""
    if Path(capture.file).name != capture.file:
        raise CaptureDamaged(f"the capture of {capture.url} names {capture.file!r}, which is no file name")
    # The final name twice: the writer may give it between the first look and the second.
    for path in (folder / capture.file, folder / (capture.file + OPEN), folder / capture.file):
        if path.exists():
            return path
    raise CaptureMissing(f"the WARC file {capture.file} is not in {folder}: restore it from a backup of the captures")


def read_capture(folder: Path, capture: Capture) -> Exchange:
    """Read a capture back and hold it against its digest; a revisit comes with the bytes of its original.
    Raises CaptureMissing, CaptureDamaged.
    """
    exchange = read_record(folder, capture)
    if exchange.revisit and capture.original is not None:
        exchange = replace(exchange, body=read_record(folder, capture.original).body)
    if digest_of(exchange.body) != capture.digest:
        raise CaptureDamaged(
            f"the bytes of the capture of {capture.url} do not match their digest: {_mend(folder, capture)}"
        )
    return exchange


def read_record(folder: Path, capture: Capture) -> Exchange:
    """What lies at the capture's place: of a revisit without the bytes. Raises CaptureMissing, CaptureDamaged."""
    path = capture_path(Path(folder), capture)
    with path.open("rb") as stream:
        if stream.seek(0, os.SEEK_END) < capture.offset + capture.length:
            raise CaptureMissing(f"the file ends before the capture of {capture.url} does: {_mend(folder, capture)}")
        stream.seek(capture.offset)
        error: Exception | None = None
        try:
            exchange = read_exchange(stream)
        except Exception as damage:  # noqa: BLE001 - whatever a reader of broken bytes may raise
            exchange, error = None, damage
    if exchange is None:
        raise CaptureDamaged(
            f"the capture of {capture.url} cannot be read, no whole record begins there: {_mend(folder, capture)}"
        ) from error
    return exchange


def _mend(folder: Path, capture: Capture) -> str:
    return f"{Path(folder) / capture.file} at byte {capture.offset}: restore the file from a backup of the captures"
