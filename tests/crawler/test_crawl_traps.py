"""Seeds that are traps: what they lead to is found, and nothing goes on for ever."""

import gzip
import json
import time
from datetime import timedelta

import pytest
from hostile import bomb, coded, endless, page
from institute import Reply

from archive import Outcome
from crawler import Limits

pytestmark = pytest.mark.slow

LIMITS = Limits(request=timedelta(seconds=2), page_bytes=12 * 1024**2, requests=400, crawl=timedelta(minutes=3))
XML = "application/xml"
MAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'


def items(site, paths):
    return "".join(f"<item><title>{site.entries[p][0]}</title><link>{site.url(p)}</link></item>" for p in paths)


def links(site, paths):
    return "".join(f'<li><a href="{p}">{site.entries[p][0]}</a><span>2031-04-02</span></li>' for p in paths)


def locs(site, paths):
    return "".join(f"<url><loc>{site.url(p)}</loc></url>" for p in paths)


def feed_with_entities(site, good):
    """Ten billion laughs and a file of this machine, beside real items."""
    laughs = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11))
    text = (
        f'<?xml version="1.0"?><!DOCTYPE rss [{laughs}<!ENTITY file SYSTEM "file:///etc/passwd">'
        f'<!ENTITY net SYSTEM "{site.url("/private")}">]><rss version="2.0"><channel><title>&l10;&file;&net;</title>'
        f"{items(site, good)}</channel></rss>"
    )
    return Reply(text.encode(), type="application/rss+xml")


def feed_cut_off(site, good):
    return Reply(f'<rss version="2.0"><channel><title>x</title>{items(site, good)}<item><title>cut'.encode(), type=XML)


def feed_of_nonsense(site, good):
    rest = (
        "<item><title/><link>javascript:alert(1)</link></item><item><link>http://[::1/</link></item><item></item>" * 50
    )
    far = "<item><title>far</title><link>http://169.254.169.254/latest/</link></item>"
    text = f'<rss version="2.0"><channel>{rest}{far}{items(site, good)}</channel></rss>'
    return Reply(text.encode("utf-16"), type="application/rss+xml; charset=iso-8859-1")


def map_that_names_itself(site, good):
    site.pages["/map-b.xml"] = Reply(
        INDEX.format(f"<sitemap><loc>{site.url('/trap/map_that_names_itself')}</loc></sitemap><sitemap><loc>{site.url('/map-c.xml')}</loc></sitemap>").encode(), type=XML
    )  # fmt: skip
    site.pages["/map-c.xml"] = Reply(MAP.format(locs(site, good)).encode(), type=XML)
    loops = "".join(
        f"<sitemap><loc>{site.url(p)}</loc></sitemap>" for p in ("/trap/map_that_names_itself", "/map-b.xml")
    )
    return Reply(INDEX.format(loops).encode(), type=XML)


def map_beside_a_bomb(site, good):
    site.pages["/bomb.xml.gz"] = Reply(bomb(64 * 1024**2), type="application/x-gzip")
    site.pages["/good.xml.gz"] = Reply(gzip.compress(MAP.format(locs(site, good)).encode()), type="application/x-gzip")
    both = "".join(f"<sitemap><loc>{site.url(p)}</loc></sitemap>" for p in ("/bomb.xml.gz", "/good.xml.gz"))
    return Reply(INDEX.format(both).encode(), type=XML)


def list_with_odd_links(site, good):
    odd = ["javascript:void(0)", "mailto:a@b.c", "data:text/html,x", "http://user:pw@127.0.0.1:1/x", "//elsewhere.example/n/1.html",
           "http://elsewhere.example/n/2.html", "ftp://x/y", "\nhttp:/\\evil", "http://[::1", "/" + "a" * 5000, "#top", "", "   ", "?",
           "file:///etc/passwd", "http://2130706433/", "tel:1"]  # fmt: skip
    extra = "".join(f'<li><a href="{href}">An odd link to somewhere else entirely</a></li>' for href in odd)
    return page(f'<ul class="list">{extra}{links(site, good)}</ul>')


