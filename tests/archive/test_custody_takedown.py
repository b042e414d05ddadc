"""Take-downs: the text is nowhere afterwards, the tombstone stays, and nothing brings it back."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from archive_samples import MOSS, an_arrival, day

from archive import Archive, CaptureWriter, ChangeKind, Status, Visit, read_capture
from archive.appending import OPEN
from archive.erase import tombstone

SECRET = "Zanzibarwort grows where the old well was, says Dr Umbelliferus.\n\nIts seeds are kept in a drawer."
URL = "http://leaf.example/news/1.html"
HEADERS = {"request_headers": [("Host", "leaf.example")], "status": 200, "reason": "OK", "headers": []}


def captured(writer, url=URL, body=SECRET, number=1):
    capture = writer.write(url=url, at=day(number), body=body.encode(), **HEADERS)
    writer.flush()
    return capture


def fill(archive):
    """Two revisions of a secret, a harmless article before, between and after; gives the captures of all of them."""
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        arrivals = []
        for number, (name, body) in enumerate(
            [("a", MOSS), (None, SECRET), ("b", MOSS + " More."), (None, SECRET + "\n\nAnd more."), ("c", "Ferns.")]
        ):
            url = f"http://leaf.example/{name}.html" if name else URL
            capture = captured(writer, url, body, number + 1)
            visit = Visit(source="leaf", url=url, state="done", title=body[:20], last_at=day(1), next_at=day(2))
            arrivals.append(an_arrival(url, body[:20], body, at=day(number + 1), capture=capture, visit=visit))
        for arrival in arrivals:
            archive.store(arrival)
    return [arrival.capture for arrival in arrivals]


def warcio_check(folder: Path) -> None:
    files = [str(path) for path in folder.glob("*.warc.gz")]
    done = subprocess.run(
        [Path(sys.executable).parent / "warcio", "check", "-v", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def holds(folder: Path, words=("Zanzibarwort", "zanzibarwort", "Umbelliferus", "umbelliferus")) -> list[str]:
    """Files that hold one of the words, as they are or inside of gzip."""
    import gzip

    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if path.name.endswith((".gz", ".gz.open")):
                data += gzip.decompress(data)
            found += [path.name for word in words if word.encode() in data]
    return found


def test_a_removed_text_is_nowhere_and_the_others_are_untouched(archive, tmp_path):
    captures = fill(archive)
    archive.commit("reader", archive.latest())
    removal = archive.remove(URL, reason="a court said so", at=day(9))
    assert (removal.captures, removal.waiting, removal.left) == (2, 0, ())
    known = archive.known(URL)
    assert (known.status, known.reason, known.article.body, known.article.title) == (
        Status.REMOVED, "a court said so", "", None,
    )  # fmt: skip
    assert [revision.state.body for revision in archive.revisions(URL)] == ["", ""]
    assert archive.search("Zanzibarwort") == []
    change = archive.changes(archive.consumer("reader").cursor)[0]
    assert (change.kind, change.cause, change.article) == (ChangeKind.REMOVED, "a court said so", known.id)
    for number in (0, 2, 4):
        assert read_capture(archive.captures, captures[number]).body
    warcio_check(archive.captures)
    assert [event.what for event in archive.events(limit=2)] == ["erased", "removed"]
    assert list(archive.verify()) == []
    archive.close()
    assert holds(tmp_path) == []


def test_no_later_crawl_and_no_other_address_brings_it_back(archive):
    fill(archive)
    archive.remove(URL, reason="r")
    assert archive.visits("leaf", [URL])[URL].state == "refused"
    seed = Visit(source="leaf", url="http://leaf.example/", role="seed")
    archive.keep_seed(seed, [Visit(source="leaf", url=URL, title="Zanzibarwort")])
    assert archive.visits("leaf", [URL])[URL].title == ""
    before = archive.latest()
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        new = "http://leaf.example/new.html"
        again = an_arrival(URL, SECRET[:20], SECRET, at=day(20), capture=captured(writer))
        elsewhere = an_arrival(
            new, SECRET[:20], SECRET, at=day(20), capture=captured(writer, new),
            visit=Visit(source="leaf", url=new, state="done", next_at=day(21)),
        )  # fmt: skip
        assert archive.store_batch([again, elsewhere]) == [[], []]
    assert archive.latest() == before
    assert archive.visits("leaf", [new])[new].state == "refused"
    assert archive.finish_removals() == 2
    assert holds(archive.captures) == []
    warcio_check(archive.captures)


def test_what_a_running_crawl_still_writes_is_erased_when_it_ended(archive):
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        archive.store(an_arrival(URL, "Zanzibarwort", SECRET, capture=captured(writer)))
        archive.store(
            an_arrival("http://leaf.example/a.html", capture=captured(writer, "http://leaf.example/a.html", MOSS))
        )
        assert archive.remove(URL, reason="r").waiting == 1
        assert archive.search("Zanzibarwort") == []
    with Archive(archive.url, captures=archive.captures) as later:
        assert holds(later.captures) == []
        assert list(later.verify()) == []
    warcio_check(archive.captures)


def test_captures_that_a_killed_crawl_never_named_are_found(archive):
    fill(archive)
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        captured(writer)
        captured(writer, "http://leaf.example/other.html", MOSS)
    assert archive.remove(URL, reason="r").captures == 3
    assert holds(archive.captures) == []
    warcio_check(archive.captures)


def test_copies_elsewhere_stay_are_named_and_get_a_new_original(archive):
    archive.store(an_arrival(URL, "Zanzibarwort", SECRET))
    for number in (2, 3):
        archive.store(an_arrival(f"http://leaf.example/news/{number}.html", "Zanzibarwort", SECRET, at=day(number)))
    second, third = (archive.known(f"http://leaf.example/news/{number}.html").id for number in (2, 3))
    assert set(archive.remove(URL, reason="r").left) == {second, third}
    assert archive.known(second).copy_of is None
    assert archive.known(third).copy_of == second
    assert list(archive.verify()) == []


def test_what_another_article_keeps_at_an_old_address_stays(archive):
    """The article moved, another one took its place: that one keeps its captures, and is asked for again."""
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        for number, (url, body) in enumerate([(URL, SECRET), ("http://leaf.example/moved", SECRET), (URL, MOSS)], 1):
            if number == 2:
                archive.moved("leaf", URL, url, at=day(2))
            visit = Visit(source="leaf", url=url, state="done", last_at=day(number), next_at=day(9))
            capture = captured(writer, url, body, number)
            archive.store(an_arrival(url, body[:9], body, at=day(number), capture=capture, visit=visit))
        archive.keep_visits([], [("leaf", captured(writer, URL, "Zanzibarwort of an old day", 1))])
    archive.remove("http://leaf.example/moved", reason="r", at=day(5))
    assert read_capture(archive.captures, archive.readable()[0][1]).body == MOSS.encode()
    assert [capture.url for capture in archive.captured()] == [URL]
    assert archive.visits("leaf", [URL])[URL].state == "done"
    assert list(archive.verify()) == []
    archive.close()
    assert holds(archive.captures) == []


def test_removing_twice_is_one_change(archive):
    archive.store(an_arrival(URL))
    assert archive.remove(URL, reason="r").change is not None
    before = archive.latest()
    again = archive.remove(URL, reason="other")
    assert again.change is None
    assert (again.known.reason, archive.latest()) == ("r", before)


KILLED_AT = """
import os, signal, sys
from archive import Archive, takedown
import archive.erase as erase

