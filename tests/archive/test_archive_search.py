"""Full-text search: any two Chinese characters, phrases, operators, filters, highlights; no query breaks it."""

import random
import string
from itertools import pairwise

import pytest
from archive_samples import an_arrival, day
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql

from archive import Attachment, BadQuery, Facet, Kind, index, search
from archive.dialect import queries, reading
from archive.highlight import START, STOP, mark, snippet, spans
from archive.query import All, AnyOf, Term, parse, terms
from archive.shelves import UNDATED, shelf_of
from archive.words import fold, listed, runs

TEXTS = {
    "zh": ("中国科学院长春光学精密机械与物理研究所取得进展", "研究团队在《自然》发表论文，首次观测到钙钛矿量子点的AI辅助合成。"),
    "en": ("Moss grows on old walls", "Over four winters the team counted shoots, and COVID-19 did not stop them; naïve guesses were wrong."),
    "de": ("Moos wächst an alten Mauern", "Die Straße zum Institut ist gesperrt. Ölfarbe hält länger als Kleister."),
    "mixed": ("5G网络与AI大模型", "The 研究所 opened a new lab 实验室 for AI研究 in 2031."),
}  # fmt: skip


@pytest.fixture
def filled(archive):
    for number, (name, (title, body)) in enumerate(TEXTS.items(), start=1):
        language = {"zh": "zh-CN", "mixed": None}.get(name, name)
        archive.store(
            an_arrival(
                url=f"http://{name}.example/1", source=name, title=title, body=body, language=language,
                published=f"2031-0{number}-15", at=day(number),
            )
        )  # fmt: skip
    return archive


def found(archive, query, **filters):
    return {hit.known.article.source for hit in archive.search(query, **filters)}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("moss", {"en"}), ("MOSS Walls", {"en"}), ("moss alten", set()), ("moss OR alten", {"en", "de"}),
        ("naive", {"en"}), ("wachst", {"de"}), ("strasse", {"de"}), ("Straße", {"de"}), ("ÖLFARBE", {"de"}),
        ("moo*", {"de"}), ("mo*", {"en", "de", "mixed"} - {"mixed"}), ("mo", set()),
        ('"old walls"', {"en"}), ('"walls old"', set()), ("“old walls”", {"en"}),
        ("covid-19", {"en"}), ("19", {"en"}), ("moss -walls", set()), ("moss NOT fern", {"en"}), ("(moss OR moos) an", {"de"}),
        ("研究", {"zh", "mixed"}), ("究所", {"zh", "mixed"}), ("长春光学", {"zh"}), ("学长", set()), ("院长", {"zh"}),
        ("所", {"zh", "mixed"}), ("点", {"zh"}), ("研究 论文", {"zh"}), ("AI研究", {"mixed"}), ("ai 研究", {"zh", "mixed"}),
        ("ＡＩ", {"zh", "mixed"}), ("5g网络", {"mixed"}), ("《自然》发表", {"zh"}), ("研究所 -实验室", {"zh"}), ("and", {"en"}),
    ],
)  # fmt: skip
def test_what_a_query_finds(filled, query, expected):
    assert found(filled, query) == expected


def test_any_two_neighbouring_characters_of_a_chinese_text_are_found(filled):
    title, body = TEXTS["zh"]
    for text in (title, body):
        for first, second in pairwise(text):
            if all("\u4e00" <= character <= "\u9fff" for character in (first, second)):
                assert "zh" in found(filled, first + second)
                assert "zh" in found(filled, first)


def test_filters_narrow(filled):
    assert found(filled, "研究", source="zh") == {"zh"}
    assert found(filled, "研究", language="zh") == {"zh"}
    assert found(filled, "研究", since="2031-02") == {"mixed"}
    assert found(filled, "研究", until="2031-01") == {"zh"}
    assert found(filled, "研究", since="2031-01-15", until="2031-01-15") == {"zh"}
    assert len(filled.search("研究", limit=1)) == 1
    assert filled.search("研究", limit=0) == []


