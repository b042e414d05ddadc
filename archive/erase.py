"""The archive room: erases records from WARC files, so that every other record stays where it is.

The erased stretch (a capture: a response and the request that belongs to it) becomes one record of the very same length that says
when it was erased. No offset changes, so file and database need not change in the same instant: the file is copied with
the stretch replaced, synced and renamed into place, and doing it again changes nothing.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from archive import leases
from archive.bucket import Bucket
from archive.depot import Depot
from archive.errors import ArchiveUnavailable, CaptureDamaged
from archive.members import CHUNK_BYTES, read_run

LOCK = ".custody.lock"  # in the captures folder: held while files of it are rewritten or copied away
LEASE = "custody"  # the same of a bucket
LEASE_LENGTH, RENEWED_S = (
    timedelta(minutes=5),
    60.0,
)  # what a killed holder holds up; it is renewed while its holder lives
WAIT_MOST_S = 900.0  # for another process that has it
LOOK_S = 1.0
UNFINISHED = ".erasing"
STORED_BYTES = 0xFFFF  # most bytes of one stored block of deflate (RFC 1951, 3.2.4)
STORED_HEAD = 5
GZIP_HEAD, GZIP_TAIL = b"\x1f\x8b\x08\0\0\0\0\0\0\xff", 8  # RFC 1952
TOMBSTONE = "metadata"  # the type of record that no capture has


@contextmanager
def custody(engine: Engine, depot: Depot, *, wait: bool) -> Iterator[bool]:
    """The captures for ourselves, as far as rewriting and copying goes; False when another process has them."""
    with _leased(engine, wait=wait) if isinstance(depot, Bucket) else _locked(depot, wait=wait) as ours:
        yield ours


@contextmanager
def _locked(folder: Path, *, wait: bool) -> Iterator[bool]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream: IO[bytes] = (folder / LOCK).open("ab")
    except OSError:
        if not wait:
            yield False  # what cannot be written cannot be rewritten
            return
        if not (folder / LOCK).exists():
            yield True  # who may only read copies what nobody rewrites
            return
        stream = (folder / LOCK).open("rb")
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def _leased(engine: Engine, *, wait: bool) -> Iterator[bool]:
    """A bucket knows no locks that end with their process: the archive's leases do."""
    holder = f"{uuid.uuid4()}"
    until = time.monotonic() + WAIT_MOST_S
    while leases.take(engine, [LEASE], holder, LEASE_LENGTH) is not None:
        if not wait:
            yield False
            return
        if time.monotonic() > until:
            raise ArchiveUnavailable("another process copies or rewrites captures; try again when it has ended")
        time.sleep(LOOK_S)
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(engine, holder, ended), name="custody", daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        ended.set()
        keeper.join()
        leases.give(engine, [LEASE], holder)


def _keep(engine: Engine, holder: str, ended: threading.Event) -> None:
    while not ended.wait(RENEWED_S):
        with suppress(ArchiveUnavailable):  # the next time, then
            leases.take(engine, [LEASE], holder, LEASE_LENGTH)


# --- erasing ----------------------------------------------------------------------------------------------------------


def erase_in(depot: Depot, name: str, starts: Iterable[int], at: datetime) -> int | None:
    """Erase captures of a file of the depot; how many were still there; None where it is not there, or still written.

    Raises OSError, ArchiveUnavailable, CaptureDamaged: the file is as it was.
    """
    if not isinstance(depot, Bucket):
        return erase(depot / name, starts, at) if (depot / name).exists() else None
    with tempfile.TemporaryDirectory(prefix="newsarchive-") as folder:
        copy = Path(folder) / name
        try:
            depot.fetch(name, copy)
        except FileNotFoundError:
            return None
        erased = erase(copy, starts, at)
        if erased:
            depot.put_file(copy, name)
    return erased


