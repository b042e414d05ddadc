"""Feeds, sitemaps and JSON lists, whole and broken."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discovery import read_seed
from crawler.discovery.sitemap import UNPACKED_MAX
from crawler.source import Seed

URL = "http://leaf.example/feed"


def read(kind, data, url=URL, **known):
    keys = {key: known.pop(key) for key in ("items", "link", "title", "date", "next", "match") if key in known}
    return read_seed(Seed(kind=kind, url=URL, **keys), data if isinstance(data, bytes) else data.encode(), url, **known)


def said(page):
    return [(item.url, item.title, item.date) for item in page.found]


def rss(*items, head='<?xml version="1.0"?>'):
    return f"{head}<rss version='2.0'><channel><title>Leaf</title>{''.join(items)}</channel></rss>"


def item(link="http://leaf.example/n/1", title="Moss grows", date="Tue, 24 Jul 2018 17:13:05 +0200"):
    return f"<item><link>{link}</link><title>{title}</title><pubDate>{date}</pubDate></item>"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("Tue, 24 Jul 2018 17:13:05 +0200", "2018-07-24T17:13:05+02:00"),
        ("Tue, 24 Jul 2018 17:13 EDT", "2018-07-24T17:13-04:00"),
        ("07 Oct 2016 13:13:00 PDT", "2016-10-07T13:13:00-07:00"),
        ("2018-07-24T17:13:05Z", "2018-07-24T17:13:05+00:00"),
        ("2018-07-24", "2018-07-24"),
        ("", None),
        ("soon", None),
    ],
)
def test_dates_of_feeds_keep_the_offset_they_state(stated, expected):
    [(_, _, date)] = said(read("feed", rss(item(date=stated))))
    assert (date or "").replace("Z", "+00:00") == (expected or "")


def test_an_atom_feed_gives_its_alternate_links():
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Leaf</title><link rel="next" href="/feed?page=2"/>
      <entry><title type="html">Moss &lt;i&gt;grows&lt;/i&gt;</title><link rel="edit" href="/edit/1"/><link href="/n/1"/>
      <published>2020-01-02T03:04:05+08:00</published><updated>2021-01-01T00:00:00Z</updated></entry></feed>"""
    page = read("feed", atom)
    assert said(page) == [("http://leaf.example/n/1", "Moss grows", "2020-01-02T03:04:05+08:00")]
    assert page.next == ("http://leaf.example/feed?page=2",)


def test_a_json_feed_is_a_feed():
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": "7", "url": "/n/7", "title": "Moss", "date_published": "2020-01-02T03:04:05+08:00"}],
    }
    assert said(read("feed", json.dumps(feed))) == [("http://leaf.example/n/7", "Moss", "2020-01-02T03:04:05+08:00")]


@pytest.mark.parametrize(
    "broken",
    [
        rss(item(title="Moss & leaves")),
        rss(item()).replace("</channel></rss>", ""),
        "\n\n  " + rss(item()),
        "\ufeff" + rss(item()),
        rss(item()).replace("<title>Leaf</title>", "<title>Le\x0baf</title>"),
        rss(item(), head='<?xml version="1.0" encoding="no-such-charset"?>'),
        rss(item(), head='<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY nbsp "&#160;">]>'),
        rss(item(link="\n  http://leaf.example/n/1\n  ")),
        rss(item(link="http://leaf.example/n/1?utm_source=rss#top")),
    ],
)
def test_broken_feeds_are_read_as_far_as_they_go(broken):
    assert [url for url, _, _ in said(read("feed", broken))] == ["http://leaf.example/n/1"]