def test_what_stands_in_the_newest_revision_narrows(archive):
    pdf = (Attachment(url="http://leaf.example/a.pdf"),)
    archive.store(an_arrival("http://leaf.example/1", "Moss one", section="News", attachments=pdf))
    archive.store(an_arrival("http://leaf.example/2", "Moss two", "Of two kinds of moss.", section="Events"))
    archive.store(an_arrival("http://leaf.example/3", "Moss three", "About us and moss.", kind=Kind.PAGE))
    titles = lambda **filters: sorted(hit.known.article.title[5:] for hit in archive.search("moss", **filters))  # noqa: E731
    assert titles() == ["one", "three", "two"]
    assert titles(section="News") == ["one"]
    assert titles(section="news") == []
    assert titles(attachments=True) == ["one"]
    assert titles(attachments=False) == ["three", "two"]
    assert titles(kind="page") == ["three"]
    assert titles(kind="article", section="Events", attachments=False, source="leaf") == ["two"]
    archive.store(an_arrival("http://leaf.example/2", "Moss two", "Of three kinds of moss.", section="News", at=day(2)))
    assert titles(section="News") == ["one", "two"]
    assert titles(section="Events") == []


@pytest.mark.parametrize(
    ("filters", "says"),
    [({"kind": "list"}, "one of article, page"), ({"language": "en%"}, "a tag like"), ({"language": ""}, "a tag like")],
)
def test_a_filter_that_no_article_can_pass_is_explained(archive, filters, says):
    with pytest.raises(BadQuery, match=says):
        archive.search("moss", **filters)
    with pytest.raises(BadQuery, match=says):
        archive.facets("moss", **filters)


def test_facets_count_all_that_a_search_finds(filled):
    filled.store(an_arrival("http://zh.example/2", "研究 of no date", "Said in two tongues.", "zh", language="zh-Hant"))
    found = filled.facets("研究")
    assert {name: [(one.value, one.count) for one in counts] for name, counts in found.items()} == {
        "source": [("zh", 2), ("mixed", 1)],
        "year": [("2031", 2), (None, 1)],
        "language": [("zh", 2), (None, 1)],
    }
    assert [(one.value, one.count) for one in filled.facets("研究", by=["year"], language="zh")["year"]] == [
        (None, 1), ("2031", 1),
    ]  # fmt: skip
    assert filled.facets("研究", by=["kind", "section"])["kind"] == [Facet(value="article", count=3)]
    assert filled.facets("研究", by=["section"], attachments=False)["section"] == [Facet(value=None, count=3)]
    assert filled.facets("研究", by=[]) == {}
    assert filled.facets("nothing") == {"source": [], "year": [], "language": []}
    with pytest.raises(BadQuery, match="facets are source, year"):
        filled.facets("研究", by=["colour"])
    with pytest.raises(BadQuery, match="never closed"):
        filled.facets('"研究')


def test_newest_first(filled):
    assert [hit.known.article.source for hit in filled.search("研究", newest=True)] == ["mixed", "zh"]


def test_a_word_in_the_title_ranks_first(archive):
    filler = " ".join(f"word{number}" for number in range(60))
    archive.store(an_arrival(url="http://leaf.example/1", title="Other news", body=filler + " fern"))
    archive.store(an_arrival(url="http://leaf.example/2", title="The fern", body=filler + " other things"))
    first, second = archive.search("fern")
    assert first.known.article.title == "The fern"
    assert first.score > second.score


def test_the_index_follows_revisions(archive):
    archive.store(an_arrival(body="The lichen is old and grows on stones of the northern wall for many years."))
    archive.store(
        an_arrival(body="The fern is young and grows on stones of the northern wall for many years.", at=day(2))
    )
    assert len(archive.search("fern")) == 1
    assert archive.search("lichen") == []


