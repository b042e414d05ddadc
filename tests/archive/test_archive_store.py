"""What becomes of a page that arrives: new, unchanged, revised, copied, moved, gone, restored."""

from dataclasses import replace

import pytest
from archive_samples import MOSS, an_arrival, an_article, day

from archive import Cause, ChangeKind, Found, Image, Known, Status, UnknownArticle, Visit, export_row

N1, N2, N3 = (f"http://leaf.example/news/{number}.html" for number in (1, 2, 3))


def kinds(archive, after=0):
    return [change.kind.value for change in archive.changes(after)]


def test_an_article_comes_back_as_it_was_stored(archive):
    article = an_article(
        html="<p>Moss</p>", published="2031-04-01T09:30+02:00", modified="2031-04-02", author="Ada Byron; Lin Wei",
        editor="E. Ditor", origin="Leaf Institute", section="News", breadcrumb=("Home", "News"), language="en",
        images=(Image(url=None, caption="A wall"), Image(url="http://leaf.example/a.jpg", credit="Lin", alt="")),
        found={"title": Found(method="meta:ArticleTitle"), "published": Found(method="label:Date", confidence=0.8)},
    )  # fmt: skip
    change = archive.store(replace(an_arrival(), article=article))
    known = archive.known(change.article)
    assert known == Known(
        id=change.article, article=article, status=Status.PUBLISHED, revision=1, cluster=change.article, copy_of=None,
        first_seen=day(1), last_seen=day(1),
    )  # fmt: skip
    assert (change.seq, change.kind, change.source, change.url) == (1, ChangeKind.NEW, "leaf", N1)


def test_an_article_is_found_by_id_prefix_and_address(archive):
    change = archive.store(an_arrival())
    for ref in (change.article, change.article[:6], N1, "https://leaf.example/news/1.html", f"  {change.article} "):
        assert archive.known(ref).id == change.article
    for ref in ("zzzzzz", change.article[:5], "http://leaf.example/news/9.html", "", "%", "'"):
        with pytest.raises(UnknownArticle):
            archive.known(ref)


def test_the_id_depends_on_source_and_address_alone(archive):
    first = archive.store(an_arrival())
    other = archive.store(an_arrival(source="moss"))
    assert first.article != other.article
    assert len(first.article) == 16
    assert set(first.article) <= set("0123456789abcdefghjkmnpqrstvwxyz")


def test_the_same_text_again_is_unchanged(archive):
    archive.store(an_arrival())
    assert archive.store(an_arrival(at=day(2))) is None
    assert archive.store(an_arrival(url=N1.replace("http:", "https:"), at=day(3))) is None
    assert kinds(archive) == ["new"]
    known = archive.known(N1)
    assert (known.first_seen, known.last_seen, known.revision) == (day(1), day(3), 1)


def test_white_space_and_compatibility_forms_are_no_revision(archive):
    archive.store(an_arrival(body="ＡＢＣ  研究所 and a long enough text to stand for itself, with words"))
    assert (
        archive.store(an_arrival(body="ABC 研究所\u200b and a long\u00a0enough text to stand for itself, with words"))
        is None
    )


def test_another_text_is_a_revision_and_the_old_one_stays(archive):
    archive.store(an_arrival())
    change = archive.store(an_arrival(body=MOSS + " Now also by night.", at=day(2)))
    assert (change.kind, change.revision, change.cause) == (ChangeKind.REVISED, 2, "content")
    first, second = archive.revisions(change.article)
    assert (first.state.body, second.state.body) == (MOSS, MOSS + " Now also by night.")
    assert (first.at, second.at, first.digest != second.digest) == (day(1), day(2), True)


@pytest.mark.parametrize("field", ["title", "published", "author", "origin"])
def test_another_title_date_author_or_origin_is_a_revision(archive, field):
    archive.store(an_arrival(**{field: "2031-04-01"}))
    assert archive.store(an_arrival(**{field: "2031-04-02"}, at=day(2))).kind is ChangeKind.REVISED