def list_with_session_ids(site, good):
    """Each visit shows every item under a new session."""

    def answer(handler):
        session = f"{time.monotonic_ns():032x}"
        shown = "".join(
            f'<li><a href="{p}?PHPSESSID={session}&utm_source=list">{site.entries[p][0]}</a></li>' for p in good
        )
        body = page(
            f'<ul class="list">{shown}</ul><a rel="next" href="/trap/list_with_session_ids?PHPSESSID={session}&p=2">Next</a>'
        ).body
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    site.pages.update({f"{p}?PHPSESSID": site.pages[p] for p in good})
    return answer


def calendar(site, good):
    """Every month links to the next one, for ever, and shows nothing new."""
    site.pages.setdefault(
        "/trap/calendar", page(f'<ul class="list">{links(site, good)}</ul><a rel="next" href="/cal/2031/5">Next</a>')
    )
    for n in range(300):
        year, month = 2031 + (n + 4) // 12, (n + 4) % 12 + 1
        after = (2031 + (n + 5) // 12, (n + 5) % 12 + 1)
        site.pages[f"/cal/{year}/{month}"] = page(
            f'<ul class="list"></ul><a rel="next" href="/cal/{after[0]}/{after[1]}">Next</a>'
        )
    return site.pages["/trap/calendar"]


def list_of_recursive_paths(site, good):
    """Relative links that grow with every step."""
    site.pages["/trap/more/"] = page(
        '<ul class="list"><li><a href="more/x.html">Deeper into the garden of moss</a></li></ul>'
    )
    return page(
        f'<ul class="list">{links(site, good)}<li><a href="more/more/more/more/more/x.html">Deeper and deeper</a></li></ul>'
    )


def list_packed(site, good):
    return coded("gzip", gzip.compress(page(f'<ul class="list">{links(site, good)}</ul>').body))


def list_after_a_slow_one(site, good):
    site.pages["/slow-page"] = endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<li>", pause=0.2)
    return page(f'<ul class="list">{links(site, good)}</ul><a rel="next" href="/slow-page">Next</a>')


def list_of_ten_thousand(site, good):
    """More links than a list can have; the good ones come first."""
    rest = "".join(
        f'<li><a href="/gen/t20310402_{n}.html">Generated item {n} of the garden</a></li>' for n in range(10_000)
    )
    return page(f'<ul class="list">{links(site, good)}{rest}</ul>')


def feed_of_ten_megabytes(site, good):
    """Thirty thousand items that lead out of the scope, the good ones among them."""
    junk = "<item><title>far away</title><link>http://far.example/{}.html</link><description>{}</description></item>"
    rest = "".join(junk.format(n, "word " * 50) for n in range(15_000))
    return Reply(f'<rss version="2.0"><channel>{items(site, good)}{rest}</channel></rss>'.encode(), type=XML)


def maps_in_maps(site, good):
    """Indexes that name indexes, deeper than any site needs."""
    for depth in range(30):
        inner = f"<sitemap><loc>{site.url(f'/deep/{depth + 1}.xml')}</loc></sitemap>"
        site.pages[f"/deep/{depth}.xml"] = Reply(INDEX.format(inner).encode(), type=XML)
    site.pages["/deep-good.xml"] = Reply(MAP.format(locs(site, good)).encode(), type=XML)
    both = "".join(f"<sitemap><loc>{site.url(p)}</loc></sitemap>" for p in ("/deep-good.xml", "/deep/0.xml"))
    return Reply(INDEX.format(both).encode(), type=XML)


def facets(site, good):
    """Every combination of filters is a page of its own, and shows the same."""

    def answer(asked):
        chosen = "&".join(f"{key}={value}" for key, value in sorted(asked.items()))
        more = "".join(f'<a href="/facets?{chosen}&f{n}={len(asked)}">Filter {n}</a>' for n in range(8))
        after = f'<a rel="next" href="/facets?{chosen}&f{len(asked)}=1">Next</a>'
        return page(f'<div class="facets">{more}</div><ul class="list">{links(site, good)}</ul>{after}')

    site.scripts["/facets"] = answer
    return answer({})


def generated_without_end(site, good):
    """Each page of the list shows new addresses, and each of these the same text."""

    def listed(asked):
        number = int(asked.get("p", 1))
        made = "".join(
            f'<li><a href="/made/t20310402_{20 * number + n}.html">Generated finding {20 * number + n} of the garden</a></li>'
            for n in range(20)
        )
        shown = links(site, good) if number == 1 else ""
        return page(f'<ul class="list">{shown}{made}</ul><a rel="next" href="/made?p={number + 1}">Next</a>')

    site.scripts["/made"] = listed
    return listed({})


def list_that_grows(site, good):
    """A relative link to the next page makes every address longer than the one before; all show the same."""
    shown = page(f'<ul class="list">{links(site, good)}</ul><a rel="next" href="more/">Next</a>')
    site.prefixes["/trap/list_that_grows/"] = shown
    return page(f'<ul class="list">{links(site, good)}</ul><a rel="next" href="/trap/list_that_grows/">Next</a>')


def list_with_sessions_in_paths(site, good):
    """The visitor's number stands in the path, and is another one with each visit."""

    def answer(_):
        number = f"{time.monotonic_ns():024x}"
        one, other = good
        shown = [f"{one};jsessionid={number.upper()}.node1", f"/(S({number})){other}"]
        items = "".join(
            f'<li><a href="{href}">{site.entries[p][0]}</a></li>' for p, href in zip(good, shown, strict=True)
        )
        after = f'<a rel="next" href="/(S({number}))/trap/list_with_sessions_in_paths?p=2">Next</a>'
        return page(f'<ul class="list">{items}</ul>{after}')

    site.scripts["/trap/list_with_sessions_in_paths"] = answer


def list_with_a_base_elsewhere(site, good):
    """What is relative leads to the base; the good links are whole."""
    whole = "".join(f'<li><a href="{site.url(p)}">{site.entries[p][0]}</a></li>' for p in good)
    rest = '<li><a href="latest/meta-data/news-of-the-moss.html">Leads to the cloud</a></li>'
    return Reply(
        f'<html><head><base href="http://169.254.169.254/"><base href="{site.url("/")}"></head><body><ul class="list">{rest}{whole}</ul></body></html>'.encode()
    )


def list_that_ends_in_a_soft_404(site, good):
    """Every page number is answered with 200; beyond the first they say that there is nothing, and lead on."""
    nothing = '<h1>Page not found</h1><p>There are no results.</p><a rel="next" href="/trap/soft?p={}">Next</a>'
    site.scripts["/trap/soft"] = lambda asked: page(nothing.format(int(asked.get("p", 1)) + 1))
    return page(f'<ul class="list">{links(site, good)}</ul><a rel="next" href="/trap/soft?p=2">Next</a>')


def list_of_a_million_years(site, good):
    """An archive that begins with the first men."""
    years = "".join(f'<a href="/trap/years/{year}/">{year}</a>' for year in range(1900, 2100))
    site.prefixes["/trap/years/"] = page(f'<ul class="list"></ul>{years}')
    return page(f'{years}<ul class="list">{links(site, good)}</ul>')


def map_with_entities(site, good):
    """Files and addresses of this machine as entities, and the laughs again."""
    laughs = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11))
    text = (
        f'<?xml version="1.0"?><!DOCTYPE urlset [{laughs}<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY % net SYSTEM '
        f'"{site.url("/private")}"> %net;]>{MAP.format(locs(site, good) + "<url><loc>&l10;&file;</loc></url>")}'
    )
    return Reply(text.encode(), type=XML)