@pytest.mark.parametrize("day_", ["yesterday", "2031-1-1", "31-01-01", "2031-01-01T00:00", "%"])
def test_a_filter_that_is_no_day_is_explained(archive, day_):
    with pytest.raises(BadQuery, match="2026-11-05"):
        archive.search("moss", since=day_)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "no word"), ("   ", "no word"), ("!!! ,,,", "no word"), ('"', "quote at character 1"), ('moss "old', "character 6"),
        ("(moss", "parenthesis at character 1"), ("moss)", "character 5"), ("-moss", "what not to find"),
        ("NOT moss", "what not to find"), ("x" * 2000, "2000 characters"), ("(" * 40 + "a" + ")" * 40, "deep"),
        (" ".join("ab" * 1 + str(n) for n in range(90)), "more than 64"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_explained(archive, query, says):
    with pytest.raises(BadQuery, match=says):
        archive.search(query)


ODD = string.printable + "研究所大学。，（）“”《》éßÖ½²ﬁ\u0301\u200b\U0001f33f\U00020000\U00030000한글カナ\x00\u202e"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.text(alphabet=st.sampled_from(ODD) | st.characters(), max_size=60),
    word=st.text(alphabet=st.sampled_from(ODD) | st.characters(), max_size=8),
)
def test_no_query_fails_but_with_a_bad_query(filled, query, word):
    """Whatever characters are in the query, or in what narrows it."""
    for asked, filters in ((query, {}), ("moss", {"source": word, "section": word}), ("moss", {"language": word})):
        try:
            hits = filled.search(asked, **filters)
            facets = filled.facets(asked, **filters)
        except BadQuery as error:
            assert str(error)
        else:
            assert len(hits) == sum(one.count for one in facets["source"])


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet=st.sampled_from(ODD), max_size=40))
def test_words_are_letters_and_digits_and_folding_is_stable(text):
    words = set(listed(text).split())
    assert len(words) == len(listed(text).split())
    assert all(word.isalnum() for word in words)
    assert fold(fold(text)) == fold(text)
    assert set(listed(fold(text)).split()) == words
    for run, cjk in runs(fold(text)):
        assert (set(map("".join, pairwise(run))) if cjk else {run}) <= words
        assert not cjk or all(any(word.startswith(character) for word in words) for character in run)


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(alphabet=st.sampled_from(ODD), max_size=80), query=st.text(alphabet=st.sampled_from(ODD), max_size=12)
)
def test_marking_changes_nothing_but_marks(text, query):
    try:
        shown = list(terms(parse(query)))
    except BadQuery:
        return
    marked = mark(text, shown)
    assert marked.count(START) == marked.count(STOP)
    plain = marked.replace(START, "").replace(STOP, "")
    assert plain == mark(text, [])
    assert all(start < end for start, end, _ in spans(plain, shown))
    assert "\n" not in snippet(text, shown)


def test_highlights_stand_in_the_original_text(filled):
    (hit,) = filled.search("strasse olfarbe", source="de")
    assert f"Die {START}Straße{STOP} zum" in hit.snippet
    assert f"{START}Ölfarbe{STOP}" in hit.snippet
    (hit,) = filled.search("物理研究所")
    assert hit.title.endswith(f"{START}物理研究所{STOP}取得进展")


def test_a_snippet_shows_where_the_words_are_and_stays_short(archive):
    filler = "nothing of interest happens here " * 100
    archive.store(an_arrival(body=f"{filler} the lichen meets the fern {filler}"))
    (hit,) = archive.search("fern lichen")
    assert f"{START}lichen{STOP} meets the {START}fern{STOP}" in hit.snippet
    assert len(hit.snippet) < 200
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")


def test_control_characters_never_reach_a_result(archive):
    archive.store(
        an_arrival(title="Moss \x1b[31mred\x02", body="Moss\x03 and \x9b more\r\nlines of the text, long enough")
    )
    (hit,) = archive.search("moss")
    assert set(hit.title + hit.snippet) & set(map(chr, range(32))) == {START, STOP}


def test_a_query_is_read_into_a_tree():
    tree = parse('moss (fern OR "old wall") -lichen')
    assert isinstance(tree, All)
    (moss, either), (lichen,) = tree.parts, tree.without
    assert isinstance(either, AnyOf)
    assert isinstance(moss, Term)
    assert isinstance(lichen, Term)
    assert either.parts[1].words == ("old", "wall")


