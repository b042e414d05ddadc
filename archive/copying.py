"""The archive room: captures copied out of the archive into one WARC file, the same bytes for the same captures.

Records are copied as they lie in their files. A revisit whose original is not among the copied ones is written whole:
whoever gets the file has all that it refers to.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.cdxj import Sink
from archive.depot import Depot, open_file
from archive.exchange import warc_date, write_exchange, write_warcinfo
from archive.members import read_run
from archive.records import Capture
from archive.warc import read_capture, read_record

NAMESPACE = uuid.UUID("6f0d6a30-52a5-5d0c-8f5c-0b6f3c1d9e57")  # of identities made from what a record holds
NOTHING = datetime(1970, 1, 1, tzinfo=UTC)  # the date of a file without captures

Captures = Callable[[], Iterable[Capture]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One capture in its new file."""

    capture: Capture
    offset: int  #: where its records begin now
    length: int  #: of the first of them
    data: bytes  #: of all its records


def copy_captures(depot: Depot, captures: Captures, stream: Sink) -> Iterator[Copied]:
    """Write these captures, request and response, as one WARC file; each is told when it is written.
    `captures` is asked twice, and gives the same both times. Raises CaptureMissing, CaptureDamaged.
    """
    seen, wanted, identity, newest = set(), set(), hashlib.sha256(), NOTHING
    for capture in captures():
        seen.add((capture.file, capture.offset))
        if capture.original is not None:
            wanted.add((capture.original.file, capture.original.offset))
        identity.update(f"{capture.file} {capture.offset} {capture.digest}\n".encode())
        newest = max(newest, capture.at)
    absent = wanted - seen
    name = f"<urn:uuid:{uuid.uuid5(NAMESPACE, identity.hexdigest())}>"
    head = write_warcinfo("captures.warc.gz", {"software": "newsarchive"}, identity=name, date=warc_date(newest))
    stream.write(head)
    offset = len(head)
    for capture in captures():
        original = capture.original
        lacks = original is not None and (original.file, original.offset) in absent
        data, length = _whole(depot, capture) if lacks else _members(depot, capture)
        stream.write(data)
        yield Copied(capture=capture, offset=offset, length=length, data=data)
        offset += len(data)


def _members(depot: Depot, capture: Capture) -> tuple[bytes, int]:
    with open_file(depot, capture.file) as file:
        run = read_run(file, capture.offset)
        if not run:
            read_record(depot, capture)  # says what is wrong with it
        file.seek(capture.offset)
        return file.read(run[-1].end - capture.offset), run[0].end - capture.offset


def _whole(depot: Depot, capture: Capture) -> tuple[bytes, int]:
    """A revisit as the response it stands for, under an identity of its own."""
    seed = uuid.uuid5(NAMESPACE, f"{capture.file} {capture.offset}")
    data, length, _ = write_exchange(read_capture(depot, capture), seed=seed)
    return data, length
