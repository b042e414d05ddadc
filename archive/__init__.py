"""The archive: every article ever crawled, every revision of it, and the log of what changed.

Other rooms import the records, the errors and `Archive` from here, and nothing deeper.
It knows nothing of crawling, HTTP, scheduling or settings files. Records and errors are imported at once; what needs a
database driver is looked up when it is first used, because extraction wants the records alone and must start quickly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from archive.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveTooNew,
    ArchiveUnavailable,
    BadCursor,
    BadQuery,
    CaptureDamaged,
    CaptureMissing,
    CursorExpired,
    UnknownArticle,
    UnknownConsumer,
)
from archive.records import (
    Arrival,
    Article,
    Attachment,
    Capture,
    Cause,
    Change,
    ChangeKind,
    Consumer,
    CrawlReport,
    Decision,
    Finding,
    Found,
    Hit,
    Image,
    Kind,
    Known,
    Outcome,
    Revision,
    Status,
    Turn,
    Verdict,
    Visit,
)

if TYPE_CHECKING:
    from archive.archive import Archive
    from archive.diff import diff_words
    from archive.export import export_row, write_export
    from archive.warc import CaptureWriter, Exchange, read_capture

_LATER = {
    "Archive": "archive",
    "CaptureWriter": "warc",
    "Exchange": "warc",
    "diff_words": "diff",
    "export_row": "export",
    "read_capture": "warc",
    "write_export": "export",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "Archive",
    "ArchiveDamaged",
    "ArchiveError",
    "ArchiveTooNew",
    "ArchiveUnavailable",
    "Arrival",
    "Article",
    "Attachment",
    "BadCursor",
    "BadQuery",
    "Capture",
    "CaptureDamaged",
    "CaptureMissing",
    "CaptureWriter",
    "Cause",
    "Change",
    "ChangeKind",
    "Consumer",
    "CrawlReport",
    "CursorExpired",
    "Decision",
    "Exchange",
    "Finding",
    "Found",
    "Hit",
    "Image",
    "Kind",
    "Known",
    "Outcome",
    "Revision",
    "Status",
    "Turn",
    "UnknownArticle",
    "UnknownConsumer",
    "Verdict",
    "Visit",
    "diff_words",
    "export_row",
    "read_capture",
    "write_export",
]
