"""The crawler room, documents: Word files of the old kind (.doc, as written by Word 97 to 2003 and by WPS).

As [MS-DOC] has it: the text lies in pieces in the stream `WordDocument`; where they are is told by the piece table
(`Clx`), which lies in the table stream at the place that the file's head (`Fib`) names.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from io import BytesIO

import olefile

from crawler.documents.bounds import Broken, Locked, Meter

MAGIC = 0xA5EC  # of a Fib, section 2.5.2
ENCRYPTED, WHICH_TABLE = 0x0100, 0x0200  # of its flags, at byte 10
FLAGS_AT, TEXT_LENGTH_AT, CLX_AT = 0x0A, 0x4C, 0x01A2  # ccpText; fcClx and lcbClx
PIECES_MAX = 1_000_000
STREAM_BYTES_MAX = 128 << 20
PRC, PCDT = 1, 2  # kinds of what a Clx is made of, section 2.9.38
COMPRESSED = 1 << 30  # of a piece's place: one byte a character, cp1252

_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*\x14?")  # what a field computes; its result stays
_ROW_END = "\x07\x07"  # of the last cell, and of its row
_MARKS = str.maketrans({"\x07": "\t", "\x0b": "\n", "\x0c": "\n", "\r": "\n", "\x0e": "\n", "\x1e": "-", "\xa0": " "})
_SILENT = re.compile("[\x00-\x06\x08\x0f-\x1d\x1f]")  # pictures, footnote marks, soft hyphens, ends of fields


def read_doc(data: bytes, meter: Meter) -> None:
    """The text of its body."""
    try:
        container = olefile.OleFileIO(BytesIO(data))
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise Broken(f"no whole file: {error}") from error
    with container:
        text = _stream(container, "WordDocument")
        if len(text) < CLX_AT + 8 or struct.unpack_from("<H", text)[0] != MAGIC:
            raise Broken("no Word document of 1997 or later")
        (flags,) = struct.unpack_from("<H", text, FLAGS_AT)
        if flags & ENCRYPTED:
            raise Locked
        table = _stream(container, "1Table" if flags & WHICH_TABLE else "0Table")
        (length,) = struct.unpack_from("<i", text, TEXT_LENGTH_AT)
        place, size = struct.unpack_from("<II", text, CLX_AT)
        meter.add(_plain("".join(_pieces(text, table[place : place + size]))[: max(length, 0)]))


def _stream(container: olefile.OleFileIO, name: str) -> bytes:
    if not container.exists(name):
        raise Broken(f"it has no stream {name}")
    if container.get_size(name) > STREAM_BYTES_MAX:
        raise Broken(f"its stream {name} is larger than {STREAM_BYTES_MAX >> 20} MB")
    return bytes(container.openstream(name).read())


def _pieces(text: bytes, clx: bytes) -> Iterator[str]:
    table = _piece_table(clx)
    count = (len(table) - 4) // 12  # n + 1 places of 4 bytes, n descriptors of 8
    if not 0 < count <= PIECES_MAX:
        raise Broken("its piece table is empty or damaged")
    places = struct.unpack_from(f"<{count + 1}I", table)
    for number in range(count):
        (place,) = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * number + 2)
        length = places[number + 1] - places[number]
        if length < 0:
            raise Broken("its piece table is damaged")
        if place & COMPRESSED:
            start = (place & ~COMPRESSED) // 2
            yield text[start : start + length].decode("cp1252", "replace")
        else:
            yield text[place : place + 2 * length].decode("utf-16-le", "replace")


def _piece_table(clx: bytes) -> bytes:
    at = 0
    while at < len(clx):
        if clx[at] == PRC and at + 3 <= len(clx):
            at += 3 + struct.unpack_from("<h", clx, at + 1)[0]
        elif clx[at] == PCDT and at + 5 <= len(clx):
            (size,) = struct.unpack_from("<I", clx, at + 1)
            return clx[at + 5 : at + 5 + size]
        else:
            break
    raise Broken("it has no piece table")


def _plain(text: str) -> str:
    before = None
    while text != before:  # fields may lie in one another; each turn removes the innermost
        before = text
        text = _FIELD_CODE.sub("", text)
    return _SILENT.sub("", text.replace(_ROW_END, "\n").translate(_MARKS))
