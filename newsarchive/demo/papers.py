"""The front door, the demo: the pictures and papers of the invented sites, made here byte by byte."""

from __future__ import annotations

import hashlib

# Each character is its own glyph, and the file says so: the way fonts of Chinese documents have it.
_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /demo def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"""
_CID_FONT = (
    b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Demo /DW 1000 "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>"
)
_FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /Demo /Encoding /Identity-H /DescendantFonts [5 0 R] /ToUnicode 6 0 R >>"
)
_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> /Contents 7 0 R >>"
)


def picture(path: str) -> bytes:
    """One pixel, of a colour of its own for each picture."""
    colour = hashlib.sha256(path.encode()).digest()[:3]
    head = b"GIF89a\x01\0\x01\0\x80\0\0" + colour + b"\xff\xff\xff"
    return head + b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"


def paper(lines: tuple[str, ...]) -> bytes:
    """A PDF of one page."""
    shown = b" 0 -20 Td ".join(b"<" + line.encode("utf-16-be").hex().encode() + b"> Tj" for line in lines)
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", _PAGE, _FONT, _CID_FONT,
        _stream(_TO_UNICODE), _stream(b"BT /F1 12 Tf 72 720 Td " + shown + b" ET"),
    )  # fmt: skip
    data, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(data))
    return data + head + table + tail


def _stream(body: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n" % len(body) + body + b"\nendstream"
