"""`newsarchive run` in a process of its own: turns by themselves, a clean stop in the middle of a crawl, a restart goes on."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from institute import Institute, Reply

from archive import Archive, Turn

pytestmark = pytest.mark.slow

SPEED = 20  # virtual minutes a real one: a source "every minute" has its turn every three seconds
PATIENCE_S = 90  # for a machine that is busy with other tests
PAGES = 40
SLOW_S = 0.15  # a page of the slow site takes so long to answer


@pytest.fixture
def leaf(tmp_path):
    site = Institute()
    with site.served():
        site.articles(3)
        site.listing("/news/")
        (tmp_path / "mine").mkdir()
        site.source(tmp_path / "mine", extra='schedule = "1m"')
        yield site


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path}/newsarchive.db") as opened:
        yield opened


@pytest.fixture
def scheduler(tmp_path):
    """Start `newsarchive run`; whatever still runs afterwards is ended."""
    started = []
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("NEWSARCHIVE_")}

    def start(*more):
        command = [sys.executable, "-m", "newsarchive", "--sources", "mine", "run", "--only", "leaf", *map(str, more)]
        process = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.communicate(timeout=PATIENCE_S)


def until(condition, what):
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE_S} s for {what}")


def ended(process):
    """(exit code, stdout, stderr) of a scheduler that was asked to stop."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert b"Traceback" not in err, err.decode()
    return process.returncode, out.decode(), err.decode()


def test_turns_happen_by_themselves_and_sigterm_ends_it(leaf, archive, scheduler):
    process = scheduler("--speed", SPEED)
    until(lambda: len(archive.crawls("leaf")) >= 1, "the first crawl")
    leaf.articles(1, start=9)
    leaf.listing("/news/")
    until(lambda: archive.counts().get("leaf") == 4, "the second turn to find the new article")
    process.send_signal(signal.SIGTERM)
    code, out, err = ended(process)
    assert (code, out) == (0, "")
    assert err.count("leaf: ok; new") == 2
    crawls = archive.crawls("leaf")
    assert len(crawls) >= 2
    assert all(earlier.ended <= later.started for later, earlier in pairwise(crawls))
    assert archive.turn("leaf").running_since is None
    assert archive.turn("leaf").next_at is not None


def test_a_stop_in_the_middle_of_a_crawl_keeps_what_is_there_and_a_restart_goes_on(leaf, archive, scheduler):
    paths = leaf.articles(PAGES, start=100)
    for path in paths:
        leaf.pages[path] = slowly(leaf.pages[path])
    leaf.listing("/news/")
    first = scheduler()
    until(lambda: archive.counts().get("leaf", 0) >= 5, "a few articles")
    first.send_signal(signal.SIGTERM)
    assert ended(first)[0] == 0
    kept = archive.counts()["leaf"]
    assert 5 <= kept < PAGES
    turn = archive.turn("leaf")
    assert turn.running_since is None
    assert "goes on" in turn.why
    second = scheduler()
    until(lambda: archive.counts()["leaf"] == PAGES + 3, "the rest of the articles")
    second.send_signal(signal.SIGINT)
    assert ended(second)[0] == 0
    assert archive.latest() == PAGES + 3


def test_a_scheduler_that_was_killed_loses_no_turn(leaf, archive, scheduler):
    paths = leaf.articles(PAGES, start=100)
    for path in paths:
        leaf.pages[path] = slowly(leaf.pages[path])
    leaf.listing("/news/")
    first = scheduler()
    until(lambda: archive.counts().get("leaf", 0) >= 3, "a few articles")
    first.kill()
    first.communicate(timeout=PATIENCE_S)
    assert archive.turn("leaf").running_since is not None
    second = scheduler()
    until(lambda: archive.counts()["leaf"] == PAGES + 3, "the rest of the articles")
    second.send_signal(signal.SIGTERM)
    _, _, err = ended(second)
    assert "lost with their process" in err
    assert archive.latest() == PAGES + 3


def test_of_two_schedulers_one_crawls_and_the_other_takes_over(leaf, archive, scheduler):
    first = scheduler("--log", "json")
    until(lambda: archive.lease("clock") is not None, "the first clock")
    second = scheduler("--log", "json")
    until(lambda: len(archive.crawls("leaf")) >= 1, "the first crawl")
    leaf.articles(1, start=50)
    leaf.listing("/news/")
    assert said(second.stderr.readline())["event"] == "standing by"
    first.kill()
    first.communicate(timeout=PATIENCE_S)
    events = iter(lambda: said(second.stderr.readline())["event"], "watching")
    assert set(events) <= {"crawls lost"}
    run_newsarchive(archive, "schedule", "now", "leaf")
    until(lambda: archive.counts()["leaf"] == 4, "the second clock to crawl")
    third = scheduler()
    assert b"standing by" in third.stderr.readline()
    second.send_signal(signal.SIGTERM)
    assert ended(second)[0] == 0
    assert b"watching" in third.stderr.readline()
    third.send_signal(signal.SIGTERM)
    assert ended(third)[0] == 0


