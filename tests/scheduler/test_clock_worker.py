"""The worker: how many at once, one a host, deadlines, and what a crash is. Children are told what to do, time is a number."""

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import CrawlReport, Outcome, Sign
from crawler import parse_source
from scheduler.worker import DEADLINE_GRACE_S, TERM_GRACE_S, Worker

NOW = datetime(2031, 4, 2, tzinfo=UTC)


def a_source(slug, *hosts):
    listed = ", ".join(f'"{host}"' for host in hosts or (f"{slug}.example",))
    home = f"http://{(hosts or (f'{slug}.example',))[0]}/"
    text = f'name = "{slug}"\nhome = "{home}"\nhosts = [{listed}]\n[[discover]]\nkind = "feed"\nurl = "{home}feed"\n'
    return parse_source(text, slug=slug, path=Path(f"{slug}.toml"))


@dataclass
class Child:
    """A running crawl whose end the test decides."""

    slug: str
    hear: object = None
    pid: int = 1
    status: int | None = None
    asked: list[str] = field(default_factory=list)
    stubborn: bool = False

    def poll(self):
        return self.status

    def wait(self, timeout=None):
        outcome = Outcome.OK if self.status == 0 else Outcome.FAILED
        return CrawlReport(source=self.slug, crawl=1, started=NOW, ended=NOW + timedelta(seconds=1), outcome=outcome)

    def terminate(self):
        self.asked.append("term")
        if not self.stubborn:
            self.status = 0

    def kill(self):
        self.asked.append("kill")
        self.status = -9


@pytest.fixture
def house():
    """(worker for two at once, its children by slug)."""
    children = {}

    def start(source, hear):
        children[source.slug] = Child(source.slug, hear)
        return children[source.slug]

    return Worker(start, most=2, crawl_s=100), children


def test_not_more_at_once_than_allowed_and_first_come_first_served(house):
    worker, children = house
    for slug in "abcd":
        assert worker.submit(a_source(slug))
    worker.tend(0)
    assert list(children) == ["a", "b"]
    children["a"].status = 0
    started, ended = worker.tend(1)
    assert [over.source.slug for over in ended] == ["a"]
    assert [running.source.slug for running in started] == ["c"]


def test_a_source_waits_or_runs_once(house):
    worker, children = house
    assert worker.submit(a_source("a"))
    assert not worker.submit(a_source("a"))
    worker.tend(0)
    assert not worker.submit(a_source("a"))
    children["a"].status = 0
    worker.tend(1)
    assert worker.submit(a_source("a"))


def test_one_crawl_a_host_and_others_pass_the_one_that_waits(house):
    worker, children = house
    for source in (a_source("a", "x.example"), a_source("b", "y.example", "x.example"), a_source("c", "z.example")):
        worker.submit(source)
    worker.tend(0)
    assert set(children) == {"a", "c"}
    children["a"].status = 0
    worker.tend(1)
    assert set(children) == {"a", "b", "c"}


def test_a_crash_is_an_outcome(house):
    worker, children = house
    worker.submit(a_source("a"))
    worker.tend(0)
    children["a"].status = -11
    _, ended = worker.tend(1)
    assert ended[0].report.outcome is Outcome.FAILED
    assert worker.idle


def test_a_crawl_that_cannot_start_is_an_outcome_and_the_next_one_starts():
    def start(source, hear):
        if source.slug == "a":
            raise OSError("no more processes")
        return Child(source.slug)

    worker = Worker(start, most=1, crawl_s=100)
    worker.submit(a_source("a"))
    worker.submit(a_source("b"))
    started, ended = worker.tend(0)
    assert ended[0].report.outcome is Outcome.FAILED
    assert ended[0].report.error == "the crawl could not be started: no more processes"
    started, _ = worker.tend(0)
    assert [running.source.slug for running in started] == ["b"]
    assert worker.submit(a_source("a"))


def test_a_crawl_beyond_its_deadline_is_asked_to_end_then_killed(house):
    worker, children = house
    worker.submit(a_source("a"))
    worker.tend(0)
    children["a"].stubborn = True
    over = 100 + DEADLINE_GRACE_S
    worker.tend(over)
    assert children["a"].asked == []
    worker.tend(over + 1)
    worker.tend(over + 2)
    assert children["a"].asked == ["term"]
    worker.tend(over + 2 + TERM_GRACE_S)
    _, ended = worker.tend(over + 3 + TERM_GRACE_S)
    assert children["a"].asked == ["term", "kill"]
    assert not ended[0].stopped
    assert ended[0].amended
    assert "limits.crawl (2 min)" in ended[0].report.error
    assert ended[0].report.outcome is Outcome.FAILED


def test_stopping_asks_what_runs_to_finish_and_forgets_what_waits(house):
    worker, children = house
    for slug in "abc":
        worker.submit(a_source(slug))
    worker.tend(0)
    worker.stop(1)
    assert not worker.submit(a_source("d"))
    _, ended = worker.tend(2)
    assert {over.source.slug for over in ended} == {"a", "b"}
    assert all(over.stopped for over in ended)
    assert worker.idle
    assert "c" not in children


