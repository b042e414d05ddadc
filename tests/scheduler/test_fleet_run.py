"""The fleet as processes on a real PostgreSQL: clocks and workers, kill -9 among them, jobs of every kind, a clean end."""

import contextlib
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from institute import Institute
from receivers import Receiver
from surroundings import clean_environment

from archive import Archive, Webhook
from scheduler import Board, ask_now, new_secret

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PATIENCE_S = 150  # for a machine that is busy with other tests


@pytest.fixture
def sites(tmp_path):
    (tmp_path / "mine").mkdir()
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Institute().served()) for _ in range(4)]
        for number, site in enumerate(made):
            site.articles(3, start=10 * number + 1)
            site.listing("/news/")
            site.source(tmp_path / "mine", f"site-{number}", extra='schedule = "7d"')
        yield made


@pytest.fixture
def url(no_database_yet):
    return no_database_yet


@pytest.fixture
def archive(url, tmp_path):
    with Archive(url, captures=tmp_path / "captures") as opened:
        yield opened


@pytest.fixture
def start(tmp_path, url):
    """Start `newsarchive ...`; whatever still runs afterwards is ended."""
    started = []
    (tmp_path / "newsarchive.toml").write_text(
        f'archive = "{url}"\ncaptures = "captures"\nsources = ["mine"]\nlogs = "logs"\n[limits]\ndelay = "0s"\n'
    )

    def begin(*arguments, captures="captures"):
        command = [sys.executable, "-m", "newsarchive", *map(str, arguments)]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**clean_environment(), "NEWSARCHIVE_CAPTURES": captures},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.communicate(timeout=PATIENCE_S)


def only(sites):
    return [part for number in range(len(sites)) for part in ("--only", f"site-{number}")]


def until(condition, what):
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE_S} s for {what}")


def ended(process):
    process.terminate()
    out, err = process.communicate(timeout=PATIENCE_S)
    assert b"Traceback" not in err, err.decode()
    assert process.returncode == 0, err.decode()
    return out.decode(), err.decode()


def crawled(archive):
    return {turn.source for turn in archive.turns() if turn.last and not turn.last.error}


def test_clocks_and_workers_are_killed_and_every_turn_is_had_all_the_same(sites, archive, start, url):
    clocks = [start("run", "--no-crawls", *only(sites)) for _ in range(2)]
    workers = [start("worker", "--crawls", 1, "--heartbeat", "1s") for _ in range(2)]
    until(lambda: any(turn.running_since for turn in archive.turns()), "a crawl to begin")
    workers[0].kill()
    until(lambda: archive.lease("clock") is not None, "a clock")
    leader = next(clock for clock in clocks if f" {clock.pid} " in archive.lease("clock")[0])
    leader.kill()
    workers.append(start("worker", "--crawls", 1, "--heartbeat", "1s"))
    until(lambda: len(crawled(archive)) == len(sites), "every source to be crawled")
    until(lambda: all(turn.running_since is None for turn in archive.turns()), "every turn to be settled")
    until(lambda: archive.lease("clock")[0].split()[1] != str(leader.pid), "the other clock to take over")
    asked = datetime.now(UTC)
    ask_now(archive, "site-2", asked)
    until(lambda: archive.turn("site-2").last.started > asked, "the other clock to pin a crawl")
    for process in [*clocks, *workers]:
        if process not in (leader, workers[0]):
            ended(process)
    assert archive.counts() == {f"site-{number}": 3 for number in range(len(sites))}
    assert list(archive.verify()) == []
    with Board(url, "test") as board:
        assert board.state().failed == 0
        assert board.state().hands == []


def test_a_worker_says_who_works_and_what_waits(sites, archive, start, url):
    worker = start("worker", "--crawls", 0, "--heartbeat", "1s")
    with Board(url, "test") as board:
        board.pin_crawl("site-0", sites[0].site)
        until(lambda: len(board.state().hands) == 2, "the worker to show itself")
    out, _ = start("worker", "--status", "--json").communicate(timeout=PATIENCE_S)
    said = json.loads(out)
    assert said["waiting"] == {"crawls": 1}
    assert {hand["queue"] for hand in said["hands"]} == {"deliveries", "replays"}
    words, rest = start("worker", "--status").communicate(timeout=PATIENCE_S)
    assert str(worker.pid) in words.decode()
    assert "1 crawls wait" in rest.decode()
    ended(worker)


def test_run_alone_on_postgresql_crawls_by_itself(sites, archive, start):
    run = start("run", "--only", "site-1", "--json")
    until(lambda: "site-1" in crawled(archive), "its crawl")
    until(lambda: archive.turn("site-1").running_since is None, "its turn to be settled")
    out, _ = ended(run)
    assert [json.loads(line)["source"] for line in out.splitlines()] == ["site-1"]


def test_sigterm_in_the_middle_of_a_crawl_keeps_the_page_and_the_turn_goes_on(sites, archive, start):
    sites[0].articles(30, start=100)
    sites[0].listing("/news/", per_page=100)
    sites[0].robots("User-agent: *\nCrawl-delay: 1\n")
    clock = start("run", "--no-crawls", "--only", "site-0")
    worker = start("worker", "--crawls", 1)
    until(lambda: archive.counts().get("site-0", 0) >= 2, "some pages")
    _, said = ended(worker)
    assert "finish the page in hand" in said
    turn = archive.turn("site-0")
    assert turn.running_since is None
    assert "was stopped in the middle" in turn.why
    assert 2 <= archive.counts()["site-0"] < 33
    ended(clock)


def test_deliveries_and_replays_are_jobs_too(sites, archive, start, url):
    with Receiver().served() as receiver:
        hook = Webhook(name="here", url=receiver.url, secret=new_secret(), allow_private=(receiver.place,))
        archive.add_webhook(hook, after=0)
        clock = start("run", "--no-crawls", "--only", "site-0")
        worker = start("worker", "--heartbeat", "1s")
        until(lambda: "site-0" in crawled(archive), "a crawl")
        until(lambda: archive.consumer("webhook:here").lag == 0, "the deliveries")
        assert sum(len(body["changes"]) for body in receiver.bodies()) == 3
    _, said = start("replay", "--jobs").communicate(timeout=PATIENCE_S)
    assert b"1 jobs" in said, said
    with Board(url, "test") as board:
        until(lambda: not board.at_hand("replays"), "the replay")
        assert board.state().failed == 0
    ended(clock)
    _, told = ended(worker)
    assert "3 captures read again" in told


def test_workers_share_a_bucket_and_what_a_killed_one_had_named_is_there(sites, start, url, bucket, tmp_path):
    clock = start("run", "--no-crawls", *only(sites[:2]), captures=bucket)
    workers = [start("worker", "--crawls", 2, "--heartbeat", "1s", captures=bucket) for _ in range(2)]
    with Archive(url, captures=bucket) as archive:
        until(archive.counts, "a first article")
        workers[0].kill()
        until(lambda: len(crawled(archive)) == 2, "every source to be crawled")
        until(lambda: all(turn.running_since is None for turn in archive.turns()), "every turn to be settled")
        said = [ended(process)[1] for process in (clock, workers[1])]
        assert archive.counts() == {"site-0": 3, "site-1": 3}
        assert archive.captures.names()
        assert list(archive.verify()) == []
    assert not (tmp_path / "captures").exists()
    assert not any(os.environ["AWS_SECRET_ACCESS_KEY"] in words for words in said)


def test_what_a_sqlite_archive_is_told(start, tmp_path):
    process = start("--archive", "sqlite:///a.db", "worker")
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert b"SQLite" in said
    assert b"newsarchive run" in said
