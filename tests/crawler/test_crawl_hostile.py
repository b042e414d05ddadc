"""A hostile web: whatever a site does, good articles are kept, nothing forbidden is asked, time and memory stay bounded."""

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hostile import bad
from institute import Institute, Reply

from archive import Outcome
from crawler import Limits, start_crawl

pytestmark = pytest.mark.slow

LIMITS = Limits(request=timedelta(seconds=1.5), page_bytes=2 * 1024**2, crawl=timedelta(minutes=3))
MEMORY_MAX_MB = 500
# Odd, but whole and readable: whether such a page is an article is for extraction to say.
READABLE = (
    "odd-validators", "length-too-short", "http-9", "cookie-flood", "nul-in-header", "deep", "wide", "many-links", "entities",
    "base-elsewhere", "terminal-codes",
)  # fmt: skip


class Memory(threading.Thread):
    """Looks at a process's peak memory until it ends."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.status, self.peak_mb = Path(f"/proc/{pid}/status"), 0.0
        self.start()

    def run(self):
        while True:
            try:
                text = self.status.read_text()
            except OSError:
                return
            if "VmHWM" not in text:
                return
            self.peak_mb = int(text.split("VmHWM:")[1].split()[0]) / 1024
            time.sleep(0.05)


def a_hostile_site(site, other):
    """Bad addresses with good articles between them; the good ones' paths."""
    answers = bad(site.port, other.url("/private"))
    good = site.articles(len(answers) // 3 + 1)
    order = []
    for n, (name, reply) in enumerate(answers.items()):
        path = f"/bad/{name}"
        site.pages[path] = reply
        site.entries[path] = (f"What the page {name} says to visitors of the garden", "2031-04-02")
        order.append(path)
        if n % 3 == 0:
            order.append(good[n // 3])
    for n in range(1, 60):
        site.pages[f"/stairs/{n}"] = Reply(b"", 302, headers=(("Location", f"/stairs/{n + 1}"),))
    site.pages["/private"] = Reply(b"<h1>secret</h1>")
    site.listing(paths=[*order, *[g for g in good if g not in order]], per_page=500)
    return good


@pytest.mark.timeout(400)
def test_every_good_article_is_kept_among_eighty_kinds_of_bad_ones(leaf, desk):
    with Institute().served() as other:
        good = a_hostile_site(leaf, other)
        began = time.monotonic()
        process = start_crawl(leaf.source(desk.folder), desk.url, now=desk.now, limits=LIMITS)
        memory = Memory(process.pid)
        report = process.wait(300)
        took = time.monotonic() - began
        assert not other.log, "another port of loopback was asked"
    assert report.error is None
    with desk.archive as archive:
        kept = {known.article.url for known in archive.articles(source="leaf")}
        assert {leaf.url(path) for path in good} <= kept
        assert not list(archive.verify())
    assert leaf.asked("/private") == 0
    assert not {url for url in kept if "/bad/" in url and not url.endswith(READABLE)}
    assert took < 170
    assert 0 < memory.peak_mb < MEMORY_MAX_MB
    for reason in ("too large", "timeout", "redirects", "scope"):
        assert report.skipped.get(reason, 0) > 0, report.skipped
    assert report.skipped.get("page cannot be processed", 0) == 0
    leaf.forget()
    desk.now += timedelta(minutes=5)
    again = desk.crawl(leaf, limits=LIMITS)
    assert again.new == 0
    assert leaf.asked() < 10, "what failed a moment ago is not asked again at once"
    assert again.outcome is not Outcome.FAILED
