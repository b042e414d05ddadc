"""robots.txt over real sockets: every shape in which it comes (RFC 9309), also those that are meant to hurt."""

import gzip
import time
from datetime import timedelta

import pytest
from hostile import bomb, coded, endless, raw
from institute import Reply

from archive import Outcome
from crawler import Limits

pytestmark = pytest.mark.slow

RULES = b"User-agent: newsarchive\nDisallow: /news/203104/t20310402_1.html\n\nUser-agent: *\nDisallow: /\n"
LIMIT = timedelta(seconds=1.5)


def answer(body, kind="text/plain"):
    return Reply(body, type=kind)


OBEYED = {
    "as it should be": answer(RULES),
    "with a byte order mark": answer(b"\xef\xbb\xbf" + RULES),
    "with carriage returns alone": answer(RULES.replace(b"\n", b"\r")),
    "with both line ends": answer(RULES.replace(b"\n", b"\r\n")),
    "in capitals and with blanks": answer(RULES.replace(b"Disallow: ", b"DISALLOW  :   ").replace(b"User-agent", b"USER-AGENT")),
    "with comments": answer(RULES.replace(b"Disallow", b"# no\nDisallow").replace(b".html\n", b".html # this one\n")),
    "with bytes that are no text": answer(b"\xff\xfe\x00\x01 nonsense: \x80\n" + RULES),
    "called html": answer(RULES, "text/html"),
    "packed": coded("gzip", gzip.compress(RULES)),
    "followed by ten megabytes": answer(RULES + b"# filler\n" * 420_000),
    "after a thousand other robots": answer(b"".join(b"User-agent: bot%d\nDisallow: /\n\n" % n for n in range(1_000)) + RULES),
    "as a group of several names": answer(b"User-agent: other\nUser-agent: newsarchive\nUser-agent: more\nDisallow: /*_1.html$\n"),
    "with a longer rule that allows": answer(b"User-agent: *\nDisallow: /news/203104/t20310402_1.html\nDisallow: /news/2\nAllow: /news/203104/\n"),
    "with escapes": answer(b"User-agent: *\nDisallow: /news/203104/t20310402%5F1.html\n"),
    "with a stop far away": answer(b"User-agent: *\nDisallow: /" + b"*a" * 2_000 + b"\nDisallow: /*t20310402_1.html$\n"),
    "over two redirects": Reply(b"", 301, headers=(("Location", "/robots-b.txt"),)),
    "over five redirects": Reply(b"", 307, headers=(("Location", "/robots-1.txt"),)),
}  # fmt: skip


@pytest.mark.parametrize("shape", OBEYED)
def test_a_rule_is_obeyed_in_whatever_shape_it_comes(leaf, desk, shape):
    paths = leaf.articles(3)
    leaf.listing()
    leaf.pages["/robots.txt"] = OBEYED[shape]
    for n in range(1, 4):
        leaf.pages[f"/robots-{n}.txt"] = Reply(b"", 302, headers=(("Location", f"/robots-{n + 1}.txt"),))
    leaf.pages["/robots-4.txt"] = leaf.pages["/robots-b.txt"] = Reply(
        b"", 302, headers=(("Location", "/robots-c.txt"),)
    )
    leaf.pages["/robots-c.txt"] = answer(RULES)
    report = desk.crawl(leaf)
    assert (report.new, leaf.asked(paths[0]), report.skipped["robots"]) == (2, 0, 1), report


NO_RULES = {
    "a page that says not found": Reply(b"<!DOCTYPE html><html><body><h1>Not found</h1></body></html>"),
    "nothing": Reply(b""),
    "a picture": Reply(b"\x89PNG\r\n" + bytes(range(256)) * 10, type="image/png"),
    "404": Reply(b"no", 404),
    "401": Reply(b"no", 401),
    "another host": Reply(b"", 302, headers=(("Location", "http://elsewhere.example/robots.txt"),)),
    "a private address": Reply(b"", 302, headers=(("Location", "http://169.254.169.254/robots.txt"),)),
    "a redirect to itself": Reply(b"", 302, headers=(("Location", "/robots.txt"),)),
}


@pytest.mark.parametrize("shape", NO_RULES)
def test_what_holds_no_rule_forbids_nothing(leaf, desk, shape):
    leaf.articles(3)
    leaf.listing()
    leaf.pages["/robots.txt"] = NO_RULES[shape]
    assert desk.crawl(leaf).new == 3


NOTHING = {
    "never answers": endless(b"", b"", pause=0.1),
    "never ends": endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", b"# x\n", pause=0.05),
    "closes at once": raw(),
    "is cut off": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"User-agent: *\n"),
    "is a bomb": coded("gzip", bomb(64 * 1024**2)),
    "is no HTTP": raw(b"\x00\x01\x02\r\n\r\n"),
    "answers 500": Reply(b"down", 500),
    "answers 429": Reply(b"not now", 429, headers=(("Retry-After", "0"),)),
}


@pytest.mark.parametrize("shape", NOTHING)
def test_what_cannot_be_read_forbids_everything(leaf, desk, shape):
    """RFC 9309, section 2.3.1.4: unreachable means disallow."""
    leaf.articles(3)
    leaf.listing()
    leaf.pages["/robots.txt"] = NOTHING[shape]
    began = time.monotonic()
    report = desk.crawl(leaf, limits=Limits(request=LIMIT))
    assert report.outcome in (Outcome.FAILED, Outcome.BLOCKED)
    assert {path for path, _ in leaf.log} == {"/robots.txt"}
    assert "robots.txt" in report.evidence[0]
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("delay", [b"-5", b"nan", b"1e400", b"inf", b"0", b"soon", b"", b"0x10"])
def test_a_crawl_delay_that_says_nothing_delays_nothing(leaf, desk, delay):
    leaf.articles(2)
    leaf.listing()
    leaf.pages["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: " + delay + b"\nDisallow: /private\n")
    began = time.monotonic()
    assert desk.crawl(leaf).new == 2
    assert time.monotonic() - began < 60


def test_a_crawl_delay_of_a_year_ends_the_crawl_politely(leaf, desk):
    leaf.articles(2)
    leaf.listing()
    leaf.robots("User-agent: *\nCrawl-delay: 31536000\n")
    began = time.monotonic()
    report = desk.crawl(leaf)
    assert time.monotonic() - began < 60
    assert len(leaf.log) == 1
    assert any("wants no request" in line for line in report.evidence)
