"""Files of every kind, made here byte by byte or by the library of their kind; for the tests of documents and of crawls.

`documents/samples/moss.doc` and `moss.xls` were written by an office program for these tests, since nothing else writes them.
"""

import io
import struct
import warnings
import zipfile
from pathlib import Path

SAMPLES = Path(__file__).parent / "documents/samples"

# --- PDF --------------------------------------------------------------------------------------------------------------

# Every character of a text font maps to itself: the font says so, as fonts of Chinese documents do.
_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /x def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"""


def pdf(*pages: str, encrypt: str | None = None, owner: str | None = None) -> bytes:
    """A PDF with a line of text a page, in any script."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", _stream(_TO_UNICODE)]
    objects.append(b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Moss /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 >>")  # fmt: skip
    objects.append(b"<< /Type /Font /Subtype /Type0 /BaseFont /Moss /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 3 0 R >>")  # fmt: skip
    kids = []
    for text in pages:
        lines = b" 0 -20 Td ".join(
            b"<" + line.encode("utf-16-be").hex().encode() + b"> Tj" for line in text.split("\n")
        )
        objects.append(_stream(b"BT /F1 12 Tf 72 720 Td " + lines + b" ET"))
        content = len(objects)
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents %d 0 R >>" % content)  # fmt: skip
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [" + b" ".join(kids) + b"] /Count %d >>" % len(kids)
    data, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    if encrypt is None and owner is None:
        return bytes(data)
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(bytes(data))))
    writer.encrypt(encrypt or "", owner or "owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _stream(body: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n" % len(body) + body + b"\nendstream"


# --- zips -------------------------------------------------------------------------------------------------------------


def zipped(parts: dict[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, body in parts.items():
            package.writestr(zipfile.ZipInfo(name), body, compress_type=method)
    return out.getvalue()


def bomb(kind: str = "word/document.xml") -> bytes:
    """A Word file whose text would be half a gigabyte of blanks."""
    return zipped({"[Content_Types].xml": "<Types/>", kind: b" " * (300 << 20)})


def ofd(*pages: str) -> bytes:
    """An OFD file; a line is split in two pieces at a bar."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    parts: dict[str, bytes | str] = {
        "OFD.xml": f"<ofd:OFD {space} DocType='OFD' Version='1.0'><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    }
    listed = "".join(f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages)))
    parts["Doc_0/Document.xml"] = f"<ofd:Document {space}><ofd:Pages>{listed}</ofd:Pages></ofd:Document>"
    for n, text in enumerate(pages):
        pieces = ""
        for row, line in enumerate(text.split("\n")):
            for column, piece in enumerate(line.split("|")):
                pieces += f'<ofd:TextObject ID="{n}{row}{column}" Boundary="{20 + 60 * column} {30 + 8 * row} 60 6"><ofd:TextCode X="0" Y="5">{piece}</ofd:TextCode></ofd:TextObject>'  # fmt: skip
        parts[f"Doc_0/Pages/Page_{n}/Content.xml"] = f"<ofd:Page {space}><ofd:Content><ofd:Layer>{pieces}</ofd:Layer></ofd:Content></ofd:Page>"  # fmt: skip
    return zipped(parts)


def docx(*paragraphs: str, table: list[list[str]] | None = None) -> bytes:
    import docx as library

    document = library.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        made = document.add_table(rows=len(table), cols=len(table[0]))
        for row, cells in zip(made.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def xlsx(sheets: dict[str, list[list[object]]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(out)
    return out.getvalue()


def pptx(*slides: list[str]) -> bytes:
    space = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    parts: dict[str, bytes | str] = {"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": f"<p:presentation {space}/>"}  # fmt: skip
    for number, lines in enumerate(slides, 1):
        text = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
        parts[f"ppt/slides/slide{number}.xml"] = f"<p:sld {space}><p:txBody>{text}</p:txBody></p:sld>"
    return zipped(parts)


# --- compound files, of old Office ------------------------------------------------------------------------------------

SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file (MS-CFB) with these streams; short ones are filled up, so that no mini stream is needed."""
    bodies = {name: body.ljust(4096, b"\0") for name, body in streams.items()}
    sectors, chains, starts = [], [], {}
    for name, body in bodies.items():
        starts[name] = len(sectors)
        pieces = [body[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(body), SECTOR)]
        chains += [*range(len(sectors) + 1, len(sectors) + len(pieces)), END]
        sectors += pieces
    entries = [_entry("Root Entry", 5, 1 if bodies else FREE, END, 0)]
    names = sorted(bodies, key=lambda name: (len(name), name.upper()))
    for at, name in enumerate(names, 1):
        after = at + 1 if at < len(names) else FREE
        entries.append(_entry(name, 2, FREE, starts[name], len(bodies[name]), right=after))
    folder = b"".join(entries).ljust(-(-len(entries) * 128 // SECTOR) * SECTOR, b"\0")
    first = len(sectors)
    pieces = [folder[at : at + SECTOR] for at in range(0, len(folder), SECTOR)]
    chains += [*range(first + 1, first + len(pieces)), END]
    sectors += pieces
    needed = 1
    while needed * 128 < len(chains) + needed:
        needed += 1
    table = [*chains, *[FAT] * needed]
    table += [FREE] * (needed * 128 - len(table))
    at = len(sectors)
    sectors += [struct.pack("<128I", *table[n * 128 : n * 128 + 128]) for n in range(needed)]
    head = struct.pack("<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, 0, needed, first, 0, 4096, END, 0, END, 0)  # fmt: skip
    places = [*range(at, at + needed), *[FREE] * (109 - needed)]
    return head + struct.pack("<109I", *places) + b"".join(sectors)


def _entry(name: str, kind: int, child: int, start: int, size: int, right: int = FREE) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBBIII16sIQQIQ", text, len(text), kind, 1, FREE, right, child, b"", 0, 0, 0, start, size)


def doc(text: str, *, encrypted: bool = False, narrow: str = "") -> bytes:
    """A Word file of 1997: `text` in two bytes a character, before it `narrow` in one."""
    fib = bytearray(0x400)
    struct.pack_into("<H", fib, 0, 0xA5EC)
    struct.pack_into("<H", fib, 0x0A, 0x0200 | (0x0100 if encrypted else 0))
    struct.pack_into("<i", fib, 0x4C, len(narrow) + len(text))
    body = narrow.encode("cp1252")
    body += b"\0" * (len(body) % 2)
    wide_at = 0x400 + len(body)
    pieces = [(len(narrow), 0x400 * 2 | 1 << 30)] if narrow else []
    pieces.append((len(text), wide_at))
    places, descriptors, done = [0], b"", 0
    for length, place in pieces:
        done += length
        places.append(done)
        descriptors += struct.pack("<HIH", 0, place, 0)
    table = struct.pack(f"<{len(places)}I", *places) + descriptors
    clx = b"\x01" + struct.pack("<h", 2) + b"\0\0" + b"\x02" + struct.pack("<I", len(table)) + table
    struct.pack_into("<II", fib, 0x1A2, 0, len(clx))
    return compound({"WordDocument": bytes(fib) + body + text.encode("utf-16-le"), "1Table": clx})


def ppt(*slides: list[str]) -> bytes:
    def record(kind: int, body: bytes, version: int = 0) -> bytes:
        return struct.pack("<HHI", version, kind, len(body)) + body

    stream = b""
    for lines in slides:
        texts = b"".join(record(0x0FA0, line.encode("utf-16-le")) if not line.isascii() else record(0x0FA8, line.encode()) for line in lines)  # fmt: skip
        stream += record(0x03EE, texts, 0xF)
    master = record(0x03F8, record(0x0FA8, b"Click to edit the title"), 0xF)
    return compound({"PowerPoint Document": record(0x03E8, master + stream, 0xF)})


# --- pictures ---------------------------------------------------------------------------------------------------------

GIF = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
