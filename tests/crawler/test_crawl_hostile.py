"""A hostile web: whatever a site does, good articles are kept, nothing forbidden is asked, time and memory stay bounded, and
the report says what was left out.
"""

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hostile import bad, raw
from hostile_pages import dressed, poisoned, strange
from institute import Institute, Reply

from archive import Outcome
from crawler import Limits, start_crawl

pytestmark = pytest.mark.slow

LIMITS = Limits(request=timedelta(seconds=1.5), page_bytes=2 * 1024**2, crawl=timedelta(minutes=10))
MEMORY_MAX_MB = 500  # of all processes of a crawl together
# Odd, but whole and readable: whether such a page is an article is for extraction to say.
READABLE = frozenset((
    "odd-validators", "length-too-short", "http-9", "cookie-flood", "nul-in-header", "deep", "wide", "many-links", "entities",
    "base-elsewhere", "terminal-codes", "thousand-headers", "header-without-colon", "refresh-header", "laughs", *strange(),
))  # fmt: skip


class Memory(threading.Thread):
    """Looks at what a process and all it started take, until it ends. Shared memory counts once."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.peak_mb = process, 0.0
        self.start()

    def run(self):
        while not (pid := self.process.pid) and self.process.poll() is None:
            pass  # a busy machine takes its time to bear it; each look waits some seconds
        while Path(f"/proc/{pid}").exists():
            self.peak_mb = max(self.peak_mb, sum(map(taken_mb, family(pid))))
            time.sleep(0.2)


def family(pid):
    found = [pid]
    for one in found:
        try:
            found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except OSError:
            continue
    return found


def taken_mb(pid):
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(text.split("Pss:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return 0.0


def mixed(site, answers, good):
    """A list of these answers with good articles between them; the good ones' paths."""
    order = []
    for n, (name, reply) in enumerate(answers.items()):
        path = f"/bad/{name}"
        site.pages[path] = reply
        site.entries[path] = (f"What the page {name} says to visitors of the garden", "2031-04-02")
        order.append(path)
        if n % 3 == 0 and n // 3 < len(good):
            order.append(good[n // 3])
    site.listing(paths=[*order, *[path for path in good if path not in order]], per_page=1000)


def kept(desk):
    with desk.archive as archive:
        assert not list(archive.verify())
        return {known.article.url: known.article for known in archive.articles(source="leaf")}


def crawled(leaf, desk, **options):
    """The report of a crawl that is watched; the most memory it took."""
    process = start_crawl(leaf.source(desk.folder), desk.url, now=desk.now, limits=LIMITS, **options)
    memory = Memory(process)
    report = process.wait(300)
    return report, memory.peak_mb


@pytest.mark.timeout(400)
def test_every_good_article_is_kept_among_a_hundred_answers_no_server_should_give(leaf, desk):
    with Institute().served() as other:
        answers = bad(leaf.port, other.url("/private"))
        good = leaf.articles(len(answers) // 3 + 1)
        for n in range(1, 60):
            leaf.pages[f"/stairs/{n}"] = Reply(b"", 302, headers=(("Location", f"/stairs/{n + 1}"),))
        leaf.pages["/private"] = Reply(b"<h1>secret</h1>")
        mixed(leaf, answers, good)
        report, memory_mb = crawled(leaf, desk)
        assert not other.log, "another port of loopback was asked"
    assert report.error is None
    articles = kept(desk)
    assert {leaf.url(path) for path in good} <= set(articles)
    assert leaf.asked("/private") == 0
    assert not {url for url in articles if "/bad/" in url and url.rpartition("/")[2] not in READABLE}
    assert report.ended_early is None, "it did not come to the end of its work"
    assert 0 < memory_mb < MEMORY_MAX_MB
    for reason in ("too large", "timeout", "redirects", "scope", "damaged answer", "status 503"):
        assert report.skipped.get(reason, 0) > 0, report.skipped
    assert report.skipped.get("page cannot be processed", 0) == 0
    left_out = len(answers) - sum("/bad/" in url for url in articles)
    assert sum(report.skipped.values()) >= left_out, "what was left out is not all accounted for"
    leaf.forget()
    desk.now += timedelta(minutes=5)
    again = desk.crawl(leaf, limits=LIMITS)
    assert again.new == 0
    assert leaf.asked() < 10, "what failed a moment ago is not asked again at once"
    assert again.outcome is not Outcome.FAILED


@pytest.mark.timeout(400)
def test_every_good_article_is_kept_among_pages_that_are_made_to_be_slow_or_confusing(leaf, desk):
    answers = strange()
    good = leaf.articles(len(answers) // 3 + 1)
    mixed(leaf, answers, good)
    report, memory_mb = crawled(leaf, desk)
    assert report.error is None
    assert {leaf.url(path) for path in good} <= set(kept(desk))
    assert report.skipped.get("page cannot be processed", 0) == 0
    assert report.ended_early is None, "it did not come to the end of its work"
    assert 0 < memory_mb < MEMORY_MAX_MB


@pytest.mark.timeout(200)
def test_a_good_article_in_odd_dress_is_kept_whole(leaf, desk):
    """Chunks, encodings, charsets and headers as they come in life."""
    leaf.article("/plain.html", "Moss grows in odd dress")
    body = leaf.pages["/plain.html"].body
    answers = {}
    for name in dressed(body):
        title = f"Moss grows in the dress {name}"
        answers[name] = dressed(body.replace(b"Moss grows in odd dress", title.encode()))[name]
        leaf.entries[f"/bad/{name}"] = (title, "2031-04-02")
    mixed(leaf, answers, ["/plain.html"])
    for name in answers:
        leaf.entries[f"/bad/{name}"] = (f"Moss grows in the dress {name}", "2031-04-02")
    report, _ = crawled(leaf, desk)
    articles = kept(desk)
    missing = [name for name in answers if leaf.url(f"/bad/{name}") not in articles]
    assert not missing, report.skipped
    for name in answers:
        article = articles[leaf.url(f"/bad/{name}")]
        assert (article.title, len(article.body) > 300) == (f"Moss grows in the dress {name}", True), name


def test_an_answer_nobody_asked_for_is_never_taken_for_the_next_one(leaf, desk):
    """Two answers to one request, on a connection that stays open (response splitting)."""
    paths = leaf.articles(6)
    for path in paths[:5]:
        leaf.pages[path] = raw(poisoned(leaf.pages[path].body), close=False)
    leaf.listing()
    report, _ = crawled(leaf, desk)
    articles = kept(desk)
    assert len(articles) == 6, report.skipped
    assert not [one for one in articles.values() if "never asked for" in one.body]
