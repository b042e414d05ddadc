"""The archive room: captures in an object store that many machines share (S3 and its like, whatever fsspec reaches).

What lies there is whole from the moment it has a name and is never appended to: a writer uploads a file at each flush, and
begins another. Keys come from the store's own usual places (environment, ~/.aws); a URL that holds them is refused.
"""

from __future__ import annotations

import asyncio
import io
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, urlsplit

from archive.errors import ArchiveUnavailable

ENDPOINT = "endpoint"  # the one option a URL may hold: the address of the store, where it is not its maker's own
BLOCK_BYTES = 1 << 20  # read at once: a good many captures
BLOCKS_KEPT, KEPT_S = 8, 60  # of what was read
CONNECT_MAX_S, SILENCE_MAX_S = 10, 30  # to be let in; without a byte
REQUEST_MAX_S, FILE_MAX_S = 120.0, 1800.0  # for an answer, with all tries; for a whole file to or from a disk
TRIES, ROUNDS = 3, 2  # of one request: by S3's library, and by fsspec's around it
LIBRARIES = {"s3": "newsarchive[s3]", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
SUFFIX = ".warc.gz"
WORDS_MAX = 300  # characters of what a store's library says


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
        others = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} - {ENDPOINT})
        if others or not parts.netloc or parts.fragment:
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

    def names(self, prefix: str = "") -> list[str]:
        """The WARC files there, of those whose names begin so. Raises ArchiveUnavailable."""
        found: list[str] = []
        with suppress(FileNotFoundError):  # nothing is there yet
            if prefix and urlsplit(self.url).scheme == "s3":  # asks for those alone
                found = self._ask("find", self._root, prefix=prefix, maxdepth=1)
            else:
                found = self._ask("ls", self._root, detail=False)
        names = (str(path).rpartition("/")[2] for path in found)
        return sorted(name for name in names if name.startswith(prefix) and name.endswith(SUFFIX))

    def open(self, name: str) -> IO[bytes]:
        """For reading, with `seek`. Raises FileNotFoundError; that and reading raise ArchiveUnavailable."""
        now = os.getpid(), int(time.monotonic() / KEPT_S)
        size = _size(self, name, *now)
        return io.BufferedReader(_Stream(lambda number: _block(self, name, number, size, *now), size))

    def size(self, name: str) -> int:
        """Raises FileNotFoundError, ArchiveUnavailable."""
        return int(self._ask("info", self._key(name))["size"])

    def read(self, name: str, start: int, end: int) -> bytes:
        """These bytes of a file. Raises FileNotFoundError, ArchiveUnavailable."""
        return bytes(self._ask("cat_file", self._key(name), start=start, end=end))

    def put(self, name: str, data: bytes) -> None:
        """Keep a file, whole or not at all; one of that name is replaced. Raises ArchiveUnavailable."""
        self._ask("pipe_file", self._key(name), data)
        _forget()

    def put_file(self, path: Path, name: str) -> None:
        """The same from a file on disk."""
        self._ask("put_file", str(path), self._key(name), most_s=FILE_MAX_S)
        _forget()

    def fetch(self, name: str, path: Path) -> None:
        """Copy a file to a place on disk, as it was at one moment. Raises FileNotFoundError, ArchiveUnavailable."""
        self._ask("get_file", self._key(name), str(path), most_s=FILE_MAX_S)

    def remove(self, name: str) -> None:
        """Raises ArchiveUnavailable."""
        self._ask("rm_file", self._key(name))
        _forget()

    def _ask(self, verb: str, *told: Any, most_s: float | None = None, **more: Any) -> Any:
        """Do it within this time. Errors of stores become ours, all but a FileNotFoundError."""
        try:
            return self._do(verb, told, more, most_s or REQUEST_MAX_S)
        except FileNotFoundError:
            raise
        except ArchiveUnavailable:
            raise
        except Exception as error:  # whatever the libraries of stores raise
            said = (str(error).strip() or type(error).__name__).splitlines()[0][:WORDS_MAX]
            raise ArchiveUnavailable(f"captures cannot be reached in {self.url}: {said}; {_mend(error)}") from error

    def _do(self, verb: str, told: tuple[Any, ...], more: dict[str, Any], most_s: float) -> Any:
        files, place = _connect(self.url, os.getpid()), urlsplit(self.url).netloc
        try:
            return _do(files, verb, told, more, most_s)
        except FileNotFoundError as error:
            if _do(files, "exists", (place,), {}, most_s):
                raise
            raise _NoBucket(f"there is no bucket {place}, or these keys may not see it") from error


class _NoBucket(Exception):
    pass


def _do(files: Any, verb: str, told: tuple[Any, ...], more: dict[str, Any], most_s: float) -> Any:
    if not files.async_impl:
        return getattr(files, verb)(*told, **more)
    asked = asyncio.run_coroutine_threadsafe(getattr(files, f"_{verb}")(*told, **more), files.loop)
    try:
        return asked.result(most_s)
    except TimeoutError:
        asked.cancel()
        raise TimeoutError(f"no answer within {most_s:.0f} s") from None


def _mend(error: Exception) -> str:
    if "credentials" in type(error).__name__.lower():
        return "set the store's usual variables (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for S3)"
    if isinstance(error, _NoBucket):
        return "make it, or mend `captures`"
    if isinstance(error, PermissionError):
        return "these keys may not do that: let them list, read and write there"
    return "nothing was lost, try again"


# --- reading ------------------------------------------------------------------------------------------------------------
# Captures are read mostly in the order in which they lie, each by a call of its own: what was read of a file is kept for a
# moment. It goes stale when another process erases something, so for a short one.


@lru_cache(maxsize=BLOCKS_KEPT)
def _size(bucket: Bucket, name: str, _process: int, _moment: int) -> int:
    return bucket.size(name)


@lru_cache(maxsize=BLOCKS_KEPT)
def _block(bucket: Bucket, name: str, number: int, size: int, _process: int, _moment: int) -> bytes:
    return bucket.read(name, number * BLOCK_BYTES, min((number + 1) * BLOCK_BYTES, size))


def _forget() -> None:
    _size.cache_clear()
    _block.cache_clear()


class _Stream(io.RawIOBase):
    """A file in a bucket, read block by block."""

    def __init__(self, block: Callable[[int], bytes], size: int) -> None:
        super().__init__()
        self._block, self._size, self._at = block, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, BLOCK_BYTES)
        data = memoryview(self._block(number))[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@lru_cache(maxsize=8)
def _connect(url: str, process: int) -> Any:  # noqa: ARG001 - a connection is not for children
    import fsspec  # noqa: PLC0415 - loads much, and most archives have a folder

    parts = urlsplit(url)
    endpoint = dict(parse_qsl(parts.query)).get(ENDPOINT)
    options: dict[str, Any] = {"endpoint_url": endpoint} if endpoint else {}
    if parts.scheme == "s3":
        tries = {"mode": "standard", "total_max_attempts": TRIES}
        options["config_kwargs"] = {"connect_timeout": CONNECT_MAX_S, "read_timeout": SILENCE_MAX_S, "retries": tries}
    try:
        files = fsspec.filesystem(parts.scheme, use_listings_cache=False, skip_instance_cache=True, **options)
    except (ImportError, ValueError) as error:
        library = LIBRARIES.get(parts.scheme)
        mend = f"pip install '{library}'" if library else f"fsspec knows no {parts.scheme}://"
        raise ArchiveUnavailable(f"captures in {url} need a library that is not here: {mend}") from error
    files.retries = ROUNDS
    return files


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
