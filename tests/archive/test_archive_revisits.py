"""The same bytes are kept once: later captures refer to them, and nobody loses them when the first one goes."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from archive_samples import an_arrival, day
from warcio.archiveiterator import ArchiveIterator

from archive import ArchiveError, CaptureWriter, Status, Visit, read_capture, write_export

PAGE = b"<html><body>Moss grows on old walls, and the wind decides where.</body></html>"
TEXT = "Moss grows on old walls.\n\nThe wind decides where, as four winters of counting showed."
A, B, C = (f"http://{host}.example/news/1.html" for host in ("leaf", "fern", "pine"))


@pytest.fixture
def writer(archive):
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as opened:
        yield opened


def captured(archive, writer, url, number=1, body=PAGE, original=None, **headers):
    """Request and response as a crawl writes them: it asks the archive for the bytes first."""
    from hashlib import sha256

    known = original or archive.capture_of("sha256:" + sha256(body).hexdigest())
    capture = writer.write(
        url=url, at=day(number), status=200, reason="OK", body=body, original=known,
        request_headers=[("Host", "x")], headers=[("X-Of", url), *headers.items()],
    )  # fmt: skip
    writer.flush()
    return capture


def arrive(archive, writer, url, source, number=1, title="Moss", **values):
    capture = captured(archive, writer, url, number, **values)
    visit = Visit(source=source, url=url, state="done", etag='"1"', digest=capture.digest)
    archive.store(an_arrival(url, title, TEXT, source=source, at=day(number), capture=capture, visit=visit))
    return capture


def records(folder: Path):
    found = []
    for path in sorted(folder.glob("*.warc.gz*")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                header = record.rec_headers.get_header
                found.append((record.rec_type, header("WARC-Target-URI"), header("WARC-Refers-To-Target-URI"), header("WARC-Date"), header("WARC-Refers-To-Date")))  # fmt: skip
    return found


def warcio_check(*files) -> str:
    done = subprocess.run(
        [Path(sys.executable).parent / "warcio", "check", "-v", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_same_bytes_at_another_address_are_a_revisit_of_the_first(archive, writer):
    first, second = arrive(archive, writer, A, "leaf", 1), arrive(archive, writer, B, "fern", 2)
    assert first.original is None
    assert second.original == first
    (revision,) = archive.revisions(B)
    assert revision.capture == second
    exchange = read_capture(archive.captures, revision.capture)
    assert (exchange.url, exchange.body, exchange.at) == (B, PAGE, day(2))
    assert ("X-Of", B) in exchange.headers
    assert exchange.request_headers == (("Host", "x"),)
    assert [kind for kind, *_ in records(archive.captures)] == ["warcinfo", "response", "request", "revisit", "request"]
    _, target, refers, _, when = records(archive.captures)[3]
    assert (target, refers, when) == (B, A, "2031-04-02T08:00:00.000000Z")
    assert list(archive.captured()) == [first, second]
    assert list(archive.verify()) == []
    writer.close()
    warcio_check(*archive.captures.glob("*.warc.gz"))


def test_a_revisit_never_leads_to_a_revisit(archive, writer):
    first = arrive(archive, writer, A, "leaf", 1)
    second = arrive(archive, writer, B, "fern", 2)
    third = captured(archive, writer, C, 3, original=second)
    assert third.original is None
    assert arrive(archive, writer, C, "pine", 4).original == first


def test_other_bytes_an_empty_body_and_a_file_are_never_revisits(archive, writer):
    first = arrive(archive, writer, A, "leaf", 1)
    assert captured(archive, writer, B, 2, body=PAGE + b" ", original=first).original is None
    empty = captured(archive, writer, B, 2, body=b"")
    assert captured(archive, writer, C, 2, body=b"", original=empty).original is None
    assert captured(archive, writer, "file:///a.html", 2, original=first).original is None
    local = captured(archive, writer, "file:///b.html", 2, body=b"other")
    assert captured(archive, writer, C, 2, body=b"other", original=local).original is None


def test_an_unchanged_answer_is_kept_with_its_visit(archive, writer):
    """The page was asked again and sent the same bytes: nothing changes, and the archive can prove it."""
    first = arrive(archive, writer, A, "leaf", 1)
    before = archive.latest()
    again = captured(archive, writer, A, 5)
    archive.keep_visit(Visit(source="leaf", url=A, state="done", digest=again.digest, last_at=day(5)), again)
    assert list(archive.captured("leaf")) == [first, again]
    assert archive.latest() == before
    assert archive.visits("leaf", [A])[A].last_at == day(5)
    assert [revision.capture for revision in archive.revisions(A)] == [first]
    assert list(archive.verify()) == []


def test_a_take_down_leaves_the_others_their_bytes(archive, writer):
    """The first of three that have the same bytes is taken down: the second gets them, the third refers to that one."""
    arrive(archive, writer, A, "leaf", 1)
    for number, (url, source) in enumerate([(B, "fern"), (C, "pine")], start=2):
        arrive(archive, writer, url, source, number)
    writer.close()
    removal = archive.remove(A, reason="a court said so", at=day(9))
    assert removal.waiting == 0
    assert archive.known(A).status is Status.REMOVED
    for url, number in ((B, 2), (C, 3)):
        (revision,) = archive.revisions(url)
        exchange = read_capture(archive.captures, revision.capture)
        assert (exchange.url, exchange.body, exchange.at) == (url, PAGE, day(number))
        assert ("X-Of", url) in exchange.headers
        assert exchange.request_headers == (("Host", "x"),)
    left = records(archive.captures)
    assert not [record for record in left if A in record]
    assert [record[:3] for record in left if record[0] in {"response", "revisit"}] == [
        ("response", B, None),
        ("revisit", C, B),
    ]
    assert list(archive.verify()) == []
    warcio_check(*archive.captures.glob("*.warc.gz"))


def test_a_take_down_of_one_that_refers_to_another_leaves_that_one_alone(archive, writer):
    first = arrive(archive, writer, A, "leaf", 1)
    arrive(archive, writer, B, "fern", 2)
    writer.close()
    archive.remove(B, reason="r", at=day(9))
    assert read_capture(archive.captures, archive.revisions(A)[0].capture).body == PAGE
    assert archive.revisions(A)[0].capture == first
    assert [record[0] for record in records(archive.captures)] == ["warcinfo", "response", "request", "metadata"]
    assert list(archive.verify()) == []


def test_a_copy_in_the_same_source_keeps_what_proves_it(archive, writer):
    """Also captures that no revision was read from stay with the address they came from."""
    arrive(archive, writer, A, "leaf", 1)
    other = "http://leaf.example/events/1.html"
    arrive(archive, writer, other, "leaf", 2)
    again = captured(archive, writer, other, 3)
    archive.keep_visit(Visit(source="leaf", url=other, state="done", digest=again.digest), again)
    writer.close()
    archive.remove(A, reason="r", at=day(9))
    kept = list(archive.captured("leaf"))
    assert [(capture.url, capture.at) for capture in kept] == [(other, day(2)), (other, day(3))]
    assert [read_capture(archive.captures, capture).body for capture in kept] == [PAGE, PAGE]
    assert list(archive.verify()) == []


def test_what_was_taken_down_between_asking_and_keeping_is_asked_for_again(archive, writer):
    """A crawl saw that the bytes are known, and before it could keep its page they were erased: the article is kept, and
    its address forgets what it answered, so that the next crawl brings the bytes."""
    arrive(archive, writer, A, "leaf", 1)
    capture = captured(archive, writer, B, 2)
    writer.close()
    archive.remove(A, reason="r", at=day(9))
    visit = Visit(source="fern", url=B, state="done", status=200, etag='"1"', digest=capture.digest)
    archive.store(an_arrival(B, "Moss", TEXT, source="fern", at=day(2), capture=capture, visit=visit))
    assert archive.known(B).article.title == "Moss"
    assert archive.revisions(B)[0].capture is None
    kept = archive.visits("fern", [B])[B]
    assert (kept.state, kept.etag, kept.digest) == ("done", None, None)
    assert list(archive.verify()) == []
    brought = arrive(archive, writer, B, "fern", 3)
    assert brought.original is None
    assert [revision.capture for revision in archive.revisions(B)] == [brought]


def test_captures_of_one_transaction_may_refer_to_each_other(archive, writer):
    first = captured(archive, writer, A, 1)
    second = captured(archive, writer, B, 1, original=first)
    archive.store_batch(
        [
            an_arrival(A, "Moss", TEXT, source="leaf", capture=first),
            an_arrival(B, "Moss", TEXT, source="fern", capture=second),
        ]
    )
    assert archive.revisions(B)[0].capture == second
    assert second.original == first


def test_a_damaged_original_is_told_for_all_that_refer_to_it(archive, writer):
    first = arrive(archive, writer, A, "leaf", 1, body=PAGE * 40)
    arrive(archive, writer, B, "fern", 2, body=PAGE * 40)
    writer.close()
    path = archive.captures / first.file
    data = bytearray(path.read_bytes())
    data[first.offset + first.length // 2] ^= 0x10
    path.write_bytes(data)
    assert [finding.what for finding in archive.verify()] == ["capture", "capture"]
    archive.remove(A, reason="r", at=day(9))  # nothing can be handed over, and nothing stands in the way
    assert [finding.what for finding in archive.verify()] == ["capture"]
    with pytest.raises(ArchiveError, match="digest"):
        read_capture(archive.captures, archive.revisions(B)[0].capture)


def exported(archive, source=None):
    stream = io.BytesIO()
    write_export(archive, stream, format="warc", source=source)
    return stream.getvalue()


def test_an_export_of_one_source_holds_all_that_it_refers_to(archive, writer, tmp_path):
    arrive(archive, writer, A, "leaf", 1)
    arrive(archive, writer, B, "fern", 2)
    arrive(archive, writer, C, "pine", 3)
    everything, one = exported(archive), exported(archive, "fern")
    kinds = [record.rec_type for record in ArchiveIterator(io.BytesIO(everything))]
    assert kinds == ["warcinfo", "response", "request", "revisit", "request", "revisit", "request"]
    (response,) = [record for record in ArchiveIterator(io.BytesIO(one)) if record.rec_type == "response"]
    assert response.rec_headers.get_header("WARC-Target-URI") == B
    assert response.http_headers.get_header("X-Of") == B
    for name, data in (("all", everything), ("one", one)):
        (tmp_path / f"{name}.warc.gz").write_bytes(data)
    warcio_check(tmp_path / "all.warc.gz", tmp_path / "one.warc.gz")
    assert (exported(archive), exported(archive, "fern")) == (everything, one)  # the same archive, the same bytes
    assert [record.rec_type for record in ArchiveIterator(io.BytesIO(exported(archive, "nobody")))] == ["warcinfo"]
