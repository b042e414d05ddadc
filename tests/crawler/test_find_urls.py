"""Canonical addresses, joining and scope."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.urls import BadAddress, canonical, fold_host, in_scope, join, same_page, site_of, with_scheme_of

TEXT = st.text(
    alphabet=st.one_of(st.sampled_from("abc/.?&=%;:#-_~()12+ä中\\ \n"), st.characters(codec="utf-8")), max_size=60
)


@given(TEXT)
def test_canonicalising_twice_equals_once(tail):
    try:
        once = canonical(f"http://leaf.example/{tail}")
    except BadAddress:
        return
    assert canonical(once) == once


@given(st.text(max_size=80))
def test_no_text_raises_anything_but_bad_address(text):
    try:
        canonical(text)
    except BadAddress as error:
        assert str(error)


@given(TEXT)
def test_a_joined_address_is_http_with_a_host_or_nothing(href):
    joined = join("http://leaf.example/news/", href)
    assert joined is None or canonical(joined).startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("HTTP://WWW.Leaf.Example:80/a/../b/./%7euser#top", "http://www.leaf.example/b/~user"),
        ("https://leaf.example:443/", "https://leaf.example/"),
        ("http://leaf.example:8080", "http://leaf.example:8080/"),
        ("http://leaf.example./x", "http://leaf.example/x"),
        ("http://user:secret@leaf.example/x", "http://leaf.example/x"),
        ("http://leaf.example/n?id=7&utm_source=mail&fbclid=x&gclid=y", "http://leaf.example/n?id=7"),
        ("http://leaf.example/n?b=2&a=1", "http://leaf.example/n?b=2&a=1"),
        ("http://leaf.example/n;jsessionid=0A1B?x=1", "http://leaf.example/n?x=1"),
        ("http://leaf.example/n?PHPSESSID=0a1b&x=1", "http://leaf.example/n?x=1"),
        ("http://leaf.example/n?id=7&_=1743580800123&rnd=5&t=1743580800", "http://leaf.example/n?id=7"),
        ("http://leaf.example/n?id=7&r=0.8471203948&sid=k3j9x0q2m4n8b7v1", "http://leaf.example/n?id=7"),
        (
            "http://leaf.example/n?t=7&v=2&r=12&sid=garden&s=moss",
            "http://leaf.example/n?t=7&v=2&r=12&sid=garden&s=moss",
        ),
        ("http://leaf.example/(S(abcdefgh12345678))/n.aspx", "http://leaf.example/n.aspx"),
        ("http://leaf.example/n?sid=12", "http://leaf.example/n?sid=12"),
        ("http://leaf.example/n?sid=0123456789abcdef0123456789abcdef", "http://leaf.example/n"),
        ("http://leaf.example/spip.php?article8532", "http://leaf.example/spip.php?article8532"),
        ("http://leaf.example/2019/01/moss-grows-at-night/amp/", "http://leaf.example/2019/01/moss-grows-at-night/"),
        ("http://leaf.example/2019/01/moss-grows.amp.html", "http://leaf.example/2019/01/moss-grows.html"),
        ("http://leaf.example/departments/print", "http://leaf.example/departments/print"),
        ("http://leaf.example/news/1234/print", "http://leaf.example/news/1234"),
        ("http://leaf.example/news/1234?print=1", "http://leaf.example/news/1234"),
        (
            "http://leaf.example/news/1234?tmpl=component&print=1&layout=default",
            "http://leaf.example/news/1234?layout=default",
        ),
        ("http://leaf.example/news/1234?format=print", "http://leaf.example/news/1234"),
        ("http://leaf.example/news/1234?format=pdf", "http://leaf.example/news/1234?format=pdf"),
        ("http://leaf.example/news/1234?spm=a1b2&isappinstalled=0&from=timeline", "http://leaf.example/news/1234"),
        ("http://leaf.example/news/1234?ysclid=x&gad_source=1&li_fat_id=y&id=3", "http://leaf.example/news/1234?id=3"),
        ("http://leaf.example/news/1234?from=2031-04-02", "http://leaf.example/news/1234?from=2031-04-02"),
        ("http://münchen.example/straße", "http://xn--mnchen-3ya.example/stra%C3%9Fe"),
        ("http://leaf.example/%e4%b8%ad?q=%e4%b8%ad", "http://leaf.example/%E4%B8%AD?q=%E4%B8%AD"),
        ("http://leaf.example/100%", "http://leaf.example/100%25"),
        ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
    ],
)
def test_canonical_form(given_url, expected):
    assert canonical(given_url) == expected


@pytest.mark.parametrize(
    "bad", ["", "/x", "mailto:a@b", "http://", "http:///x", "http://a:99999/", "http://[::1/", "ftp://a/"]
)
def test_what_is_no_web_address_is_refused_with_a_sentence(bad):
    with pytest.raises(BadAddress) as refused:
        canonical(bad)
    assert len(str(refused.value)) > 10


def test_an_endless_address_is_refused():
    with pytest.raises(BadAddress, match="at most"):
        canonical("http://leaf.example/" + "a/" * 2000)


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("./202604/t20260409_1.html", "http://leaf.example/news/zh/202604/t20260409_1.html"),
        ("../x.html", "http://leaf.example/news/x.html"),
        ("../../x.html", "http://leaf.example/x.html"),
        ("/x.html", "http://leaf.example/x.html"),
        ("//other.example/x", "http://other.example/x"),
        ("\n/csrc/c1/x.pdf\n", "http://leaf.example/csrc/c1/x.pdf"),
        ("/a\n  b.html", "http://leaf.example/ab.html"),
        ("/a b.html", "http://leaf.example/a%20b.html"),
        ("\\news\\1.html", "http://leaf.example/news/1.html"),
        ("?page=2", "http://leaf.example/news/zh/?page=2"),
        ("../../../../x", "http://leaf.example/x"),
        ("javascript:void(0)", None),
        ("mailto:press@leaf.example", None),
        ("tel:+86", None),
        ("data:text/html,x", None),
        ("http://", None),
        ("http://[::1", None),
    ],
)
def test_links_are_joined_as_a_browser_does(href, expected):
    assert join("http://leaf.example/news/zh/", href) == expected


def test_the_query_is_escaped_in_the_encoding_of_the_page():
    assert join("http://leaf.example/", "/s?q=中", encoding="gb18030") == "http://leaf.example/s?q=%D6%D0"


@pytest.mark.parametrize(
    ("url", "hosts", "inside"),
    [
        ("http://leaf.example/x", ["leaf.example"], True),
        ("https://LEAF.example/x", ["leaf.example"], True),
        ("http://leaf.example:8080/", ["leaf.example"], False),
        ("http://leaf.example:8080/", ["leaf.example:8080"], True),
        ("http://leaf.example/", ["leaf.example:80"], True),
        ("https://leaf.example/", ["leaf.example:80"], False),
        ("http://www.leaf.example/", ["leaf.example"], False),
        ("http://leaf.example.evil.example/", ["leaf.example"], False),
        ("http://leaf.example@evil.example/", ["leaf.example"], False),
        ("http://evil.example#@leaf.example/", ["leaf.example"], False),
        ("http://evil.example\\@leaf.example/", ["leaf.example"], False),
        ("ftp://leaf.example/", ["leaf.example"], False),
        ("http://127.0.0.1:8000/", ["127.0.0.1:8000"], True),
        ("http://[::1]:8000/", ["[::1]:8000"], True),
        ("http://münchen.example/", ["xn--mnchen-3ya.example"], True),
        ("http://xn--mnchen-3ya.example/", ["münchen.example"], True),
    ],
)
def test_scope_is_host_and_port(url, hosts, inside):
    assert in_scope(url, hosts) is inside


def test_the_twin_of_a_host_in_scope_becomes_that_host():
    assert canonical("http://leaf.example/n/1", ["www.leaf.example"]) == "http://www.leaf.example/n/1"
    assert canonical("http://www.leaf.example/n/1", ["leaf.example"]) == "http://leaf.example/n/1"
    assert (
        canonical("http://www.leaf.example/n/1", ["www.leaf.example", "leaf.example"]) == "http://www.leaf.example/n/1"
    )
    assert canonical("http://news.leaf.example/n/1", ["leaf.example"]) == "http://news.leaf.example/n/1"
    assert fold_host("http://m.leaf.example/n/1", ["www.leaf.example"]) == "http://www.leaf.example/n/1"
    assert fold_host("http://m.leaf.example/n/1", ["m.leaf.example"]) == "http://m.leaf.example/n/1"
    assert canonical("http://m.other.example/", ["leaf.example"]) == "http://m.other.example/"


def test_the_order_of_a_query_is_kept_and_makes_no_other_page():
    """Not every server finds a page under another order; where a parameter has no value, its place may be its meaning."""
    assert same_page("http://leaf.example/n?b=2&a=1", "http://leaf.example/n?a=1&b=2")
    assert not same_page("http://leaf.example/n?b&a=1", "http://leaf.example/n?a=1&b")


def test_the_scheme_makes_no_other_page():
    assert same_page("http://leaf.example/n?utm_source=x", "https://leaf.example/n")
    assert site_of("http://leaf.example:8080/x") == "leaf.example:8080"


def test_a_link_takes_the_scheme_its_own_host_answered_with():
    assert with_scheme_of("https://leaf.example/n/1", "http://leaf.example/") == "http://leaf.example/n/1"
    assert with_scheme_of("http://leaf.example/n/1", "https://leaf.example/") == "https://leaf.example/n/1"
    assert with_scheme_of("https://moss.example/n/1", "http://leaf.example/") == "https://moss.example/n/1"
    assert with_scheme_of("https://leaf.example:8443/n", "http://leaf.example/") == "https://leaf.example:8443/n"
