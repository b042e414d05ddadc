"""Captures in an S3-compatible store: written before they are named, read, verified, backed up, erased, exported; and what is said
when the store is away or its address makes no sense.
"""

import gzip
import io
import pickle
import shutil
import socket
import threading
import time
import uuid
from datetime import timedelta

import pytest
from archive_samples import MOSS, an_arrival, day
from buckets import KEYS, begin_s3, make_bucket

from archive import (
    Archive,
    ArchiveUnavailable,
    BadBackup,
    CaptureMissing,
    CaptureWriter,
    read_capture,
    restore,
    write_export,
)
from archive.bucket import Bucket, BucketAppender
from archive.depot import check_depot, depot_of, open_file
from archive.erase import custody

SECRET = "Zanzibarwort grows where the old well was, says Dr Umbelliferus."
HEADERS = {"request_headers": [("Host", "leaf.example")], "status": 200, "reason": "OK", "headers": []}


@pytest.fixture
def archive(url, bucket):
    with Archive(url, captures=bucket) as opened:
        yield opened


@pytest.fixture
def files(empty_sqlite, bucket, tmp_path):
    """For what is a matter of files."""
    shutil.copy(empty_sqlite, tmp_path / "archive.db")
    with Archive(f"sqlite:///{tmp_path}/archive.db", captures=bucket) as opened:
        yield opened


def write(writer, number, body=None):
    said = (body or f"{MOSS}\n\nThis was wall number {number} of the walls.").encode()
    return writer.write(url=f"http://leaf.example/{number}.html", at=day(number), body=said, **HEADERS)


def store(archive, capture, number, body=None):
    said = body or f"{MOSS}\n\nThis was wall number {number} of the walls."
    url = f"http://leaf.example/{number}.html"
    return archive.store(an_arrival(url, f"Wall {number}", said, at=day(number), capture=capture))


def fill(archive):
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        captures = [write(writer, number, SECRET if number == 2 else None) for number in range(1, 5)]
        writer.flush()
        for number, capture in enumerate(captures, start=1):
            store(archive, capture, number, SECRET if number == 2 else None)
    return captures


def test_what_is_flushed_is_in_the_store_and_what_is_not_has_no_name(files):
    writer = CaptureWriter(files.captures, prefix="leaf", software="test")
    first, second = write(writer, 1), write(writer, 2)
    assert files.captures.names() == []
    writer.flush()
    assert files.captures.names() == [first.file]
    assert second.file == first.file
    third = write(writer, 3)
    assert files.captures.names() == [first.file]  # a file that is there never changes
    writer.close()
    assert files.captures.names() == sorted([first.file, third.file])
    for capture in (first, second, third):
        assert read_capture(files.captures, capture).request_headers == (("Host", "leaf.example"),)
    assert writer.flush() is None  # nothing left


def test_much_is_uploaded_before_it_fills_the_memory(files, monkeypatch):
    monkeypatch.setattr(BucketAppender, "FILE_BYTES", 2_000)
    with CaptureWriter(files.captures, prefix="leaf", software="test") as writer:
        captures = [write(writer, number) for number in range(1, 10)]
    assert len(files.captures.names()) > 2
    assert all(read_capture(files.captures, capture).status == 200 for capture in captures)


def test_files_are_warc_files_as_in_a_folder(files):
    fill(files)
    (name,) = files.captures.names()
    assert name.startswith("leaf-2031")
    with files.captures.open(name) as stream:
        text = gzip.decompress(stream.read())
    assert text.count(b"WARC-Type: response") == 4
    assert f"WARC-Filename: {name}".encode() in text


def test_verify_names_what_is_missing_and_what_belongs_to_nothing(archive):
    captures = fill(archive)
    assert list(archive.verify(orphans=True)) == []
    with CaptureWriter(archive.captures, prefix="moss", software="test") as writer:
        stray = write(writer, 9)
    (finding,) = archive.verify(orphans=True)
    assert (finding.what, finding.where, finding.harmless) == ("orphan", stray.file, True)
    archive.captures.remove(captures[0].file)
    found = list(archive.verify())
    assert len(found) == 4
    assert captures[0].file in found[0].problem
    with pytest.raises(CaptureMissing, match="is not in s3://"):
        read_capture(archive.captures, captures[0])


