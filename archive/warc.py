"""The archive room: captures: request and response as they were, in WARC/1.1 files, one gzip member a record.

A file in work is called `NAME.warc.gz.open`. Records are appended whole and flushed before the archive's transaction
names them, so after a crash at most the tail of an open file is torn: `recover` trims it to the last whole record and
gives the file its final name. `Capture.file` always says the final name; readers look for the open one too.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import quote

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.errors import ArchiveUnavailable, CaptureDamaged, CaptureMissing
from archive.records import Capture

OPEN = ".open"
FILE_BYTES_MAX = 1 << 30  # a file is closed and the next one begun beyond this size, as the WARC guidelines advise
TRANSFER_HEADERS = {"content-encoding", "transfer-encoding", "content-length"}
CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1 << 12  # within these a record says its type
NO_HTTP_STATUS = 200  # of an imported file: it was there

_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")
_NO_NAME = re.compile("[^!-9;-~]")  # of what a header's name may not hold
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One capture read back."""

    url: str
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    request_headers: tuple[tuple[str, str], ...] = ()


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
    ) -> Capture:
        """Append request and response. `body` is decoded (Content-Encoding undone); the stored header says so."""
        buffer = BytesIO()
        writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
        date = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if url.lower().startswith(("http:", "https:")):
            response = self._response(writer, _ascii(url), date, status, reason, headers, body)
            request = self._request(writer, _ascii(url), date, method, request_headers, response)
            writer.write_record(response)
            length = buffer.tell()
            writer.write_record(request)
        else:
            writer.write_record(self._resource(writer, _ascii(url), date, headers, body))
            length = buffer.tell()
        offset, name = self._append(buffer.getvalue(), at)
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        return Capture(url=url, at=at, status=status, digest=digest, file=name, offset=offset, length=length)

    def _response(
        self,
        writer: Any,
        url: str,
        date: str,
        status: int,
        reason: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
    ) -> Any:
        kept = [pair for pair in _header(headers) if pair[0].lower() not in TRANSFER_HEADERS]
        kept.append(("Content-Length", str(len(body))))
        return writer.create_warc_record(
            url,
            "response",
            payload=BytesIO(body),
            length=len(body),
            http_headers=StatusAndHeaders(_line(f"{status} {_ascii(reason, ' ')}"), kept, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": date},
        )

    def _resource(self, writer: Any, url: str, date: str, headers: Sequence[tuple[str, str]], body: bytes) -> Any:
        """A file that was imported: no HTTP was spoken, and WARC has a record of its own for that."""
        types = [value for name, value in _header(headers) if name.lower() == "content-type"]
        return writer.create_warc_record(
            url,
            "resource",
            payload=BytesIO(body),
            length=len(body),
            warc_content_type=types[0] if types else "application/octet-stream",
            warc_headers_dict={"WARC-Date": date},
        )

    def _request(
        self, writer: Any, url: str, date: str, method: str, headers: Sequence[tuple[str, str]], response: Any
    ) -> Any:
        path = "/" + url.split("://", 1)[-1].partition("/")[2]
        line = StatusAndHeaders(f"{method} {path} HTTP/1.1", _header(headers), is_http_request=True)
        return writer.create_warc_record(
            url,
            "request",
            http_headers=line,
            warc_headers_dict={
                "WARC-Date": date,
                "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
            },
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
        buffer = BytesIO()
        writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
        info = {"software": self._software, "format": "WARC File Format 1.1"}
        record = writer.create_warcinfo_record(name, info)
        writer.write_record(record)
        _write_all(self._stream, buffer.getvalue())
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


def _line(value: str) -> str:
    """A header value that cannot become two lines."""
    return _BREAKS.sub(" ", value).strip()


def _header(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(_NO_NAME.sub("_", name) or "_", _line(value)) for name, value in headers]


def _ascii(text: str, more: str = "") -> str:
    """As in a request line: what is not printable ASCII, nor one of `more`, is percent-encoded."""
    return quote(text, safe=_PRINTABLE + more, errors="replace")


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


def whole_bytes(stream: IO[bytes]) -> int:
    """Where the last gzip member that is complete ends."""
    stream.seek(0)
    end = position = 0
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    while chunk := stream.read(CHUNK_BYTES):
        while chunk:
            try:
                member.decompress(chunk)
            except zlib.error:
                return end
            used = len(chunk) - len(member.unused_data)
            position += used
            chunk = member.unused_data
            if member.eof:
                end = position
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    return end


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
    """Read a capture back and hold it against its digest. Raises CaptureMissing, CaptureDamaged."""
    path = capture_path(Path(folder), capture)
    mend = f"{path} at byte {capture.offset}: restore the file from a backup of the captures"
    with path.open("rb") as stream:
        if stream.seek(0, os.SEEK_END) < capture.offset + capture.length:
            raise CaptureMissing(f"the file ends before the capture of {capture.url} does: {mend}")
        stream.seek(capture.offset)
        try:
            exchange = _read_exchange(stream)
        except Exception as error:
            raise CaptureDamaged(
                f"the capture of {capture.url} cannot be read, no whole record begins there: {mend}"
            ) from error
    if exchange is None or "sha256:" + hashlib.sha256(exchange.body).hexdigest() != capture.digest:
        raise CaptureDamaged(f"the bytes of the capture of {capture.url} do not match their digest: {mend}")
    return exchange


def _type_header(resource: Any) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", resource.rec_headers.get_header("Content-Type")),)


def _read_exchange(stream: IO[bytes]) -> Exchange | None:
    records = ArchiveIterator(stream)
    response = next(records, None)
    if response is None or response.rec_type not in {"response", "resource"}:
        return None
    body = response.content_stream().read()
    identity = response.rec_headers.get_header("WARC-Record-ID")
    request = next(records, None)
    asked: tuple[tuple[str, str], ...] = ()
    if request is not None and request.rec_headers.get_header("WARC-Concurrent-To") == identity:
        asked = tuple(request.http_headers.headers) if request.http_headers else ()
    return Exchange(
        url=response.rec_headers.get_header("WARC-Target-URI"),
        at=datetime.fromisoformat(response.rec_headers.get_header("WARC-Date")),
        status=int(response.http_headers.get_statuscode()) if response.http_headers else NO_HTTP_STATUS,
        headers=tuple(response.http_headers.headers) if response.http_headers else _type_header(response),
        body=body,
        request_headers=asked,
    )


# --- copying ----------------------------------------------------------------------------------------------------------


def copy_captures(folder: Path, captures: Iterable[Capture], stream: IO[bytes]) -> int:
    """Write these captures, request and response, as one WARC file; how many. Records are copied byte for byte."""
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    writer.write_record(writer.create_warcinfo_record("export", {"format": "WARC File Format 1.1"}))
    stream.write(buffer.getvalue())
    count = 0
    for capture in captures:
        with capture_path(folder, capture).open("rb") as file:
            file.seek(capture.offset)
            stream.write(file.read(capture.length))
            stream.write(_request_member(file))
        count += 1
    return count


def _request_member(file: IO[bytes]) -> bytes:
    """The gzip member that begins here when it holds a request, else nothing."""
    start = file.tell()
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    text, taken = b"", 0
    while not member.eof and (chunk := file.read(CHUNK_BYTES)):
        text = (text + member.decompress(chunk))[:HEAD_BYTES]
        taken += len(chunk) - len(member.unused_data)
        if b"WARC-Type: request" not in text:
            return b""
    file.seek(start)
    return file.read(taken)
