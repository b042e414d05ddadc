"""Exports: the contract's fields in their order, inert in a spreadsheet, readable by other tools."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from archive_samples import an_arrival, day
from archive_writer import arrival

from archive import CaptureWriter, Image, diff_words, write_export
from archive.export import FIELDS


@pytest.fixture
def filled(archive):
    archive.store(
        an_arrival(images=(Image(url=None, caption="A wall"),), breadcrumb=("Home", "News"), published="2031-04")
    )
    archive.store(
        an_arrival(url="http://moss.example/1", source="moss", title='=HYPERLINK("http://evil","click")', at=day(2))
    )
    return archive


def test_json_lines_have_the_contracts_fields_in_order(filled):
    out = io.StringIO()
    assert write_export(filled, out) == 2
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [tuple(row) for row in rows] == [FIELDS, FIELDS]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    (leaf,) = (row for row in rows if row["source"] == "leaf")
    assert leaf["images"] == [{"url": None, "caption": "A wall", "credit": None, "alt": None}]
    assert leaf["first_seen"] == "2031-04-02T08:00:00+00:00"


def test_the_same_archive_gives_the_same_bytes(filled):
    outs = [io.StringIO(), io.StringIO()]
    for out in outs:
        write_export(filled, out)
    assert outs[0].getvalue() == outs[1].getvalue()


def test_one_source_can_be_exported_alone(filled):
    out = io.StringIO()
    assert write_export(filled, out, source="moss") == 1
    assert json.loads(out.getvalue())["copy_of"] == filled.known("http://leaf.example/news/1.html").id


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", " =", "＝"])
def test_a_csv_cell_is_never_a_formula(archive, start):
    archive.store(an_arrival(title=start + "1+1", author=start + "cmd"))
    out = io.StringIO(newline="")
    write_export(archive, out, format="csv")
    header, row = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert tuple(header) == FIELDS
    assert row[FIELDS.index("title")] == "'" + start + "1+1"
    assert row[FIELDS.index("author")].startswith("'")
    assert row[FIELDS.index("breadcrumb")] == "[]"


def test_parquet_is_read_back(filled, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    with (tmp_path / "out.parquet").open("wb") as out:
        assert write_export(filled, out, format="parquet") == 2
    text = io.StringIO()
    write_export(filled, text)
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert rows == [json.loads(line) for line in text.getvalue().splitlines()]


def test_captures_are_copied_with_their_requests(archive, tmp_path):
    with CaptureWriter(archive.captures, prefix="x", software="x") as writer:
        batch = [arrival(source, number, writer) for number in range(3) for source in ("leaf", "moss")]
        writer.flush()
        archive.store_batch(batch)
        for source, expected in ((None, 6), ("moss", 3)):
            path = tmp_path / f"{source}.warc.gz"
            with path.open("wb") as out:
                assert write_export(archive, out, format="warc", source=source) == expected
            listed = subprocess.run(
                [Path(sys.executable).parent / "warcio", "index", "-f", "warc-type", path],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            types = [json.loads(line)["warc-type"] for line in listed.stdout.splitlines()]
            assert types == ["warcinfo"] + ["response", "request"] * expected
            subprocess.run(
                [Path(sys.executable).parent / "warcio", "check", path], check=True, stdout=subprocess.DEVNULL
            )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("moss grows", "moss grows", [("same", "moss grows")]),
        ("moss grows", "fern grows", [("gone", "moss"), ("added", "fern"), ("same", " grows")]),
        ("研究所成立", "研究院成立", [("same", "研究"), ("gone", "所"), ("added", "院"), ("same", "成立")]),
        ("", "all new", [("added", "all new")]),
        ("in 2030", "in 2031", [("same", "in "), ("gone", "2030"), ("added", "2031")]),
    ],
)
def test_a_difference_is_told_word_by_word(old, new, expected):
    assert diff_words(old, new) == expected


def test_a_difference_joins_to_both_texts():
    old = "Moss grows. " * 3000
    new = old.replace("grows", "grew", 5) + "\n\nA new end."
    parts = diff_words(old, new)
    assert "".join(text for kind, text in parts if kind != "added") == old
    assert "".join(text for kind, text in parts if kind != "gone") == new
