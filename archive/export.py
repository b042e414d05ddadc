"""The archive room: articles out of the archive, in the contract's fields and order."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import IO, Any, Protocol

from archive.records import Known


class _Articles(Protocol):
    def articles(self, *, source: str | None = None, batch: int = 500) -> Any: ...


def export_row(known: Known) -> dict[str, object]:
    """One article in the contract's fields, in the contract's order. Times of ours are ISO 8601 in UTC."""
    article = known.article
    return {
        "id": known.id,
        "source": article.source,
        "url": article.url,
        "kind": article.kind.value,
        "title": article.title,
        "body": article.body,
        "published": article.published,
        "modified": article.modified,
        "author": article.author,
        "origin": article.origin,
        "section": article.section,
        "breadcrumb": list(article.breadcrumb),
        "language": article.language,
        "images": [asdict(image) for image in article.images],
        "attachments": [asdict(attachment) for attachment in article.attachments],
        "status": known.status.value,
        "revision": known.revision,
        "cluster": known.cluster,
        "copy_of": known.copy_of,
        "first_seen": known.first_seen.isoformat(),
        "last_seen": known.last_seen.isoformat(),
    }


def write_export(archive: _Articles, stream: IO[str], *, source: str | None = None) -> int:
    """Write every article to a text stream; how many."""
    count = 0
    for count, known in enumerate(archive.articles(source=source), start=1):  # noqa: B007
        stream.write(json.dumps(export_row(known), ensure_ascii=False) + "\n")
    return count
