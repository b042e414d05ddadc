"""Markup that would hang the parser or lose the page is recognised before it does."""

import pytest

from crawler.extraction import extract
from crawler.extraction.tree import ATTRIBUTES_MAX, DEPTH_MAX, parse

AFTER = "<p>What comes after it is still read.</p>"
HANGS_S = (
    300  # real pages take a hundredth of a second, these some seconds; on whatever machine, what takes so long hangs
)


def words(tree):
    return " ".join("".join(tree.itertext()).split())


@pytest.mark.parametrize("depth", [300, 5_000, 100_000])
@pytest.mark.parametrize("tag", ["div", "font", "b", "table><tr><td"])
def test_nesting_that_the_parser_gives_up_on_loses_no_text(depth, tag):
    tree = parse("<html><body>" + f"<{tag}>" * depth + "deep" + AFTER)
    assert words(tree).replace("deep ", "deep").endswith("deepWhat comes after it is still read.")
    assert max(len(list(e.iterancestors())) for e in list(tree.iter())[-3:]) <= DEPTH_MAX + 60


@pytest.mark.parametrize(
    "attributes",
    [
        " ".join(f'a{i}="x"' for i in range(100_000)),
        " ".join(f"a{i}" for i in range(100_000)),
        " ".join(f'a{i}="<"' for i in range(100_000)),
        "/".join(f"a{i}='>'" for i in range(100_000)),
    ],
    ids=["quoted", "bare", "angle", "slashes"],
)
def test_a_tag_of_a_hundred_thousand_attributes_is_thinned(attributes):
    tree = parse(f"<html><body><p {attributes}>hello</p>{AFTER}")
    assert max(len(element.attrib) for element in tree.iter()) <= ATTRIBUTES_MAX
    assert "What comes after it is still read." in words(tree)


def test_a_long_value_is_no_monster():
    picture = "data:image/png;base64," + "A" * 200_000
    tree = parse(f'<html><body><img alt="kept" src="{picture}">{AFTER}')
    assert tree.find(".//img").get("alt") == "kept"


@pytest.mark.parametrize(
    "page",
    [
        "word " * 1_000_000,
        "<" * 500_000,
        "<a " * 300_000,
        "</p>" * 300_000,
        "<p>" * 100_000,
        '<a x="' * 200_000,
        "<!--" * 200_000,
        "<script>" * 100_000,
        "&amp;" * 500_000,
        "<p>" + "（" * 800_000,
        "<br>" * 200_000,
        "<td>1" * 100_000,
        "<li><a href=x>1</a>" * 50_000,
        "<meta name=author content=x>" * 50_000,
        "<time datetime=2031-01-01>" * 50_000,
        '<script type="application/ld+json">' + "[" * 400_000,
        '<script type="application/ld+json">{"@graph":[' + '{"@type":"Article","author":' * 20_000,
        "<div class=author>by " * 60_000,
        "<h1>x " * 60_000,
        "2031-01-01 " * 300_000,
        "来源：" * 300_000,
        "Home > " * 300_000,
        "<nav>" * 100_000,
        "<nav><a href=x>1</a>" * 50_000,
        "<nav><a>1</a>" * 3_000 + "<svg>" + "<b>" * 200_000 + "</svg>",
        '<a q" y=">" z="' * 200_000,
        "<a b='" + "c d=" * 20 + "<" * 200_000,
        "<svg>" * 100_000 + "</svg>" * 50_000,
        "<template>" * 100_000,
        "<template><svg>" * 50_000 + "</template>",
        "<textarea>" * 100_000,
        "<![CDATA[" * 200_000,
        "<div>" * 250 + "</section>" * 200_000,
        "<div>" * 250 + "<p></section>" * 100_000,
        "<div>" * 250 + "<li>" * 200_000,
        "<table><tr><td>" * 80 + "<tr>" * 200_000,
        "<pre>" + "\n" * 2_000_000,
        '<p class="' + "menu-" * 500_000 + '">x',
        "<p " + "a" * 600_000 + " b>x",
        "<img " + "a-" * 300_000 + "/><a " + "b" * 600_000 + ">x",
        "<p>" + "words " * 40 + "<p>Subscribe to our newsletter" * 50_000,
        "<p>" + "words " * 40 + "<section><h3>More news</h3><p>words" * 50_000,
        "<article><h1>x</h1><p>"
        + "words " * 40
        + "</article>"
        + "<div>" * 250
        + "<article><h1>y</h1>1</article>" * 30_000,
        "<p itemprop=author>" * 50_000,
        '<a rel=author href="/x">By ' * 50_000,
        "<p>" + "words " * 40 + "<figure>" + "<img src=/x.jpg width=900>" * 50_000,
        "<p>" + "words " * 40 + "<figure class=caption><img src=/x.jpg width=900>" * 50_000,
        "<div itemprop=headline>" * 250 + "<b>x</b>" * 100_000,
        "<p>" + "words " * 40 + '<a href="/x.pdf">' * 50_000,
    ],
    ids=lambda page: page[:24],
)
@pytest.mark.timeout(HANGS_S)
def test_pages_made_to_hurt_come_to_an_end_and_raise_nothing(page):
    extract(f"<html><title>x</title><body>{page}".encode(), "https://leaf.example/a")


def test_text_without_any_element_has_no_tree_or_a_plain_one():
    assert parse("") is None
    assert words(parse("plain words")) == "plain words"


def test_html5_elements_without_a_body_tag_are_not_lost_in_the_head():
    tree = parse("<html><title>x</title><nav>menu</nav><main><p>text</p></main>")
    assert words(tree.find("body")) == "menutext"
    assert tree.find("head/title").text == "x"