def test_a_backup_brings_the_files_home_and_a_restore_puts_them_into_another_bucket(
    archive, url_of_nothing, s3_endpoint, tmp_path
):
    captures = fill(archive)
    report = archive.backup(tmp_path / "backup")
    assert (report.files, report.missing) == (2, ())
    assert (tmp_path / "backup/captures" / captures[0].file).is_file()
    other = make_bucket(s3_endpoint, f"b{uuid.uuid4().hex}")
    told = restore(tmp_path / "backup", url_of_nothing, captures=other)
    assert (told.articles, told.findings) == (4, ())
    with Archive(url_of_nothing, captures=other) as restored:
        assert read_capture(restored.captures, captures[3]).body


def test_a_restore_refuses_a_bucket_that_holds_something(on_sqlite, bucket, tmp_path):
    on_sqlite.backup(tmp_path / "backup")
    depot_of(bucket).put("leaf-1.warc.gz", b"x")
    with pytest.raises(BadBackup, match="is not empty"):
        restore(tmp_path / "backup", f"sqlite:///{tmp_path}/third.db", captures=bucket)


def test_a_restore_that_fails_takes_back_what_it_uploaded(files, s3_endpoint, tmp_path):
    captures = fill(files)
    files.backup(tmp_path / "backup")
    file = tmp_path / "backup/captures" / captures[0].file
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    other = make_bucket(s3_endpoint, f"b{uuid.uuid4().hex}")
    with pytest.raises(BadBackup, match="digest differs"):
        restore(tmp_path / "backup", f"sqlite:///{tmp_path}/other.db", captures=other)
    assert depot_of(other).names() == []


def test_a_take_down_erases_the_bytes_and_leaves_the_others_where_they_are(archive):
    captures = fill(archive)
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        write(writer, 2, SECRET)  # a crawl was killed before it could name this one
    removal = archive.remove("http://leaf.example/2.html", reason="asked by its author")
    assert (removal.captures, removal.waiting) == (2, 0)
    for name in archive.captures.names():
        with archive.captures.open(name) as stream:
            assert b"Zanzibarwort" not in gzip.decompress(stream.read())
    for number in (0, 2, 3):
        assert read_capture(archive.captures, captures[number]).body
    assert list(archive.verify()) == []
    assert archive.remove("http://leaf.example/2.html", reason="again").captures == 0


def test_while_a_backup_copies_a_take_down_waits(archive, tmp_path):
    fill(archive)
    waited = []

    def look(done, _all):
        if done == 1:
            waited.append(archive.remove("http://leaf.example/2.html", reason="now").waiting)

    archive.backup(tmp_path / "backup", progress=look)
    assert waited == [1]
    assert archive.finish_removals() == 1


def test_captures_that_lie_side_by_side_are_read_with_few_requests(files, monkeypatch):
    captures = fill(files)
    asked = []
    real = Bucket._ask
    monkeypatch.setattr(Bucket, "_ask", lambda self, verb, *told, **more: asked.append(verb) or real(self, verb, *told, **more))  # fmt: skip
    for capture in captures * 3:
        assert read_capture(files.captures, capture).body
    assert sorted(asked) == ["cat_file", "info"]


def test_a_file_of_many_blocks_is_read_like_any_other(bucket, monkeypatch):
    monkeypatch.setattr("archive.bucket.BLOCK_BYTES", 1000)
    data = bytes(range(256)) * 40
    depot_of(bucket).put("leaf-1.warc.gz", data)
    with depot_of(bucket).open("leaf-1.warc.gz") as stream:
        assert stream.read(10) == data[:10]
        assert stream.seek(-700, io.SEEK_END) == len(data) - 700
        assert stream.read() == data[-700:]
        assert stream.read() == b""
        stream.seek(995)
        assert stream.read(2010) == data[995:3005]
        stream.seek(0)
        assert stream.read() == data


