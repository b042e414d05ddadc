"""Replays: today's extraction over yesterday's captures. Nothing is fetched, nothing is written twice."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive import Archive, Arrival, CaptureWriter, Cause, ChangeKind, Visit
from crawler import Hints, extract, import_paths, parse_source, replay_captures
from crawler.normalise import normalise

DAY = datetime(2031, 4, 2, 8, 0, tzinfo=UTC)
LATER = datetime(2031, 5, 2, 8, 0, tzinfo=UTC)
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Moss {n} grows - Leaf Institute</title></head>
<body><nav><a href="/">Home</a> <a href="/news">News</a></nav><main><h1>Moss {n} grows on the north wall</h1>
<time datetime="2031-04-0{day}">2 April 2031</time>
<p>Moss number {n} grows slowly on the north side of old walls, and nobody at the institute had asked why.</p>
<p>Over {n} winters the team counted shoots on nine walls and found that the shade matters less than the wind does.</p>
<p>The results for wall {n} will be published next year, together with those for the roofs of the old town.</p>
</main><footer>Leaf Institute, Garden Street 1</footer></body></html>"""

SOURCE = """
name = "Leaf Institute"
home = "http://leaf.example/"
[[discover]]
kind = "listing"
url = "http://leaf.example/news/"
"""


def page_url(number):
    return f"http://leaf.example/news/{number}.html"


def fill(archive, count, *, spoil=()):
    """Articles as a crawl reads them today; those in `spoil` as an older, worse extraction had read them."""
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        for number in range(1, count + 1):
            body = PAGE.format(n=number, day=number % 9 + 1).encode()
            capture = writer.write(
                url=page_url(number), at=DAY, request_headers=[("Host", "leaf.example")], status=200, reason="OK",
                headers=[("Content-Type", "text/html")], body=body,
            )  # fmt: skip
            writer.flush()
            hints = Hints(linked=True)
            read = extract(body, page_url(number), {"Content-Type": "text/html"}, at=DAY, hints=hints)
            article = normalise(read, source="leaf", url=page_url(number), hints=hints)
            if number in spoil:
                article = replace(article, title="Home", section="Nothing")
            visit = Visit(source="leaf", url=page_url(number), state="done", last_at=DAY)
            archive.store(Arrival(article=article, at=DAY, capture=capture, visit=visit))


def no_source(_slug):
    return None


@pytest.fixture
def archive(url, tmp_path):
    with Archive(url, captures=tmp_path / "captures") as opened:
        yield opened


def test_what_reads_the_same_today_changes_nothing(archive):
    fill(archive, 3)
    report = replay_captures(archive, no_source, now=LATER)
    assert (report.read, report.unchanged, report.changed, report.revised) == (3, 3, 0, 0)
    assert archive.latest() == 3


def test_a_dry_run_says_what_would_change_and_writes_nothing(archive):
    fill(archive, 3, spoil={2})
    told = []
    report = replay_captures(archive, no_source, now=LATER, dry_run=True, on_difference=told.append)
    assert (report.changed, report.revised, report.fields) == (1, 0, {"section": 1, "title": 1})
    assert told[0].url == page_url(2)
    assert told[0].fields["title"] == ("Home", "Moss 2 grows on the north wall")
    assert archive.known(page_url(2)).article.title == "Home"
    assert "replayed" not in {event.what for event in archive.events()}


def test_a_better_reading_becomes_a_revision_with_its_cause(archive):
    fill(archive, 3, spoil={2})
    before = archive.known(page_url(2))
    report = replay_captures(archive, no_source, now=LATER)
    assert (report.changed, report.revised) == (1, 1)
    revisions = archive.revisions(page_url(2))
    assert [revision.cause for revision in revisions] == [Cause.CONTENT, Cause.EXTRACTION]
    assert revisions[1].capture == revisions[0].capture
    assert archive.changes(3)[0].kind is ChangeKind.REEXTRACTED
    assert archive.known(page_url(2)).last_seen == before.last_seen
    assert archive.events(limit=1)[0].detail["revised"] == 1
    again = replay_captures(archive, no_source, now=LATER)
    assert (again.changed, again.resumed) == (0, False)
    assert list(archive.verify()) == []


def test_an_article_that_is_gone_stays_gone(archive):
    fill(archive, 1, spoil={1})
    archive.gone("leaf", page_url(1), at=DAY)
    assert replay_captures(archive, no_source, now=LATER).revised == 1
    assert archive.known(page_url(1)).status == "gone"
    assert [change.kind for change in archive.changes(2)] == ["reextracted"]


def test_what_a_crawl_brought_meanwhile_is_not_overwritten(archive):
    fill(archive, 1, spoil={1})
    known, capture = archive.readable()[0]
    newer = replace(known.article, body="Quite another text, brought by a crawl.\n\nIt is newer.")
    archive.store(Arrival(article=newer, at=LATER))
    stale = Arrival(article=replace(known.article, title="Stale"), at=LATER, capture=capture, cause=Cause.EXTRACTION)
    assert archive.store(stale) is None
    assert archive.known(page_url(1)).article.body == newer.body


