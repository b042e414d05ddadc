"""What a revision changed: field by field, texts word by word, Chinese by the character, and never for long."""

from itertools import pairwise

import pytest
from archive_samples import an_article
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Attachment, Image, diff_states, diff_words
from archive.diff import WORDS_MAX


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("moss grows", "moss grows", [("same", "moss grows")]),
        ("moss grows", "fern grows", [("gone", "moss"), ("added", "fern"), ("same", " grows")]),
        ("研究所成立", "研究院成立", [("same", "研究"), ("gone", "所"), ("added", "院"), ("same", "成立")]),
        ("", "all new", [("added", "all new")]),
        ("in 2030", "in 2031", [("same", "in "), ("gone", "2030"), ("added", "2031")]),
    ],
)
def test_a_difference_is_told_word_by_word(old, new, expected):
    assert diff_words(old, new) == expected


def test_a_difference_joins_to_both_texts():
    old = "Moss grows. " * 3000
    new = old.replace("grows", "grew", 5) + "\n\nA new end."
    parts = diff_words(old, new)
    assert "".join(text for kind, text in parts if kind != "added") == old
    assert "".join(text for kind, text in parts if kind != "gone") == new


def whole(parts):
    old = "".join(text for kind, text in parts if kind != "added")
    return old, "".join(text for kind, text in parts if kind != "gone")


@settings(max_examples=300, deadline=None)
@given(
    old=st.text(alphabet="ab 研究.,\n1", max_size=60) | st.text(max_size=30),
    new=st.text(alphabet="ab 研究.,\n1", max_size=60) | st.text(max_size=30),
)
def test_any_difference_joins_to_both_texts_and_says_nothing_twice(old, new):
    parts = diff_words(old, new)
    assert whole(parts) == (old, new)
    assert all(text for _, text in parts)
    assert all(one[0] != other[0] for one, other in pairwise(parts))
    assert [kind for kind, _ in parts] in ([], ["same"]) or old != new


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("one two three", "one, two three four", [("same", "one"), ("added", ","), ("same", " two three"), ("added", " four")]),
        ("a\n\nb c\n\nd", "a\n\nb e\n\nd", [("same", "a\n\nb "), ("gone", "c"), ("added", "e"), ("same", "\n\nd")]),
        ("In 2031 were 1,700 ferns.", "In 2031 were 1,800 ferns.", [("same", "In 2031 were "), ("gone", "1,700"), ("added", "1,800"), ("same", " ferns.")]),
    ],
)  # fmt: skip
def test_marks_blanks_and_numbers_stay_what_they_are(old, new, expected):
    assert diff_words(old, new) == expected


def test_a_text_beyond_the_bound_is_compared_by_paragraphs():
    old = " ".join(f"word{number}" for number in range(WORDS_MAX))
    parts = diff_words(f"{old}\n\nThe end.", f"{old} more\n\nThe end.")
    assert [kind for kind, _ in parts] == ["gone", "added", "same"]


def test_every_field_that_reads_otherwise_is_told_and_no_other():
    pdf, txt = (Attachment(url=f"http://leaf.example/a.{kind}") for kind in ("pdf", "txt"))
    old = an_article(title="Moss", published="2031-04-01", author=None, section="News", attachments=(pdf,))
    new = an_article(
        title="Moss 研", published="2031-04-02", author="A", section="News", attachments=(txt,), editor="E"
    )
    found = {one.field: one for one in diff_states(old, new)}
    assert list(found) == ["title", "published", "author", "editor", "attachments"]
    assert found["title"].parts == (("same", "Moss"), ("added", " 研"))
    assert (found["published"].gone, found["published"].added) == ("2031-04-01", "2031-04-02")
    assert (found["author"].gone, found["author"].added) == (None, "A")
    assert (found["attachments"].gone, found["attachments"].added) == ([pdf], [txt])
    assert diff_states(old, old) == []


def test_lists_tell_what_went_and_came_and_their_order_when_that_alone_changed():
    one, two = Image(url="http://leaf.example/1.png"), Image(url=None, caption="A wall")
    (added,) = diff_states(an_article(images=(one,)), an_article(images=(one, two)))
    assert (added.gone, added.added) == ([], [two])
    (turned,) = diff_states(an_article(images=(one, two)), an_article(images=(two, one)))
    assert (turned.gone, turned.added) == ([one, two], [two, one])
