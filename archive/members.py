"""The archive room: the gzip members of a WARC file, each one record: where it ends, what it is, what it belongs to.

A capture is a run of members that lie one behind the other: a response (or revisit, or resource), what a browser made
of it (conversion) if it was rendered, and the request.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1 << 16  # of a record: its header fits into this
RUN_MAX = 3  # members of one capture

CAPTURED = frozenset({"response", "revisit", "resource"})  # records that begin a run

_TYPE = re.compile(rb"(?im)^WARC-Type: *([^\r\n]*)")
_ID = re.compile(rb"(?im)^WARC-Record-ID: *([^\r\n]*)")
_TARGET = re.compile(rb"(?im)^WARC-Target-URI: *<?([^>\r\n]*)")
_CONCURRENT_TO = re.compile(rb"(?im)^WARC-Concurrent-To: *([^\r\n]*)")
_REFERS_TO = re.compile(rb"(?im)^WARC-Refers-To: *([^\r\n]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One gzip member of a WARC file, which is one record."""

    end: int  #: where the next one begins
    type: str
    id: str
    target: str
    concurrent_to: str  #: of a request: the id of its response; "" else
    refers_to: str  #: of a conversion: the id of the response it was made of; "" else

    def belongs_to(self, first: Member) -> bool:
        """Whether this member is of the capture that begins with `first`."""
        return first.id in {self.concurrent_to, self.refers_to} and self.type in {"conversion", "request"}


def read_member(stream: IO[bytes], start: int) -> Member | None:
    """The record that begins here; None at the end of the file, or where nothing whole begins."""
    stream.seek(start)
    gunzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    head, end = b"", start
    while not gunzip.eof:
        chunk = stream.read(CHUNK_BYTES)
        if not chunk:
            return None
        end += len(chunk)
        try:
            full = True
            while not gunzip.eof and (chunk or full):
                text = gunzip.decompress(chunk, HEAD_BYTES)
                head += text[: HEAD_BYTES - len(head)]
                chunk, full = gunzip.unconsumed_tail, len(text) == HEAD_BYTES
        except zlib.error:
            return None
    head = head.partition(b"\r\n\r\n")[0]
    return Member(
        end=end - len(gunzip.unused_data),
        type=_word(_TYPE.search(head)),
        id=_word(_ID.search(head)),
        target=_word(_TARGET.search(head)),
        concurrent_to=_word(_CONCURRENT_TO.search(head)),
        refers_to=_word(_REFERS_TO.search(head)),
    )


def _word(found: re.Match[bytes] | None) -> str:
    return found[1].decode("utf-8", "replace").strip() if found else ""


def read_run(stream: IO[bytes], start: int) -> list[Member]:
    """The members of the capture that begins here, in their order; empty where nothing whole begins."""
    run: list[Member] = []
    at = start
    while len(run) < RUN_MAX and (member := read_member(stream, at)) is not None:
        if run and not member.belongs_to(run[0]):
            break
        run.append(member)
        at = member.end
    return run


def strays(stream: IO[bytes], known: Mapping[int, int]) -> Iterator[tuple[int, str]]:
    """(start, address) of the captures in a file that no row of the database names: those of a crawl that was killed
    before it could keep what it had read. `known`: start -> size of the others, which are stepped over.
    """
    at = 0
    while True:
        if at in known:
            at += known[at]
            continue
        member = read_member(stream, at)
        if member is None:
            return
        if member.type in CAPTURED:
            yield at, member.target
        at = member.end


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
