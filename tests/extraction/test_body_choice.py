"""The body is the article's text: whole, without what stands around it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.body import choose_body
from crawler.extraction.model import Forest
from crawler.extraction.walk import read_blocks

TEXT = [
    "The institute has measured how fast moss grows on the north side of its oldest building, and the answer is slowly.",
    "For three years a camera took one picture an hour, and a small team of botanists counted every new leaf by hand.",
    "“We did not expect the moss to rest in summer,” said the head of the group, who started the project in 2019.",
    "The data are open to everybody who wants to compare them with moss on other buildings in the town.",
]
MENU = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in ("Home", "News", "Research", "People", "Contact"))
PAGE = """<html><head><title>Moss grows slowly - Leaf Institute</title></head><body>
<nav class="menu"><ul>{menu}</ul></nav>
<main><article><h1>Moss grows slowly</h1><p class="meta">2 April 2031</p>{body}</article></main>
<aside class="related"><h3>Related news</h3><ul><li><a href="/a">Ferns unroll</a></li><li><a href="/b">Oaks wait</a></li></ul></aside>
<footer class="footer"><p>Copyright 2031 Leaf Institute. All rights reserved.</p><ul>{menu}</ul></footer></body></html>"""


def body_of(page: str, **known):
    return choose_body(read_blocks(page), **known)


def page_of(*paragraphs: str) -> str:
    return PAGE.format(menu=MENU, body="".join(f"<p>{p}</p>" for p in paragraphs))


def test_the_paragraphs_are_found_and_nothing_around_them():
    found = body_of(page_of(*TEXT), title="Moss grows slowly", url="https://leaf.example/news/moss-grows-slowly")
    assert list(found.texts) == TEXT
    assert found.container >= 0
    assert found.confidence > 0.7


def test_the_same_page_gives_the_same_body():
    assert body_of(page_of(*TEXT)).paragraphs == body_of(page_of(*TEXT)).paragraphs


@pytest.mark.parametrize("page", ["<p></p>", "<html></html>", "<p>x</p>", "<br>" * 40, "<table><tr><td>1</table>"])
def test_a_page_of_next_to_nothing_is_no_accident(page):
    assert len(body_of(page).paragraphs) <= 1


MARKUP = st.sampled_from(
    ["<", ">", "/", "a", ".", " ", "<p>", "</p>", "<br>", "<div class=x>", "</div>", "<li>", "é", "文。"]
)


@given(st.lists(MARKUP, max_size=80).map("".join))
def test_no_markup_whatever_raises(markup):
    body_of(f"<div>{markup}</div>")


def test_a_forest_sums_the_leaves_that_its_splits_lead_to():
    """Two trees over two features, written out by hand."""
    splits = {
        "feature": np.array([0, 1, 0]),
        "threshold": np.array([1.0, 5.0, 2.0], dtype=np.float32),
        "tree": np.array([0, 0, 1]),
        "mask": np.array([0xFFFFFFFF & ~0b001, 0xFFFFFFFF & ~0b010, 0xFFFFFFFF & ~0b1], dtype=np.uint32),
    }
    leaves = np.zeros((2, 32))
    leaves[0, :3] = 1, 10, 100  # x <= 1; else y <= 5; else
    leaves[1, :2] = 0.5, 0.25
    forest = Forest(("x", "y"), splits, leaves)
    rows = np.array([[1, 9], [1.5, 5], [2.5, 5.5]], dtype=np.float32)
    assert forest.predict(rows).tolist() == [1.5, 10.5, 100.25]
