"""The crawler room, documents: what a file that an article hands out is, and what is written in it.

Bytes to a `Document`: no net, no archive. A file can be built to hang or crash whoever opens it, so a crawl calls this in its
reader (`crawler.reader`), a process that may be killed; the bounds in here are for the honest ones, of which a part is
better than nothing. What a file is, is told from its bytes: names and headers are often wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from archive import Document
from crawler.documents.bounds import Broken, Locked, Meter
from crawler.documents.kinds import IMAGES, MEDIA, sniff

__all__ = ["IMAGES", "MEDIA", "read_document", "sniff"]

#: kind -> module and function; a library is loaded when the first file of its kind comes
_READERS = {
    "pdf": ("pdf", "read_pdf"), "ofd": ("zipped", "read_ofd"), "docx": ("office", "read_docx"), "doc": ("word97", "read_doc"),
    "xlsx": ("office", "read_xlsx"), "xls": ("office", "read_xls"), "pptx": ("zipped", "read_pptx"),
    "ppt": ("slides97", "read_ppt"), "odt": ("zipped", "read_opendocument"), "ods": ("zipped", "read_opendocument"),
    "odp": ("zipped", "read_opendocument"), "zip": ("zipped", "list_zip"), "csv": ("plain", "read_text"),
    "txt": ("plain", "read_text"), "html": ("plain", "read_html"),
}  # fmt: skip


def read_document(data: bytes, declared: str | None = None) -> Document:
    """The text of a file. `declared`: the kind its name says, for what has no marks of its own ("csv", "txt").
    Never raises for what is in the file.
    """
    kind = sniff(data, declared)
    meter = Meter()
    pages, why = None, None
    try:
        pages = _read(kind, data, meter) if kind in _READERS else None
    except MemoryError:
        raise  # whoever called has a bound of its own for that
    except Locked:
        why = "encrypted: it cannot be read without a password"
    except Broken as error:
        why = f"broken: {error}"
    except Exception as error:  # noqa: BLE001 - whatever a library says of a file that is not as it should be
        why = "broken: " + " ".join(f"{type(error).__name__}: {error}".split())[:200]
    text = meter.text
    why = why or meter.why or _silence(kind, text)
    return Document(kind=kind, media=MEDIA[kind], text=text, pages=pages, why=why)


def _read(kind: str, data: bytes, meter: Meter) -> int | None:
    module, name = _READERS[kind]
    reader: Callable[[bytes, Meter], int | None] = getattr(import_module(f"{__name__}.{module}"), name)
    return reader(data, meter)


def _silence(kind: str, text: str | None) -> str | None:
    """Why nothing could be read of it; None where something was, or nobody would expect it."""
    if text is not None or kind in IMAGES:
        return None
    if kind in _READERS:
        return "no text is in it"
    if kind == "ole":
        return "encrypted, or an old kind of file that is not read"
    return "it is of no kind that is known" if kind == "unknown" else f"{kind} files are not read"
