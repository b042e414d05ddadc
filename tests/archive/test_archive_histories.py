"""Whatever happens to an archive, in whatever order and by whatever clock, it never contradicts itself.

Random lives of a small archive: pages come, change, move onto each other, go, come back, are imported with the times of
elsewhere, read again, taken down; the feed is compacted, the archive copied and reopened. Clocks go back and forth.
After each: `verify` finds nothing, and whoever follows the feed knows where every article stands.
"""

import hashlib
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from archive_samples import DAY_1, MOSS, an_article
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from archive import (
    Archive,
    Arrival,
    Attachment,
    CaptureWriter,
    Cause,
    Document,
    FileArrival,
    Kind,
    Status,
    Visit,
    restore,
)

URLS = [f"http://leaf.example/{name}" for name in "abcd"]
FILES = [f"http://leaf.example/{name}.pdf" for name in "xy"]
TEXTS = [
    "",
    MOSS,
    MOSS.replace("nine", "seven"),
    MOSS + "\n\nMore was counted on the walls of the old abbey, and the monks kept the lists for three hundred years.",
    "Ferns are not moss.",
    "苔藓在旧墙的北面生长缓慢，研究所里没有人问过为什么。四个冬天里，研究小组在九面墙上数了新芽，发现阴影不如风重要。",
]
DATES = [
    None,
    "2031",
    "2031-04",
    "2031-04-02",
    "2031-04-02T23:30:00+09:00",
    "2031-04-01T22:00:00-11:00",
    "0001-01-01",
    "9999-12-31",
]

sources = st.sampled_from(["leaf", "moss"])
urls = st.sampled_from(URLS)
moments = st.integers(-40_000, 40_000).map(lambda hours: DAY_1 + timedelta(hours=hours, microseconds=hours % 7))
maybe = st.sampled_from


@st.composite
def pages(draw):
    return an_article(
        draw(urls).replace("http:", draw(maybe(["http:", "https:"]))),
        draw(maybe(["Moss grows", "Ferns", None])),
        draw(st.sampled_from(TEXTS)),
        draw(sources),
        published=draw(st.sampled_from(DATES)),
        author=draw(maybe([None, "A. Moss"])),
        language=draw(maybe([None, "en", "zh"])),
        kind=draw(maybe([Kind.ARTICLE, Kind.PAGE])),
        attachments=tuple(Attachment(url=url) for url in draw(st.sets(st.sampled_from(FILES)))),
    )