def test_a_crawl_by_hand_waits_for_the_one_that_runs_and_its_turn_is_not_had_twice(leaf, archive, scheduler, tmp_path):
    (tmp_path / "mine" / "leaf.toml").write_text(
        (tmp_path / "mine" / "leaf.toml").read_text(encoding="utf-8").replace('"1m"', '"30d"'), encoding="utf-8"
    )
    gate = gated(leaf)
    process = scheduler()
    until(lambda: leaf.asked(GATED), "the scheduler's crawl to be at work")
    by_hand = newsarchive_process(archive, "crawl", "leaf")
    assert b"crawls it or its host; waiting" in by_hand.stderr.readline()
    gate.set()
    out, _ = by_hand.communicate(timeout=PATIENCE_S)
    assert b"leaf: empty" in out
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 0
    second, first = archive.crawls("leaf")
    assert second.started >= first.ended
    assert archive.turn("leaf").why == "every 30 days"


def test_the_progress_of_a_running_crawl_is_seen_by_everybody(leaf, archive, scheduler):
    gate = gated(leaf)
    process = scheduler()
    until(lambda: (archive.turn("leaf") or Turn(source="")).progress, "a note of progress")
    lines = [said(line) for line in run_newsarchive(archive, "schedule", "list", "--json").stdout.splitlines()]
    (leafs,) = [line for line in lines if line["source"] == "leaf"]
    assert leafs["progress"]["phase"] in {"seeds", "articles"}
    assert leafs["running_since"]
    gate.set()
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 0
    assert archive.turn("leaf").progress == ""
    log = run_newsarchive(archive, "schedule", "log", "leaf").stdout.decode()
    assert f"200 {leaf.url('/news/')}" in log
    assert log.splitlines()[-1].startswith('{"report": {"source": "leaf"')


GATED = "/news/203104/t20310402_1.html"


def gated(site):
    """The site's first article answers when the event is set."""
    gate, reply = threading.Event(), site.pages[GATED]

    def answer(handler):
        gate.wait(PATIENCE_S)
        slowly(reply)(handler)

    site.pages[GATED] = answer
    return gate


def said(line):
    return json.loads(line)


def newsarchive_process(archive, *arguments):
    """The command, in the folder of the archive."""
    command = [sys.executable, "-m", "newsarchive", "--sources", "mine", *arguments]
    return subprocess.Popen(command, cwd=archive.captures.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run_newsarchive(archive, *arguments):
    process = newsarchive_process(archive, *arguments)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err.decode()
    return subprocess.CompletedProcess(arguments, 0, out, err)


def test_pause_resume_and_now_reach_the_running_scheduler(leaf, archive, scheduler, tmp_path):
    soon = datetime.now(UTC) + timedelta(days=9)
    (tmp_path / "mine" / "leaf.toml").write_text(
        (tmp_path / "mine" / "leaf.toml").read_text(encoding="utf-8").replace('"1m"', '"30d"'), encoding="utf-8"
    )
    archive.keep_turn(Turn(source="leaf", next_at=soon, why="a later day", paused=True))
    process = scheduler()
    time_to_look = time.monotonic() + 3
    until(lambda: time.monotonic() > time_to_look, "a look at the turns")
    assert archive.crawls("leaf") == []
    command = [sys.executable, "-m", "newsarchive", "--sources", "mine", "schedule"]
    subprocess.run([*command, "resume", "leaf"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run([*command, "now", "leaf"], cwd=tmp_path, check=True, capture_output=True)
    until(lambda: len(archive.crawls("leaf")) == 1, "the turn that was asked for")
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 0
    assert archive.turn("leaf").why == "every 30 days"


def slowly(reply: Reply):
    """The same page from a server that takes its time."""

    def answer(handler):
        time.sleep(SLOW_S)
        with contextlib.suppress(OSError):
            handler.send_response(reply.status)
            handler.send_header("Content-Type", reply.type)
            handler.send_header("Content-Length", str(len(reply.body)))
            handler.end_headers()
            handler.wfile.write(reply.body)

    return answer
