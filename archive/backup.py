"""The archive room: backups made while crawling goes on, and restores that prove themselves.

A backup is a folder: the database as it was at one moment, every WARC file up to what that database names, and
`manifest.json` with the digest of each file, written last: a folder without it is no backup. Captures are on disk before
the database names them, so copying the database first and the files after it gives a consistent whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from archive.appending import OPEN
from archive.bucket import Bucket
from archive.depot import Depot, finished
from archive.dialect import parse_url
from archive.dialect.dump import NAMES, Dumped, dump, kind_of, place_for, refuse_unless_empty, undump
from archive.erase import LOCK, custody, sync_folder
from archive.errors import ArchiveUnavailable, BadBackup
from archive.events import agent
from archive.members import CAPTURED, read_member
from archive.proceedings import BackupReport

MANIFEST = "manifest.json"
FORMAT = 1  # of the manifest
MANIFEST_BYTES_MAX = 256 << 20
FOLDER = "captures"
CHUNK_BYTES = 1 << 20
UNFINISHED = ".restoring"

Progress = Callable[[int, int], None]

_WARC_NAME = re.compile(r"[\w][\w.-]*\.warc\.gz", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of a backup."""

    path: str  #: "archive.db", "archive.dump" or "captures/NAME.warc.gz"
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    database: str  #: "sqlite" or "postgresql"
    made_at: str
    made_by: str
    schema: str
    feed: int
    files: tuple[Entry, ...]


# --- making one -------------------------------------------------------------------------------------------------------


def back_up(engine: Engine, captures: Depot, dest: Path, progress: Progress | None = None) -> BackupReport:
    """Make a backup in `dest`, a folder that is empty or not there. What was written is taken back when it fails.

    Raises BadBackup (not empty), ArchiveUnavailable, OSError (disk full).
    """
    if dest.exists() and (not dest.is_dir() or any(dest.iterdir())):
        raise BadBackup(f"{dest} is not an empty folder: name a new one for this backup")
    made: list[Path] = []
    try:
        with custody(engine, captures, wait=True):  # no take-down rewrites a file meanwhile
            return _back_up(engine, captures, dest, made, progress)
    except BaseException:
        for path in reversed(made):
            path.unlink(missing_ok=True) if not path.is_dir() else path.rmdir()
        raise


def _back_up(engine: Engine, captures: Depot, dest: Path, made: list[Path], progress: Progress | None) -> BackupReport:
    _make_folder(dest, made)
    _make_folder(dest / FOLDER, made)
    database = dest / NAMES[kind_of(engine)]
    made.append(database)
    held = dump(engine, database)
    files = sorted({*held.ends, *finished(captures)})
    entries, missing = [_entry(database, dest)], []
    for done, name in enumerate(files, start=1):
        target = dest / FOLDER / name
        made.append(target)
        entry = _copy_captures(captures, name, target, held)
        if entry is None:
            missing.append(name)
        else:
            entries.append(entry)
        if progress is not None:
            progress(done, len(files))
    sync_folder(dest / FOLDER)
    at = datetime.now(UTC)
    manifest = Manifest(
        format=FORMAT, database=kind_of(engine), made_at=at.isoformat(), made_by=agent(), schema=held.schema,
        feed=held.feed, files=tuple(entries),
    )  # fmt: skip
    made.append(dest / MANIFEST)
    _write_manifest(dest, manifest)
    total = sum(entry.bytes for entry in entries)
    return BackupReport(place=str(dest), at=at, feed=held.feed, files=len(entries), bytes=total, missing=tuple(missing))


def _make_folder(folder: Path, made: list[Path]) -> None:
    if not folder.exists():
        folder.mkdir()
        made.append(folder)


def _entry(path: Path, dest: Path) -> Entry:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        os.fsync(stream.fileno())
    return Entry(path=path.relative_to(dest).as_posix(), bytes=path.stat().st_size, sha256=digest)


def _copy_captures(captures: Depot, name: str, target: Path, held: Dumped) -> Entry | None:
    """A finished file as it is; one that a crawl still writes up to the last capture that the database names."""
    if isinstance(captures, Bucket):
        try:
            captures.fetch(name, target)
        except FileNotFoundError:
            return None
        return _entry(target, target.parent.parent)
    # The final name twice: its writer may give it between the first look and the second.
    for path in (captures / name, captures / (name + OPEN), captures / name):
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            continue
        with stream, target.open("xb") as copy:
            size = None
            if path.name.endswith(OPEN):
                size = held.ends.get(name, 0)
                while (more := read_member(stream, size)) is not None and more.type not in CAPTURED:
                    size = more.end  # its conversion, its request
            stream.seek(0)
            copied, digest = _copy(stream, copy, size)
        return Entry(path=f"{FOLDER}/{name}", bytes=copied, sha256=digest)
    return None


def _copy(stream: IO[bytes], copy: IO[bytes], size: int | None) -> tuple[int, str]:
    """Copy up to `size` bytes (None: all) and sync them; how many, and their SHA-256."""
    digest, copied = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK_BYTES if size is None else min(CHUNK_BYTES, size - copied)):
        copy.write(chunk)
        digest.update(chunk)
        copied += len(chunk)
    copy.flush()
    os.fsync(copy.fileno())
    return copied, digest.hexdigest()