def test_captures_are_exported_from_the_store(files):
    fill(files)
    out = io.BytesIO()
    write_export(files, out, format="warc")
    assert gzip.decompress(out.getvalue()).count(b"WARC-Type: response") == 4


def test_a_store_that_is_away_is_said_and_nothing_is_lost(tmp_path, monkeypatch):
    """What could not be uploaded is uploaded by the next flush."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    with Archive(f"sqlite:///{tmp_path}/a.db", captures=f"s3://captures/here?endpoint={endpoint}") as archive:
        writer = CaptureWriter(archive.captures, prefix="leaf", software="test")
        capture = write(writer, 1)
        with pytest.raises(ArchiveUnavailable, match="captures cannot be reached in s3://") as said:
            writer.flush()
        assert KEYS["AWS_SECRET_ACCESS_KEY"] not in str(said.value)
        with pytest.raises(ArchiveUnavailable):  # not "missing": it may be there
            read_capture(archive.captures, capture)
        process = begin_s3(port)
        try:
            make_bucket(endpoint, "captures")
            writer.close()
            assert read_capture(archive.captures, capture).body
        finally:
            process.terminate()
            process.wait(60)


def test_a_bucket_that_is_not_there_is_said_whatever_is_asked_of_it(bucket, s3_endpoint):
    lost = Bucket(f"s3://nobody-made-this/captures?endpoint={s3_endpoint}")
    for ask in (
        lost.names,
        lambda: check_depot(lost.url),
        lambda: lost.put("a.warc.gz", b"x"),
        lambda: open_file(lost, "a.warc.gz"),
    ):
        with pytest.raises(ArchiveUnavailable, match="there is no bucket nobody-made-this"):
            ask()
    check_depot(bucket)


def test_missing_keys_are_said_with_the_variables_that_hold_them(s3_endpoint, monkeypatch):
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with pytest.raises(ArchiveUnavailable, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        Bucket(f"s3://captures/keyless?endpoint={s3_endpoint}").put("a.warc.gz", b"x")


def test_a_store_that_takes_connections_and_never_answers_is_not_waited_for(bucket, monkeypatch):
    monkeypatch.setattr("archive.bucket.REQUEST_MAX_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = Bucket(f"s3://captures/mute?endpoint=http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ArchiveUnavailable, match="no answer within"):
            mute.put("a.warc.gz", b"x")


def test_who_copies_or_rewrites_captures_stays_the_only_one_while_it_lives(files, monkeypatch):
    """Its lease is renewed; that of one that was killed runs out."""
    monkeypatch.setattr("archive.erase.LEASE_LENGTH", timedelta(seconds=2))
    monkeypatch.setattr("archive.erase.RENEWED_S", 0.05)
    with custody(files._engine, files.captures, wait=False) as ours:
        assert ours
        first = files.lease("custody")
        with custody(files._engine, files.captures, wait=False) as another:
            assert not another
        deadline = time.monotonic() + 30
        while files.lease("custody") == first:
            assert time.monotonic() < deadline, "it was never renewed"
            threading.Event().wait(0.02)
    with custody(files._engine, files.captures, wait=False) as ours:
        assert ours


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://KEY:secret@bucket/x", "holds a key"),
        ("s3://bucket/x?endpoint=https://KEY:secret@store.example", "holds a key"),
        ("s3://bucket/x?key=secret", "not in s3://bucket/x with key"),
        ("s3:///x", "kept in a folder or in something like"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_and_no_secret_is_repeated(url, said):
    with pytest.raises(ArchiveUnavailable, match=said) as refused:
        depot_of(url)
    assert "secret" not in str(refused.value)


def test_a_store_that_no_library_knows_is_named(tmp_path):
    with pytest.raises(ArchiveUnavailable, match="fsspec knows no moss"):
        Bucket("moss://bucket/x").names()


def test_a_bucket_can_be_sent_to_another_process(bucket):
    assert pickle.loads(pickle.dumps(depot_of(bucket))) == depot_of(bucket)
