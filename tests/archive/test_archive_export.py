"""Exports: of one moment, in the contract's fields and their order, inert in a spreadsheet, read by other tools."""

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from archive_samples import an_arrival, day
from archive_writer import arrival

from archive import (
    Archive,
    Attachment,
    BadCursor,
    CaptureWriter,
    CursorExpired,
    Found,
    Image,
    write_export,
)
from archive.export import FIELDS, REVISION_FIELDS, TEXT_FORMATS


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
    assert write_export(filled, out).rows == 2
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [tuple(row) for row in rows] == [FIELDS, FIELDS]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    (leaf,) = (row for row in rows if row["source"] == "leaf")
    nothing_kept = {"digest": None, "bytes": None, "kind": None}
    assert leaf["images"] == [{"url": None, "caption": "A wall", "credit": None, "alt": None, **nothing_kept}]
    assert leaf["first_seen"] == "2031-04-02T08:00:00+00:00"


def test_the_same_archive_gives_the_same_bytes(filled):
    outs = [io.StringIO(), io.StringIO()]
    for out in outs:
        write_export(filled, out)
    assert outs[0].getvalue() == outs[1].getvalue()


def test_one_source_can_be_exported_alone(filled):
    out = io.StringIO()
    assert write_export(filled, out, source="moss").rows == 1
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
        assert write_export(filled, out, format="parquet").rows == 2
    text = io.StringIO()
    write_export(filled, text)
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert rows == [json.loads(line) for line in text.getvalue().splitlines()]


def test_the_tools_of_analysts_read_parquet(filled, tmp_path):
    """Lists are lists, structs are structs, a null is a null: in pandas and in DuckDB."""
    pandas, duckdb = pytest.importorskip("pandas"), pytest.importorskip("duckdb")
    for revisions in (False, True):
        file = tmp_path / f"{revisions}.parquet"
        with file.open("wb") as out:
            write_export(filled, out, format="parquet", revisions=revisions)
        text = io.StringIO()
        write_export(filled, text, revisions=revisions)
        rows = [json.loads(line) for line in text.getvalue().splitlines()]
        frame = pandas.read_parquet(file)
        assert list(frame.columns) == list(rows[0])
        assert list(frame["title"]) == [row["title"] for row in rows]
        assert frame[frame["source"] == "leaf"]["images"].iloc[0][0]["caption"] == "A wall"
        assert frame["published"].isna().tolist() == [row["published"] is None for row in rows]
        with duckdb.connect() as duck:
            asked = "SELECT source, images[1].caption, len(breadcrumb), copy_of FROM read_parquet(?) ORDER BY id"
            told = duck.execute(asked, [str(file)]).fetchall()
        assert told == [
            (
                row["source"],
                row["images"][0]["caption"] if row["images"] else None,
                len(row["breadcrumb"]),
                row["copy_of"],
            )
            for row in rows
        ]


def test_every_revision_is_a_row_with_all_that_is_known_of_it(archive):
    with CaptureWriter(archive.captures, prefix="x", software="x") as writer:
        first = replace(arrival("leaf", 1, writer), at=day(1))
        writer.flush()
    archive.store(first)
    found = {"title": Found(method="selector", confidence=0.5)}
    archive.store(an_arrival(first.article.url, "Edited", at=day(2), editor="E", html="<p>Moss</p>", found=found))
    archive.moved("leaf", first.article.url, "http://leaf.example/new", at=day(3))
    out = io.StringIO()
    assert write_export(archive, out, revisions=True).rows == 2
    one, two = (json.loads(line) for line in out.getvalue().splitlines())
    assert tuple(one) == tuple(two) == REVISION_FIELDS
    assert (one["revision"], one["newest"], one["url"], one["title"]) == (
        1,
        False,
        first.article.url,
        "Thing 1 of leaf",
    )
    assert (two["revision"], two["newest"], two["url"], two["title"]) == (2, True, "http://leaf.example/new", "Edited")
    assert one["capture"]["digest"] == first.capture.digest
    assert (two["capture"], two["editor"], two["html"]) == (None, "E", "<p>Moss</p>")
    assert two["found"] == {"title": {"method": "selector", "confidence": 0.5}}
    assert (one["seen"], two["seen"]) == (day(1).isoformat(), day(2).isoformat())
    table = io.StringIO(newline="")
    write_export(archive, table, format="csv", revisions=True)
    header, *rows = csv.reader(io.StringIO(table.getvalue(), newline=""))
    assert (tuple(header), len(rows)) == (REVISION_FIELDS, 2)
    assert json.loads(rows[0][header.index("capture")]) == one["capture"]


def ids(archive, **options):
    out = io.StringIO()
    told = write_export(archive, out, **options)
    return [json.loads(line)["id"] for line in out.getvalue().splitlines()], told.cursor


