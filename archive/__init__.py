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
    ArchiveTooOld,
    ArchiveUnavailable,
    BadBackup,
    BadCursor,
    BadQuery,
    CaptureDamaged,
    CaptureMissing,
    CursorExpired,
    UnknownArticle,
    UnknownConsumer,
    UnknownWebhook,
    WebhookExists,
)
from archive.identity import address_key
from archive.notices import Alarm, DeadLetter, Tally, Webhook
from archive.proceedings import BackupReport, Event, Finding, Removal, Replay, Restored
from archive.records import (
    ARCHIVE_AWAY,
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
    Document,
    Facet,
    File,
    FileArrival,
    Found,
    Hit,
    Image,
    KeptTemplate,
    Kind,
    Known,
    Outcome,
    Revision,
    Sign,
    Status,
    TemplateFit,
    Turn,
    Verdict,
    Visit,
)

if TYPE_CHECKING:
    from archive.archive import Archive
    from archive.contract import change_schema, export_schema
    from archive.depot import Depot, check_depot
    from archive.diff import Difference, diff_states, diff_words
    from archive.events import What
    from archive.exchange import Exchange
    from archive.export import change_line, change_row, export_row, write_export
    from archive.migrate import migrate_schema, migration_steps, schema_of
    from archive.restoring import restore
    from archive.warc import CaptureWriter, read_capture

_LATER = {
    "Archive": "archive",
    "CaptureWriter": "warc",
    "Depot": "depot",
    "check_depot": "depot",
    "Exchange": "exchange",
    "Difference": "diff",
    "diff_states": "diff",
    "diff_words": "diff",
    "change_line": "export",
    "change_row": "export",
    "change_schema": "contract",
    "export_row": "export",
    "export_schema": "contract",
    "What": "events",
    "read_capture": "warc",
    "migrate_schema": "migrate",
    "migration_steps": "migrate",
    "restore": "restoring",
    "schema_of": "migrate",
    "write_export": "export",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "ARCHIVE_AWAY",
    "Alarm",
    "Archive",
    "ArchiveDamaged",
    "ArchiveError",
    "ArchiveTooNew",
    "ArchiveTooOld",
    "ArchiveUnavailable",
    "Arrival",
    "Article",
    "Attachment",
    "BackupReport",
    "BadBackup",
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
    "DeadLetter",
    "Decision",
    "Depot",
    "Difference",
    "Document",
    "Event",
    "Exchange",
    "Facet",
    "File",
    "FileArrival",
    "Finding",
    "Found",
    "Hit",
    "Image",
    "KeptTemplate",
    "Kind",
    "Known",
    "Outcome",
    "Removal",
    "Replay",
    "Restored",
    "Revision",
    "Sign",
    "Status",
    "Tally",
    "TemplateFit",
    "Turn",
    "UnknownArticle",
    "UnknownConsumer",
    "UnknownWebhook",
    "Verdict",
    "Visit",
    "Webhook",
    "WebhookExists",
    "What",
    "address_key",
    "change_line",
    "change_row",
    "change_schema",
    "check_depot",
    "diff_states",
    "diff_words",
    "export_row",
    "export_schema",
    "migrate_schema",
    "migration_steps",
    "read_capture",
    "restore",
    "schema_of",
    "write_export",
]