def test_everything_else_is_brought_up_to_date_without_a_change(archive):
    archive.store(an_arrival(section="News"))
    assert (
        archive.store(an_arrival(section="Press", language="en", images=(Image(url="http://x/y"),), at=day(2))) is None
    )
    known = archive.known(N1)
    assert (known.article.section, known.article.language, len(known.article.images)) == ("Press", "en", 1)
    assert len(archive.revisions(N1)) == 1


def test_a_relative_date_that_moves_is_no_revision(archive):
    relative = {"published": Found(method="relative:3 hours ago")}
    archive.store(an_arrival(published="2031-04-02T05:00", found=relative))
    assert archive.store(an_arrival(published="2031-04-02T06:00", found=relative, at=day(2))) is None
    assert archive.store(an_arrival(published=None, at=day(2))) is None
    assert archive.known(N1).article.published == "2031-04-02T05:00"
    assert archive.store(an_arrival(published="2031-04-02", at=day(3))) is None
    assert archive.known(N1).article.published == "2031-04-02"
    assert archive.store(an_arrival(published="2031-04-03", at=day(4))).kind is ChangeKind.REVISED


def test_the_same_text_elsewhere_is_a_copy(archive):
    first = archive.store(an_arrival())
    copy = archive.store(an_arrival(url="http://moss.example/7", source="moss", title="Moss, grown", at=day(2)))
    assert copy.kind is ChangeKind.COPIED
    known = archive.known(copy.article)
    assert (known.copy_of, known.cluster) == (first.article, first.article)
    ((other, decision),) = archive.copies(copy.article)
    assert (other.id, decision.alike, decision.why) == (first.article, 1.0, "the very same text")


def test_the_earliest_publication_represents_even_if_it_came_last(archive):
    reprint = archive.store(an_arrival(url="http://moss.example/7", source="moss", published="2031-04-03"))
    first = archive.store(an_arrival(published="2031-04-01", at=day(2)))
    assert archive.known(reprint.article).copy_of == first.article
    assert archive.known(first.article).copy_of is None
    assert first.kind is ChangeKind.COPIED  # the text was known when it came


def test_the_institutes_own_page_represents_before_an_earlier_reprint(archive):
    archive.keep_source("moss", name="Moss Daily", home="http://moss.example/", definition="")
    archive.keep_source("leaf", name="Institute for Leaf Genetics", home="http://leaf.example/", definition="")
    origin = "Institute for Leaf Genetics"
    archive.store(an_arrival(url="http://moss.example/7", source="moss", published="2031-04-01", origin=origin))
    own = archive.store(an_arrival(published="2031-04-02", origin=origin))
    assert archive.known("http://moss.example/7").cluster == own.article


def test_short_bodies_are_copies_only_with_the_same_title(archive):
    archive.store(an_arrival(title="Notice of Monday", body="See the attachment."))
    assert (
        archive.store(an_arrival(url=N2, title="Notice of Friday", body="See the attachment.")).kind is ChangeKind.NEW
    )
    assert (
        archive.store(an_arrival(url=N3, title="Notice of Friday", body="See the attachment.")).kind
        is ChangeKind.COPIED
    )


def test_a_copy_that_is_edited_leaves_its_cluster(archive):
    archive.store(an_arrival())
    archive.store(an_arrival(url=N2, at=day(2)))
    assert archive.known(N2).copy_of
    other = "Ferns were measured in a greenhouse, by a different team, over a single summer with little rain at all."
    assert archive.store(an_arrival(url=N2, body=other, at=day(2))).kind is ChangeKind.REVISED
    known = archive.known(N2)
    assert (known.copy_of, known.cluster) == (None, known.id)
    assert archive.copies(N1) == []


