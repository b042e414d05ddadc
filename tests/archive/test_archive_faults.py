"""What goes wrong with machines: full and read-only disks, power cuts, locks, servers that go away, clocks set back.

Each time: a clear error, nothing half-written, nothing lost that was told to be kept, and the next open goes on.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from archive_samples import MOSS, an_arrival, day
from archive_writer import ARTICLES

from archive import Archive, ArchiveUnavailable, BadBackup, CaptureWriter, restore
from archive.dialect import make_engine, parse_url
from archive.dialect.opening import STORE_LOCK

WRITER = Path(__file__).with_name("archive_writer.py")
HEADERS = {"request_headers": [("Host", "leaf.example")], "status": 200, "reason": "OK", "headers": []}


def store(archive, writer, number, body=""):
    """One article with its capture, as a crawl keeps it."""
    url = f"http://leaf.example/{number}"
    body = body or f"{MOSS}\n\nThis was wall number {number} of all the walls." + f" brick {number}" * 300
    capture = writer.write(url=url, at=day(1), body=body.encode(), **HEADERS)
    writer.flush()
    archive.store(an_arrival(url, f"Wall {number}", body, capture=capture))


def is_whole(archive, count):
    assert [change.seq for change in archive.changes(limit=10_000)] == list(range(1, count + 1))
    assert sum(archive.counts().values()) == count
    assert list(archive.verify()) == []


# --- full disks -------------------------------------------------------------------------------------------------------


def test_a_disk_that_fills_up_loses_nothing_and_goes_on_when_there_is_room(disk):
    """Database and captures on one small disk, filled until nothing can be written, whichever of the two comes first."""
    place = {"url": f"sqlite:///{disk.folder}/a.db", "captures": disk.folder / "captures"}
    kept = 0
    with Archive(**place) as archive, CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
        disk.holds(2_000)
        with pytest.raises(ArchiveUnavailable, match=r"disk is full|cannot be written to .*nothing was kept"):
            for kept in range(500):
                store(archive, writer, kept)
        assert kept
        is_whole(archive, kept)  # reading needs no room
        with pytest.raises(ArchiveUnavailable):
            store(archive, writer, 1000, body="x" * 2_000_000)
    with Archive(**place, read_only=True) as archive:
        is_whole(archive, kept)
    disk.holds(16_000)
    with Archive(**place) as archive, CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
        store(archive, writer, 1000)
        is_whole(archive, kept + 1)


def test_no_archive_is_made_on_a_full_disk_and_one_is_when_there_is_room(disk):
    disk.holds(40)
    url = f"sqlite:///{disk.folder}/a.db"
    with pytest.raises(ArchiveUnavailable, match="disk is full"):
        Archive(url)
    disk.holds(4_000)
    with Archive(url) as archive:
        archive.store(an_arrival())
        is_whole(archive, 1)


def test_a_backup_and_a_restore_that_find_no_room_leave_nothing_behind(on_sqlite, disk, tmp_path):
    with CaptureWriter(on_sqlite.captures, prefix="leaf", software="x") as writer:
        for number in range(20):
            store(on_sqlite, writer, number)
        store(on_sqlite, writer, 99, body=random.Random(1).randbytes(300_000).hex())
    disk.holds(300)
    with pytest.raises((ArchiveUnavailable, OSError), match=r"make room|No space left"):
        on_sqlite.backup(disk.folder / "backup")
    assert list(disk.folder.iterdir()) == []
    on_sqlite.backup(tmp_path / "backup")
    with pytest.raises(OSError, match="No space left"):
        restore(tmp_path / "backup", f"sqlite:///{disk.folder}/a.db")
    assert [path for path in disk.folder.rglob("*") if path.is_file()] == []
    disk.holds(16_000)
    assert restore(tmp_path / "backup", f"sqlite:///{disk.folder}/a.db").findings == ()


def test_a_server_whose_disk_is_full_keeps_nothing_and_goes_on_later(postgres_server, disk):
    psycopg = pytest.importorskip("psycopg")
    owner = Path(postgres_server.partition("host=")[2]).stat()
    place = disk.folder / "space"
    place.mkdir(mode=0o700)
    os.chown(place, owner.st_uid, owner.st_gid)
    with psycopg.connect(postgres_server % "postgres", autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        connection.execute("CREATE DATABASE small TABLESPACE small")
        try:
            fill_a_server(postgres_server % "small", disk)
        finally:
            connection.execute("DROP DATABASE small WITH (FORCE)")
            connection.execute("DROP TABLESPACE small")


def fill_a_server(url, disk):
    kept = 0
    with Archive(url, captures=disk.folder / "captures") as archive:
        used = shutil.disk_usage(disk.folder).used // 1024
        disk.holds(used + 600)
        with pytest.raises(ArchiveUnavailable, match=r"No space left on device.*nothing was kept"):
            for kept in range(2000):
                body = f"Wall {kept}: " + random.Random(kept).randbytes(4000).hex()
                archive.store(an_arrival(f"http://leaf.example/{kept}", str(kept), body))
        is_whole(archive, kept)
        disk.holds(used + 16_000)
        archive.store(an_arrival("http://leaf.example/more"))
        is_whole(archive, kept + 1)


# --- disks that may only be read ----------------------------------------------------------------------------------------


def test_an_archive_on_a_read_only_disk_is_read_and_refuses_to_be_written(disk):
    place = {"url": f"sqlite:///{disk.folder}/a.db", "captures": disk.folder / "captures"}
    with Archive(**place) as archive, CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
        store(archive, writer, 1)
    disk.read_only()
    with Archive(**place, read_only=True) as archive:
        is_whole(archive, 1)
        assert archive.search("wall")
        with pytest.raises(ArchiveUnavailable, match="nothing was kept"):
            archive.commit("reader", 1)
    with pytest.raises(ArchiveUnavailable, match=r"a.db may not be written .*read-only disk"):
        Archive(**place)
    with pytest.raises(ArchiveUnavailable, match=r"na-disk-\w+ may not be written"):
        Archive(f"sqlite:///{disk.folder}/new.db")


def test_captures_on_a_read_only_disk_are_read_and_the_database_beside_goes_on(on_sqlite, disk, tmp_path):
    place = {"url": on_sqlite.url, "captures": disk.folder}
    with Archive(**place) as archive, CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
        store(archive, writer, 1)
        open_file = next(disk.folder.glob("*.open"))
        shutil.copy(open_file, tmp_path / open_file.name)  # as a crawl leaves it that is killed
    shutil.copy(tmp_path / open_file.name, open_file)
    disk.read_only()
    with Archive(**place) as archive:
        is_whole(archive, 1)
        archive.store(an_arrival("http://leaf.example/2"))
        archive.backup(tmp_path / "backup")
        with pytest.raises(ArchiveUnavailable, match=r"captures cannot be written .*nothing was kept"):
            CaptureWriter(disk.folder, prefix="leaf", software="x").write(
                url="http://x/", at=day(1), body=b"", **HEADERS
            )
        assert archive.remove("http://leaf.example/1", reason="r").waiting == 1  # erased once it can be written
    assert restore(tmp_path / "backup", f"sqlite:///{tmp_path}/again/a.db").findings == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which root alone may do")
@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o777), (0o666, 0o555), (0o444, 0o555)])
def test_a_file_or_folder_that_this_user_may_not_write_is_told_and_can_be_read(file, folder, tmp_path):
    place = Path("/tmp") / f"na-{os.getpid()}-{tmp_path.name}-{file:o}{folder:o}"
    place.mkdir()
    try:
        with Archive(f"sqlite:///{place}/a.db") as archive:
            archive.store(an_arrival())
        (place / "a.db").chmod(file)
        place.chmod(folder)
        child = os.fork()
        if child == 0:
            os._exit(as_nobody(f"sqlite:///{place}/a.db"))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        with Archive(f"sqlite:///{place}/a.db") as archive:
            is_whole(archive, 1)
    finally:
        shutil.rmtree(place)


def as_nobody(url):
    os.setuid(65534)
    try:
        Archive(url).store(an_arrival(title="Moss grew"))
    except ArchiveUnavailable as error:
        if "may not be written" not in str(error):
            return 2
    else:
        return 1
    with Archive(url, read_only=True) as archive:
        return 0 if archive.latest() == 1 and archive.search("moss") else 3


# --- locks --------------------------------------------------------------------------------------------------------------


@contextmanager
def locked(url):
    """Another program holds what a writer needs."""
    if url.startswith("sqlite:"):
        holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")
        holder.close()
    else:
        engine = make_engine(parse_url(url), read_only=False)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({STORE_LOCK})")
            yield
        engine.dispose()


def test_a_database_locked_for_longer_than_patience_is_told_read_on_and_written_later(archive, url):
    """A minute is but a number: the wait is the database's own, cut short here by the archive's patience."""
    archive.store(an_arrival())
    with Archive(url, captures=archive.captures, patience_s=0.2) as impatient:
        with locked(url):
            for _ in range(3):
                with pytest.raises(ArchiveUnavailable, match=r"nothing was (written|kept), try again"):
                    impatient.store(an_arrival(title="Moss grew", at=day(2)))
            assert len(impatient.changes()) == 1
            assert impatient.search("moss")
            assert list(impatient.verify()) == []
        assert impatient.store(an_arrival(title="Moss grew", at=day(2))).seq == 2
    is_whole_of_one(archive, 2)


def is_whole_of_one(archive, changes):
    assert [change.seq for change in archive.changes()] == list(range(1, changes + 1))
    assert list(archive.verify()) == []


# --- clocks -------------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_by_a_day_loses_and_reorders_nothing(archive):
    archive.store(an_arrival(at=day(5)))
    archive.store(an_arrival("http://leaf.example/2", "Fern", "Ferns are not moss.", at=day(5)))
    archive.commit("reader", 2)
    before = archive.known("http://leaf.example/news/1.html")
    archive.store(an_arrival(at=day(4)))  # seen again, by a clock that is wrong
    assert archive.known(before.id) == before
    archive.store(an_arrival(title="Moss grew", at=day(4)))
    archive.gone("leaf", "http://leaf.example/2", at=day(4))
    archive.store(an_arrival("http://leaf.example/2", "Fern", "Ferns are not moss.", at=day(3)))
    assert [change.kind.value for change in archive.changes(2)] == ["revised", "gone", "restored"]
    assert archive.known(before.id).last_seen == day(5)
    assert [revision.number for revision in archive.revisions(before.id)] == [1, 2]
    assert archive.consumer("reader").lag == 3
    assert archive.compact(day(5)) == 0  # what was logged later, by whatever clock, is never cut off before its turn
    is_whole_of_one(archive, 5)


# --- power cuts ---------------------------------------------------------------------------------------------------------


def start(url, captures):
    return subprocess.Popen(
        [sys.executable, str(WRITER), url, str(captures), "leaf"], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_a_power_cut_in_mid_write_leaves_a_whole_archive(tmp_path):
    """A writer is stopped dead at odd moments and what is on disk then is copied: database, -wal, -shm and WARC files,
    as they are, without the -shm (which no power cut leaves), and with everything after the last sync made rubbish.
    """
    chance = random.Random(5)
    place = tmp_path / "live"
    place.mkdir()
    url = f"sqlite:///{place}/a.db"
    Archive(url).close()
    cuts = []
    process = start(url, place / "captures")
    try:
        for cut in range(5):
            told = int(process.stdout.readline())
            if chance.random() < 0.5:
                told = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGSTOP)
            cuts.append((told, [shutil.copytree(place, tmp_path / f"{cut}{how}") for how in ("", "-no-shm", "-torn")]))
            os.kill(process.pid, signal.SIGCONT)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    for told, (as_is, without_shm, torn) in cuts:
        (without_shm / "a.db-shm").unlink()
        (torn / "a.db-shm").unlink()
        tear(torn, chance)
        for copy in (as_is, without_shm, torn):
            with Archive(f"sqlite:///{copy}/a.db") as archive:
                assert archive.latest() >= told
                is_whole(archive, archive.latest())
        goes_on(f"sqlite:///{torn}/a.db")


def tear(folder, chance):
    """After its last commit the log holds what was never synced; so does a WARC file after its last capture."""
    wal = folder / "a.db-wal"
    data = bytearray(wal.read_bytes())
    page = int.from_bytes(data[8:12], "big")
    end = 32
    for at in range(32, len(data) - page - 23, page + 24):
        if data[at + 8 : at + 16] != data[16:24]:
            break  # a frame of an earlier round
        if int.from_bytes(data[at + 4 : at + 8], "big"):
            end = at + page + 24  # a commit
    wal.write_bytes(bytes(data[:end]) + chance.randbytes(chance.randrange(1, 9000)))
    (warc,) = (folder / "captures").glob("*.open")
    connection = sqlite3.connect(folder / "a.db")
    (last,) = connection.execute("SELECT max(start + size) FROM captures").fetchone()
    connection.close()
    warc.write_bytes(warc.read_bytes()[: (last or 0) + chance.randrange(2000)])


def goes_on(url):
    with Archive(url) as archive:
        captures = archive.captures
    with start(url, captures) as process:
        process.stdout.read()
    assert process.returncode == 0
    with Archive(url) as archive:
        is_whole(archive, ARTICLES)
    files = [str(path) for path in captures.glob("*.warc.gz")]
    assert subprocess.run([Path(sys.executable).parent / "warcio", "check", *files], check=False).returncode == 0


def test_a_server_that_dies_and_comes_back_is_told_and_then_used_again(postgres_server, no_database_yet, tmp_path):
    """Killed without a goodbye, recovered from its own log; the same `Archive` goes on. (A file cannot go away so.)"""
    with Archive(no_database_yet, captures=tmp_path / "captures") as archive:
        archive.store(an_arrival())
        folder = Path(postgres_server.partition("host=")[2])
        with server_stopped(folder), pytest.raises(ArchiveUnavailable, match=r"cannot be used now.*try again"):
            archive.store(an_arrival(title="Moss grew", at=day(2)))
        assert archive.latest() == 1
        assert archive.store(an_arrival(title="Moss grew", at=day(2))).seq == 2
        is_whole_of_one(archive, 2)


@contextmanager
def server_stopped(folder):
    data = folder / "data"
    owner = data.stat()
    programs = Path(f"/proc/{(data / 'postmaster.pid').read_text().split()[0]}/exe").resolve().parent
    options = json.loads((folder / "options.json").read_text())
    as_user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def control(*command):
        called = [programs / "pg_ctl", "-D", data, *command]
        subprocess.run(called, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user)

    control("-m", "immediate", "stop")
    try:
        yield
    finally:
        control("-w", "-l", folder / "log", "-o", options, "start")


def test_a_backup_is_never_made_into_an_archive_in_use(on_sqlite, tmp_path):
    on_sqlite.backup(tmp_path / "backup")
    with pytest.raises(BadBackup, match="overwrites nothing"):
        restore(tmp_path / "backup", on_sqlite.url)
