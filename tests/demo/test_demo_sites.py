"""The demo's institutes answer as the real ones do."""

import http.client
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from newsarchive.demo import load_sites, render, serve
from newsarchive.demo.templates import fill

SITES = load_sites()
BY_SLUG = {site.slug: site for site in SITES}


@pytest.fixture
def town():
    with serve(SITES) as town:
        yield town


def ask(url, **headers):
    """One request, redirects not followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("GET", parts.path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("day", [1, 2])
@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_every_item_of_a_day_is_served_with_its_text(site, day, town):
    town.day = day
    for item in site.on(day):
        status, headers, body = ask(town.bases[site.slug] + item.path)
        page = body.decode(site.charset)
        assert (status, headers["ETag"] != "") == (200, True)
        assert item.title.replace("'", "&#x27;") in page
        assert "{{" not in page


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_an_unchanged_seed_answers_304_and_a_changed_one_does_not(site, town):
    url = town.bases[site.slug] + site.discover[0]["url"]
    _, first, _ = ask(url)
    assert ask(url, If_None_Match=first["ETag"])[0] == 304
    assert ask(url, If_Modified_Since=first["Last-Modified"])[0] == 304
    town.day = 2
    assert ask(url, If_None_Match=first["ETag"])[0] == 200
    assert ask(url, If_Modified_Since=first["Last-Modified"])[0] == 200


def test_the_english_institute_spreads_its_list_over_pages_that_only_a_script_links(town):
    base = town.bases["yiao-english"]
    first, second = (ask(f"{base}/ns/{name}")[2].decode() for name in ("index.html", "index_1.html"))
    assert 'createPageHTML(2, 0, "index", "html")' in first
    assert 'href="index_1.html"' not in first
    assert first.count('class="font06"') + second.count('class="font06"') == len(BY_SLUG["yiao-english"].news(1))
    assert ask(f"{base}/ns/index_2.html")[0] == 404


def test_the_english_institute_prints_no_date_on_any_page(town):
    site = BY_SLUG["yiao-english"]
    for item in site.on(1):
        assert b"2026-0" not in ask(town.bases[site.slug] + item.path)[2]


def test_the_chinese_institute_claims_gb2312_and_sends_characters_outside_of_it(town):
    site = BY_SLUG["yiao-chinese"]
    body = ask(town.bases[site.slug] + site.on(1)[0].path)[2]
    assert b"charset=gb2312" in body
    assert "王喆" in body.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        body.decode("gb2312")


def test_the_second_day_brings_an_edit_a_withdrawal_and_a_move(town):
    edit = BY_SLUG["yiao-english"].edits[0]
    withdrawal = BY_SLUG["lipp-english"].withdrawals[0]
    move = BY_SLUG["hollin-lake"].moves[0]
    place = {
        slug: town.bases[slug] + thing.path
        for slug, thing in (("yiao-english", edit), ("lipp-english", withdrawal), ("hollin-lake", move))
    }
    before = {slug: ask(url) for slug, url in place.items()}
    town.day = 2
    after = {slug: ask(url) for slug, url in place.items()}
    assert {status for status, _, _ in before.values()} == {200}
    assert edit.was.encode() in before["yiao-english"][2]
    assert edit.now.encode() in after["yiao-english"][2]
    assert after["lipp-english"][0] == 404
    assert after["hollin-lake"][0] == 301
    assert ask(after["hollin-lake"][1]["Location"])[0] == 200


def test_the_city_reprints_the_institute_word_for_word():
    original = next(item for item in BY_SLUG["yiao-english"].on(2) if "Mirror Blank" in item.title)
    reprint = next(item for item in BY_SLUG["yunchuan-city"].on(2) if "Mirror Blank" in item.title)
    assert reprint.paragraphs == original.paragraphs
    assert reprint.origin == "YIAO"
    assert reprint.since == 2


def test_robots_and_the_request_log_are_there(town):
    base = town.bases["meridian-press"]
    status, _, body = ask(f"{base}/robots.txt")
    assert (status, b"Sitemap: http://127.0.0.1:" in body) == (200, True)
    assert town.asked == [("meridian-press", "/robots.txt", 200)]


def test_the_servers_are_gone_when_the_block_ends():
    with serve(SITES[:1]) as town:
        url = town.bases[SITES[0].slug] + "/ns/"
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=5)


def test_the_same_day_gives_the_same_bytes():
    site = BY_SLUG["yiao-chinese"]
    assert render(site, site.on(1)[0]) == render(site, site.on(1)[0])


def test_a_template_escapes_what_it_is_given_and_refuses_to_guess():
    assert fill("<b>{{a}}</b>{{#rows}}[{{text}}]{{/rows}}{{^a}}none{{/a}}", {"a": "<x>", "rows": ["1", "{{a}}"]}) == (
        "<b>&lt;x&gt;</b>[1][{{a}}]"
    )
    with pytest.raises(KeyError):
        fill("{{missing}}", {})
