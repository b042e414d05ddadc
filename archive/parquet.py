"""The archive room: rows of an export as Parquet, for pandas, DuckDB and their kin."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from archive.errors import ArchiveUnavailable

GROUP_ROWS = 1000  # a row group, held in memory


def write_parquet(rows: Iterator[dict[str, Any]], stream: IO[bytes], fields: tuple[str, ...]) -> int:
    """Lists are lists and objects are structs; texts are texts, times too, as precise as they are. How many rows."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an optional extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ArchiveUnavailable("Parquet needs pyarrow: pip install 'newsarchive[parquet]'") from error
    types = _types(pa)
    schema = pa.schema([(name, types.get(name, pa.string())) for name in fields])
    count = 0
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while group := [_paired(row) for row in islice(rows, GROUP_ROWS)]:
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count


def _paired(row: dict[str, Any]) -> dict[str, Any]:
    """A map is pairs to Arrow."""
    return {**row, "found": list(row["found"].items())} if "found" in row else row


def _types(pa: Any) -> dict[str, Any]:
    """Of the fields that are no text."""
    text = pa.string()
    texts = [(name, text) for name in ("url", "at", "digest", "file")]
    file = [("digest", text), ("bytes", pa.int64()), ("kind", text)]
    capture = [*texts, ("status", pa.int32()), ("offset", pa.int64()), ("length", pa.int64())]
    return {
        "breadcrumb": pa.list_(text),
        "images": pa.list_(pa.struct([*((name, text) for name in ("url", "caption", "credit", "alt")), *file])),
        "attachments": pa.list_(
            pa.struct(
                [
                    *((n, text) for n in ("url", "label", "type")),
                    *file,
                    ("pages", pa.int32()),
                    ("text", text),
                    ("why", text),
                ]
            )
        ),
        "revision": pa.int32(),
        "newest": pa.bool_(),
        "found": pa.map_(text, pa.struct([("method", text), ("confidence", pa.float64())])),
        "capture": pa.struct([*capture, ("original", pa.struct(capture))]),
    }