# --- the order of days ------------------------------------------------------------------------------------------------


def test_the_newest_come_first_by_their_own_day_and_undated_ones_last(archive):
    days = ["2020-05-01", None, "2031-04-01", "2024", "2024-02", "1998-01-31", "2024-02-01", "no day"]
    for number, published in enumerate(days):
        archive.store(
            an_arrival(url=f"http://leaf.example/{number}", body=f"Moss, thing {number}.", published=published)
        )
    found = [hit.known.article.published for hit in archive.search("moss", newest=True)]
    assert found[:6] == ["2031-04-01", "2024-02-01", "2024-02", "2024", "2020-05-01", "1998-01-31"]
    assert set(found[6:]) == {None, "no day"}
    assert [hit.known.article.published for hit in archive.search("moss", newest=True, limit=2)] == found[:2]
    dated = {hit.known.article.published for hit in archive.search("moss", until="2024")}
    assert dated == {"2020-05-01", "2024", "2024-02", "1998-01-31", "2024-02-01"}


def test_a_date_that_is_read_better_changes_the_place(archive):
    for number in (1, 2):
        archive.store(
            an_arrival(url=f"http://leaf.example/{number}", body=f"Moss {number}.", published=f"2030-01-0{number}")
        )
    archive.store(an_arrival(url="http://leaf.example/1", body="Moss 1.", published="2030-02-01", at=day(2)))
    assert [hit.known.article.body for hit in archive.search("moss", newest=True)] == ["Moss 1.", "Moss 2."]
    assert list(archive.verify()) == []


def test_shelves_are_in_the_order_of_days():
    days = [
        None,
        "",
        "0000-01-01",
        "0001",
        "1999-12-31",
        "2024",
        "2024-02",
        "2024-02-01",
        "2024-02-29",
        "2024-12",
        "9999-12-31",
    ]
    shelves = [shelf_of(day_) for day_ in days]
    assert shelves == sorted(shelves)
    assert shelves[:3] == [UNDATED] * 3
    assert len(set(shelves[2:])) == len(shelves[2:])
    assert shelf_of("2024-02", last=True) < shelf_of("2024-03")
    assert shelf_of("2024", last=True) < shelf_of("2025")
    for odd in ("2024-99", "24-01-01", "2024-1-1", "２０２４", "2024-02-01T"):
        assert shelf_of(odd) == UNDATED


# --- what stands next to each other -----------------------------------------------------------------------------------


def test_words_of_a_phrase_that_stand_apart_are_not_the_phrase(archive):
    bodies = ["An old wall.", "The wall is old.", "Old, wall-like.", "A wall; the old one. Old wall!"]
    for number, body in enumerate(bodies):
        archive.store(an_arrival(url=f"http://leaf.example/{number}", title=None, body=body))
    shown = {
        query: {hit.known.article.body for hit in archive.search(query)} for query in ('"old wall"', 'old -"old wall"')
    }
    assert shown['"old wall"'] == {bodies[0], bodies[2], bodies[3]}
    assert shown['old -"old wall"'] == {bodies[1]}
    assert sum(facet.count for facet in archive.facets('"old wall"')["source"]) == 3


def test_pairs_of_characters_that_stand_apart_are_not_the_word(archive):
    archive.store(an_arrival(url="http://leaf.example/1", body="他在研究，究所不明。"))
    archive.store(an_arrival(url="http://leaf.example/2", body="他在研究所工作。"))
    assert [hit.known.article.url[-1] for hit in archive.search("研究所")] == ["2"]
    assert len(archive.search("研究 究所")) == 2


def test_every_piece_of_a_long_text_is_found(archive):
    chance = random.Random(3)
    text = "".join(chance.choices("研究所的科学家在新型材料和量子计算方面取得重要进展", k=300))
    archive.store(an_arrival(body=text))
    for length in (1, 2, 3, 5, 17, 40, 120):
        for _ in range(5):
            start = chance.randrange(len(text) - length)
            assert archive.search(text[start : start + length]), text[start : start + length]