def test_a_withdrawn_article_is_kept_and_marked(archive):
    new = archive.store(an_arrival())
    change = archive.gone("leaf", N1, at=day(2), visit=Visit(source="leaf", url=N1, state="gone", status=410))
    assert (change.kind, change.article) == (ChangeKind.GONE, new.article)
    assert archive.gone("leaf", N1, at=day(3)) is None
    assert archive.gone("leaf", "http://leaf.example/unknown", at=day(3)) is None
    known = archive.known(N1)
    assert (known.status, known.article.body) == (Status.GONE, MOSS)
    assert archive.visits("leaf", [N1])[N1].state == "gone"


def test_an_article_that_was_gone_and_answers_again_is_restored(archive):
    archive.store(an_arrival())
    archive.gone("leaf", N1, at=day(2))
    assert archive.store(an_arrival(at=day(3))).kind is ChangeKind.RESTORED
    archive.gone("leaf", N1, at=day(4))
    assert archive.store(an_arrival(title="Moss grew", at=day(5))).kind is ChangeKind.RESTORED
    assert kinds(archive) == ["new", "gone", "restored", "gone", "restored", "revised"]
    assert archive.known(N1).status is Status.PUBLISHED


def test_a_redirect_readdresses_the_article(archive):
    new = archive.store(an_arrival())
    change = archive.moved("leaf", N1, N2, at=day(2))
    assert (change.kind, change.article, change.url) == (ChangeKind.MOVED, new.article, N2)
    assert archive.moved("leaf", N1, N2, at=day(2)) is None
    assert archive.known(N1).id == archive.known(N2).id == new.article
    assert archive.known(N1).article.url == N2
    assert [visit.url for visit in archive.pending("leaf", limit=9)] == [N2]
    assert archive.store(an_arrival(url=N2, at=day(3))) is None


def test_a_redirect_to_a_known_article_ends_the_old_one(archive):
    old = archive.store(an_arrival())
    there = archive.store(an_arrival(url=N2, title="Ferns", body="Ferns grow as well, in the shade of the old wall."))
    change = archive.moved("leaf", N1, N2, at=day(2))
    assert (change.kind, change.article, change.url) == (ChangeKind.MOVED, old.article, N2)
    assert archive.known(N1).id == there.article
    assert archive.known(old.article).status is Status.GONE
    assert archive.moved("leaf", "http://leaf.example/never", N2, at=day(2)) is None
    assert archive.known("http://leaf.example/never").id == there.article


def test_an_arrival_that_moved_is_readdressed_not_copied(archive):
    new = archive.store(an_arrival())
    change = archive.store(an_arrival(url=N2, at=day(2), moved_from=N1))
    assert (change.kind, change.article) == (ChangeKind.MOVED, new.article)
    assert kinds(archive) == ["new", "moved"]
    change = archive.store(an_arrival(url=N3, title="Moss grew", at=day(3), moved_from=N2))
    assert kinds(archive, 2) == ["moved", "revised"]
    assert archive.known(N1).revision == 2


def test_another_article_at_an_address_that_was_left(archive):
    """The article keeps its id and its new address; the newcomer gets an id of its own."""
    first = archive.store(an_arrival())
    archive.moved("leaf", N1, N2, at=day(2))
    other = archive.store(
        an_arrival(title="Ferns", body="Ferns grow as well, in the shade of the old wall.", at=day(3))
    )
    assert (other.kind, other.article != first.article) == (ChangeKind.NEW, True)
    assert archive.known(N1).id == other.article
    assert archive.known(N2).id == first.article


def test_a_better_extraction_is_a_change_of_its_own_kind(archive):
    archive.store(an_arrival())
    change = archive.store(an_arrival(body=MOSS + "\n\nA caption.", cause=Cause.EXTRACTION))
    assert (change.kind, change.cause) == (ChangeKind.REEXTRACTED, "extraction")


