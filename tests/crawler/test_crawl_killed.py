"""kill -9 at any moment loses nothing: crawl again, and the archive equals that of an undisturbed run."""

import subprocess
import sys
import threading
import time

import pytest
from killing import besiege, exported, findings, revisions

from archive import Outcome
from crawler import start_crawl
from crawler.writer import GROUP_MAX

pytestmark = pytest.mark.slow

KILLS = 8
ARTICLES = 100
DELAY_S = 0.02


@pytest.mark.timeout(600)
def test_kill_9_at_random_moments_loses_and_doubles_nothing(tmp_path):
    """Backfills and recrawls that are killed, until one gets through: the same archive as of undisturbed crawls, a feed
    without gaps, whole captures, and only what was in flight is asked for again.
    """
    siege, calm, wild = besiege(tmp_path, kills=KILLS, articles=ARTICLES, seed=20310403, delay_s=DELAY_S)
    assert siege.fatal >= KILLS // 2
    assert exported(wild) == exported(calm)
    assert revisions(wild) == revisions(calm)
    assert not findings(wild)
    assert siege.worst <= 2 * GROUP_MAX + 1, "only what was in flight or not yet kept is fetched again"


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