def test_stopping_twice_kills(house):
    worker, children = house
    worker.submit(a_source("a"))
    worker.tend(0)
    children["a"].stubborn = True
    worker.stop(1)
    worker.stop(2)
    assert children["a"].asked == ["term", "kill"]


def test_two_thousand_sources_due_at_once_are_taken_fairly(house):
    """Ten sources a host: every host gets its turns, nothing is lost, nothing overlaps."""
    worker, children = house
    sources = [a_source(f"s{n}", f"h{n // 10}.example") for n in range(2000)]
    for source in sources:
        worker.submit(source)
    seen = []
    while not worker.idle:
        for slug in list(worker.running):
            children[slug].status = 0
        started, _ = worker.tend(0)
        hosts = [running.source.hosts[0] for running in worker.running.values()]
        assert len(hosts) == len(set(hosts)) <= 2
        seen += [running.source.slug for running in started]
    assert sorted(seen) == sorted(source.slug for source in sources)


class Neighbour:
    """Claims of another process, as the worker sees them: what is in `theirs` is taken."""

    def __init__(self):
        self.theirs, self.ours, self.lost = set(), [], []

    def take(self, source):
        if source.slug in self.theirs:
            return "elsewhere 4711 1 - 0"
        self.ours.append(source.slug)
        return None

    def renew(self, now_s):
        lost, self.lost = self.lost, []
        return lost

    def give(self, slug):
        if slug in self.ours:
            self.ours.remove(slug)


@pytest.fixture
def shared():
    """(worker for two at once, its children by slug, the claims around it, what it told)."""
    children, claims, told = {}, Neighbour(), []

    def start(source, hear):
        if source.slug == "broken":
            raise OSError("no more processes")
        children[source.slug] = Child(source.slug, hear)
        return children[source.slug]

    return Worker(start, most=2, crawl_s=100, claims=claims, tell=told.append), children, claims, told


def test_what_another_process_crawls_waits_and_others_pass_it(shared):
    worker, children, claims, told = shared
    claims.theirs = {"a"}
    for slug in "abc":
        worker.submit(a_source(slug))
    worker.tend(0)
    assert set(children) == {"b", "c"}
    assert told == ["a: process 4711 on elsewhere crawls it or its host; waiting for that to end"]
    for slug in "bc":
        children[slug].status = 0
    worker.tend(1)
    worker.tend(3)
    assert (set(children), len(told)) == ({"b", "c"}, 1)
    claims.theirs = set()
    worker.tend(6)
    assert set(children) == {"a", "b", "c"}


def test_claims_are_given_back_when_a_crawl_ends_or_cannot_begin(shared):
    worker, children, claims, _ = shared
    worker.submit(a_source("a"))
    worker.submit(a_source("broken"))
    worker.tend(0)
    assert claims.ours == ["a"]
    children["a"].status = 0
    worker.tend(1)
    assert claims.ours == []


def test_a_crawl_that_lost_its_claim_is_ended(shared):
    worker, children, claims, _ = shared
    worker.submit(a_source("a"))
    worker.tend(0)
    claims.lost = ["a"]
    worker.tend(1)
    _, ended = worker.tend(2)
    assert children["a"].asked == ["term"]
    assert "somebody else" in ended[0].report.error


def test_who_is_asked_for_comes_first(house):
    worker, children = house
    for slug in "abc":
        worker.submit(a_source(slug))
    worker.submit(a_source("d"), first=True)
    worker.tend(0)
    assert list(children) == ["d", "a"]


def test_progress_is_seen_while_a_crawl_runs(house):
    worker, children = house
    worker.submit(a_source("a"))
    worker.tend(0)
    children["a"].hear("twelve of forty")
    assert worker.running["a"].progress == "twelve of forty"


HOLDER_OF_MEMORY = "import sys; held = bytearray(120_000_000); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def glutton():
    """A process whose own child holds 120 MB."""
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDER_OF_MEMORY!r}])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.stdin.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much memory a process holds")
def test_a_crawl_that_holds_too_much_memory_is_ended_and_says_so(glutton):
    child = Child("a", pid=glutton.pid)
    worker = Worker(lambda source, hear: child, most=1, crawl_s=100, memory_bytes=100_000_000)
    worker.submit(a_source("a"))
    worker.tend(0)
    worker.tend(5)
    assert child.asked == ["term"]
    _, ended = worker.tend(6)
    report = ended[0].report
    assert (report.outcome, report.signs) == (Outcome.FAILED, (Sign.BROKEN,))
    assert "more than limits.memory (100 MB)" in report.error


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much memory a process holds")
def test_a_crawl_that_holds_far_too_much_is_not_asked_first(glutton):
    child = Child("a", pid=glutton.pid, stubborn=True)
    worker = Worker(lambda source, hear: child, most=1, crawl_s=100, memory_bytes=60_000_000)
    worker.submit(a_source("a"))
    worker.tend(0)
    worker.tend(5)
    assert child.asked == ["term", "kill"]