def map_from_the_future(site, good):
    """Days that are none, and days to come."""
    days = ("9999-12-31T23:59:59+14:00", "0000-00-00")
    maps = "".join(
        f"<url><loc>{site.url(p)}</loc><lastmod>{day}</lastmod></url>" for p, day in zip(good, days, strict=True)
    )
    return Reply(MAP.format(maps).encode(), type=XML)


def feed_from_the_future(site, good):
    """The same in a feed, with halves of characters in its titles."""
    days = ("Fri, 31 Dec 9999 23:59:59 +1400", "Foo, 99 Bar 0000 99:99:99 XYZ")
    made = "".join(f"<item><title>&#xD800;&#0;News</title><link>{site.url(p)}</link><pubDate>{day}</pubDate></item>" for p, day in zip(good, days, strict=True))  # fmt: skip
    return Reply(f'<rss version="2.0"><channel><title>x</title>{made}</channel></rss>'.encode(), type=XML)


def answer_that_names_itself(site, good):
    """JSON whose next page is itself, with items that are none; halves of characters, numbers that are none."""
    wrong = [
        None,
        1,
        "x",
        [],
        {},
        {"url": None},
        {"url": ["a"]},
        {"url": "javascript:alert(1)"},
        {"url": "http://169.254.169.254/"},
    ]
    items = [*wrong, *({"url": p, "title": "\ud800 \u0000", "date": float("inf")} for p in good)]
    return Reply(
        json.dumps({"list": items, "more": "/trap/answer_that_names_itself"}).encode(), type="application/json"
    )


