"""What pages say is inert on the terminal and in JSON Lines."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from archive import Article, Outcome
from newsarchive.terminal import inert, json_line, plain


@given(st.text())
def test_no_text_steers_a_terminal(text):
    shown = inert(text)
    assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 or 0x202A <= ord(sign) <= 0x202E for sign in shown)
    assert "\n" not in shown


def test_an_escape_sequence_is_shown_and_not_obeyed():
    assert inert("\x1b[31mred\x1b]0;title\x07 \x9b2J") == "␛[31mred␛]0;title␇ \\u009b2J"


@given(st.dictionaries(st.text(), st.text()))
def test_json_lines_are_one_line_and_read_back_equal(value):
    line = json_line(value)
    assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in line)
    assert json.loads(line) == value


@given(st.text(alphabet=st.characters(categories=["Cs"])))
def test_lone_surrogates_can_be_written(text):
    assert json.loads(json_line([text]).encode("utf-8")) == json.loads(json.dumps([text]))


def test_records_become_plain_values():
    article = Article(source="s", url="http://x/", title=None, body="b", breadcrumb=("a", "b"))
    told = plain({"at": datetime(2031, 1, 2, tzinfo=UTC), "wait": timedelta(hours=1), "o": Outcome.OK, "a": article})
    assert told["at"] == "2031-01-02T00:00:00Z"
    assert told["wait"] == 3600
    assert told["o"] == "ok"
    assert told["a"]["breadcrumb"] == ["a", "b"]
