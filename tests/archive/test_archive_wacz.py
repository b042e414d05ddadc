"""A WACZ package holds all that replay needs, is the same for the same captures, and can be taken in again."""

import gzip
import hashlib
import io
import json
import zipfile

import pytest
from archive_samples import an_arrival, day
from warcio.archiveiterator import ArchiveIterator

from archive import CaptureWriter, write_export
from archive import cdxj as cdxj_module
from archive.cdxj import search_key, sort_lines

PAGE = b"<html><body><h1>Moss</h1>Moss grows on old walls.</body></html>"
URLS = {
    "leaf": ("http://leaf.example/news/2.html", "https://www.leaf.example/a?b=2&a=1"),
    "fern": ("http://fern.example/news/7.html",),
}


@pytest.fixture
def filled(archive):
    """Two sources; one page of the second has the bytes of one of the first."""
    with CaptureWriter(archive.captures, prefix="x", software="test") as writer:
        for number, (source, url) in enumerate((source, url) for source, urls in URLS.items() for url in urls):
            body = PAGE if number != 1 else PAGE * 3
            capture = writer.write(
                url=url, at=day(number + 1), status=200, reason="OK", request_headers=[("Host", "x")], body=body,
                headers=[("Content-Type", "text/html; charset=utf-8")], original=archive.capture_of("sha256:" + hashlib.sha256(body).hexdigest()),
            )  # fmt: skip
            writer.flush()
            archive.store(an_arrival(url, f"Moss {number}", f"Text {number} of {source}.", source=source, at=day(number + 1), capture=capture))  # fmt: skip
    return archive


def package(archive, source=None):
    stream = io.BytesIO()
    write_export(archive, stream, format="wacz", source=source)
    return stream.getvalue()


def index(zipped):
    """(key, moment, fields) of every line, read through the blocks as a replay tool does."""
    head, *blocks = zipped.read("indexes/index.idx").decode().splitlines()
    told = json.loads(head.removeprefix("!meta 0 "))
    assert told == {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
    packed, lines = zipped.read("indexes/index.cdx.gz"), []
    for block in blocks:
        key, moment, place = block.split(" ", 2)
        place = json.loads(place)
        data = packed[place["offset"] : place["offset"] + place["length"]]
        assert place["digest"] == "sha256:" + hashlib.sha256(data).hexdigest()
        text = gzip.decompress(data).decode().splitlines()
        assert text[0].startswith(f"{key} {moment} ")
        lines += text
    assert lines == sorted(lines)
    return [(*line.split(" ", 2)[:2], json.loads(line.split(" ", 2)[2])) for line in lines]


def test_a_package_is_whole(filled):
    with zipfile.ZipFile(io.BytesIO(package(filled))) as zipped:
        assert all(info.compress_type == zipfile.ZIP_STORED for info in zipped.infolist())
        described = json.loads(zipped.read("datapackage.json"))
        assert (described["wacz_version"], described["profile"]) == ("1.1.1", "data-package")
        listed = {resource["path"]: resource for resource in described["resources"]}
        assert set(listed) == set(zipped.namelist()) - {"datapackage.json", "datapackage-digest.json"}
        for path, resource in listed.items():
            data = zipped.read(path)
            assert (resource["bytes"], resource["hash"]) == (len(data), "sha256:" + hashlib.sha256(data).hexdigest())
        digest = json.loads(zipped.read("datapackage-digest.json"))
        assert digest == {"path": "datapackage.json", "hash": "sha256:" + hashlib.sha256(zipped.read("datapackage.json")).hexdigest()}  # fmt: skip
        header, *pages = map(json.loads, zipped.read("pages/pages.jsonl").splitlines())
        assert header["format"] == "json-pages-1.0"
        assert {(page["url"], page["title"]) for page in pages} == {
            (URLS["leaf"][0], "Moss 0"), (URLS["leaf"][1], "Moss 1"), (URLS["fern"][0], "Moss 2"),
        }  # fmt: skip
        assert {page["ts"] for page in pages} == {f"2031-04-0{n}T08:00:00Z" for n in (2, 3, 4)}


def test_the_index_leads_to_the_records(filled):
    with zipfile.ZipFile(io.BytesIO(package(filled))) as zipped:
        data = zipped.read("archive/captures.warc.gz")
        lines = index(zipped)
    assert [(key, moment, told["mime"]) for key, moment, told in lines] == [
        ("example,fern)/news/7.html", "20310404080000", "warc/revisit"),
        ("example,leaf)/a?a=1&b=2", "20310403080000", "text/html"),
        ("example,leaf)/news/2.html", "20310402080000", "text/html"),
    ]  # fmt: skip
    for _, moment, told in lines:
        member = data[int(told["offset"]) : int(told["offset"]) + int(told["length"])]
        (record,) = ArchiveIterator(io.BytesIO(member))
        assert record.rec_headers.get_header("WARC-Target-URI") == told["url"]
        assert record.rec_headers.get_header("WARC-Payload-Digest") == told["digest"]
        assert record.rec_headers.get_header("WARC-Date").startswith(f"2031-04-0{moment[7]}T")
        assert (told["status"], told["filename"]) == ("200", "captures.warc.gz")


def test_the_same_archive_makes_the_same_package(filled):
    assert package(filled) == package(filled)
    alone = package(filled, "fern")
    assert alone == package(filled, "fern")
    with zipfile.ZipFile(
        io.BytesIO(alone)
    ) as zipped:  # its one page refers to a source that is not in here: it is whole
        assert [told["mime"] for _, _, told in index(zipped)] == ["text/html"]
        assert len(zipped.read("pages/pages.jsonl").splitlines()) == 2


def test_a_package_of_nothing_is_a_package(archive):
    with zipfile.ZipFile(io.BytesIO(package(archive))) as zipped:
        assert zipped.testzip() is None
        assert index(zipped) == []


def test_a_package_can_be_written_to_a_pipe(filled):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    write_export(filled, pipe, format="wacz")
    with zipfile.ZipFile(io.BytesIO(pipe.data)) as zipped:
        assert zipped.testzip() is None
        assert len(index(zipped)) == 3


def test_a_long_index_is_sorted_on_disk(monkeypatch):
    monkeypatch.setattr(cdxj_module, "SORTED_AT_ONCE", 7)
    lines = [f"{n * 7919 % 1000:04} x\n" for n in range(100)]
    assert list(sort_lines(lines)) == sorted(line.encode() for line in lines)
    assert list(sort_lines(lines[:14])) == sorted(line.encode() for line in lines[:14])


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://leaf.example/", "example,leaf)/"),
        ("http://leaf.example", "example,leaf)/"),
        ("https://WWW.Leaf.example:443/News/", "example,leaf)/news"),
        ("http://www2.leaf.example:8080/a", "example,leaf:8080)/a"),
        ("http://leaf.example/a?b=2&a=1&a=0", "example,leaf)/a?a=0&a=1&b=2"),
        ("http://leaf.example/%E7%A0%94?q=%7E", "example,leaf)/%e7%a0%94?q=~"),
        ("file:///tmp/a.txt", "file:///tmp/a.txt"),
    ],
)
def test_an_address_is_looked_up_by_its_key(url, key):
    assert search_key(url) == key
