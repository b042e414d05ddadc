"""Attachments and pictures are fetched within the crawl's budget, kept once, read, found, and asked again in their turn."""

from datetime import timedelta

import pytest
from document_files import GIF, JPEG, bomb, doc, docx, ofd, pdf, xlsx, zipped
from institute import Institute, Reply

from archive import Outcome, read_capture
from crawler import Limits

pytestmark = pytest.mark.slow

PAGE, OTHER = "/news/t20310402_1.html", "/news/t20310402_2.html"
LONG = (
    "The moss garden of the institute was measured again in the spring, by the same group and with the same instruments.",
    "Of the twelve plots that took part, nine grew faster than in the year before, and three did not grow at all.",
    "The group will publish its figures in the summer, and invites other gardens to compare them with their own.",
)
QUICK = Limits(delay=timedelta(0))


def article(leaf, path, title, *files, paragraphs=LONG):
    """An article that hands out these files; pictures are shown in it."""
    leaf.article(path, title, *paragraphs)
    shown = "".join(f'<p><img src="{file}" width="400"></p>' for file in files if file.endswith((".jpg", ".gif")))
    handed = "".join(f'<p><a href="{file}">Attachment {file[-12:]}</a></p>' for file in files if not file.endswith((".jpg", ".gif")))  # fmt: skip
    page = leaf.pages[path]
    body = page.body.replace(b'<div class="content">', b'<div class="content">' + shown.encode(), 1)
    leaf.pages[path] = Reply(body.replace(b"</div></div>", handed.encode() + b"</div></div>", 1))
    return leaf.listing()


def files(desk, url, *, texts=True):
    with desk.archive as archive:
        return {file.url.rpartition("/")[2]: file for file in archive.files([archive.known(url).id], texts=texts).get(archive.known(url).id, [])}  # fmt: skip


def found(desk, query):
    with desk.archive as archive:
        return [(hit.known.article.url.rpartition("/")[2], (hit.attachment or "").rpartition("/")[2]) for hit in archive.search(query)]  # fmt: skip


def sound(desk):
    with desk.archive as archive:
        assert list(archive.verify()) == []


def test_files_of_every_kind_are_kept_read_and_found(leaf, desk):
    made = {
        "form.pdf": pdf("Pdfwort\n研究所的表格"), "plan.docx": docx("Docxwort", table=[["a", "b"]]),
        "old.doc": doc("Docwort"), "list.xlsx": xlsx({"Plots": [["Xlsxwort", 1]]}), "order.ofd": ofd("关于苔藓的Ofdwort通知"),
        "all.zip": zipped({"inside/zipwort.pdf": b"x"}), "moss.jpg": JPEG,
    }  # fmt: skip
    for name, data in made.items():
        leaf.pages[f"/files/{name}"] = Reply(data, type="application/octet-stream")
    article(leaf, PAGE, "Moss grows in the garden", *(f"/files/{name}" for name in made))
    report = desk.crawl(leaf)
    assert (report.new, report.files, report.outcome) == (1, 7, Outcome.OK)
    kept = files(desk, leaf.url(PAGE))
    assert {name: file.document.kind for name, file in kept.items()} == {
        "form.pdf": "pdf", "plan.docx": "docx", "old.doc": "doc", "list.xlsx": "xlsx", "order.ofd": "ofd", "all.zip": "zip",
        "moss.jpg": "jpeg",
    }  # fmt: skip
    for word, name in (
        ("Pdfwort", "form.pdf"), ("研究所", "form.pdf"), ("Docxwort", "plan.docx"), ("Docwort", "old.doc"), ("Xlsxwort", "list.xlsx"),
        ("Ofdwort", "order.ofd"), ("关于苔藓", "order.ofd"), ("zipwort", "all.zip"),
    ):  # fmt: skip
        assert found(desk, word) == [("t20310402_1.html", name)], word
    with desk.archive as archive:
        for capture in archive.captured():
            name = capture.url.rpartition("/")[2]
            if name in made:
                assert read_capture(archive.captures, capture).body == made[name]
    assert desk.kinds() == ["new"] + ["reextracted"] * 6
    sound(desk)


