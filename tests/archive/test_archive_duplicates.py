"""Copies, near copies, excerpts and form letters: what is held together, what is kept apart, and why."""

import random
import unicodedata

import pytest
from archive_samples import an_arrival, day
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import ChangeKind, Verdict
from archive.duplicates import Candidate, Likeness, judge, recurring
from archive.fingerprint import (
    KEY_BITS,
    KEYS,
    fold,
    heart_numbers,
    keys,
    read,
    read_print,
    revision_digest,
    text_digest,
    tokens,
)
from archive.normal import normal

NOTHING = recurring([])
WORDS = [f"{first}{second}{third}" for first in "bdgklmnprst" for second in "aeiou" for third in "lmnrstx"]


def prose(seed: int, sentences: int = 12) -> str:
    chance = random.Random(seed)
    return "\n\n".join(" ".join(chance.choices(WORDS, k=14)).capitalize() + "." for _ in range(sentences))


def a_candidate(title, body, source="leaf", n=1) -> Candidate:
    return Candidate(n=n, source=source, text=read_print(title, body))


def likeness(one, other, drop=NOTHING):
    return judge(one, other, drop).likeness


TEXT = prose(1)
ODD = "ab3 ,.，。研究所é_-\n²½①ﬁ한カﾊﾟ\u3000\u200b\U00020000\U0001f33f" + "“”：！"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(TEXT, Likeness.NEAR, id="the same text"),
        pytest.param(
            "(Agency, April 2) " + TEXT + "\n\nPrint this page. Close window.", Likeness.NEAR, id="with residue"
        ),
        pytest.param("\n\n".join(TEXT.split("\n\n")[:7]), Likeness.NEAR, id="shortened"),
        pytest.param("\n\n".join(TEXT.split("\n\n")[:3]), Likeness.EXCERPT, id="an excerpt"),
        pytest.param(prose(2), Likeness.APART, id="another text"),
        pytest.param("", Likeness.APART, id="no text"),
    ],
)
def test_two_sites(other, expected):
    long = prose(1) + "\n\n" + prose(9) if expected is Likeness.EXCERPT else TEXT
    pair = a_candidate("Moss grows", long), a_candidate("Moss grows", other, "moss", 2)
    assert likeness(*pair) is expected
    assert likeness(*reversed(pair)) is expected


WEEKLY = (
    "This week, week {w}, all groups went on as planned and no accident was reported. Papers: {p}. Patents filed: {f}. "
    "The shared instruments ran {h} hours for {u} users. Safety: the office inspected every laboratory and found no danger."
)


@pytest.mark.parametrize("source", ["leaf", "moss"])
def test_weekly_reports_with_other_numbers_are_apart(source):
    one = a_candidate("Weekly report 3", WEEKLY.format(w=3, p=25, f=29, h=124, u=77))
    other = a_candidate("Weekly report 4", WEEKLY.format(w=4, p=41, f=51, h=402, u=87), source, 2)
    judgement = judge(one, other, NOTHING)
    assert judgement.likeness is Likeness.APART
    assert "form letter" in judgement.why or "% of the text" in judgement.why


def test_short_notices_of_one_day_with_another_hour_are_apart_wherever_they_stand():
    notice = "Because of maintenance there is no water in block D from {h}:00 on July 6. Please prepare in advance."
    one = a_candidate("No water on July 6", notice.format(h=9))
    other = a_candidate("No water on July 6", notice.format(h=14), "moss", 2)
    reprint = a_candidate("No water on July 6", notice.format(h=9) + " Print this page.", "moss", 2)
    assert likeness(one, other) is Likeness.APART
    assert likeness(one, reprint) is Likeness.NEAR


def test_a_reprint_of_one_of_many_form_letters_finds_its_own(archive):
    """What recurs is dropped, so that the reprint is near the one report it is of, and not near its neighbours."""
    chance = random.Random(5)
    ids = []
    for number in range(8):
        body = WEEKLY.format(
            w=number, p=chance.randrange(99), f=chance.randrange(99), h=chance.randrange(999), u=number
        )
        url = f"http://leaf.example/{number}"
        ids.append(archive.store(an_arrival(url=url, title=f"Weekly report {number}", body=body)).article)
        last = body
    reprint = archive.store(
        an_arrival(
            url="http://moss.example/1",
            source="moss",
            title="Weekly report 7",
            body="From our partner institute. " + last,
            at=day(2),
        )
    )
    assert {known.id for known, _ in archive.copies(reprint.article)} == {ids[7]}
    assert all(archive.known(ref).cluster == ref for ref in ids[:7])


