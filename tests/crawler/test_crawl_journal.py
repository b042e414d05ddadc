"""The log file of a crawl: its requests, its troubles, its report; bounded in number and size."""

import signal
import threading

import pytest
from institute import Institute, Reply

from archive import Outcome
from crawler import start_crawl
from crawler.birth import bear
from crawler.journal import BYTES_MAX, KEPT, Journal


@pytest.fixture
def leaf(tmp_path):
    site = Institute()
    with site.served():
        site.articles(2)
        site.listing("/news/")
        yield site


def test_a_crawl_writes_a_log_with_its_requests_and_its_report(leaf, tmp_path):
    leaf.pages["/news/203104/t20310402_1.html"] = Reply(b"", 503)
    source = leaf.source(tmp_path)
    report = start_crawl(source, f"sqlite:///{tmp_path}/a.db", logs=tmp_path / "logs").wait()
    (file,) = (tmp_path / "logs" / "leaf").iterdir()
    assert file.name == f"{report.crawl:08d}.log"
    text = file.read_text(encoding="utf-8")
    assert f"200 {leaf.url('/news/')}" in text
    assert f"503 {leaf.url('/news/203104/t20310402_1.html')}" in text
    assert text.rstrip().splitlines()[-1].startswith('{"report": {"source": "leaf"')


def test_old_logs_go_and_a_long_one_is_cut(tmp_path):
    for number in range(1, KEPT + 5):
        journal = Journal(tmp_path, "leaf")
        journal.write("before it has its number")
        journal.begun(number)
        journal.close()
    kept = sorted(path.name for path in (tmp_path / "leaf").iterdir())
    assert len(kept) == KEPT
    assert kept[-1] == f"{KEPT + 4:08d}.log"
    assert journal.path.read_text(encoding="utf-8") == "before it has its number\n"
    long = Journal(tmp_path, "leaf")
    long.begun(99)
    for _ in range(100):
        long.write("x" * (BYTES_MAX // 50))
    long.close()
    assert long.path.stat().st_size < BYTES_MAX * 1.1
    assert long.path.read_text(encoding="utf-8").rstrip().endswith("left out)")


def test_what_a_page_says_does_not_steer_a_terminal_that_shows_the_log(tmp_path):
    journal = Journal(tmp_path, "leaf")
    journal.begun(1)
    journal.write("\x1b]0;owned\x07 研究\u202e")
    journal.close()
    assert journal.path.read_text(encoding="utf-8") == "\\x1b]0;owned\\x07 研究\\u202e\n"


def test_a_folder_that_cannot_be_written_costs_the_log_alone(leaf, tmp_path):
    (tmp_path / "logs").write_text("a file", encoding="utf-8")
    source = leaf.source(tmp_path)
    report = start_crawl(source, f"sqlite:///{tmp_path}/a.db", logs=tmp_path / "logs").wait()
    assert report.new == 2


def test_a_crawl_that_is_asked_to_end_before_it_listens_was_stopped_and_is_not_broken(leaf, tmp_path):
    told = threading.Event()

    def answer(handler):  # should it listen already after all, it has nothing in hand before it is asked to end
        told.wait(60)
        handler.send_error(404)

    leaf.pages["/robots.txt"] = answer
    process = start_crawl(leaf.source(tmp_path), f"sqlite:///{tmp_path}/a.db")
    process.terminate()
    told.set()
    report = process.wait(60)
    assert (report.outcome, report.error, report.alarms) == (Outcome.EMPTY, None, ())
    assert report.ended_early == "stopped (SIGTERM)"


def test_a_stop_that_comes_as_soon_as_a_crawl_is_born_is_heard():
    """Its process comes from one that lets stops pass: none is lost on the way."""
    for _ in range(30):
        born = bear()
        born.send(signal.SIGTERM)
        assert born.ended.wait(60)
        assert born.status == -signal.SIGTERM
        for stream in (born.stdin, born.stdout, born.stderr):
            stream.close()


def test_a_stop_that_is_heard_twice_at_once_still_finishes_the_page_in_hand(leaf, tmp_path):
    """A service's stop reaches the whole group of processes, and the scheduler tells its crawls as well."""
    gate, path = threading.Event(), "/news/203104/t20310402_2.html"
    page = leaf.pages[path]

    def answer(handler):
        gate.wait(60)
        handler.send_response(200)
        handler.send_header("Content-Type", page.type)
        handler.send_header("Content-Length", str(len(page.body)))
        handler.end_headers()
        handler.wfile.write(page.body)

    leaf.pages[path] = answer
    process = start_crawl(leaf.source(tmp_path), f"sqlite:///{tmp_path}/a.db")
    while not leaf.asked(path):
        gate.wait(0.05)
    process.terminate()
    process.terminate()
    gate.set()
    report = process.wait(60)
    assert (report.ended_early, report.outcome, report.new) == ("stopped (SIGTERM)", Outcome.OK, 1)


def test_a_crawl_that_is_killed_says_its_last_words(leaf, tmp_path):
    gate = threading.Event()
    leaf.pages["/news/203104/t20310402_1.html"] = lambda handler: gate.wait(60)
    process = start_crawl(leaf.source(tmp_path), f"sqlite:///{tmp_path}/a.db", logs=tmp_path / "logs")
    while not leaf.asked("/news/203104/t20310402_1.html"):
        gate.wait(0.05)
    process.kill()
    report = process.wait(60)
    gate.set()
    assert (report.outcome, report.error) == (Outcome.FAILED, "the crawl's process was killed by signal 9")
    assert any(f"200 {leaf.url('/news/')}" in line for line in report.evidence)
