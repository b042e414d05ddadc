"""The archive room: everything the archive can refuse, as one tree.

ArchiveError
├── ArchiveUnavailable      the database cannot be reached, is locked, read-only or its disk is full: nothing was written
├── ArchiveDamaged          the file is not a database, or its content contradicts itself: restore a backup
├── ArchiveTooNew           its schema is newer than this program: upgrade the program
├── ArchiveTooOld           its schema must be migrated by hand: nobody may use it meanwhile
├── UnknownArticle          no article has this id or address
├── UnknownConsumer         no consumer has this name
├── UnknownWebhook          no webhook has this name
├── WebhookExists           a webhook of this name is there already
├── CursorExpired           the changes before this cursor were compacted: read a full snapshot
├── BadCursor               the cursor is not a number of this feed
├── BadQuery                the search or filter cannot be understood; says where
├── BadBackup               this is no backup, it is damaged, or there is no empty place for it
├── CaptureMissing          a capture's file is gone or shorter than its record says
└── CaptureDamaged          a capture's bytes do not match their digest

Each name is a situation the caller can act on; each text says what happened, where, and what to do.
"""

from __future__ import annotations


class ArchiveError(Exception):
    """Any refusal of the archive; nothing was half-written."""


class ArchiveUnavailable(ArchiveError):
    """The database cannot be reached or written now; calling again later is safe."""


class ArchiveDamaged(ArchiveError):
    """The file is no archive, or its content contradicts itself."""


class ArchiveTooNew(ArchiveError):
    """The schema was written by a newer program than this one."""


class ArchiveTooOld(ArchiveError):
    """The schema must be migrated by hand before this program can use it."""


class UnknownArticle(ArchiveError):
    """No article has this id or address."""


class UnknownConsumer(ArchiveError):
    """No consumer of the change feed has this name."""


class UnknownWebhook(ArchiveError):
    """No webhook has this name."""


class WebhookExists(ArchiveError):
    """A webhook of this name is there already."""


class CursorExpired(ArchiveError):
    """Changes before this cursor were compacted away."""


class BadCursor(ArchiveError):
    """The cursor is not a position of this feed."""


class BadQuery(ArchiveError):
    """The search query or filter cannot be understood."""


class BadBackup(ArchiveError):
    """A folder is no whole backup, or the place to restore to or back up to is not empty."""


class CaptureMissing(ArchiveError):
    """A capture's WARC file is gone or ends before the capture does."""


class CaptureDamaged(ArchiveError):
    """A capture's bytes do not match the digest kept for them."""
