"""robots.txt as RFC 9309 has it, Retry-After, and who we say we are."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.permission import NoContact, check_contact, pause_s
from crawler.politeness import RETRY_AFTER_MAX, ROBOTS_MAX_BYTES, read_retry_after, read_robots, user_agent
from crawler.source import parse_source
from crawler.stations import Limits

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)
PAGE = "http://leaf.example/news/1"


@pytest.mark.parametrize(
    ("status", "body", "allowed"),
    [
        pytest.param(404, b"", True, id="404: no rules"),
        pytest.param(403, b"User-agent: *\nDisallow: /", True, id="403: no rules, whatever it says"),
        pytest.param(500, b"", False, id="500: nothing"),
        pytest.param(503, b"", False, id="503: nothing"),
        pytest.param(429, b"", False, id="429: not now"),
        pytest.param(None, b"", False, id="no answer: nothing"),
        pytest.param(200, b"", True, id="empty"),
        pytest.param(200, b"User-agent: *\nDisallow: /", False, id="everything forbidden"),
        pytest.param(200, b"User-agent: newsarchive\nAllow: /\n\nUser-agent: *\nDisallow: /", True, id="our own group"),
        pytest.param(200, b"User-agent: NewsArchive\nDisallow: /news/\n", False, id="our own group in other case"),
        pytest.param(200, b"User-agent: *\nDisallow: /news/\nAllow: /news/1", True, id="the longest match wins"),
        pytest.param(200, b"User-agent: *\nDisallow: /*.pdf$", True, id="another file type"),
        pytest.param(200, b"User-agent: *\nDisallow: /n*/1", False, id="wildcard"),
        pytest.param(200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /", False, id="byte order mark"),
        pytest.param(200, b"User-agent: *\r\nDisallow: /news\r\n", False, id="CRLF"),
        pytest.param(200, b"User-agent: *\rDisallow: /news\r", False, id="CR alone"),
        pytest.param(200, b"<html><body>not here</body></html>", True, id="a page instead of rules"),
        pytest.param(
            200, b"\x00\xff\xfe garbage \x80\nUser-agent: *\nDisallow: /news", False, id="garbage before rules"
        ),
        pytest.param(200, b"#" * ROBOTS_MAX_BYTES + b"\nUser-agent: *\nDisallow: /", True, id="beyond 500 KiB"),
    ],
)
def test_robots_decides(status, body, allowed):
    assert read_robots(status, body).allows(PAGE) is allowed


def test_a_rule_cut_off_at_the_bound_is_not_read_in_half():
    body = b"User-agent: *\nDisallow: /private\n"
    body += b"#" * (ROBOTS_MAX_BYTES - len(body) - len(b"\nDisallow: /n")) + b"\nDisallow: /news/secret/only"
    assert read_robots(200, body).allows(PAGE)


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("Crawl-delay: 3", 3.0),
        ("Crawl-delay: 0.5", 0.5),
        ("Request-rate: 1/10", 10.0),
        ("Crawl-delay: soon", 0.0),
        ("", 0.0),
    ],
)
def test_crawl_delay_is_read(text, delay):
    assert read_robots(200, f"User-agent: *\n{text}\nDisallow: /x".encode()).delay_s == delay


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Wed, 02 Apr 2031 12:05:00 GMT", 300),
        ("Wed, 02 Apr 2031 11:00:00 GMT", 0),
        ("999999999999", RETRY_AFTER_MAX.total_seconds()),
        ("Wed, 02 Apr 2099 11:00:00 GMT", RETRY_AFTER_MAX.total_seconds()),
    ],
)
def test_retry_after_is_read(value, seconds):
    assert read_retry_after(value, now=NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["", None, "soon", "-5", "1e3", "١٢", "Wed, 99 Apr", "12:00"])
def test_a_retry_after_that_says_nothing_is_none(value):
    assert read_retry_after(value, now=NOW) is None


def a_source(hosts, *, delay="", private=()):
    text = f'name="x"\nhome="http://{hosts[0]}/"\nhosts={list(hosts)}\nallow_private={list(private)}\n{delay}\n'
    return parse_source(text + f'[[discover]]\nkind="feed"\nurl="http://{hosts[0]}/feed"\n', slug="x")


def test_a_site_of_others_is_not_crawled_without_a_contact():
    with pytest.raises(NoContact, match="contact"):
        check_contact(a_source(["leaf.example"]), None)
    check_contact(a_source(["leaf.example"]), "archive@example.org")
    check_contact(a_source(["127.0.0.1:8080"]), None)


@pytest.mark.parametrize("contact", ["a\r\nX-Evil: 1", "(me)", "ü@example.org", "x" * 300])
def test_a_contact_that_cannot_stand_in_a_header_is_refused(contact):
    with pytest.raises(NoContact):
        check_contact(a_source(["leaf.example"]), contact)


def test_the_user_agent_names_product_version_and_contact():
    assert user_agent("1.2", "archive@example.org") == "newsarchive/1.2 (+archive@example.org)"


@pytest.mark.parametrize(
    ("hosts", "private", "delay", "pause"),
    [
        (["leaf.example"], (), "", 2.0),
        (["leaf.example"], (), 'delay = "9s"', 9.0),
        (["leaf.example"], (), 'delay = "0s"', 2.0),
        (["127.0.0.1:8080"], ("127.0.0.1:8080",), 'delay = "0s"', 0.0),
        (["127.0.0.1:8080", "leaf.example"], ("127.0.0.1:8080",), 'delay = "0s"', 2.0),
    ],
)
def test_a_source_asks_for_less_only_on_private_hosts(hosts, private, delay, pause):
    assert pause_s(a_source(hosts, delay=delay, private=private), Limits()) == pause
