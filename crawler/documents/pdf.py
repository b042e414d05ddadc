"""The crawler room, documents: PDF files."""

from __future__ import annotations

import logging
from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PdfReadError

from crawler.documents.bounds import Broken, Locked, Meter

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it says of a file is said in `Document.why`

UNREADABLE_SHARE = 0.5  # of the pages; with more of them unread the file counts as broken


def read_pdf(data: bytes, meter: Meter) -> int:
    """The text of its pages; how many it has. One that needs no password to be opened is opened."""
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Locked
        count = len(reader.pages)
    except (FileNotDecryptedError, DependencyError) as error:
        raise Locked from error
    except (PdfReadError, RecursionError) as error:
        raise Broken(str(error)[:200]) from error
    unread = 0
    for number in range(count):
        if meter.enough(number, count):
            break
        try:
            meter.add(reader.pages[number].extract_text())
            meter.gap()
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - one page that cannot be read does not cost the others
            unread += 1
    if unread > UNREADABLE_SHARE * count:
        raise Broken(f"{unread} of its {count} pages cannot be read")
    if unread:
        meter.why = meter.why or f"{unread} of its {count} pages cannot be read"
    return count