def test_a_near_copy_joins_the_cluster_and_says_how_alike(archive):
    first = archive.store(an_arrival(body=TEXT))
    near = archive.store(
        an_arrival(url="http://moss.example/1", source="moss", body=TEXT + "\n\nClose window. Print.", at=day(2))
    )
    assert near.kind is ChangeKind.NEW
    known = archive.known(near.article)
    assert (known.cluster, known.copy_of) == (first.article, None)
    ((other, decision),) = archive.copies(near.article)
    assert (other.id, decision.verdict, decision.cluster) == (first.article, Verdict.NEW, first.article)
    assert decision.alike == pytest.approx(1.0)
    assert "shorter text" in decision.why


def test_an_excerpt_is_linked_and_not_merged(archive):
    long = prose(1, 30)
    whole = archive.store(an_arrival(body=long))
    part = archive.store(
        an_arrival(url="http://moss.example/1", source="moss", body="\n\n".join(long.split("\n\n")[:6]), at=day(2))
    )
    assert archive.known(part.article).cluster == part.article
    ((other, decision),) = archive.copies(part.article)
    assert other.id == whole.article
    assert "excerpt" in decision.why


def test_clusters_join_when_a_text_is_near_both_and_part_when_it_is_edited(archive):
    """A and C share nothing that matters; B holds both, and then no longer does."""
    a, c = prose(1, 10), prose(2, 10)
    urls = [f"http://{name}.example/1" for name in "abc"]
    archive.store(an_arrival(url=urls[0], source="a", title="A", body=a))
    archive.store(an_arrival(url=urls[2], source="c", title="C", body=c))
    archive.store(an_arrival(url=urls[1], source="b", title="B", body=a + "\n\n" + c, at=day(2)))
    assert len({archive.known(url).cluster for url in urls}) == 1
    archive.store(an_arrival(url=urls[1], source="b", title="B", body=prose(3, 10), at=day(3)))
    assert len({archive.known(url).cluster for url in urls}) == 3
    assert list(archive.verify()) == []


def test_a_recurring_clause_is_one_on_more_than_three_pages():
    pages = [read_print("", f"All rights are reserved by us, {prose(number, 2)}") for number in range(10, 14)]
    assert not len(recurring(pages[:3]))
    assert len(recurring(pages)) == 1


def test_a_batch_and_single_stores_make_the_same_clusters(archive, tmp_path):
    from archive import Archive

    arrivals = [
        an_arrival(url=f"http://{site}.example/{n}", source=site, title=f"T{n}", body=prose(n) + extra, at=day(1))
        for n in range(5)
        for site, extra in (("a", ""), ("b", "\n\nPrint this page."), ("c", ""))
    ]
    archive.store_batch(arrivals)
    with Archive(f"sqlite:///{tmp_path / 'single.db'}") as single:
        for arrival in arrivals:
            single.store(arrival)
        expected = [(known.id, known.cluster, known.copy_of) for known in single.articles()]
    assert [(known.id, known.cluster, known.copy_of) for known in archive.articles()] == expected


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(ODD) | st.characters(), max_size=60))
def test_normal_form_is_nfkc_and_digests_do_not_depend_on_it(text):
    assert normal(text) == unicodedata.normalize("NFKC", text)
    assert fold(fold(text)) == fold(text)
    assert revision_digest(text, text) == revision_digest(normal(text), normal(text))
    assert text_digest(None, text) == text_digest("", normal(text))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(ODD), max_size=60), st.text(alphabet=st.sampled_from(ODD), max_size=20))
def test_a_print_has_the_tokens_of_its_text(body, title):
    text = read_print(title, body)
    words = tokens(body)
    assert len(text) == len(words) == text.starts[-1]
    assert len(set(zip(words, text.tokens.tolist(), strict=True))) == len(set(words)) == len(set(text.tokens.tolist()))
    assert sorted(heart_numbers(text, NOTHING).elements()) == sorted(w for w in words if any(map(str.isdigit, w)))
    found = keys(text)
    assert len(found) <= KEYS
    assert all(0 <= key < 1 << KEY_BITS for key in found)
    assert read(title, body).text_digest == text_digest(title, body)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_judging_is_the_same_both_ways_and_never_fails(one, other):
    pair = a_candidate("t", one), a_candidate("t", other, "moss", 2)
    assert judge(*pair, NOTHING).likeness is judge(*reversed(pair), NOTHING).likeness