def die(*_a, **_k):
    os.kill(os.getpid(), signal.SIGKILL)

place = sys.argv[3]
if place == "before the files":
    takedown.scrub = die
elif place == "before the rename":
    erase.os.fsync = die
elif place == "before the note is struck out":
    takedown._strike = die
with Archive(sys.argv[1], captures=sys.argv[2]) as archive:
    archive.remove("http://leaf.example/news/1.html", reason="r")
"""


@pytest.mark.parametrize("place", ["before the files", "before the rename", "before the note is struck out"])
def test_a_take_down_killed_half_way_is_ended_by_whoever_opens_the_archive_next(archive, place, tmp_path):
    fill(archive)
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, archive.url, str(archive.captures), place], check=False, env={**os.environ}
    )
    assert done.returncode == -signal.SIGKILL
    with Archive(archive.url, captures=archive.captures) as later:
        assert later.known(URL).status is Status.REMOVED
        assert list(later.verify()) == []
    archive.close()
    assert holds(tmp_path) == []
    assert not list(archive.captures.glob(f"*{OPEN}"))
    warcio_check(archive.captures)


@pytest.mark.parametrize("size", [260, 300, 65_000, 65_535, 65_536, 65_553, 65_558, 65_559, 131_093, 131_098, 200_001])
def test_a_tombstone_is_exactly_as_long_as_what_it_stands_for(size, tmp_path):
    data = tombstone(size, day(1))
    assert len(data) == size
    (tmp_path / "a.warc.gz").write_bytes(data)
    warcio_check(tmp_path)
