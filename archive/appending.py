"""The archive room: WARC files of a folder, appended to by one process each.

A file in work is called `NAME.warc.gz.open`. Records are appended whole and flushed before the archive's transaction
names them, so after a crash at most the tail of an open file is torn: `recover` trims it to the last whole record and
gives the file its final name. A folder that machines share must keep their locks apart (NFS 4 and its like do).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO

from archive.errors import ArchiveUnavailable
from archive.members import whole_bytes

OPEN = ".open"
FILE_BYTES_MAX = 1 << 30  # a file is closed and the next one begun beyond this size, as the WARC guidelines advise


class FolderAppender:
    """The file that one process writes. Raises ArchiveUnavailable when the disk is full or the folder cannot be written."""

    def __init__(self, folder: Path, new_name: Callable[[datetime], str], head: Callable[[str], bytes]) -> None:
        self._folder, self._new_name, self._head = folder, new_name, head
        self._stream: IO[bytes] | None = None
        self._path = folder
        self._unsynced = False

    def append(self, data: bytes, at: datetime) -> tuple[int, str]:
        """Where these bytes lie now, and in which file."""
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
        name = self._new_name(at)
        path = self._folder / (name + OPEN)
        # Locked before it has a name that `recover` looks for: nobody takes it for an orphan in between.
        hidden = self._folder / ("." + name)
        # Unbuffered: what `write` returned from is with the operating system and survives kill -9.
        stream = hidden.open("xb", buffering=0)
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_all(stream, self._head(name))
            hidden.rename(path)
            _sync_folder(self._folder)
        except OSError:
            stream.close()
            for made in (hidden, path):
                made.unlink(missing_ok=True)
            raise
        self._stream, self._path = stream, path

    def flush(self) -> None:
        """After this all that was appended is on disk."""
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