def test_more_hits_than_are_weighed_give_those_with_the_word_in_their_title(archive, monkeypatch):
    monkeypatch.setattr(search, "WEIGHED", 12)
    arrivals = [
        an_arrival(
            url=f"http://leaf.example/{n}", title="The fern garden" if n in {3, 4} else f"News {n}",
            body=f"A fern grows at place {n}." if n < 38 else "Horsetail and fern.", published=f"20{n + 10}-01-01",
        )
        for n in range(40)
    ]  # fmt: skip
    archive.store_batch(arrivals)
    assert [hit.known.article.title for hit in archive.search("fern", limit=2)] == ["The fern garden"] * 2
    assert [hit.known.article.title for hit in archive.search('"fern garden"', limit=3)] == ["The fern garden"] * 2
    assert len(archive.search("fern", limit=40)) == 40
    assert {hit.known.article.title for hit in archive.search("horsetail OR fern", limit=4)} >= {
        "The fern garden",
        "News 39",
    }
    assert [hit.known.article.title for hit in archive.search('"a fern"', newest=True, limit=1)] == ["News 37"]


@pytest.mark.parametrize("most", [0, 1, 3, 1024])
def test_the_head_of_a_word_finds_the_same_however_many_words_begin_with_it(archive, monkeypatch, most):
    monkeypatch.setattr(queries, "EXPANDED_MAX", most)
    words = ["photo", "photograph", "photon", "phot", "phosphor"]
    archive.store_batch(
        [
            an_arrival(
                url=f"http://leaf.example/{word}", title=f"On {word}s", body=f"The {word} and {word}ics, Å 光{n}学."
            )
            for n, word in enumerate(words)
        ]
    )

    def numbers(query):
        return sorted(words.index(hit.known.article.url.rpartition("/")[2]) for hit in archive.search(query))

    assert numbers("photo*") == numbers("PHOTO* the") == [0, 1, 2]
    assert numbers("photo* OR phos*") == [0, 1, 2, 4]
    assert numbers("pho* -photo*") == [3, 4]
    assert numbers('"the phot*"') == [0, 1, 2, 3]
    assert numbers("x*") == []
    assert numbers("光") == numbers("学") == [0, 1, 2, 3, 4]


LONG = "x" * 70


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ('"of moss garden"', False), ('"of moss moss"', True), ('"moss garden"', True), ('"f moss"', False), ('"moss gard"', False), ('"garden moss"', False),
        ('"moss garden by"', True), ("moss-garden", True), ('"moss garden by 研究所 in"', True), ('"by研究所in"', True),
        ('"究所in"', True), ('"in 究所"', False), (f'"{LONG} ends"', True), (f'"of {LONG} ends"', False), (f'"the {LONG}"', True),
        (f'"he {LONG}"', False), ('"moss* moss"', True), ('"moss moss garden"', True), ('"ends the"', False),
    ],
)  # fmt: skip
def test_a_phrase_is_found_where_its_words_follow_each_other(archive, query, there):
    body = f"Mosses of moss, moss\n\n— garden by 研究所 in spring. The {LONG}_ends"
    archive.store_batch([an_arrival(body=body), an_arrival(url="http://leaf.example/2", body="Nothing of it.")])
    assert bool(archive.search(query)) is there


def test_words_are_looked_up_and_not_read_through(archive):
    archive.store_batch([an_arrival(url=f"http://leaf.example/{n}", body=f"Moss of place {n}.") for n in range(30)])
    with reading(archive._engine) as connection:
        table, match = index.having_words(connection, index.ARTICLES)
        postgresql = connection.dialect.name == "postgresql"
        row = "shelf" if postgresql else "rowid"
        asked = f"SELECT {row} FROM {table} WHERE {match} AND {row} > 0 ORDER BY {row} DESC LIMIT 20"
        explain = "EXPLAIN" if postgresql else "EXPLAIN QUERY PLAN"
        query = "'moss'" if postgresql else '"moss"'
        plan = "\n".join(map(str, connection.execute(sql(f"{explain} {asked}"), {"query": query})))
    assert ("ix_search_words" if postgresql else "VIRTUAL TABLE INDEX") in plan
