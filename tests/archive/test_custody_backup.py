"""Backups taken while others write, restores that trust nothing, and what either says when it cannot."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from archive_samples import MOSS, an_arrival, day

from archive import Archive, BadBackup, CaptureWriter, read_capture, restore
from archive.backup import MANIFEST

HEADERS = {"request_headers": [("Host", "leaf.example")], "status": 200, "reason": "OK", "headers": []}


def store(archive, writer, number):
    url = f"http://leaf.example/news/{number}.html"
    body = f"{MOSS}\n\nThis was wall number {number} of the walls at the institute."
    capture = writer.write(url=url, at=day(1), body=body.encode(), **HEADERS)
    writer.flush()
    archive.store(an_arrival(url, f"Wall {number}", body, capture=capture))
    return capture


def warcio_check(folder: Path) -> None:
    files = [str(path) for path in folder.glob("*.warc.gz")]
    done = subprocess.run([Path(sys.executable).parent / "warcio", "check", *files], check=False)
    assert files
    assert done.returncode == 0


def test_a_backup_taken_while_a_crawl_writes_restores_to_what_was_committed(archive, url_of_nothing, tmp_path):
    place = tmp_path / "backup"
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        first = store(archive, writer, 1)
        # Written, and on disk, but not committed yet.
        writer.write(url="http://leaf.example/2", at=day(1), body=b"2", **HEADERS)
        report = archive.backup(place)
        store(archive, writer, 3)
    assert (report.feed, report.files, report.missing) == (1, 2, ())
    assert sorted(path.name.split(".")[0] for path in place.iterdir()) == ["archive", "captures", "manifest"]
    warcio_check(place / "captures")
    again = {"url": url_of_nothing, "captures": tmp_path / "again"}
    told = restore(place, **again)
    assert (told.articles, told.feed, told.findings) == (1, 1, ())
    with Archive(**again) as restored:
        assert [change.seq for change in restored.changes()] == [1]
        assert read_capture(restored.captures, first).request_headers
        assert restored.search("wall")
        assert [event.what for event in restored.events(limit=1)] == ["restored"]
        assert restored.store(an_arrival("http://leaf.example/new.html", "Fern", "Ferns are not moss.")).seq == 2
    assert archive.events(limit=1)[0].what == "backed up"
    with pytest.raises(BadBackup, match=r"is there already|holds tables already"):
        restore(place, url_of_nothing, captures=tmp_path / "third")


def test_a_backup_goes_back_to_its_own_kind(archive, tmp_path):
    archive.backup(tmp_path / "backup")
    other = "postgresql:///x" if archive.url.startswith("sqlite") else f"sqlite:///{tmp_path}/x.db"
    with pytest.raises(BadBackup, match="its own kind"):
        restore(tmp_path / "backup", other, captures=tmp_path / "again")


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(on_sqlite, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "diary.txt").write_text("dear diary")
    with pytest.raises(BadBackup, match="not an empty folder"):
        on_sqlite.backup(tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["diary.txt"]


def test_a_backup_that_fails_leaves_nothing_behind(on_sqlite, tmp_path, monkeypatch):
    monkeypatch.setattr("archive.backup._write_manifest", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        on_sqlite.backup(tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_missing_warc_file_is_named_and_does_not_stop_the_backup(on_sqlite, tmp_path):
    with CaptureWriter(on_sqlite.captures, prefix="leaf", software="test") as writer:
        capture = store(on_sqlite, writer, 1)
    (on_sqlite.captures / capture.file).unlink()
    assert on_sqlite.backup(tmp_path / "backup").missing == (capture.file,)
    assert restore(tmp_path / "backup", f"sqlite:///{tmp_path}/again/a.db").findings


@pytest.fixture
def backup(on_sqlite, tmp_path):
    with CaptureWriter(on_sqlite.captures, prefix="leaf", software="test") as writer:
        store(on_sqlite, writer, 1)
    on_sqlite.backup(tmp_path / "backup")
    return tmp_path / "backup"


def edited(backup, change):
    told = json.loads((backup / MANIFEST).read_text())
    change(told)
    (backup / MANIFEST).write_text(json.dumps(told))


TRICKS = ["../evil.warc.gz", "/etc/passwd", "captures/../../x.warc.gz", "captures/.x.warc.gz", "captures//a.warc.gz",
          "captures/a/b.warc.gz", "captures\\a.warc.gz", "captures/a.warc.gz\n", "captures/a.sh", "archive.dump", ""]  # fmt: skip


@pytest.mark.parametrize("path", TRICKS)
def test_a_path_that_leads_elsewhere_is_refused(path, backup, tmp_path):
    edited(backup, lambda told: told["files"][1].update(path=path))
    with pytest.raises(BadBackup, match="no file of a backup"):
        restore(backup, f"sqlite:///{tmp_path}/again/a.db")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.update(format=2),
        lambda told: told.update(database="oracle"),
        lambda told: told.update(files=[]),
        lambda told: told.update(more=1),
        lambda told: told["files"].append(told["files"][0]),
        lambda told: told["files"][0].update(sha256="x"),
        lambda told: told.clear(),
    ],
)
def test_a_manifest_that_is_none_is_refused(change, backup, tmp_path):
    edited(backup, change)
    with pytest.raises(BadBackup):
        restore(backup, f"sqlite:///{tmp_path}/again/a.db")


@pytest.mark.parametrize("which", ["archive.db", "captures"])
def test_a_damaged_file_is_refused_and_nothing_stays(which, backup, tmp_path):
    path = backup / which
    path = next(path.iterdir()) if path.is_dir() else path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadBackup, match="digest differs"):
        restore(backup, f"sqlite:///{tmp_path}/again/a.db")
    assert [path for path in (tmp_path / "again").rglob("*") if path.is_file()] == []


def test_a_link_in_a_backup_is_refused(backup, tmp_path):
    path = next((backup / "captures").iterdir())
    path.rename(tmp_path / "elsewhere.warc.gz")
    path.symlink_to(tmp_path / "elsewhere.warc.gz")
    with pytest.raises(BadBackup, match="leads elsewhere"):
        restore(backup, f"sqlite:///{tmp_path}/again/a.db")


def test_an_unfinished_backup_is_none(backup, tmp_path):
    (backup / MANIFEST).unlink()
    with pytest.raises(BadBackup, match="never finished"):
        restore(backup, f"sqlite:///{tmp_path}/again/a.db")


def test_a_restore_overwrites_nothing(backup, on_sqlite, tmp_path):
    with pytest.raises(BadBackup, match="overwrites nothing"):
        restore(backup, on_sqlite.url)
    (tmp_path / "again" / "captures").mkdir(parents=True)
    (tmp_path / "again" / "captures" / "mine.warc.gz").write_bytes(b"")
    with pytest.raises(BadBackup, match="overwrites nothing"):
        restore(backup, f"sqlite:///{tmp_path}/again/a.db")
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["captures"]