def test_a_feed_that_declares_another_charset_than_it_holds():
    data = rss(item(title="Löwen"), head='<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1")
    assert said(read("feed", data))[0][1] == "Löwen"


def test_entities_of_a_feed_are_never_expanded():
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    page = read("feed", rss(item(title="T &b; &x;"), head='<?xml version="1.0"?>' + bomb))
    assert all("aaaa" not in (title or "") and "root:" not in (title or "") for _, title, _ in said(page))


@pytest.mark.parametrize("kind", ["feed", "sitemap", "json"])
def test_what_is_no_seed_of_its_kind_says_so(kind):
    known = {"items": "list", "link": "url"} if kind == "json" else {}
    for data in (b"", b"<html><body><p>Sign in</p></body></html>", b"\x00\xff\xfe", b"null", b"[]", b"{}"):
        page = read(kind, data, **known)
        assert page.found == ()
        assert page.problem


def test_items_of_other_hosts_are_counted_and_files_set_apart():
    page = read(
        "feed", rss(item(), item("http://other.example/1"), item("http://leaf.example/x.pdf"), item("mailto:x@y"))
    )
    assert (len(page.found), page.outside, len(page.files), page.skipped) == (1, 1, 1, {"no address": 1})


def test_a_sitemap_index_names_further_seeds_the_last_changed_first():
    index = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
      <sitemap><loc>http://leaf.example/old.xml</loc><lastmod>2019-01-01</lastmod></sitemap>
      <sitemap><loc>http://leaf.example/new.xml.gz</loc><lastmod>2024-05-06T07:08:09Z</lastmod></sitemap>
      <sitemap><loc>http://other.example/x.xml</loc></sitemap></sitemapindex>"""
    page = read("sitemap", index)
    assert [(item.url, item.kind) for item in page.found] == [
        ("http://leaf.example/new.xml.gz", "seed"),
        ("http://leaf.example/old.xml", "seed"),
    ]
    assert not page.ordered


def test_the_touch_of_a_page_is_no_date_of_publication():
    plain = "<urlset><url><loc>http://leaf.example/n/1</loc><lastmod>2024-01-01</lastmod></url></urlset>"
    news = """<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>http://leaf.example/n/1</loc>
      <news:news><news:publication_date>2024-01-01</news:publication_date><news:title>Moss</news:title></news:news></url></urlset>"""
    assert said(read("sitemap", plain)) == [("http://leaf.example/n/1", None, None)]
    assert said(read("sitemap", gzip.compress(news.encode()))) == [("http://leaf.example/n/1", "Moss", "2024-01-01")]


def test_a_picture_s_address_in_a_sitemap_is_not_its_page_s():
    """As WordPress writes them: each entry names its pictures with a <loc> of their own."""
    text = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
      <url><loc>http://leaf.example/n/1</loc><image:image><image:loc>http://leaf.example/a.jpg</image:loc><image:title>A fern</image:title></image:image></url></urlset>"""
    assert said(read("sitemap", text)) == [("http://leaf.example/n/1", None, None)]


def test_a_sitemap_that_is_cut_off_gives_what_it_has():
    text = "<urlset><url><loc>http://leaf.example/n/1</loc></url><url><loc>http://leaf.example/n/2</loc></url><url><loc>http://le"
    assert [url for url, _, _ in said(read("sitemap", text))] == ["http://leaf.example/n/1", "http://leaf.example/n/2"]


def test_a_sitemap_may_be_a_plain_list_and_its_seed_may_choose():
    page = read("sitemap", "http://leaf.example/n/1\nhttp://leaf.example/about\n", match="/n/")
    assert [url for url, _, _ in said(page)] == ["http://leaf.example/n/1"]
    assert page.skipped == {"address does not match": 1}


def test_a_bomb_of_a_sitemap_is_not_unpacked():
    page = read("sitemap", gzip.compress(b" " * (UNPACKED_MAX + 1)))
    assert "larger than" in page.problem
    assert "cannot be unpacked" in read("sitemap", b"\x1f\x8bnonsense").problem


def test_a_sitemap_has_no_use_for_a_document_type_of_its_own():
    text = '<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>http://leaf.example/n/1</loc></url><url><loc>&a;</loc></url></urlset>'
    assert [url for url, _, _ in said(read("sitemap", text))] == ["http://leaf.example/n/1"]


@pytest.mark.parametrize("reference", ["&#0;", "&#xD800;", "&#xFFFF;", "&#55296", "&#x110000;", "&#99999999999;"])
def test_a_reference_to_no_character_costs_nothing_else(reference):
    """Half a character in one title would else cost the whole feed."""
    text = f"<rss version='2.0'><channel><title>x</title><item><title>{reference}Moss &#38; fern</title><link>http://leaf.example/n/1</link></item></channel></rss>"
    assert [(url, title) for url, title, _ in said(read("feed", text))] == [("http://leaf.example/n/1", "Moss & fern")]


def test_a_json_list_is_read_along_the_declared_paths():
    answer = {
        "data": {"total": 2, "list": [{"docId": 7, "docTitle": "<b>Moss</b>", "day": 1577836800000}, {"docId": None}]}
    }
    page = read(
        "json",
        json.dumps(answer),
        items="data.list",
        link="/n/{docId}.html",
        title="docTitle",
        date="day",
        next="/api?page={page}",
        page=3,
    )
    assert said(page) == [("http://leaf.example/n/7.html", "Moss", "2020-01-01T00:00:00+00:00")]
    assert (page.next, page.guessed) == (("http://leaf.example/api?page=4",), True)


def test_the_end_of_a_json_list_is_its_end():
    page = read("json", '{"list": []}', items="list", link="url", next="/api?page={page}")
    assert (page.found, page.next, page.problem) == ((), (), None)
    assert "it has the keys rows" in read("json", '{"rows": []}', items="list", link="url").problem


def test_jsonp_and_paths_through_arrays():
    page = read("json", 'cb([{"a": [{"u": "/n/1"}]}]);', items=".", link="a.0.u")
    assert said(page)[0][0] == "http://leaf.example/n/1"


def test_what_an_item_says_cannot_leave_its_place_in_the_address():
    page = read("json", '[{"id": "../../x?y=#z"}]', items=".", link="/n/{id}.html")
    assert "?" not in said(page)[0][0]
    assert "#" not in said(page)[0][0]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["feed", "sitemap", "json", "listing"]),
    st.binary(max_size=400),
    st.sampled_from(["", "<rss>", "<urlset><url><loc>", "{", "[", "<ul><li><a href=", "\x1f\x8b"]),
)
def test_no_bytes_raise(kind, data, start):
    known = {"items": ".", "link": "u", "title": "t", "date": "d"} if kind == "json" else {}
    read(kind, start.encode("latin-1") + data, **known)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["u", "t", "d", "x"]), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_no_json_raises(value):
    read("json", json.dumps([value]), items=".", link="u", title="t", date="d", next="x")
    read("json", json.dumps(value), items="x", link="/n/{u}", title="t", date="d", next="x.0")
    read("feed", json.dumps({"version": "https://jsonfeed.org/version/1", "items": [value]}))
