"""The crawler room, documents: what kind of file these bytes are, from the bytes alone."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

HEAD_BYTES = 4096  # looked at for marks
PDF_HEAD = 1024  # a PDF's mark may stand so far from its beginning (ISO 32000, annex H)

#: kind -> media type
MEDIA = {
    "pdf": "application/pdf", "ofd": "application/ofd", "rtf": "application/rtf", "html": "text/html",
    "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation", "epub": "application/epub+zip", "zip": "application/zip",
    "rar": "application/vnd.rar", "7z": "application/x-7z-compressed", "gzip": "application/gzip", "ole": "application/x-ole-storage",
    "csv": "text/csv", "txt": "text/plain", "xml": "text/xml",
    "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp", "bmp": "image/bmp", "tiff": "image/tiff",
    "avif": "image/avif", "ico": "image/x-icon", "svg": "image/svg+xml",
    "mp3": "audio/mpeg", "mp4": "video/mp4", "wmv": "video/x-ms-wmv", "unknown": "application/octet-stream",
}  # fmt: skip
IMAGES = frozenset({"jpeg", "png", "gif", "webp", "bmp", "tiff", "avif", "ico", "svg"})
OFFICE_ZIPS = frozenset({"docx", "xlsx", "pptx", "ofd", "odt", "ods", "odp"})

_MARKS = (
    (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF87a", "gif"), (b"GIF89a", "gif"), (b"BM", "bmp"),
    (b"II*\0", "tiff"), (b"MM\0*", "tiff"), (b"\0\0\1\0", "ico"), (b"{\\rtf", "rtf"), (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"), (b"\x1f\x8b\x08", "gzip"), (b"ID3", "mp3"), (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"),
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_PARTS = (
    ("OFD.xml", "ofd"), ("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx"), ("xl/workbook.bin", "zip"),
    ("ppt/presentation.xml", "pptx"),
)  # fmt: skip
_ZIP_TYPES = {MEDIA[kind]: kind for kind in ("odt", "ods", "odp", "epub")}
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|meta|title|script|div|table|p)\b", re.IGNORECASE)
_SVG = re.compile(rb"<svg\b", re.IGNORECASE)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_TEXTS = frozenset({"csv", "txt"})


def sniff(data: bytes, declared: str | None = None) -> str:
    """The kind of a file, a key of MEDIA. `declared`: what its name says, which counts for plain text alone."""
    head = data[:HEAD_BYTES]
    for mark, kind in _MARKS:
        if head.startswith(mark):
            return kind
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _sniff_zip(data)
    if head.startswith(_OLE):
        return _sniff_ole(data)
    if b"%PDF-" in head[:PDF_HEAD]:
        return "pdf"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "avif" if head[8:12] in {b"avif", b"avis"} else "mp4"
    return _sniff_text(head, declared)


def _sniff_text(head: bytes, declared: str | None) -> str:
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    plain = head.replace(b"\0", b"") if wide else head
    if not plain.strip() or _BINARY.search(plain):
        return "unknown"
    if _HTML.search(plain):
        return "html"
    if _SVG.search(plain):
        return "svg"
    if plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "xml"
    return declared if declared in _TEXTS else "txt"


def _sniff_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = set(package.namelist())
            for name, kind in _ZIP_PARTS:
                if name in names:
                    return kind
            if "mimetype" in names:
                with package.open("mimetype") as stream:
                    return _ZIP_TYPES.get(stream.read(200).decode("ascii", "replace").strip(), "zip")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError):
        return "zip"
    return "zip"


def _sniff_ole(data: bytes) -> str:
    """Old Office: one container for all. An encrypted new Office file is one as well."""
    import olefile  # noqa: PLC0415 - wanted by few

    try:
        with olefile.OleFileIO(BytesIO(data)) as container:
            for stream, kind in (
                ("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("PowerPoint Document", "ppt"),
                ("EncryptedPackage", "ole"),
            ):  # fmt: skip
                if container.exists(stream):
                    return kind
    except Exception:  # noqa: BLE001 - whatever the library says of a broken container
        return "ole"
    return "ole"