class Life(RuleBasedStateMachine):
    """One archive, from its first page on."""

    def __init__(self, url, folder):
        super().__init__()
        self.url, self.folder = url, folder
        self.writer = CaptureWriter(folder / "captures", prefix="leaf", software="x")
        self.archive = Archive(url, captures=folder / "captures")
        self.stands = {}  # as a follower of the feed knows it
        self.cursor = 0

    def teardown(self):
        self.follow()
        self.writer.close()
        assert list(self.archive.verify()) == []
        self.archive.close()

    # --- what comes -------------------------------------------------------------------------------------------------------

    def capture(self, url, at, body, status=200):
        body = body.encode()
        original = self.archive.capture_of("sha256:" + hashlib.sha256(body).hexdigest())
        capture = self.writer.write(
            url=url, at=at, request_headers=[("Host", "leaf.example")], status=status, reason="OK", headers=[], body=body,
            original=original,
        )  # fmt: skip
        self.writer.flush()
        return capture

    def arrival(self, page, at, *, captured, **values):
        body = page.body * 12 + "padding" * 100
        files = [Visit(source=page.source, url=one.url, role="attachment") for one in page.attachments]
        return Arrival(
            article=page, at=at, capture=self.capture(page.url, at, body) if captured else None, files=tuple(files),
            visit=Visit(source=page.source, url=page.url, state="done", status=200, last_at=at), **values,
        )  # fmt: skip

    @rule(made=st.lists(st.tuples(pages(), moments, st.booleans()), min_size=1, max_size=4))
    def pages_come(self, made):
        self.archive.store_batch([self.arrival(page, at, captured=captured) for page, at, captured in made])

    @rule(page=pages(), at=moments)
    def an_older_capture_is_imported(self, page, at):
        self.archive.store(replace(self.arrival(page, at, captured=True, earlier=True), visit=None))

    @rule(page=pages(), at=moments, asked=urls, moved=st.booleans())
    def a_page_is_led_to(self, page, at, asked, moved):
        self.archive.store(self.arrival(page, at, captured=True, **{"moved_from" if moved else "led_from": asked}))

    @rule(page=pages(), at=moments, one=st.sampled_from(["0" * 16, "1" * 16, None]), number=st.integers(1, 9))
    def a_row_is_imported(self, page, at, one, number):
        self.archive.store(self.arrival(page, at, captured=False, id=one, number=number))

    @rule(page=pages(), at=moments, again=moments)
    def a_page_is_read_again(self, page, at, again):
        del at
        for known, capture in self.archive.readable(source=page.source)[:1]:
            read = an_article(known.article.url, page.title, page.body, page.source, published=page.published)
            self.archive.store_batch([Arrival(article=read, at=again, capture=capture, cause=Cause.EXTRACTION)])

    @rule(source=sources, url=urls, at=moments)
    def an_address_answers_as_before(self, source, url, at):
        visit = Visit(source=source, url=url, state="done", status=200, last_at=at)
        self.archive.keep_visit(visit, self.capture(url, at, "padding" * 100))

    @rule(source=sources, url=st.sampled_from(FILES), at=moments, body=maybe(["one file", "another file"]))
    def a_file_comes(self, source, url, at, body):
        visit = Visit(source=source, url=url, role="attachment", state="done", status=200, last_at=at)
        capture = self.capture(url, at, body * 100)
        document = Document(kind="pdf", media="application/pdf", text=body)
        visit = Visit(
            source=source, url=url, role="attachment", state="done", status=200, digest=capture.digest, last_at=at
        )
        self.archive.keep_file(FileArrival(visit=visit, at=at, capture=capture, document=document, bytes=9))

    @rule(source=sources, url=urls, at=moments)
    def an_address_is_gone(self, source, url, at):
        self.archive.gone(source, url, at=at)

    @rule(source=sources, old=urls, new=urls, at=moments)
    def an_address_leads_elsewhere(self, source, old, new, at):
        self.archive.moved(source, old, new, at=at)

    # --- what people do ---------------------------------------------------------------------------------------------------

    @rule(number=st.integers(0, 9), at=moments)
    def an_article_is_taken_down(self, number, at):
        ids = [known.id for known in self.archive.articles()]
        if ids:
            self.archive.remove(ids[number % len(ids)], reason=f"letter {number}", at=at)

    @rule(back=st.integers(0, 3))
    def the_feed_is_compacted(self, back):
        self.follow()
        self.archive.compact(max(self.archive.oldest(), self.archive.latest() - back), force=True)

    @rule()
    def the_index_is_built_anew(self):
        self.archive.rebuild_search()

    @rule()
    def a_crawl_ends_and_the_archive_is_opened_again(self):
        self.writer.close()
        self.archive.close()
        self.archive = Archive(self.url, captures=self.folder / "captures")

    @rule()
    def the_new_is_verified(self):
        assert list(self.archive.verify(new=True)) == []

    @rule()
    def all_is_verified(self):
        assert list(self.archive.verify()) == []

    @rule()
    def it_is_backed_up_and_restored(self):
        if self.url.startswith("sqlite"):
            place = Path(tempfile.mkdtemp(dir=self.folder))
            self.archive.backup(place / "backup")
            assert restore(place / "backup", f"sqlite:///{place}/a.db").findings == ()
            shutil.rmtree(place)

    # --- whoever follows --------------------------------------------------------------------------------------------------

    @rule()
    def follow(self):
        """Numbers without a hole, and what they say is what is so."""
        came = self.archive.changes(self.cursor, limit=10_000)
        assert [change.seq for change in came] == list(range(self.cursor + 1, self.archive.latest() + 1))
        self.cursor += len(came)
        for change in came:
            self.stands.setdefault(change.article, Status.PUBLISHED)
        told = {"gone": Status.GONE, "restored": Status.PUBLISHED, "removed": Status.REMOVED}
        for change in came:
            self.stands[change.article] = told.get(change.kind.value, self.stands[change.article])
        known = {one.id: one for one in self.archive.articles()}
        assert known.keys() == self.stands.keys()


def live(fresh, folder, examples, steps, *, always_new=True):
    def begin():
        place = Path(tempfile.mkdtemp(dir=folder))
        return Life(fresh(place), place)

    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    bounds = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, suppress_health_check=checks,
        derandomize=not always_new, phases=[Phase.generate], print_blob=False,
    )  # fmt: skip
    run_state_machine_as_test(begin, settings=bounds)


def test_no_life_of_an_archive_contradicts_itself(fresh, tmp_path):
    """A few, always the same ones: `live(fresh, folder, 1000, 30)` looks at new ones for as long as wanted."""
    live(fresh, tmp_path, 6, 20, always_new=False)
