"""The archive room: captures in an object store that many machines share (S3 and its like, whatever fsspec reaches).

What lies there is whole from the moment it has a name and is never appended to: a writer uploads a file at each flush, and
begins another. Keys come from the store's own usual places (environment, ~/.aws); a URL that holds them is refused.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, urlsplit

from archive.errors import ArchiveUnavailable

ENDPOINT = "endpoint"  # the one option a URL may hold: the address of the store, where it is not its maker's own
BLOCK_BYTES = 1 << 18  # read at once: some captures; those who read all of a file fetch it
LIBRARIES = {"s3": "newsarchive[s3]", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
SUFFIX = ".warc.gz"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place for WARC files: "s3://bucket/prefix", with "?endpoint=https://…" where needed. Safe to share and to send to
    other processes.
    """

    url: str

    def __post_init__(self) -> None:
        """Raises ArchiveUnavailable for a URL that cannot be one."""
        parts = urlsplit(self.url)
        if "@" in self.url:
            raise ArchiveUnavailable(
                "the captures' address holds a key: take it out, and set the store's usual variables instead "
                "(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for S3)"
            )
        others = sorted({name for name, _ in parse_qsl(parts.query)} - {ENDPOINT})
        if others or not parts.netloc:
            raise ArchiveUnavailable(
                "captures are kept in a folder or in something like s3://bucket/prefix?endpoint=https://…, not in "
                f"{parts.scheme}://{parts.netloc}{parts.path}" + (f" with {', '.join(others)}" if others else "")
            )

    def __str__(self) -> str:
        return self.url

    @property
    def _root(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.netloc}{parts.path}".rstrip("/")

    def _key(self, name: str) -> str:
        return f"{self._root}/{name}"

    @property
    def _files(self) -> Any:
        return _connect(self.url, os.getpid())

    def names(self, prefix: str = "") -> list[str]:
        """The WARC files there, of those whose names begin so. Raises ArchiveUnavailable."""
        with self._reached():
            if urlsplit(self.url).scheme == "s3":  # asks for those alone
                found = self._files.find(self._root, prefix=prefix, maxdepth=1)
            else:
                found = self._files.ls(self._root, detail=False) if self._files.exists(self._root) else []
        names = (str(path).rpartition("/")[2] for path in found)
        return sorted(name for name in names if name.startswith(prefix) and name.endswith(SUFFIX))

    def holds(self, name: str) -> bool:
        """Whether a file of this name is there. Raises ArchiveUnavailable."""
        with self._reached():
            return bool(self._files.exists(self._key(name)))

    def open(self, name: str) -> IO[bytes]:
        """For reading, with `seek`. Raises FileNotFoundError; that and reading raise ArchiveUnavailable."""
        with self._reached():
            size = int(self._files.info(self._key(name))["size"])
        return io.BufferedReader(_Stream(partial(self._read, name), size), BLOCK_BYTES)

    def _read(self, name: str, start: int, end: int) -> bytes:
        with self._reached():
            return bytes(self._files.cat_file(self._key(name), start=start, end=end))

    def put(self, name: str, data: bytes) -> None:
        """Keep a file, whole or not at all; one of that name is replaced. Raises ArchiveUnavailable."""
        with self._reached():
            self._files.pipe_file(self._key(name), data)

    def put_file(self, path: Path, name: str) -> None:
        """The same from a file on disk."""
        with self._reached():
            self._files.put_file(str(path), self._key(name))

    def fetch(self, name: str, path: Path) -> None:
        """Copy a file to a place on disk, as it was at one moment. Raises FileNotFoundError, ArchiveUnavailable."""
        with self._reached():
            self._files.get_file(self._key(name), str(path))

    def remove(self, name: str) -> None:
        with self._reached():
            self._files.rm_file(self._key(name))

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """The wall at which errors of stores become ours."""
        try:
            yield
        except FileNotFoundError:
            raise
        except ArchiveUnavailable:
            raise
        except Exception as error:  # whatever the libraries of stores raise
            raise ArchiveUnavailable(
                f"captures cannot be reached in {self.url}: {_said(error)}; nothing was lost, try again"
            ) from error


def _said(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


class _Stream(io.RawIOBase):
    """A file in a bucket, read piece by piece."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        super().__init__()
        self._read_between, self._size, self._at = read, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        data = self._read_between(self._at, end) if end > self._at else b""
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@lru_cache(maxsize=8)
def _connect(url: str, process: int) -> Any:  # noqa: ARG001 - a connection is not for children
    import fsspec  # noqa: PLC0415 - loads much, and most archives have a folder

    parts = urlsplit(url)
    endpoint = dict(parse_qsl(parts.query)).get(ENDPOINT)
    options: dict[str, Any] = {"endpoint_url": endpoint} if endpoint else {}
    try:
        return fsspec.filesystem(parts.scheme, use_listings_cache=False, skip_instance_cache=True, **options)
    except (ImportError, ValueError) as error:
        library = LIBRARIES.get(parts.scheme)
        mend = f"pip install '{library}'" if library else f"fsspec knows no {parts.scheme}://"
        raise ArchiveUnavailable(f"captures in {url} need a library that is not here: {mend}") from error


class BucketAppender:
    """Files of one process in a bucket: collected in memory, uploaded at each flush."""

    FILE_BYTES = 32 << 20  # uploaded before a flush asks for it, so that memory is bounded

    def __init__(self, bucket: Bucket, new_name: Callable[[datetime], str], head: Callable[[str], bytes]) -> None:
        self._bucket, self._new_name, self._head = bucket, new_name, head
        self._name, self._data = "", io.BytesIO()

    def append(self, data: bytes, at: datetime) -> tuple[int, str]:
        """Where these bytes will lie, and in which file."""
        if self._data.tell() > self.FILE_BYTES:
            self.flush()
        if not self._name:
            self._name = self._new_name(at)
            self._data.write(self._head(self._name))
        offset = self._data.tell()
        self._data.write(data)
        return offset, self._name

    def flush(self) -> None:
        """After this all of it is in the store. Raises ArchiveUnavailable; calling again tries again."""
        if self._name:
            self._bucket.put(self._name, self._data.getvalue())
            self._name, self._data = "", io.BytesIO()

    def close(self) -> None:
        self.flush()
