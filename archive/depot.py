"""The archive room: where capture files are: in a folder, of this machine or one that machines share, or in a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from archive import appending
from archive.appending import OPEN
from archive.bucket import SUFFIX, Bucket
from archive.errors import CaptureDamaged, CaptureMissing

Depot = Path | Bucket


def depot_of(said: Depot | str) -> Depot:
    """What a setting names: "s3://bucket/prefix" and its like, else a folder. Raises ArchiveUnavailable."""
    if isinstance(said, str) and "://" in said:
        return Bucket(said)
    return Path(said) if isinstance(said, str) else said


def open_file(depot: Depot, name: str) -> IO[bytes]:
    """A capture file, under its final name or still written. Raises CaptureMissing, CaptureDamaged, ArchiveUnavailable."""
    if Path(name).name != name:
        raise CaptureDamaged(f"a capture names {name!r}, which is no file name")
    if isinstance(depot, Bucket):
        try:
            return depot.open(name)
        except FileNotFoundError:
            raise _missing(depot, name) from None
    # The final name twice: the writer may give it between the first look and the second.
    for path in (depot / name, depot / (name + OPEN), depot / name):
        try:
            return path.open("rb")
        except FileNotFoundError:
            continue
    raise _missing(depot, name)


def _missing(depot: Depot, name: str) -> CaptureMissing:
    return CaptureMissing(f"the WARC file {name} is not in {depot}: restore it from a backup of the captures")


def check_depot(said: str) -> None:
    """Raises ArchiveUnavailable where a bucket is not there or may not be looked into; writes nothing."""
    depot = depot_of(said)
    if isinstance(depot, Bucket):
        depot.names("nothing-begins-so")


def finished(depot: Depot, prefix: str = "") -> list[str]:
    """The names of the files that nobody writes any more, in order."""
    if isinstance(depot, Bucket):
        return depot.names(prefix)
    return sorted(path.name for path in depot.glob(f"{prefix}*{SUFFIX}")) if depot.is_dir() else []


def in_work(depot: Depot, prefix: str = "") -> list[str]:
    """The final names of the files that somebody writes. A bucket holds none: they come to it whole."""
    if isinstance(depot, Bucket) or not depot.is_dir():
        return []
    return sorted(path.name.removesuffix(OPEN) for path in depot.glob(f"{prefix}*{SUFFIX}{OPEN}"))


def recover(depot: Depot) -> None:
    """Give files that a lost process left open their final names. In a bucket none is ever open."""
    if isinstance(depot, Path) and depot.is_dir():
        appending.recover(depot)
