"""What was learned of sites: versions, which of them fits a moment, and that a take-down takes them along."""

from archive_samples import MOSS, an_arrival, day
from test_custody_takedown import captured, holds

from archive import CaptureWriter


def keep(archive, state, *, at=1, since=1, source="leaf", why="first pages of the site"):
    return archive.keep_template(source, state, articles=6, since=day(since), at=day(at), why=why)


def test_versions_count_from_one_and_the_newest_is_the_one(archive):
    assert archive.template("leaf") is None
    assert keep(archive, "one").version == 1
    assert keep(archive, "two", at=2).version == 2
    assert keep(archive, "other", source="moss").version == 1
    assert archive.template("leaf").state == "two"
    assert [kept.state for kept in archive.templates("leaf")] == ["two", "one"]


def test_the_same_state_again_is_no_new_version(archive):
    first = keep(archive, "one")
    assert keep(archive, "one", at=2) == first
    assert archive.templates("leaf") == [first]


def test_a_moment_has_the_template_of_its_own_time(archive):
    """A site that was rebuilt on the ninth day; the second version was learned from more pages of the first look."""
    keep(archive, "old", since=3)
    keep(archive, "old, more pages", at=5, since=3)
    keep(archive, "rebuilt", at=10, since=9)
    fitting = {number: archive.template("leaf", at=day(number)).state for number in (1, 3, 8, 9, 12)}
    assert fitting == {1: "old", 3: "old, more pages", 8: "old, more pages", 9: "rebuilt", 12: "rebuilt"}
    assert archive.template("moss", at=day(1)) is None


def test_old_versions_are_forgotten_one_day(archive):
    for number in range(45):
        keep(archive, str(number))
    assert [kept.version for kept in archive.templates("leaf")] == list(range(45, 5, -1))


def test_the_articles_that_came_last_come_with_their_captures(archive):
    with CaptureWriter(archive.captures, prefix="leaf", software="test") as writer:
        for name in "abc":
            url = f"http://leaf.example/{name}.html"
            capture = captured(writer, url, MOSS + name)
            archive.store(an_arrival(url, f"Title {name}", MOSS + name, capture=capture))
        archive.store(an_arrival("http://leaf.example/d.html", "No capture", "Not captured at all."))
    archive.gone("leaf", "http://leaf.example/b.html", at=day(2))
    found = [(known.article.url[-6:], capture.url[-6:]) for known, capture in archive.newest_captured("leaf", limit=5)]
    assert found == [("c.html", "c.html"), ("a.html", "a.html")]
    assert len(archive.newest_captured("leaf", limit=1)) == 1
    assert archive.newest_captured("moss", limit=5) == []


def test_a_take_down_takes_along_what_was_learned_of_the_site(on_sqlite):
    """A line of the article may be a line of the template."""
    with CaptureWriter(on_sqlite.captures, prefix="leaf", software="test") as writer:
        url = "http://leaf.example/1.html"
        change = on_sqlite.store(an_arrival(url, "Umbelliferus", "Zanzibarwort.", capture=captured(writer, url)))
    keep(on_sqlite, "Zanzibarwort stands on 3 of 6 articles")
    keep(on_sqlite, "moss", source="moss")
    on_sqlite.remove(change.article, reason="the author's wish", at=day(3))
    assert on_sqlite.templates("leaf") == []
    assert on_sqlite.template("moss") is not None
    assert holds(on_sqlite.captures.parent) == []