def test_a_second_crawl_asks_for_no_file_again(leaf, desk):
    leaf.pages["/files/form.pdf"] = Reply(pdf("Moss"))
    leaf.pages["/files/moss.gif"] = Reply(GIF)
    article(leaf, PAGE, "Moss grows in the garden", "/files/form.pdf", "/files/moss.gif")
    assert desk.crawl(leaf).files == 2
    leaf.forget()
    desk.now += timedelta(hours=6)
    report = desk.crawl(leaf)
    assert (report.requests, report.files) == (2, 0)
    assert leaf.asked("/files/form.pdf") == leaf.asked("/files/moss.gif") == 0


def test_an_attachment_is_asked_again_in_its_turn_and_a_new_one_is_a_revision(leaf, desk):
    """304 costs nothing; another file under the same address is noticed, both are kept, and the feed tells it."""
    leaf.pages["/files/form.pdf"] = Reply(pdf("The old form"))
    leaf.pages["/files/moss.gif"] = Reply(GIF)
    article(leaf, PAGE, "Moss grows in the garden", "/files/form.pdf", "/files/moss.gif")
    desk.crawl(leaf)
    leaf.forget()
    desk.now += timedelta(days=8)
    desk.crawl(leaf)
    assert leaf.asked("/files/form.pdf", status=304) == 1
    assert leaf.asked("/files/moss.gif") == 0
    leaf.pages["/files/form.pdf"] = Reply(pdf("The new form"))
    desk.now += timedelta(days=16)
    report = desk.crawl(leaf)
    assert (report.revised, report.files) == (1, 1)
    assert desk.kinds() == ["new", "reextracted", "revised"]
    assert found(desk, '"new form"') == found(desk, '"old form"') == [("t20310402_1.html", "form.pdf")]
    with desk.archive as archive:
        change = archive.changes()[-1]
        assert (change.cause, change.revision) == ("attachment", 2)
        assert len(list(archive.captured())) == 4  # the page, two forms, a picture
    sound(desk)


def test_a_file_without_validators_that_has_not_changed_is_a_revisit(leaf, desk):
    leaf.pages["/files/form.pdf"] = Reply(pdf("The form"), etag=False)
    article(leaf, PAGE, "Moss grows in the garden", "/files/form.pdf")
    desk.crawl(leaf)
    desk.now += timedelta(days=8)
    desk.crawl(leaf)
    with desk.archive as archive:
        first, second = [capture for capture in archive.captured() if capture.url.endswith("pdf")]
        assert second.original == first
    assert desk.kinds() == ["new", "reextracted"]
    sound(desk)


def test_the_same_file_at_two_addresses_is_kept_once(leaf, desk):
    leaf.pages["/files/form.pdf"] = leaf.pages["/other/form2.pdf"] = Reply(pdf("The form of Zanzibarwort"))
    article(leaf, PAGE, "Moss grows in the garden", "/files/form.pdf")
    article(leaf, OTHER, "Ferns grow in the garden too", "/files/form.pdf", "/other/form2.pdf", paragraphs=LONG[::-1])
    desk.crawl(leaf)
    assert leaf.asked("/files/form.pdf") == 1
    assert {article_ for article_, _ in found(desk, "Zanzibarwort")} == {"t20310402_1.html", "t20310402_2.html"}
    with desk.archive as archive:
        bodies = [capture for capture in archive.captured() if capture.url.endswith("pdf") and capture.original is None]
        assert len(bodies) == 1
    sound(desk)


def test_what_is_no_file_is_named_and_costs_that_file_alone(leaf, desk):
    """Pages in a file's place, missing and broken files, bombs: each has its word, none stops the crawl."""
    login = b"<html><body><form>Please log in</form></body></html>"
    leaf.pages |= {
        "/files/login.pdf": Reply(login), "/files/gone.pdf": Reply(b"", 410), "/files/empty.pdf": Reply(b"", type="application/pdf"),
        "/files/locked.pdf": Reply(pdf("Secret", encrypt="x")), "/files/broken.pdf": Reply(pdf("Moss")[:150]),
        "/files/bomb.docx": Reply(bomb(), type="application/msword"), "/files/page.jpg": Reply(login),
        "/files/large.zip": Reply(b"PK\x03\x04" + bytes(600_000)), "/files/good.pdf": Reply(pdf("The good form")),
        "/files/word.doc": Reply(b"<html><body><p>A page saved as Wordwort</p></body></html>", type="application/msword"),
    }  # fmt: skip
    article(leaf, PAGE, "Moss grows in the garden", *[path for path in leaf.pages if path.startswith("/files/")], "/files/never.pdf")  # fmt: skip
    report = desk.crawl(leaf, extra='[attachments]\nmax_bytes = "500KB"')
    assert report.outcome is Outcome.OK
    assert {reason: count for reason, count in report.skipped.items() if reason.startswith("file: ")} == {
        "file: a page came instead of the file": 1, "file: status 410": 1, "file: nothing came": 1, "file: no picture came": 1,
        "file: too large": 1, "file: status 404": 1,
    }  # fmt: skip
    kept = files(desk, leaf.url(PAGE))
    assert kept["locked.pdf"].document.why.startswith("encrypted")
    assert kept["broken.pdf"].document.why.startswith("broken")
    assert "zip bomb" in kept["bomb.docx"].document.why
    assert kept["gone.pdf"].trouble == "410"
    assert "too large" in kept["large.zip"].trouble
    assert found(desk, "Wordwort") == [("t20310402_1.html", "word.doc")]
    assert found(desk, '"good form"') == [("t20310402_1.html", "good.pdf")]
    leaf.forget()
    desk.now += timedelta(days=30)
    desk.crawl(leaf)
    assert leaf.asked("/files/gone.pdf") == 0  # 410: never again
    assert leaf.asked("/files/never.pdf") == leaf.asked("/files/login.pdf") == 1
    sound(desk)