def test_a_batch_is_kept_in_order_and_sees_itself(archive):
    changes = archive.store_batch(
        [an_arrival(), an_arrival(url=N2), an_arrival(at=day(2)), an_arrival(title="Moss grew", at=day(3))]
    )
    assert [[change.kind.value for change in made] for made in changes] == [["new"], ["copied"], [], ["revised"]]
    assert [change.seq for change in archive.changes()] == [1, 2, 3]


def test_an_arrival_answers_with_all_its_changes(archive):
    archive.store(an_arrival())
    archive.gone("leaf", N1, at=day(2))
    (made,) = archive.store_batch([an_arrival(title="Moss grew", at=day(3))])
    assert [change.kind.value for change in made] == ["restored", "revised"]
    (made,) = archive.store_batch([an_arrival(url=N2, title="Moss has grown", at=day(4), moved_from=N1)])
    assert [(change.kind.value, change.url) for change in made] == [("moved", N2), ("revised", N2)]
    assert archive.changes(limit=9)[-4:] == [*archive.changes(2, limit=2), *made]


def test_a_twin_is_the_same_text_of_the_same_source_at_another_address(archive):
    def twin(**values):
        article = an_article(**values)
        return archive.twins([article, an_article(url=N3, body="Ferns.")]).get(article.url)

    assert twin() is None
    archive.store(an_arrival())
    assert twin() is None
    assert twin(url=N2).article.url == N1
    assert twin(url=N2, source="moss") is None
    assert twin(url=N2, title="Another") is None
    archive.gone("leaf", N1, at=day(2))
    assert twin(url=N2) is None
    assert archive.twins([]) == {}


def test_hostile_text_is_kept_as_text(archive):
    """What a database would refuse becomes the replacement character; what is only odd stays."""
    title = "=1+1 <script> {0} %s \x1b[31m' OR 1=1 -- \U0001f33f"
    archive.store(an_arrival(title=title + "\0\ud800", body=MOSS + "\0"))
    known = archive.known(N1)
    assert known.article.title.startswith(title)
    assert known.article.body == MOSS + "\ufffd"
    assert archive.store(an_arrival(title=title + "\0\ud800", body=MOSS + "\0")) is None
    assert list(archive.verify()) == []


@pytest.mark.parametrize(("title", "body"), [(None, ""), ("", ""), (None, "!?"), ("…", "\n\n")])
def test_a_page_without_a_word_is_kept_as_well(archive, title, body):
    archive.store(an_arrival(title=title, body=body))
    archive.store(an_arrival(title=title, body=body, author="A. Moss", at=day(2)))
    archive.store(an_arrival(title="Moss", body=body, at=day(3)))
    archive.store(an_arrival(title=title, body=body, at=day(4)))
    assert [change.kind for change in archive.changes()] == ["new", *["revised"] * 3]
    assert archive.search("moss") == []
    assert list(archive.verify()) == []


def test_articles_come_in_the_order_of_ids_whatever_the_order_of_arrival(archive):
    urls = [f"http://leaf.example/{number}" for number in range(25)]
    for url in reversed(urls):
        archive.store(an_arrival(url=url, title=url, body=f"{url} has a text that is about {url} and nothing else"))
    ids = [known.id for known in archive.articles(batch=7)]
    assert ids == sorted(ids)
    assert len(ids) == 25
    assert [known.id for known in archive.articles(source="leaf", batch=25)] == ids
    assert list(archive.articles(source="moss")) == []
    assert archive.counts() == {"leaf": 25}


def test_an_export_row_has_the_contracts_fields_in_order(archive):
    archive.store(an_arrival())
    fields = list(export_row(archive.known(N1)))
    assert fields[:12] == [
        "id", "source", "url", "kind", "title", "body", "published", "modified", "author", "origin", "section",
        "breadcrumb",
    ]  # fmt: skip
    assert fields[12:] == [
        "language", "images", "attachments", "status", "revision", "cluster", "copy_of", "first_seen", "last_seen",
    ]  # fmt: skip
