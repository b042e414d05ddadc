"""What a crawl keeps of what came: request and response, the same bytes once, as other tools read it."""

import gzip
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from institute import Reply

from archive import read_capture

pytestmark = pytest.mark.slow

LONG = (
    "The moss garden of the institute was measured again in the spring, by the same group and with the same instruments.",
    "Of the twelve plots that took part, nine grew faster than in the year before, and three did not grow at all.",
    "The group will publish its figures in the summer, and invites other gardens to compare them with their own.",
)
PAGE = "/news/t20310402_1.html"


def captures(desk):
    """Every capture with what is read back of it."""
    with desk.archive as archive:
        return [(capture, read_capture(archive.captures, capture)) for capture in archive.captured()]


def findings(desk):
    with desk.archive as archive:
        return list(archive.verify())


def warcio_check(folder: Path) -> None:
    files = sorted(folder.glob("*.warc.gz"))
    done = subprocess.run(
        [Path(sys.executable).parent / "warcio", "check", "-v", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_request_is_kept_as_it_was_made_and_the_body_as_it_was_meant(leaf, desk):
    """A page that came gzipped is kept unpacked, and the header says both what it is and what it was."""
    leaf.article(PAGE, "Moss grows in the garden", *LONG)
    leaf.listing()
    plain = leaf.pages[PAGE].body
    leaf.pages[PAGE] = Reply(gzip.compress(plain), headers=(("Content-Encoding", "gzip"),))
    assert desk.crawl(leaf).new == 1
    ((capture, exchange),) = captures(desk)
    assert exchange.body == plain
    headers = dict(exchange.headers)
    assert headers["X-Crawl-Content-Encoding"] == "gzip"
    assert headers["Content-Length"] == str(len(plain))
    assert "Content-Encoding" not in headers
    asked = dict(exchange.request_headers)
    assert asked["Host"] == leaf.site
    assert asked["User-Agent"].startswith("newsarchive/")
    assert capture.url == leaf.url(PAGE)
    warcio_check(desk.folder / "captures")


def test_an_unchanged_page_without_validators_is_a_revisit(leaf, desk):
    """It sends the same bytes again: nothing is revised, they are not kept twice, and that it said so then is kept."""
    leaf.article(PAGE, "Moss grows in the garden", *LONG)
    leaf.listing()
    leaf.pages[PAGE] = replace(leaf.pages[PAGE], etag=False)
    desk.crawl(leaf)
    desk.now += timedelta(days=2)
    report = desk.crawl(leaf)
    assert (report.revised, report.not_modified) == (0, 1)
    assert desk.kinds() == ["new"]
    (first, one), (second, other) = captures(desk)
    assert (first.original, second.original) == (None, first)
    assert (one.body, other.body) == (leaf.pages[PAGE].body,) * 2
    assert second.at == desk.now
    assert findings(desk) == []
    warcio_check(desk.folder / "captures")


def test_the_same_bytes_at_two_addresses_are_kept_once(leaf, desk):
    """Found in one crawl, a moment apart: the second capture refers to the first, which nobody has committed yet."""
    leaf.article(PAGE, "Moss grows in the garden", *LONG)
    leaf.pages["/events/t20310402_9.html"] = leaf.pages[PAGE]
    leaf.entries["/events/t20310402_9.html"] = leaf.entries[PAGE]
    leaf.listing()
    report = desk.crawl(leaf)
    assert (report.new, report.copied) == (1, 1)
    (first, one), (second, other) = captures(desk)
    assert second.original == first
    assert one.body == other.body == leaf.pages[PAGE].body
    assert findings(desk) == []
    warcio_check(desk.folder / "captures")
