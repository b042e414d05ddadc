"""The archive room: articles out of the archive: JSON Lines, CSV, Parquet in the contract's fields, and captures as WARC and WACZ.

Rows come in the order of ids, so that the same archive gives the same bytes. A row is one article with its newest
text; a copy is a row of its own with `copy_of`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

from archive.copying import copy_captures
from archive.errors import ArchiveUnavailable
from archive.records import Capture, Known
from archive.wacz import write_wacz

TEXT_FORMATS = ("jsonl", "csv")
BINARY_FORMATS = ("parquet", "warc", "wacz")
GROUP_ROWS = 1000  # a row group of a Parquet file, held in memory

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what makes a spreadsheet compute a cell


class Readable(Protocol):
    """What an export needs of an archive."""

    captures: Path

    def articles(self, *, source: str | None = None, batch: int = 500) -> Iterator[Known]: ...
    def captured(self, source: str | None = None) -> Iterator[Capture]: ...
    def readable(
        self, after: str = "", *, source: str | None = None, since: datetime | None = None, limit: int = 100
    ) -> list[tuple[Known, Capture]]: ...


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


FIELDS = (
    "id", "source", "url", "kind", "title", "body", "published", "modified", "author", "origin", "section", "breadcrumb",
    "language", "images", "attachments", "status", "revision", "cluster", "copy_of", "first_seen", "last_seen",
)  # fmt: skip


def write_export(archive: Readable, stream: IO[Any], *, format: str = "jsonl", source: str | None = None) -> int:  # noqa: A002 - the word of the command line
    """Write every article (of one source) to a stream; how many.

    `format` is one of TEXT_FORMATS, for a text stream (opened with newline=""), or of BINARY_FORMATS, for a binary one;
    "warc" and "wacz" write the captures instead of the articles. Raises ArchiveUnavailable where Parquet's library is missing.
    """
    if format == "warc":
        return sum(1 for _ in copy_captures(archive.captures, lambda: archive.captured(source), stream))
    if format == "wacz":
        return write_wacz(archive, stream, source=source)
    rows = (export_row(known) for known in archive.articles(source=source))
    if format == "parquet":
        return _write_parquet(rows, stream)
    return _write_csv(rows, stream) if format == "csv" else _write_jsonl(rows, stream)


def _write_jsonl(rows: Iterable[dict[str, object]], stream: IO[str]) -> int:
    count = 0
    for row in rows:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_csv(rows: Iterable[dict[str, object]], stream: IO[str]) -> int:
    """RFC 4180 with a header line; lists as JSON in their cell."""
    writer = csv.writer(stream)
    writer.writerow(FIELDS)
    count = 0
    for row in rows:
        writer.writerow([_cell(row[name]) for name in FIELDS])
        count += 1
    return count


def _cell(value: object) -> object:
    """A spreadsheet shows this and computes nothing: an apostrophe before what would be a formula."""
    if isinstance(value, list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return "'" + value
    return value


def _write_parquet(rows: Iterator[dict[str, object]], stream: IO[bytes]) -> int:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an optional extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ArchiveUnavailable("Parquet needs pyarrow: pip install 'newsarchive[parquet]'") from error
    text = pa.string()
    lists = {
        "breadcrumb": pa.list_(text),
        "images": pa.list_(pa.struct([(name, text) for name in ("url", "caption", "credit", "alt")])),
        "attachments": pa.list_(pa.struct([(name, text) for name in ("url", "label", "type")])),
        "revision": pa.int32(),
    }
    schema = pa.schema([(name, lists.get(name, text)) for name in FIELDS])
    count = 0
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while group := list(islice(rows, GROUP_ROWS)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count
