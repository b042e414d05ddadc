"""The crawler room, documents: PowerPoint files of the old kind (.ppt): the text of the slides, as [MS-PPT] has it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO

import olefile

from crawler.documents.bounds import Broken, Meter

STREAM = "PowerPoint Document"
STREAM_BYTES_MAX = 256 << 20
HEAD = struct.Struct("<HHI")  # version and instance, type, length: section 2.3.1
CONTAINER = 0xF  # the version of a record that is made of records
TEXT_WIDE, TEXT_NARROW = 0x0FA0, 0x0FA8  # TextCharsAtom, TextBytesAtom
SLIDE = 0x03EE  # SlideContainer
MASTERS = frozenset({0x03F8, 0x0FC9})  # main master, handout: their text is the template's
NUMBER = "*"  # stands where the slide's number is shown
RECORDS_MAX = 2_000_000


def read_ppt(data: bytes, meter: Meter) -> int:
    """The text of its slides in the order of the file; how many slides there are."""
    try:
        container = olefile.OleFileIO(BytesIO(data))
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise Broken(f"no whole file: {error}") from error
    with container:
        if container.get_size(STREAM) > STREAM_BYTES_MAX:
            raise Broken(f"its stream {STREAM} is larger than {STREAM_BYTES_MAX >> 20} MB")
        stream = container.openstream(STREAM).read()
    slides, seen = 0, set()
    for kind, body in _records(stream):
        if kind == SLIDE:
            slides += 1
            if meter.enough(slides - 1, None, "slides"):
                break
            continue
        text = body.decode("utf-16-le" if kind == TEXT_WIDE else "cp1252", "replace").replace("\x0b", "\n")
        if text not in seen and text != NUMBER:  # the outline has it a second time
            seen.add(text)
            meter.add(text)
    return slides


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Slides as they begin, and pieces of text."""
    at = 0
    for _ in range(RECORDS_MAX):
        if at + HEAD.size > len(stream):
            return
        version, kind, length = HEAD.unpack_from(stream, at)
        at += HEAD.size
        if kind == SLIDE:
            yield kind, b""
        if kind in {TEXT_WIDE, TEXT_NARROW}:
            yield kind, stream[at : at + length]
        if version & 0xF != CONTAINER or kind in MASTERS:
            at += length
