"""What an old address's answer, its page and the lists say of an article that came to a new one; and whose word counts."""

from datetime import UTC, datetime

import pytest

from archive import Article, Known, Status
from crawler.canonicals import PROOFS_ENOUGH, WRONG_MAX, Canonicals
from crawler.fetch import Answer
from crawler.moves import (
    SILENT_MAX,
    Lists,
    Old,
    is_move,
    judge_old,
    judge_page,
    pick_twin,
    same_title,
    says_same,
)
from crawler.stations import NotAnArticle, PageKind

OLD, NEW, HOME = "http://leaf.example/news/1.html", "http://leaf.example/en/1", "http://leaf.example/"
AT = datetime(2031, 4, 2, tzinfo=UTC)
TEXT = (
    "Moss grows slowly on the north side of old walls, and nobody at the institute had asked why it does so.\n\n"
    "Over four winters the team counted shoots on nine walls and found that the shade matters less than the wind."
)


def answer(status=None, final=OLD, **values):
    return Answer(url=OLD, at=AT, final=final, status=status, **values)


def article(title="Moss grows", body=TEXT, url=NEW, **values):
    return Article(source="leaf", url=url, title=title, body=body, **values)


@pytest.mark.parametrize(
    ("came", "stands"),
    [
        pytest.param(answer(404), Old.GONE, id="missing"),
        pytest.param(answer(410), Old.GONE, id="gone"),
        pytest.param(answer(400), Old.GONE, id="refused as nonsense"),
        pytest.param(answer(200, NEW, moved_to=NEW, moved_by=301), Old.GONE, id="moved for good"),
        pytest.param(answer(200, NEW, moved_by=302), Old.GONE, id="leads to the new one"),
        pytest.param(answer(200, HOME, moved_to=HOME, moved_by=301), Old.GONE, id="leads to the front page for good"),
        pytest.param(answer(200, HOME, moved_by=302), None, id="leads to the front page for now: read it"),
        pytest.param(answer(200), None, id="answers: read it"),
        pytest.param(answer(503), Old.SILENT, id="server broken"),
        pytest.param(answer(429), Old.SILENT, id="not now"),
        pytest.param(answer(403), Old.SILENT, id="a wall"),
        pytest.param(answer(trouble="timeout"), Old.SILENT, id="no answer"),
        pytest.param(answer(trouble="robots", passing=False), Old.UNKNOWN, id="may not be asked"),
        pytest.param(answer(trouble="scope", passing=False), Old.UNKNOWN, id="out of scope"),
        pytest.param(answer(trouble="scope", passing=False, moved_by=301), Old.GONE, id="leads out of scope for good"),
        pytest.param(
            answer(trouble="scope", passing=False, moved_by=302), Old.UNKNOWN, id="leads out of scope for now"
        ),
    ],
)
def test_how_an_old_address_stands_by_its_answer(came, stands):
    assert judge_old(came, OLD, NEW) is stands


@pytest.mark.parametrize(
    ("read", "stands"),
    [
        pytest.param(article(), Old.ALIVE, id="the same article"),
        pytest.param(article("Ferns grow", "Ferns grow in the shade, as everybody knows who has a garden."), Old.GONE, id="another article"),
        pytest.param(NotAnArticle(url=OLD, kind=PageKind.SOFT_404, why=""), Old.GONE, id="not found, it says"),
        pytest.param(NotAnArticle(url=OLD, kind=PageKind.LISTING, why=""), Old.GONE, id="a list"),
        pytest.param(NotAnArticle(url=OLD, kind=PageKind.LOGIN, why=""), Old.SILENT, id="a login"),
        pytest.param(NotAnArticle(url=OLD, kind=PageKind.CHALLENGE, why=""), Old.SILENT, id="a challenge"),
    ],
)  # fmt: skip
def test_how_an_old_address_stands_by_its_page(read, stands):
    assert judge_page(read, article()) is stands


UPROOTED = Lists(listed=frozenset({NEW, NEW + "2", NEW + "3"}))


@pytest.mark.parametrize(
    ("old", "lists", "failures", "moved"),
    [
        (Old.GONE, Lists(), 0, True),
        (Old.ALIVE, Lists(), 0, False),
        (Old.ALIVE, UPROOTED, 0, True),
        (Old.ALIVE, Lists(listed=UPROOTED.listed, known=1), 0, False),
        (Old.ALIVE, Lists(listed=UPROOTED.listed | {OLD}), 0, False),
        (Old.ALIVE, Lists(listed=frozenset({NEW})), 0, False),
        (Old.SILENT, Lists(), 0, None),
        (Old.SILENT, UPROOTED, SILENT_MAX, True),
        (Old.SILENT, Lists(), SILENT_MAX, False),
        (Old.UNKNOWN, UPROOTED, 0, True),
        (Old.UNKNOWN, Lists(), 0, False),
    ],
)
def test_whether_it_moved(old, lists, failures, moved):
    assert is_move(old, lists, old_url=OLD, new_url=NEW, failures=failures) is moved


def known(number, **values):
    return Known(
        id=f"{number:016}", article=article(url=f"{OLD}?{number}", **values), status=Status.PUBLISHED, revision=1,
        cluster="x", copy_of=None, first_seen=AT, last_seen=AT,
    )  # fmt: skip


