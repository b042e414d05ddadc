"""kill -9 at any moment loses nothing: crawl again, and the archive equals that of an undisturbed run."""

import io
import json
import random
import subprocess
import sys
import threading
import time

import pytest
from institute import DAY_1, Institute

from archive import Archive, Outcome
from archive import write_export as export
from crawler import start_crawl
from crawler.writer import GROUP_MAX

pytestmark = pytest.mark.slow

KILLS = 10
ARTICLES = 200


def a_site():
    """200 articles with some of everything: copies inside the site, a redirect, pages that are gone."""
    site = Institute()
    paths = site.articles(ARTICLES - 10)
    for n in range(5):
        site.pages[f"/copies/{n}.html"] = site.pages[paths[n]]
        site.entries[f"/copies/{n}.html"] = site.entries[paths[n]]
    for n in range(3):
        site.entries[f"/old/{n}.html"] = (f"Moved number {n}", "2031-04-02")
        site.moved(f"/old/{n}.html", paths[50 + n])
    for n in range(2):
        site.entries[f"/lost/{n}.html"] = (f"Lost number {n}", "2031-04-02")
    site.listing(per_page=15)
    return site


def exported(url):
    rows = io.StringIO()
    with Archive(url) as archive:
        export(archive, rows)
    return sorted((json.loads(line) for line in rows.getvalue().splitlines()), key=lambda row: row["id"])


class Reader(threading.Thread):
    """A consumer that reads the feed all the while and keeps what it saw."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.seen, self.stop, self.problem = url, [], threading.Event(), None

    def run(self):
        try:
            with Archive(self.url) as archive:
                while True:
                    last = self.stop.is_set()
                    fresh = archive.changes(after=self.seen[-1].seq if self.seen else 0)
                    self.seen += fresh
                    if last and not fresh:
                        return
                    if not fresh:
                        self.stop.wait(0.01)
        except Exception as error:  # noqa: BLE001
            self.problem = error


def until_killed(site, source, url, rng):
    """Start a crawl and kill it after a random number of requests; True when it got to its end before."""
    asked, patience = len(site.log) + rng.randint(1, 60), time.monotonic() + 60
    process = start_crawl(source, url, now=DAY_1)
    while len(site.log) < asked and process.poll() is None and time.monotonic() < patience:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.05))  # anywhere in the work on an answer, not only at its arrival
    process.kill()
    return process.wait(30).outcome is not Outcome.FAILED


@pytest.mark.timeout(600)
def test_kill_9_at_random_moments_loses_nothing(tmp_path):
    """Ten kills, then crawls until the end: the same export as an undisturbed run; a feed without gaps; whole captures."""
    with a_site().served() as site:
        calm = f"sqlite:///{tmp_path / 'calm' / 'a.db'}"
        wild = f"sqlite:///{tmp_path / 'wild' / 'a.db'}"
        (tmp_path / "calm").mkdir()
        (tmp_path / "wild").mkdir()
        source = site.source(tmp_path)
        assert start_crawl(source, calm, now=DAY_1).wait(120).outcome is Outcome.OK

        site.forget()
        Archive(wild).close()
        reader = Reader(wild)
        reader.start()
        rng = random.Random(20310403)
        kills = 0
        while kills < KILLS:
            if until_killed(site, source, wild, rng):
                break  # it was through before the knife fell
            kills += 1
        last = start_crawl(source, wild, now=DAY_1).wait(120)
        assert last.outcome in (Outcome.OK, Outcome.EMPTY)
        reader.stop.set()
        reader.join(30)

    assert kills >= 3
    assert exported(wild) == exported(calm)
    assert reader.problem is None
    assert [change.seq for change in reader.seen] == list(range(1, len(reader.seen) + 1))
    with Archive(wild) as archive:
        assert archive.latest() == len(reader.seen)
        assert not list(archive.verify())
    fetched = [path for path in site.asked_articles() if path.startswith(("/news/2", "/copies"))]
    twice = len(fetched) - len(set(fetched))
    assert twice <= kills * (2 * GROUP_MAX + 2), "only what was in flight or not yet kept is fetched again"
    check_captures(tmp_path / "wild" / "captures")


def check_captures(folder):
    files = sorted(folder.glob("*.warc.gz"))
    assert files
    assert not list(folder.glob("*.open"))
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", *map(str, files)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_sigterm_finishes_the_page_in_hand_and_reports(leaf, desk):
    """A crawl that is asked to stop ends with a report; the next one does the rest."""
    paths = leaf.articles(60)
    leaf.listing(per_page=60)
    reached = threading.Event()
    page = leaf.pages[paths[30]]

    def slow(handler):
        reached.set()
        time.sleep(0.3)
        handler.send_response(200)
        handler.send_header("Content-Type", page.type)
        handler.send_header("Content-Length", str(len(page.body)))
        handler.end_headers()
        handler.wfile.write(page.body)

    leaf.pages[paths[30]] = slow
    process = start_crawl(leaf.source(desk.folder), desk.url, now=desk.now)
    assert reached.wait(60)
    process.terminate()
    report = process.wait(30)
    assert report.outcome is Outcome.OK
    assert any("stopped" in line for line in report.evidence)
    assert 0 < report.new < 60
    leaf.pages[paths[30]] = page
    assert desk.crawl(leaf).new == 60 - report.new
    assert desk.kinds() == ["new"] * 60


def test_a_crawl_whose_starter_dies_dies_with_it(leaf, desk):
    """kill -9 on the front door's process leaves no crawl behind."""
    paths = leaf.articles(5)
    leaf.listing()
    reached, released = threading.Event(), threading.Event()

    def hang(handler):
        reached.set()
        released.wait(30)

    leaf.pages[paths[0]] = hang
    leaf.source(desk.folder)
    starter = subprocess.Popen(
        [
            sys.executable, "-c",
            "import sys; from crawler import *; p = start_crawl(load_source(sys.argv[1]), sys.argv[2]); print(p.pid, flush=True); p.wait()",
            str(desk.folder / "leaf.toml"), desk.url,
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with starter:
        pid = int(starter.stdout.readline())
        assert reached.wait(60)
        starter.kill()
        starter.wait(10)
    deadline = time.monotonic() + 20
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    released.set()
    assert not alive(pid)


def alive(pid):
    from pathlib import Path

    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_crawl_that_is_killed_is_a_failed_report_in_the_archive(leaf, desk):
    paths = leaf.articles(5)
    leaf.listing()
    reached, released = threading.Event(), threading.Event()

    def hang(handler):
        reached.set()
        released.wait(30)

    leaf.pages[paths[0]] = hang
    process = start_crawl(leaf.source(desk.folder), desk.url, now=desk.now)
    assert reached.wait(60)
    process.kill()
    report = process.wait(30)
    released.set()
    assert report.outcome is Outcome.FAILED
    assert "signal 9" in report.error
    with desk.archive as archive:
        assert archive.crawls("leaf")[0].outcome is Outcome.FAILED