def test_a_missing_capture_and_a_page_that_is_no_article_now_are_named_and_left_alone(archive):
    fill(archive, 2)
    with CaptureWriter(archive.captures, prefix="wall", software="test") as writer:
        capture = writer.write(
            url=page_url(9), at=DAY, request_headers=[], status=200, reason="OK",
            headers=[("Content-Type", "application/pdf")], body=b"%PDF-1.4 nothing to read",
        )  # fmt: skip
        writer.flush()
        article = replace(
            archive.known(page_url(1)).article, url=page_url(9), body="A text that an old extraction saw in it."
        )
        archive.store(Arrival(article=article, at=DAY, capture=capture))
    next(archive.captures.glob("leaf-*")).unlink()
    told = []
    report = replay_captures(archive, no_source, now=LATER, on_difference=told.append)
    assert (report.unreadable, report.not_articles, report.changed) == (2, 1, 0)
    assert sum("restore it" in (difference.why or "") for difference in told) == 2
    assert archive.known(page_url(9)).article.body.startswith("A text")


def test_imported_text_pages_read_together_read_the_same(archive, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in (1, 2, 3):
        text = (
            f"Moss {number} grows\n\n2031-04-0{number}\n\nMoss number {number} grows slowly on old walls of the town.\n\n"
            f"Nobody at the institute had asked why wall {number} is so green.\n\nLeaf Institute, Garden Street 1\n"
        )
        (folder / f"{number}.txt").write_text(text)
    import_paths(archive, [folder], at=DAY)
    count = sum(archive.counts().values())
    assert count
    report = replay_captures(archive, no_source, now=LATER)
    assert (report.read, report.unchanged) == (count, count)


KILLED = """
import os, signal, socket, sys
from datetime import datetime, UTC
from archive import Archive, replays
import crawler.replay as replay

def nothing_is_fetched(event, arguments):
    if event == "socket.connect" and arguments[0].family != socket.AF_UNIX:
        os.abort()
sys.addaudithook(nothing_is_fetched)
replay.BATCH = 5
kept = 0
def killing(*arguments, keep=replays.keep):
    global kept
    kept += 1
    if sys.argv[3] == "before" and kept == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    keep(*arguments)
def killing_after(*arguments, take=replay._Replay.take):
    take(*arguments)
    if sys.argv[3] == "after" and kept == 1:
        os.kill(os.getpid(), signal.SIGKILL)
replays.keep, replay._Replay.take = killing, killing_after
with Archive(sys.argv[1], captures=sys.argv[2]) as archive:
    replay.replay_captures(archive, lambda slug: None, now=datetime(2031, 5, 2, tzinfo=UTC))
"""


def test_a_replay_that_was_killed_twice_goes_on_where_it_was(archive):
    """In the middle of a transaction and behind one: what is counted is what was done, and nothing is fetched."""
    fill(archive, 18, spoil=range(1, 19))
    for moment, done in (("before", 5), ("after", 10)):
        command = [sys.executable, "-c", KILLED, archive.url, str(archive.captures), moment]
        assert subprocess.run(command, check=False, env={**os.environ}).returncode == -signal.SIGKILL
        assert archive.latest() == 18 + done
    report = replay_captures(archive, no_source, now=LATER)
    assert (report.resumed, report.read, report.changed, report.revised) == (True, 18, 18, 18)
    assert archive.latest() == 36
    assert {known.revision for known in archive.articles()} == {2}
    assert len([event for event in archive.events() if event.what == "replayed"]) == 1


def test_worker_processes_find_what_one_process_finds(archive):
    fill(archive, 6, spoil={2, 5})
    source = parse_source(SOURCE, slug="leaf")
    report = replay_captures(archive, {"leaf": source}.get, now=LATER, workers=2)
    assert (report.read, report.revised, report.unchanged) == (6, 2, 4)


def test_the_selectors_of_a_source_speak_in_a_replay(archive):
    fill(archive, 1)
    source = parse_source(SOURCE + '[extract]\ntitle = "footer"\n', slug="leaf")
    told = []
    replay_captures(archive, {"leaf": source}.get, now=LATER, dry_run=True, on_difference=told.append)
    assert told[0].fields["title"][1] == "Leaf Institute, Garden Street 1"


def test_source_and_since_narrow_a_replay(archive):
    fill(archive, 2, spoil={1})
    assert replay_captures(archive, no_source, now=LATER, source="other").read == 0
    assert replay_captures(archive, no_source, now=LATER, since=LATER).read == 0
    assert replay_captures(archive, no_source, now=LATER, source="leaf", since=DAY).read == 2