def test_a_source_says_what_is_fetched(leaf, desk):
    leaf.pages["/files/form.pdf"] = Reply(pdf("Moss"))
    leaf.pages["/files/moss.gif"] = Reply(GIF)
    article(leaf, PAGE, "Moss grows in the garden", "/files/form.pdf", "/files/moss.gif")
    assert desk.crawl(leaf, extra="[attachments]\nfetch = false\nimages = false").files == 0
    assert leaf.asked("/files/form.pdf") == leaf.asked("/files/moss.gif") == 0


@pytest.mark.parametrize(("extra", "asked"), [("", 1), ("[attachments]\nfetch = false", 0)])
def test_the_installation_says_it_for_sources_that_do_not(leaf, desk, extra, asked):
    leaf.pages["/files/form.pdf"] = Reply(pdf("Moss"))
    leaf.pages["/files/moss.gif"] = Reply(GIF)
    article(leaf, PAGE, "Moss grows in the garden", "/files/form.pdf", "/files/moss.gif")
    desk.crawl(leaf, extra=extra, limits=Limits(delay=timedelta(0), images=False))
    assert (leaf.asked("/files/form.pdf"), leaf.asked("/files/moss.gif")) == (asked, 0)


def test_files_stay_in_the_scope_unless_the_source_says_so(leaf, desk):
    with Institute().served() as store:
        store.pages["/form.pdf"] = Reply(pdf("From the store"))
        article(leaf, PAGE, "Moss grows in the garden", store.url("/form.pdf"))
        report = desk.crawl(leaf)
        assert (report.files, report.skipped["file: out of scope"], store.log) == (0, 1, [])
        leaf.article(PAGE, "Moss grows in the garden", *LONG, "And one more sentence that was added to the page later on.")  # fmt: skip
        article(leaf, PAGE, "Moss grows in the garden", store.url("/form.pdf"), paragraphs=(*LONG, "And one more sentence that was added to the page later on."))  # fmt: skip
        desk.now += timedelta(days=2)
        site = f'[attachments]\nhosts = ["{store.site}"]'
        report = desk.crawl(leaf, extra=site)  # still a private address that nobody allowed
        assert (report.files, report.skipped.get("file: private address"), store.log) == (0, 1, [])


def test_files_come_from_hosts_that_the_source_names_for_them(leaf, desk):
    with Institute().served() as store:
        store.pages["/form.pdf"] = Reply(pdf("From the store"))
        article(leaf, PAGE, "Moss grows in the garden", store.url("/form.pdf"))
        report = desk.crawl(leaf, extra=f'[attachments]\nhosts = ["{store.site}"]', private=[store.site])
        assert (report.files, store.asked("/form.pdf")) == (1, 1)


def test_a_redirect_of_a_file_leads_nowhere_that_is_forbidden(leaf, desk):
    with Institute().served() as store:
        store.pages["/form.pdf"] = Reply(pdf("From the store"))
        leaf.pages["/files/form.pdf"] = Reply(b"", 302, headers=(("Location", store.url("/form.pdf")),))
        article(leaf, PAGE, "Moss grows in the garden", "/files/form.pdf")
        report = desk.crawl(leaf)
        assert (report.skipped.get("file: scope"), store.log) == (1, [])