def _write_manifest(dest: Path, manifest: Manifest) -> None:
    unfinished = dest / (MANIFEST + ".part")
    with unfinished.open("w", encoding="utf-8") as stream:
        json.dump(asdict(manifest), stream, indent=1)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.rename(dest / MANIFEST)
    sync_folder(dest)


# --- reading one ------------------------------------------------------------------------------------------------------


def read_manifest(src: Path) -> Manifest:
    """Raises BadBackup for anything that is not exactly what `back_up` writes; paths in it lead nowhere else."""
    path = src / MANIFEST
    try:
        if path.stat().st_size > MANIFEST_BYTES_MAX:
            raise BadBackup(f"{path} is larger than any manifest: this is no backup of newsarchive")
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadBackup(f"{src} holds no {MANIFEST}: it is no backup, or one that was never finished") from error
    except (ValueError, RecursionError) as error:
        raise BadBackup(f"{path} cannot be read ({error}): use another backup") from error
    try:
        manifest = Manifest(**{**told, "files": tuple(Entry(**entry) for entry in told["files"])})
        _check(manifest)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise BadBackup(f"{path} is no manifest of newsarchive: {error}") from error
    return manifest


def _check(manifest: Manifest) -> None:
    if manifest.format != FORMAT:
        raise ValueError(f"its form is {manifest.format!r}, this program knows {FORMAT}: upgrade newsarchive")
    if manifest.database not in NAMES:
        raise ValueError(f"its database is {manifest.database!r}")
    names = [entry.path for entry in manifest.files]
    if names.count(NAMES[manifest.database]) != 1 or len(set(names)) != len(names):
        raise ValueError("it names the database not once, or a file twice")
    for entry in manifest.files:
        folder, _, name = entry.path.rpartition("/")
        if entry.path != NAMES[manifest.database] and not (folder == FOLDER and _WARC_NAME.fullmatch(name)):
            raise ValueError(f"it names {entry.path!r}, which is no file of a backup")
        if not _DIGEST.fullmatch(entry.sha256) or not isinstance(entry.bytes, int):
            raise ValueError(f"{entry.path} has no digest or size")


def restore(src: Path, url: str, captures: Depot, progress: Progress | None = None) -> Manifest:
    """Put a backup into an empty place: database at `url`, WARC files into `captures`. Every file is held against its
    digest while it is copied; the database comes last, so that a restore that was cut off is no archive.

    Raises BadBackup (and takes back what it wrote), ArchiveUnavailable, OSError.
    """
    manifest = read_manifest(src)
    target = parse_url(url)
    if kind_of(target) != manifest.database:
        raise BadBackup(
            f"{src} is a backup of {manifest.database}, and --archive names {kind_of(target)}: "
            "restore it to its own kind (an export and an import lead from one to the other)"
        )
    refuse_unless_empty(target)
    _refuse_unless_empty(captures)
    with tempfile.TemporaryDirectory(prefix="newsarchive-") as scratch:  # on the way to a bucket
        folder = Path(scratch) if isinstance(captures, Bucket) else captures
        beside = place_for(target, folder)
        database = beside.with_name(beside.name + UNFINISHED)
        made: list[Path] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            database.parent.mkdir(parents=True, exist_ok=True)
            for done, entry in enumerate(manifest.files, start=1):
                to = folder / Path(entry.path).name if entry.path.startswith(FOLDER) else database
                made.append(to)
                _bring(src, entry, to)
                if isinstance(captures, Bucket) and to != database:
                    captures.put_file(to, to.name)
                    to.unlink()
                if progress is not None:
                    progress(done, len(manifest.files))
            sync_folder(folder)
            undump(database, target)
        except BaseException:
            _take_back(made, captures)
            raise
        database.unlink(missing_ok=True)
    return manifest


def _take_back(made: list[Path], captures: Depot) -> None:
    for path in made:
        path.unlink(missing_ok=True)
        if isinstance(captures, Bucket):
            with suppress(FileNotFoundError, ArchiveUnavailable):
                captures.remove(path.name)


def _refuse_unless_empty(captures: Depot) -> None:
    if isinstance(captures, Bucket):
        full = bool(captures.names())
    else:
        full = captures.exists() and (not captures.is_dir() or any(path.name != LOCK for path in captures.iterdir()))
    if full:
        raise BadBackup(f"{captures} is not empty: a restore overwrites nothing; name another place as `captures`")


def _bring(src: Path, entry: Entry, to: Path) -> None:
    path = src / entry.path
    for part in (path, path.parent) if path.parent != src else (path,):
        if not part.exists() or part.is_symlink():
            raise BadBackup(f"{part} is missing or leads elsewhere: this backup is not whole, use another one")
    with path.open("rb") as stream, to.open("xb") as copy:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise BadBackup(f"{path} is no plain file: this backup is not whole, use another one")
        size, digest = _copy(stream, copy, entry.bytes + 1)
    if (size, digest) != (entry.bytes, entry.sha256):
        raise BadBackup(
            f"{path} is not as it was written (its digest differs): this backup is damaged, use another one"
        )
