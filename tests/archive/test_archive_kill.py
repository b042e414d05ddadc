"""kill -9 at any moment: nothing that was told is lost, nothing is half there, and the next run completes the rest."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from archive_samples import DAY_1
from archive_writer import ARTICLES, arrival

from archive import Archive, export_row

WRITER = Path(__file__).with_name("archive_writer.py")
ROUNDS = 4


def start(url, captures, source):
    return subprocess.Popen(
        [sys.executable, str(WRITER), url, str(captures), source], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_a_writer_killed_again_and_again_ends_where_an_undisturbed_one_does(archive, url, tmp_path):
    chance = random.Random(7)
    seen: list[int] = []
    told = 0
    for _ in range(ROUNDS):
        process = start(url, archive.captures, "leaf")
        for _ in range(chance.randrange(1, ARTICLES // 3 // ROUNDS * 2)):
            line = process.stdout.readline()
            told = max(told, int(line or 0))
        process.send_signal(signal.SIGKILL)
        told = max(
            [told, *(int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n"))]
        )
        process.wait()
        process.stdout.close()
        # What was told to be kept is there, and the reader goes on from its cursor without a gap.
        assert archive.counts().get("leaf", 0) >= told
        seen += [change.seq for change in archive.changes(seen[-1] if seen else 0)]
        assert seen == list(range(1, len(seen) + 1))
        assert not [finding for finding in archive.verify() if finding.what != "capture"]
    with start(url, archive.captures, "leaf") as process:
        process.stdout.read()
    assert process.returncode == 0
    with Archive(f"sqlite:///{tmp_path / 'undisturbed.db'}") as undisturbed:
        undisturbed.store_batch([arrival("leaf", number) for number in range(ARTICLES)])
        expected = [export_row(known) for known in undisturbed.articles()]
    with Archive(url, captures=archive.captures) as again:
        assert [export_row(known) for known in again.articles()] == expected
        assert list(again.verify()) == []
    assert [change.kind.value for change in archive.changes()] == ["new"] * ARTICLES
    assert all(change.at == DAY_1.replace(hour=0) for change in archive.changes())


@pytest.mark.slow
def test_a_reader_follows_while_writers_are_killed(archive, url):
    chance = random.Random(11)
    seen: list[int] = []
    writers = [start(url, archive.captures, f"source{number}") for number in range(3)]
    rounds = 0
    with Archive(url, read_only=True) as reader:
        while any(writer.poll() is None for writer in writers) or reader.latest() > len(seen):
            seen += [change.seq for change in reader.changes(len(seen), limit=chance.randrange(1, 9))]
            if len(seen) > 20 * (rounds + 1) and rounds < 2:
                rounds += 1
                victim = chance.randrange(3)
                writers[victim].kill()
                writers[victim].wait()
                writers[victim].stdout.close()
                writers[victim] = start(url, archive.captures, f"source{victim}")
    for writer in writers:
        writer.stdout.close()
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert seen == list(range(1, 3 * ARTICLES + 1))
    assert archive.counts() == {f"source{number}": ARTICLES for number in range(3)}