def test_of_texts_that_are_alike_the_one_with_the_same_head_is_taken():
    one, other = known(1), known(2, title="Weekly seminar")
    assert pick_twin(article(), [(other, 0.99), (one, 0.9)]) == one
    assert pick_twin(article(), [(other, 0.99)]) is None
    assert pick_twin(article(), []) is None


def test_two_that_are_equally_alike_are_none():
    assert pick_twin(article(), [(known(1), 0.95), (known(2), 0.94)]) is None
    assert pick_twin(article(), [(known(1), 0.98), (known(2), 0.90)]) is not None


def test_another_day_is_another_article():
    assert pick_twin(article(published="2031-04-09"), [(known(1, published="2031-04-02"), 0.95)]) is None
    assert pick_twin(article(published="2031-04-02T08:00"), [(known(1, published="2031-04-02"), 0.95)]) is not None
    assert pick_twin(article(published=None), [(known(1, published="2031-04-02"), 0.95)]) is not None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Moss grows", "MOSS  grows!", True),
        ("Moss grows slowly", "Moss grows slowly - Leaf Institute", True),
        ("Moss grows slowly", "News: Moss grows slowly", True),
        ("苔藓在花园生长了", "苔藓在花园生长了-叶研究所", True),
        ("Moss", "Moss grows in the garden", False),
        ("Moss grows", "Ferns grow", False),
        (None, "Moss", False),
        ("", "", False),
    ],
)
def test_titles_are_the_same_but_for_their_dress(one, other, same):
    assert same_title(one, other) is same


@pytest.mark.parametrize(
    ("body", "same"),
    [
        pytest.param(TEXT, True, id="the same"),
        pytest.param(TEXT.replace("\n\n", " "), True, id="paragraphs put together"),
        pytest.param(TEXT + "\n\nPress office: moss@leaf.example", True, id="a line more"),
        pytest.param(TEXT.partition("\n\n")[0], False, id="a teaser"),
        pytest.param("Ferns grow in the shade, as everybody knows who has a garden of their own at home.", False, id="another text"),
        pytest.param("", False, id="nothing"),
    ],
)  # fmt: skip
def test_pages_show_the_same_article_or_not(body, same):
    assert says_same(article(body=body), article()) is same


def test_pages_in_chinese_are_compared_by_their_characters():
    text = "花园里的苔藓在四年中测量了十二次，九块地比前一年长得快，三块地没有生长。"
    assert says_same(article(body=text), article(body=text + "（责任编辑：李）"))
    assert not says_same(article(body=text), article(body=text[::-1]))


# --- rel=canonical ------------------------------------------------------------------------------------------------------

PAGE, CLEAN = "http://leaf.example/news/100.html?channel=front", "http://leaf.example/news/100.html"


def canonicals():
    return Canonicals(["leaf.example"], home=HOME, seeds=["http://leaf.example/latest"])


@pytest.mark.parametrize(
    ("said", "named"),
    [
        pytest.param(CLEAN, CLEAN, id="an address"),
        pytest.param("/news/100.html", CLEAN, id="a path"),
        pytest.param("https://www.leaf.example/news/100.html?utm_source=x#top", "https://leaf.example/news/100.html", id="a twin host with tracking"),
        pytest.param(PAGE, None, id="itself"),
        pytest.param(None, None, id="nothing"),
        pytest.param("", None, id="empty"),
        pytest.param("/", None, id="the front page"),
        pytest.param("/news/", None, id="a list by its shape"),
        pytest.param("/latest", None, id="a seed"),
        pytest.param("/index.html", None, id="a front page by its name"),
        pytest.param("http://other.example/news/100.html", None, id="out of scope"),
        pytest.param("javascript:alert(1)", None, id="no address"),
        pytest.param("/files/a.pdf", None, id="a file"),
        pytest.param("/" + "x" * 5000, None, id="endless"),
    ],
)  # fmt: skip
def test_which_claims_are_worth_a_look(said, named):
    assert canonicals().claim(PAGE, said, "text") == named


def test_an_address_that_two_texts_claim_is_neithers():
    claims = canonicals()
    assert claims.claim(PAGE, CLEAN, "one text") == CLEAN
    assert claims.claim(PAGE + "2", CLEAN, "one text") == CLEAN
    assert claims.claim(PAGE + "3", CLEAN, "another text") is None


def test_after_some_proofs_addresses_of_that_make_are_believed():
    claims = canonicals()
    for number in range(PROOFS_ENOUGH):
        page, clean = PAGE.replace("100", f"{number}"), CLEAN.replace("100", f"{number}")
        assert not claims.is_proven(page, clean)
        claims.prove(page, clean)
        claims.prove(page, clean)  # one article proves once
    assert claims.is_proven(PAGE, CLEAN)
    assert not claims.is_proven(PAGE, "http://leaf.example/print/100")
    claims.refute(PAGE, CLEAN)
    assert not claims.is_proven(PAGE, CLEAN)


def test_a_site_that_is_wrong_again_and_again_is_not_believed():
    claims = canonicals()
    for number in range(WRONG_MAX):
        assert claims.claim(PAGE, f"/news/{number}.html", "text") is not None
        claims.refute(PAGE, f"/news/{number}.html")
    assert claims.claim(PAGE, CLEAN, "text") is None