def test_robots_txt_holds_for_files(leaf, desk):
    leaf.pages["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /files/", type="text/plain")
    leaf.pages["/files/form.pdf"] = Reply(pdf("Moss"))
    article(leaf, PAGE, "Moss grows in the garden", "/files/form.pdf")
    report = desk.crawl(leaf)
    assert (report.new, report.skipped.get("file: robots"), leaf.asked("/files/form.pdf")) == (1, 1, 0)


def test_news_comes_before_files_and_what_the_budget_leaves_comes_in_the_next_crawl(leaf, desk):
    for number in range(6):
        leaf.pages[f"/files/{number}.pdf"] = Reply(pdf(f"Form number {number}"))
        path = f"/news/t20310402_{number}.html"
        article(leaf, path, f"Finding number {number} of the garden", f"/files/{number}.pdf", paragraphs=(f"Finding {number}: " + LONG[0], *LONG[1:]))  # fmt: skip
    tight = Limits(delay=timedelta(0), requests=10)  # robots, list, six pages: two are left
    report = desk.crawl(leaf, limits=tight)
    assert (report.new, report.files) == (6, 2)
    assert report.skipped["files left for the next crawl"] == 4
    desk.now += timedelta(hours=6)
    assert desk.crawl(leaf).files == 4
    assert sum(path.startswith("/files/") for path, _ in leaf.log) == 6
    sound(desk)


def test_a_host_of_files_that_is_dead_does_not_hold_the_crawl(leaf, desk):
    """Some files, then the others wait for another crawl."""

    def drop(handler):
        handler.close_connection = True
        handler.connection.close()

    for number in range(8):
        leaf.pages[f"/files/{number}.pdf"] = drop
    article(leaf, PAGE, "Moss grows in the garden", *(f"/files/{number}.pdf" for number in range(8)))
    report = desk.crawl(leaf)
    assert report.skipped["file: connection"] == 3
    assert report.skipped["file: its host does not answer"] == 5
    assert report.new == 1


def test_recheck_asks_for_every_attachment_again(leaf, desk):
    leaf.pages["/files/form.pdf"] = Reply(pdf("Moss"))
    article(leaf, PAGE, "Moss grows in the garden", "/files/form.pdf")
    desk.crawl(leaf)
    leaf.forget()
    desk.now += timedelta(hours=6)
    desk.crawl(leaf, recheck=True)
    assert leaf.asked("/files/form.pdf", status=304) == 1


def test_a_file_that_eats_its_reader_costs_its_text_alone(leaf, desk):
    """A PDF whose one page draws itself without end: its reader is ended, the file is kept, the crawl goes on."""
    loop = pdf("Moss")
    at = loop.index(b"BT /F1")
    end = loop.index(b"ET", at) + 2
    nested = loop[:at] + b"[" * (end - at) + loop[end:]
    leaf.pages["/files/loop.pdf"] = Reply(nested)
    leaf.pages["/files/good.pdf"] = Reply(pdf("The good form"))
    article(leaf, PAGE, "Moss grows in the garden", "/files/loop.pdf", "/files/good.pdf")
    report = desk.crawl(leaf)
    assert (report.new, report.files) == (1, 2)
    kept = files(desk, leaf.url(PAGE))
    assert kept["good.pdf"].document.text == "The good form"
    assert kept["loop.pdf"].document.text is None


def test_files_survive_being_killed(leaf, desk):
    """Killed while files are fetched: the next crawl goes on, and nothing is asked for twice."""
    import threading

    from crawler import start_crawl

    reached, go_on = threading.Event(), threading.Event()

    def slow(handler):
        reached.set()
        go_on.wait(60)
        handler.close_connection = True

    leaf.pages["/files/1.pdf"] = Reply(pdf("First form"))
    leaf.pages["/files/2.pdf"] = slow
    article(leaf, PAGE, "Moss grows in the garden", "/files/2.pdf", "/files/1.pdf")
    source = leaf.source(desk.folder)
    process = start_crawl(source, desk.url, now=desk.now, limits=QUICK)
    assert reached.wait(60)
    process.kill()
    process.wait(60)
    go_on.set()
    leaf.pages["/files/2.pdf"] = Reply(pdf("Second form"))
    asked = leaf.asked("/files/1.pdf")
    report = desk.crawl(leaf)
    assert report.files == 2 - asked
    assert leaf.asked("/files/1.pdf") == 1
    assert len(found(desk, "form")) == 1
    sound(desk)