def answer_too_deep(site, good):
    """Behind a good page one of a hundred thousand brackets."""
    site.pages["/trap/deep.json"] = Reply(b"[" * 100_000, type="application/json")
    return Reply(
        json.dumps({"list": [{"url": p} for p in good], "more": "/trap/deep.json"}).encode(), type="application/json"
    )


TRAPS = {
    feed_with_entities: "feed", feed_cut_off: "feed", feed_of_nonsense: "feed", map_that_names_itself: "sitemap",
    map_beside_a_bomb: "sitemap", list_with_odd_links: "listing", list_with_session_ids: "listing", calendar: "listing",
    list_of_recursive_paths: "listing", list_packed: "listing", list_after_a_slow_one: "listing",
    feed_of_ten_megabytes: "feed", maps_in_maps: "sitemap", facets: "listing", list_that_grows: "listing",
    list_with_sessions_in_paths: "listing", list_with_a_base_elsewhere: "listing", list_that_ends_in_a_soft_404: "listing",
    list_of_a_million_years: "listing", map_with_entities: "sitemap", map_from_the_future: "sitemap",
    feed_from_the_future: "feed", answer_that_names_itself: "json", answer_too_deep: "json", list_of_ten_thousand: "listing",
}  # fmt: skip


@pytest.mark.timeout(400)
def test_every_trap_gives_its_articles_and_ends(leaf, desk):
    good, tables = [], []
    for number, (trap, kind) in enumerate(TRAPS.items()):
        paths = leaf.articles(2, start=1000 + 10 * number)
        good += paths
        if (answer := trap(leaf, paths)) is not None:
            leaf.pages[f"/trap/{trap.__name__}"] = answer
        chosen = {"listing": 'links = "ul.list a"\n', "json": 'items = "list"\nlink = "url"\ntitle = "title"\ndate = "date"\nnext = "more"\n'}.get(kind, "")  # fmt: skip
        tables.append(f'[[discover]]\nkind = "{kind}"\nurl = "{leaf.url(f"/trap/{trap.__name__}")}"\n{chosen}')
    leaf.pages["/private"] = Reply(b"<h1>secret</h1>")
    began = time.monotonic()
    report = desk.crawl(leaf, seeds="\n".join(tables), limits=LIMITS)
    assert time.monotonic() - began < 170
    with desk.archive as archive:
        kept = {known.article.url.partition("?")[0] for known in archive.articles(source="leaf")}
    assert {leaf.url(path) for path in good} <= kept
    assert leaf.asked("/private") == 0
    assert report.outcome is not Outcome.FAILED
    assert report.requests <= LIMITS.requests
    assert leaf.asked("/cal/2033/1") == 0
    assert sum(path.startswith("/facets") for path, _ in leaf.log) < 5
    assert leaf.asked("/deep/9.xml") == 0
    assert report.skipped


@pytest.mark.timeout(200)
def test_addresses_without_end_that_all_say_the_same_end_the_crawl(leaf, desk):
    """Good articles come first; then it is noticed that nothing new comes."""
    good = leaf.articles(5)
    start = generated_without_end(leaf, good)
    leaf.pages["/trap/made"] = start
    made = leaf.pages[good[0]].body.replace(b"Finding number 1 of", b"Generated finding of")
    leaf.prefixes["/made/"] = Reply(made)
    table = f'[[discover]]\nkind = "listing"\nurl = "{leaf.url("/trap/made")}"\nlinks = "ul.list a"\n'
    report = desk.crawl(leaf, seeds=table)
    with desk.archive as archive:
        kept = {known.article.url for known in archive.articles(source="leaf")}
    assert {leaf.url(path) for path in good} <= kept
    assert any("brought nothing but texts that stand elsewhere" in line for line in report.evidence)
    assert sum(path.startswith("/made/") for path, _ in leaf.log) < 120