def erase(path: Path, starts: Iterable[int], at: datetime) -> int:
    """Erase the captures that begin at these bytes of a closed WARC file; how many were still there.

    Raises OSError (disk full, no permission): the file is as it was. Raises CaptureDamaged: there is no record there.
    """
    with path.open("rb") as stream:
        stretches = [stretch for start in sorted(set(starts)) if (stretch := _stretch(path, stream, start))]
        if not stretches:
            return 0
        unfinished = path.with_name(path.name + UNFINISHED)
        try:
            with unfinished.open("wb") as copy:
                shutil.copymode(path, unfinished)
                stream.seek(0)
                _rewrite(stream, copy, stretches, at)
                copy.flush()
                os.fsync(copy.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)
    return len(stretches)


def _stretch(path: Path, stream: IO[bytes], start: int) -> tuple[int, int] | None:
    """From the beginning of a capture to its end; None where it is erased already."""
    run = read_run(stream, start)
    if not run:
        raise CaptureDamaged(f"{path} has no record at byte {start}: restore the file from a backup of the captures")
    return None if run[0].type == TOMBSTONE else (start, run[-1].end)


def _rewrite(stream: IO[bytes], copy: IO[bytes], stretches: list[tuple[int, int]], at: datetime) -> None:
    here = 0
    for start, end in stretches:
        _copy(stream, copy, start - here)
        copy.write(tombstone(end - start, at))
        stream.seek(end)
        here = end
    shutil.copyfileobj(stream, copy, CHUNK_BYTES)


def _copy(stream: IO[bytes], copy: IO[bytes], size: int) -> None:
    while size > 0:
        chunk = stream.read(min(CHUNK_BYTES, size))
        if not chunk:
            raise OSError("the file became shorter while it was copied")
        copy.write(chunk)
        size -= len(chunk)


def tombstone(size: int, at: datetime) -> bytes:
    """A whole WARC record, as one gzip member of exactly `size` bytes: stored, not compressed, and filled with blanks."""
    blocks = 1
    while (room := size - len(GZIP_HEAD) - GZIP_TAIL - STORED_HEAD * blocks) > STORED_BYTES * blocks:
        blocks += 1
    raw = _record(room, at)
    data = bytearray(GZIP_HEAD)
    for number in range(blocks):
        part = raw[number * STORED_BYTES : (number + 1) * STORED_BYTES]
        data.append(number == blocks - 1)
        data += len(part).to_bytes(2, "little") + (len(part) ^ 0xFFFF).to_bytes(2, "little") + part
    return bytes(data) + zlib.crc32(raw).to_bytes(4, "little") + len(raw).to_bytes(4, "little")


def _record(size: int, at: datetime) -> bytes:
    """The record itself, `size` bytes long: with a digest of its block where there is room for one."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = f"erased: {moment}\r\n".encode()
    for with_digest in (True, False):
        head = [
            "WARC/1.1", f"WARC-Type: {TOMBSTONE}", f"WARC-Record-ID: <urn:uuid:{uuid.uuid4()}>", f"WARC-Date: {moment}",
            "Content-Type: application/warc-fields", f"Content-Length: {0:010}", "", "",
        ]  # fmt: skip
        digest_bytes = len("WARC-Block-Digest: sha1:\r\n") + 32 if with_digest else 0
        length = size - len("\r\n".join(head)) - digest_bytes - len("\r\n\r\n")
        if length >= len(said):
            break
    else:
        raise CaptureDamaged(f"a stretch of {size} bytes is too short for a capture: is the file damaged?")
    block = said + b" " * (length - len(said))
    head[5] = f"Content-Length: {length:010}"
    if with_digest:
        head.insert(5, "WARC-Block-Digest: sha1:" + base64.b32encode(hashlib.sha1(block).digest()).decode())  # noqa: S324
    return "\r\n".join(head).encode() + block + b"\r\n\r\n"


def sync_folder(folder: Path) -> None:
    """A rename is on disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
