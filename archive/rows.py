"""The archive room: records into rows and back. Values only; the database is elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import RowMapping

from archive.identity import address_key
from archive.records import (
    Article,
    Attachment,
    Capture,
    Cause,
    Change,
    ChangeKind,
    CrawlReport,
    Found,
    Image,
    Kind,
    Known,
    Outcome,
    Revision,
    Status,
    TemplateFit,
    Turn,
    Visit,
)
from archive.schema import read_moment

_SURROGATE = re.compile("[\ud800-\udfff]")

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Row = Mapping[str, Any] | RowMapping

TEXTS = ("published", "modified", "author", "editor", "origin", "section", "language", "title", "body", "html")
CLEANED = ("url", *TEXTS)
_texts_of = attrgetter(*CLEANED)


def clean(text: str | None) -> str | None:
    """Text that both databases keep: without NUL and without halves of surrogate pairs."""
    if text is None:
        return None
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _SURROGATE.sub("\ufffd", text)
    return text


def dump(value: Any) -> str:
    """JSON as both databases keep it: compact, readable, the same for the same value."""
    return clean(_JSON(value)) or ""


def cleaned(article: Article) -> Article:
    """The article as it can be kept; digests are made of this, so that they hold for what is read back."""
    values = _texts_of(article)
    changed: dict[str, Any] = {
        name: kept for name, text in zip(CLEANED, values, strict=True) if text and (kept := clean(text)) is not text
    }
    return replace(article, **changed) if changed else article


def article_columns(article: Article) -> dict[str, Any]:
    """The columns of `revisions` that hold the state of a cleaned article."""
    return {
        **{name: getattr(article, name) for name in TEXTS},
        "url": article.url,
        "kind": article.kind.value,
        "breadcrumb": dump(article.breadcrumb) if article.breadcrumb else "[]",
        "images": dump([_filled(image) for image in article.images]) if article.images else "[]",
        "attachments": dump([_filled(one) for one in article.attachments]) if article.attachments else "[]",
        "found": dump({name: [how.method, how.confidence] for name, how in sorted(article.found.items())}),
    }


def _filled(record: Image | Attachment) -> dict[str, Any]:
    """Its fields that say something, in their order."""
    values = ((name, getattr(record, name)) for name in record.__slots__)
    return {name: value for name, value in values if value is not None}


def read_article(row: Row, source: str) -> Article:
    return Article(
        source=source,
        url=row["url"],
        kind=Kind(row["kind"]),
        breadcrumb=tuple(json.loads(row["breadcrumb"])),
        images=tuple(Image(**{"url": None, **image}) for image in json.loads(row["images"])),
        attachments=tuple(Attachment(**attachment) for attachment in json.loads(row["attachments"])),
        found={name: Found(method=m, confidence=c) for name, (m, c) in json.loads(row["found"]).items()},
        **{name: row[name] for name in TEXTS},
    )


def read_known(row: Row) -> Known:
    """From a row of articles joined with its newest revision and its cluster (see `archive.read`)."""
    return Known(
        id=row["id"],
        article=read_article(row, row["source"]),
        status=Status(row["status"]),
        revision=row["revision"],
        cluster=row["cluster_id"],
        copy_of=row["copy_of_id"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        reason=row["reason"],
    )


def read_revision(row: Row, article: str, source: str, capture: Capture | None) -> Revision:
    return Revision(
        article=article,
        number=row["number"],
        at=row["at"],
        cause=Cause(row["cause"]),
        state=read_article(row, source),
        digest=row["digest"],
        capture=capture,
    )


def capture_columns(capture: Capture, source: str) -> dict[str, Any]:
    return {
        "source": source,
        "url": clean(capture.url),
        "at": capture.at,
        "status": capture.status,
        "digest": capture.digest,
        "file": capture.file,
        "start": capture.offset,
        "size": capture.length,
    }


_VISIT_FIELDS = tuple(f.name for f in fields(Visit))


def visit_columns(visit: Visit) -> dict[str, Any]:
    row = {name: getattr(visit, name) for name in _VISIT_FIELDS}
    for name in ("url", "etag", "last_modified", "title", "date", "why"):
        row[name] = clean(row[name])
    row["key"] = address_key(row["url"])
    return row


def read_visit(row: Row) -> Visit:
    return Visit(**{name: row[name] for name in _VISIT_FIELDS})


_KINDS = {kind.value: kind for kind in ChangeKind}


def read_change(row: Sequence[Any]) -> Change:
    """From the columns of `changes` in their order; its moment as the driver gives it. A feed has millions of these."""
    seq, at, kind, article, source, url, revision, cause = row
    return Change(
        seq=seq, at=read_moment(at), kind=_KINDS[kind], article=article, source=source, url=url, revision=revision, cause=cause
    )  # fmt: skip


def dump_report(report: CrawlReport) -> str:
    values = asdict(report)
    for name in ("started", "ended"):
        values[name] = values[name].isoformat()
    return dump(values)


def load_report(text: str) -> CrawlReport:
    """A report as it was kept. Fields that a newer program added and this one does not know are left out."""
    values = json.loads(text)
    known = {f.name for f in fields(CrawlReport)}
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items() if name in known}
    for name in ("started", "ended"):
        values[name] = datetime.fromisoformat(values[name])
    values["template"] = tuple(TemplateFit(**fit) for fit in values.get("template", ()))
    return CrawlReport(**{**values, "outcome": Outcome(values["outcome"])})


def turn_columns(turn: Turn) -> dict[str, Any]:
    row = {f.name: getattr(turn, f.name) for f in fields(Turn)}
    row["last"] = None if turn.last is None else dump_report(turn.last)
    return row


def read_turn(row: Row) -> Turn:
    values = dict(row)
    last = values.pop("last")
    return Turn(**values, last=None if last is None else load_report(last))
