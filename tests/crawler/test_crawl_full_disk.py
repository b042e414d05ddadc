"""A disk that fills up in the middle of a crawl: a failed report that says so, nothing half-kept, and the next crawl goes on."""

import json
import subprocess
import sys

import pytest

from archive import Outcome

pytestmark = pytest.mark.slow

# The crawl runs in a process whose files may not grow beyond a bound: writing then fails as on a full disk.
CRAWL = """
import json, resource, sys
from datetime import datetime
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
from crawler import crawl, load_source
report = crawl(load_source(sys.argv[1]), sys.argv[2], now=datetime.fromisoformat(sys.argv[4]))
print(json.dumps({"outcome": report.outcome, "error": report.error, "new": report.new}))
"""


def test_a_full_disk_fails_the_crawl_and_loses_nothing(leaf, desk):
    leaf.articles(120)
    leaf.listing(per_page=40)
    source = leaf.source(desk.folder)
    desk.archive.close()
    room = (desk.folder / "newsarchive.db").stat().st_size + 120_000
    done = subprocess.run(
        [sys.executable, "-c", CRAWL, str(source.path), desk.url, str(room), desk.now.isoformat()],
        capture_output=True, text=True, check=True, timeout=150,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert said["outcome"] == "failed"
    assert said["error"]
    kept = len(desk.changes())
    assert kept < 120
    with desk.archive as archive:
        assert not list(archive.verify())
    report = desk.crawl(leaf)
    assert report.outcome is Outcome.OK
    assert desk.kinds() == ["new"] * 120
    assert report.new == 120 - kept
