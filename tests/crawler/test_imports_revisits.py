"""Web archives keep the same bytes once: an import brings in every page they stand for, also what a browser made of one."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from archive import Archive, CaptureWriter, read_capture, write_export
from crawler import import_paths

AT = datetime(2031, 4, 9, tzinfo=UTC)
DAY_1, DAY_2 = datetime(2031, 4, 2, tzinfo=UTC), datetime(2031, 4, 3, tzinfo=UTC)
BODY = "".join(f"<p>The {place} wall of the garden was covered by moss in less than four winters.</p>" for place in ("north", "south", "old"))  # fmt: skip
PAGE = f"<html><head><title>Moss grows</title></head><body><h1>Moss grows</h1><article>{BODY}</article></body></html>".encode()
A, B = "http://leaf.example/news/1.html", "http://fern.example/news/7.html"


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path / 'a.db'}", captures=tmp_path / "captures") as opened:
        yield opened


def write(writer, url, at, body=PAGE, **values):
    return writer.write(
        url=url, at=at, status=200, reason="OK", body=body, request_headers=(),
        headers=(("Content-Type", "text/html; charset=utf-8"),), **values,
    )  # fmt: skip


def foreign(folder, *, first=True):
    """The files of a crawl elsewhere, the second with a revisit of what is in the first."""
    with CaptureWriter(folder, prefix="x", software="x") as writer:
        original = write(writer, A, DAY_1)
    with CaptureWriter(folder, prefix="y", software="x") as writer:
        write(writer, B, DAY_2, original=original)
    files = sorted(folder.glob("*.warc.gz"))
    return files if first else files[1:]


def sources(archive):
    return {known.article.source: known for known in archive.articles()}


def test_a_revisit_is_the_page_it_stands_for(archive, tmp_path):
    report = import_paths(archive, foreign(tmp_path / "x"), at=AT)
    assert (report.new, report.copied, report.problems) == (1, 1, ())
    known = sources(archive)
    assert known["fern-example"].article.body == known["leaf-example"].article.body
    (revision,) = archive.revisions(B)
    assert read_capture(archive.captures, revision.capture).body == PAGE
    assert revision.capture.at == DAY_2


def test_a_revisit_of_nothing_is_named(archive, tmp_path):
    report = import_paths(archive, foreign(tmp_path / "x", first=False), at=AT)
    assert (report.new, report.skipped) == (0, {"repeats a capture that is in none of the files": 1})


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_package_may_hold_revisits(archive, tmp_path, packed):
    """Where its files are compressed, as they should not be, a revisit cannot be followed, and that is said."""
    package = tmp_path / "x.wacz"
    with zipfile.ZipFile(package, "w", packed) as stream:
        for number, file in enumerate(foreign(tmp_path / "x")):
            stream.write(file, f"archive/{number}.warc.gz")
    report = import_paths(archive, [package], at=AT)
    assert (report.new, report.copied) == ((1, 1) if packed == zipfile.ZIP_STORED else (1, 0))
    assert sum(report.skipped.values()) == (packed != zipfile.ZIP_STORED)


def test_what_one_archive_exports_another_imports(archive, tmp_path):
    """Copies and all: an export is whole, whatever refers to what in it."""
    import_paths(archive, foreign(tmp_path / "x"), at=AT)
    stream = io.BytesIO()
    write_export(archive, stream, format="warc")
    (tmp_path / "out.warc.gz").write_bytes(stream.getvalue())
    with Archive(f"sqlite:///{tmp_path / 'b.db'}", captures=tmp_path / "other") as other:
        report = import_paths(other, [tmp_path / "out.warc.gz"], at=AT)
        assert (report.new, report.copied) == (1, 1)
        assert list(other.verify()) == []


def test_what_a_browser_made_of_a_page_is_the_page(archive, tmp_path):
    shell = b"<html><body><div id='app'></div><script src='/app.js'></script></body></html>"
    with CaptureWriter(tmp_path / "x", prefix="x", software="x") as writer:
        write(writer, A, DAY_1, served=shell)
    report = import_paths(archive, sorted((tmp_path / "x").glob("*.warc.gz")), at=AT)
    assert (report.new, report.skipped) == (1, {})
    assert sources(archive)["leaf-example"].article.title == "Moss grows"
