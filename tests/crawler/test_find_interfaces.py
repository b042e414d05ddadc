"""Lists that a page's script asks an interface for: what it asks, and where the items lie in the answer."""

import json

import pytest

from crawler.interfaces import asked_for, seed_of

HOSTS = ("leaf.example",)
URL = "http://leaf.example/api/news?page=1"


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        ("<script>fetch('/api/news?page=1').then(show)</script>", ["/api/news?page=1"]),
        ('<script>$.getJSON("news.json", show)</script>', ["/news/news.json"]),
        ("<script>$.ajax({type: 'GET', url: '/list.do?c=7', success: show})</script>", ["/list.do?c=7"]),
        ('<ul data-api="/v1/items?a=1&amp;b=2"></ul>', ["/v1/items?a=1&b=2"]),
        ("<script>axios.get(`/api/a`); fetch('/api/b')</script>", ["/api/a", "/api/b"]),
        ("<script>fetch('http://other.example/api/news')</script>", []),
        ("<script>fetch('/app.js'); fetch('/page.html'); fetch('/logo.png')</script>", []),
        ("<script>fetch('javascript:alert(1)'); fetch('http://169.254.169.254/')</script>", []),
    ],
)
def test_what_a_script_asks_for(page, asked):
    assert asked_for(page, "http://leaf.example/news/", HOSTS) == [f"http://leaf.example{path}" for path in asked]


def answer(items, **more):
    return json.dumps({"code": 0, "data": {"rows": items, "menu": [{"name": "a"}] * 2, **more}}).encode()


def rows(**fields):
    return [
        {key: value.format(n) if isinstance(value, str) else value + n for key, value in fields.items()}
        for n in range(5)
    ]


def test_an_answer_with_addresses():
    seed = seed_of(answer(rows(title="Moss number {}", url="/n/{}.html", pubTime="2031-04-0{}", id=7)), URL, "", HOSTS)
    assert (seed.items, seed.link, seed.title) == ("data.rows", "url", "title")
    assert seed.next == "http://leaf.example/api/news?page={page}"


def test_an_answer_as_wordpress_gives_it():
    posts = [{"link": f"http://leaf.example/moss-{n}/", "title": {"rendered": f"Moss {n}"}, "date": f"2031-04-0{n + 1}T08:00:00", "slug": f"moss-{n}"} for n in range(5)]  # fmt: skip
    seed = seed_of(json.dumps(posts).encode(), "http://leaf.example/wp-json/wp/v2/posts?page=1", "", HOSTS)
    assert (seed.items, seed.link, seed.title, seed.date) == (".", "link", "title.rendered", "date")


@pytest.mark.parametrize(
    "script",
    [
        "'<a href=\"/detail/' + item.id + '.html\">'",
        "`/detail/${item.id}.html`",
        '`<a href="/detail/${row.id}.html">`',
    ],
)
def test_how_an_address_is_made_of_an_item_stands_in_the_script(script):
    found = answer(rows(title="Moss number {}", id=7, created=1_900_000_000_000))
    seed = seed_of(found, URL, f"<script>{script}</script>", HOSTS)
    assert seed.link.rpartition("detail/")[2] == "{id}.html"
    assert seed.date == "created"


@pytest.mark.parametrize(
    "data",
    [
        b"<html>", b"[" * 100_000, b"{}", b"[1, 2, 3]", answer(rows(title="Moss {}")), answer(rows(url="/n/{}.html")),
        answer(rows(title="Moss {}", url="http://other.example/{}.html")), answer(rows(title="Moss {}", url="/f/{}.pdf")),
    ],
    ids=["a page", "too deep", "nothing", "numbers", "no addresses", "no titles", "another host", "files"],
)  # fmt: skip
def test_what_is_no_list_of_news(data):
    assert seed_of(data, URL, "", HOSTS) is None