def test_what_changed_after_a_cursor_is_exported_alone(filled):
    leaf, moss = filled.known("http://leaf.example/news/1.html").id, filled.known("http://moss.example/1").id
    both, cursor = ids(filled)
    assert (both, cursor) == (sorted([leaf, moss]), 2)
    assert ids(filled, after=0)[0] == both
    assert ids(filled, after=cursor) == ([], 2)
    filled.gone("moss", "http://moss.example/1", at=day(3))
    filled.store(an_arrival("http://moss.example/1", "Back", source="moss", at=day(4)))
    assert ids(filled, after=cursor) == ([moss], 5)
    assert ids(filled, after=cursor, source="leaf") == ([], 5)
    assert ids(filled, after=cursor, revisions=True) == ([moss, moss], 5)
    filled.remove(leaf, reason="r")
    out = io.StringIO()
    write_export(filled, out, after=5)
    assert json.loads(out.getvalue())["status"] == "removed"
    with pytest.raises(BadCursor, match="0 to 6"):
        ids(filled, after=7)
    filled.compact(4)
    with pytest.raises(CursorExpired, match="snapshot"):
        ids(filled, after=3)
    with pytest.raises(BadCursor, match="always of the whole"):
        write_export(filled, out, format="atom", after=5)


def test_an_export_is_of_one_moment_whatever_is_written_meanwhile(filled, url):
    """All of it is what was so at its cursor: the feed goes on exactly there."""
    with filled.snapshot() as at, Archive(url, captures=filled.captures) as other:
        seen = [known.id for known in at.articles()]
        other.store(an_arrival("http://leaf.example/later", "Later"))
        other.store(an_arrival(title="Moss grew", at=day(3)))
        assert [known.id for known in at.articles()] == seen
        assert {known.revision for known in at.articles()} == {1}
        assert (at.cursor, other.latest()) == (2, 4)
        assert [len(states) for _, states, _ in at.revisions()] == [1, 1]
        assert list(at.articles(after=2)) == []
    assert len(list(filled.articles())) == 3


@pytest.mark.parametrize("form", [*TEXT_FORMATS, "parquet"])
def test_every_form_gives_the_same_bytes_for_the_same_archive(filled, form):
    outs = [io.BytesIO() if form == "parquet" else io.StringIO() for _ in range(2)]
    for out in outs:
        write_export(filled, out, format=form)
    assert outs[0].getvalue() == outs[1].getvalue() != type(outs[0])().getvalue()


def test_an_atom_feed_has_the_newest_first_and_states_no_more_than_the_pages(archive):
    import feedparser

    archive.store(an_arrival("http://leaf.example/1", "One", language="en", published="2031-04-01", author="A; B"))
    archive.store(
        an_arrival(
            "http://leaf.example/2", "<b>研究</b> & \x0b\ud800", "Two & a half.", at=day(2), html="<p>Two &amp; a half.</p>",
            published="2031-04-02T03:11+08:00", section="News",
            attachments=(Attachment(url="http://leaf.example/a b.pdf", label="Report"),),
        )
    )  # fmt: skip
    archive.store(an_arrival("http://moss.example/3", "Three", "Of another source.", "moss", at=day(3)))
    archive.store(an_arrival("http://leaf.example/1", "One again", language="en", published="2031-04-01", at=day(4)))
    archive.store(an_arrival("http://leaf.example/4", "Four", "Soon taken down.", at=day(5)))
    archive.remove("http://leaf.example/4", reason="r")
    out = io.StringIO()
    assert write_export(archive, out, format="atom").rows == 3
    fromstring(out.getvalue().encode())  # well-formed
    told = feedparser.parse(out.getvalue().encode())
    assert not told.bozo
    assert told.feed.updated == "2031-04-05T08:00:00Z"
    assert [entry.title for entry in told.entries] == ["One again", "Three", "<b>研究</b> & \ufffd\ufffd"]
    one, _, two = told.entries
    assert re.findall("<published>(.*?)<", out.getvalue()) == ["2031-04-02T03:11:00+08:00"]
    assert one.id == f"tag:leaf.example,2031-04-02:newsarchive/{archive.known('http://leaf.example/1').id}"
    assert (two.content[0].value, two.content[0].type) == ("<p>Two &amp; a half.</p>", "text/html")
    assert [link.href for link in two.links] == ["http://leaf.example/2", "http://leaf.example/a%20b.pdf"]
    assert out.getvalue().count("<dcterms:issued>2031-04-01<") == 1
    few = io.StringIO()
    assert write_export(archive, few, format="atom", source="leaf", limit=1).rows == 1
    assert feedparser.parse(few.getvalue().encode()).entries[0].title == "One again"
    with Archive(f"sqlite:///{archive.captures.parent}/empty.db") as empty:
        nothing = io.StringIO()
        assert write_export(empty, nothing, format="atom").rows == 0
        assert not feedparser.parse(nothing.getvalue().encode()).bozo


def test_captures_are_copied_with_their_requests(archive, tmp_path):
    with CaptureWriter(archive.captures, prefix="x", software="x") as writer:
        batch = [arrival(source, number, writer) for number in range(3) for source in ("leaf", "moss")]
        writer.flush()
        archive.store_batch(batch)
        for source, expected in ((None, 6), ("moss", 3)):
            path = tmp_path / f"{source}.warc.gz"
            with path.open("wb") as out:
                assert write_export(archive, out, format="warc", source=source).rows == expected
            listed = subprocess.run(
                [Path(sys.executable).parent / "warcio", "index", "-f", "warc-type", path],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            types = [json.loads(line)["warc-type"] for line in listed.stdout.splitlines()]
            assert types == ["warcinfo"] + ["response", "request"] * expected
            subprocess.run(
                [Path(sys.executable).parent / "warcio", "check", path], check=True, stdout=subprocess.DEVNULL
            )
