"""Captures: what was written is read back, other tools agree, and a crash costs at most a torn tail."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archive_samples import an_arrival, day
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Archive, ArchiveUnavailable, CaptureDamaged, CaptureMissing, CaptureWriter, appending, read_capture

PAGE = "<html><body>研究所 and Moss</body></html>".encode("gb18030")


def write(writer, number=1, body=PAGE, **values):
    usual = {
        "url": f"http://leaf.example/news/{number}.html", "at": day(1), "status": 200, "reason": "OK",
        "request_headers": [("Host", "leaf.example"), ("User-Agent", "newsarchive")],
        "headers": [("Content-Type", "text/html; charset=gb2312"), ("Content-Encoding", "gzip"),
                    ("Transfer-Encoding", "chunked"), ("Content-Length", "9999"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
    }  # fmt: skip
    return writer.write(body=body, **{**usual, **values})


def check(folder: Path) -> None:
    """What `warcio check` says of every finished file."""
    files = [str(path) for path in sorted(folder.glob("*.warc.gz"))]
    program = Path(sys.executable).parent / "warcio"
    done = subprocess.run([program, "check", "-v", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "digest pass" in done.stdout


@pytest.fixture
def writer(tmp_path):
    with CaptureWriter(tmp_path, prefix="leaf", software="newsarchive/0") as opened:
        yield opened


def test_a_capture_is_read_back_as_it_was_written(writer, tmp_path):
    capture = write(writer)
    write(writer, 2, body=b"another")
    assert (tmp_path / (capture.file + ".open")).exists()
    exchange = read_capture(tmp_path, capture)
    assert (exchange.url, exchange.at, exchange.status, exchange.body) == (capture.url, day(1), 200, PAGE)
    assert exchange.request_headers == (("Host", "leaf.example"), ("User-Agent", "newsarchive"))
    assert exchange.headers == (
        ("Content-Type", "text/html; charset=gb2312"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"),
        ("X-Crawl-Content-Encoding", "gzip"), ("X-Crawl-Transfer-Encoding", "chunked"), ("X-Crawl-Content-Length", "9999"),
        ("Content-Length", str(len(PAGE))),
    )  # fmt: skip
    writer.close()
    assert read_capture(tmp_path, capture) == exchange
    check(tmp_path)


def test_a_writer_that_wrote_nothing_leaves_no_file(tmp_path):
    CaptureWriter(tmp_path / "none", prefix="leaf", software="x").close()
    assert not (tmp_path / "none").exists()


def test_headers_cannot_become_records(writer, tmp_path):
    evil = [("X-A", "one\r\n\r\nWARC/1.1\r\nWARC-Type: response"), ("X-B", "two\nX-C: three"), ("X-Ü", "Größe 研究")]
    capture = write(writer, headers=evil, reason="OK\r\nX-Evil: 1", url="http://leaf.example/a%0d%0a?q=研究")
    write(writer, 2)
    writer.close()
    check(tmp_path)
    assert read_capture(tmp_path, capture).body == PAGE


@settings(max_examples=40, deadline=None)
@given(
    body=st.binary(max_size=3000),
    reason=st.text(max_size=20),
    headers=st.lists(st.tuples(st.from_regex(r"[A-Za-z-]{1,12}", fullmatch=True), st.text(max_size=40)), max_size=4),
    path=st.text(max_size=30),
)
def test_whatever_a_server_answers_is_kept(tmp_path_factory, body, reason, headers, path):
    folder = tmp_path_factory.mktemp("warc")
    with CaptureWriter(folder, prefix="leaf", software="x") as writer:
        captures = [
            write(writer, 1, body, reason=reason, headers=headers, url="http://leaf.example/" + path),
            write(writer, 2),
        ]
    assert [read_capture(folder, capture).body for capture in captures] == [body, PAGE]


def test_a_flipped_byte_is_found(writer, tmp_path):
    captures = [write(writer, number, body=PAGE * 50 + os.urandom(2000)) for number in range(3)]
    writer.close()
    path = tmp_path / captures[1].file
    data = bytearray(path.read_bytes())
    data[captures[1].offset + captures[1].length // 2] ^= 0x10
    path.write_bytes(data)
    with pytest.raises(CaptureDamaged, match="restore"):
        read_capture(tmp_path, captures[1])
    assert read_capture(tmp_path, captures[2]).status == 200


def test_a_missing_or_shortened_file_is_told(writer, tmp_path):
    capture = write(writer, body=os.urandom(4000))
    writer.close()
    path = tmp_path / capture.file
    data = path.read_bytes()
    path.write_bytes(data[: capture.offset + 50])
    with pytest.raises(CaptureMissing, match="ends before"):
        read_capture(tmp_path, capture)
    path.unlink()
    with pytest.raises(CaptureMissing, match="backup"):
        read_capture(tmp_path, capture)


def test_a_file_name_that_leads_out_of_the_folder_is_refused(writer, tmp_path):
    from dataclasses import replace

    capture = write(writer)
    with pytest.raises(CaptureDamaged, match="no file name"):
        read_capture(tmp_path, replace(capture, file="../secret.warc.gz"))


@pytest.mark.parametrize("cut", [0, 1, 20, 300, -1, -9, -200])
def test_a_torn_tail_is_trimmed_to_the_last_whole_record(tmp_path, cut):
    """The file of a writer that died: everything before the torn record is kept, and every tool reads it."""
    writer = CaptureWriter(tmp_path, prefix="leaf", software="x")
    captures = [write(writer, number, body=os.urandom(500)) for number in range(4)]
    writer._file._stream.close()  # the lock goes with the process, the file keeps its open name
    path = tmp_path / (captures[0].file + ".open")
    data = path.read_bytes()
    path.write_bytes(data[:cut] if cut else data)
    done = appending.recover(tmp_path)
    assert not list(tmp_path.glob("*.open"))
    if not done:
        assert 0 < cut < 300
        return
    check(tmp_path)
    size = (tmp_path / captures[0].file).stat().st_size
    for capture in captures:
        if capture.offset + capture.length <= size:
            assert read_capture(tmp_path, capture).status == 200
    assert size <= len(data)


def test_recovery_leaves_the_files_of_the_living_alone(writer, tmp_path):
    capture = write(writer)
    assert appending.recover(tmp_path) == []
    Archive(f"sqlite:///{tmp_path / 'a.db'}", captures=tmp_path).close()
    assert (tmp_path / (capture.file + ".open")).exists()
    write(writer, 2)
    writer.close()
    check(tmp_path)


def test_big_files_are_continued_in_another(tmp_path, monkeypatch):
    monkeypatch.setattr(appending, "FILE_BYTES_MAX", 2000)
    with CaptureWriter(tmp_path, prefix="leaf", software="x") as writer:
        captures = [write(writer, number, body=os.urandom(1500)) for number in range(3)]
    assert len({capture.file for capture in captures}) == 3
    check(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ArchiveUnavailable, match="another folder"):
        write(CaptureWriter(tmp_path / "file", prefix="leaf", software="x"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_leaves_the_file_whole(writer, tmp_path, monkeypatch):
    """The system says "no space" in the middle of a record: it is cut off, and the next one is written after."""
    first = write(writer)
    real = writer._file._stream

    class Full:
        def __getattr__(self, name):
            return getattr(real, name)

        def write(self, data):
            real.write(bytes(data)[: len(data) // 2])
            with Path("/dev/full").open("wb", buffering=0) as full:
                full.write(b"x")

    writer._file._stream = Full()
    with pytest.raises(ArchiveUnavailable, match="No space left"):
        write(writer, 2)
    writer._file._stream = real
    second = write(writer, 3)
    writer.close()
    check(tmp_path)
    assert read_capture(tmp_path, first).body == read_capture(tmp_path, second).body


NO_ROOM = """
import resource, sys
from datetime import datetime, UTC
from archive import ArchiveUnavailable, CaptureWriter
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
writer = CaptureWriter(sys.argv[1], prefix="leaf", software="x")
def write():
    return writer.write(url="http://leaf.example/1", at=datetime.now(UTC), request_headers=[], status=200, reason="OK", headers=[], body=b"x")
resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))  # not even the file's first record has room
try:
    write()
except ArchiveUnavailable:
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    write()
    writer.close()
"""


def test_a_file_that_could_not_be_begun_is_begun_anew(tmp_path):
    subprocess.run([sys.executable, "-c", NO_ROOM, tmp_path], check=True, timeout=60)
    assert len(list(tmp_path.iterdir())) == 1
    check(tmp_path)


WRITER = """
import sys, os
from datetime import datetime, UTC
from pathlib import Path
from archive import CaptureWriter
writer = CaptureWriter(Path(sys.argv[1]), prefix="leaf", software="x")
number = 0
while True:
    number += 1
    capture = writer.write(url=f"http://leaf.example/{number}", at=datetime.now(UTC), request_headers=[], status=200,
                           reason="OK", headers=[], body=os.urandom(20000))
    writer.flush()
    print(capture.offset, capture.length, capture.digest, capture.file, capture.url, flush=True)
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_loses_nothing_it_had_flushed(tmp_path):
    from archive import Capture

    for round_ in range(4):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        told = [process.stdout.readline() for _ in range(3 + 5 * round_)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read().splitlines(keepends=True)
        process.wait()
        process.stdout.close()
        appending.recover(tmp_path)
        for line in told:
            if line.endswith("\n"):
                offset, length, digest, file, url = line.split()
                capture = Capture(
                    url=url, at=datetime.now(UTC), status=200, digest=digest, file=file, offset=int(offset), length=int(length)
                )  # fmt: skip
                assert read_capture(tmp_path, capture).status == 200
    check(tmp_path)


def test_an_archive_knows_where_the_bytes_of_a_revision_lie(archive):
    with CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
        capture = write(writer, at=day(1) + timedelta(microseconds=5))
        writer.flush()
        archive.store(an_arrival(capture=capture))
        again = write(writer, at=day(2))
        writer.flush()
        archive.store(an_arrival(capture=again, at=day(2), title="Moss grew"))
    first, second = archive.revisions("http://leaf.example/news/1.html")
    assert (first.capture, second.capture) == (capture, again)
    assert read_capture(archive.captures, first.capture).body == PAGE
    assert list(archive.verify()) == []
    (archive.captures / capture.file).unlink()
    assert {finding.what for finding in archive.verify()} == {"capture"}
