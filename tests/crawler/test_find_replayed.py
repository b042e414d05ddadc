"""Real pages kept beside the checkout, replayed as if their sites were on line: each saved list is added without help, and a
crawl of the file that was written finds every saved article that the list leads to.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from replayed import saved_lists

from archive import Archive
from crawler import Limits, crawl, load_source, onboard
from crawler.urls import canonical

SHARED = Path(__file__).resolve().parents[3] / "shared"
PAGES = SHARED / "data" / "institute-pages"
CONTACT = "tests@example.org"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not PAGES.is_dir(), reason="the saved pages are not beside this checkout"),
]
LISTS = saved_lists(PAGES) if PAGES.is_dir() else []


@pytest.fixture(scope="module")
def proxy():
    """Answers for the saved pages."""
    command = [sys.executable, str(SHARED / "tools" / "web_replay.py"), "--port", "0", "--for", "900"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = re.search(r":(\d+)\s*$", process.stdout.readline())[1]
        yield f"http://127.0.0.1:{port}"
        process.kill()


def key(url):
    return canonical(url).partition("://")[2]


@pytest.mark.parametrize("saved", LISTS, ids=lambda saved: saved.url)
def test_a_saved_list_is_added_and_all_it_leads_to_is_found(saved, proxy, tmp_path):
    now, limits = datetime(2026, 11, 5, tzinfo=UTC), Limits(delay=timedelta(0))
    added = onboard(saved.url, into=tmp_path, name="tried", proxy=proxy, contact=CONTACT, delay=timedelta(0), now=now)
    url = f"sqlite:///{tmp_path / 'a.db'}"
    report = crawl(load_source(added.path), url, now=now, proxy=proxy, contact=CONTACT, limits=limits)
    assert report.discovered >= 3
    with Archive(url) as archive:
        kept = {key(known.article.url) for known in archive.articles()}
    assert {key(article) for article in saved.articles} <= kept
