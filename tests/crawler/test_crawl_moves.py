"""A redesign gives every article a new address: the same articles, no new ones; and a page's own word for its address is
believed where it can be checked."""

import random
from datetime import timedelta

import pytest
from institute import LAYOUT, Institute, Reply

from archive import Status
from crawler.shapes import words

pytestmark = pytest.mark.slow

COUNT = 40
WORDS = sorted(
    words(
        "moss fern wall winter garden measure light water stone root spore shade rain institute group season plot growth leaf "
        "cell study sample field result method record winter moisture colour pattern climate surface layer origin valley river"
    )
)
LETTER = (
    "The institute invites everybody to the weekly seminar. Dr {name} speaks on {topic} on {day} April at {hour} in room {room}.",
    "Coffee is served before the talk. No registration is needed, and guests of all disciplines are welcome as always.",
)
NEW_LAYOUT = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | Leaf</title></head><body>
<header><a href="/">Leaf Institute</a><nav><a href="/news/">All news</a><a href="/people/">People</a></nav></header>
<main><article><h1>{title}</h1><time datetime="{date}">{date}</time><div class="text">{body}</div></article></main>
<footer>Leaf Institute since 2031. Imprint. Privacy.</footer></body></html>"""


def paragraphs(number):
    """Three paragraphs that no other article has."""
    made = random.Random(number)
    return [
        " ".join(made.choice(WORDS) for _ in range(made.randint(22, 34))).capitalize() + f" in garden {number}."
        for _ in range(3)
    ]


def title(number):
    made = random.Random(-number)
    return f"{made.choice(WORDS).capitalize()} {made.choice(WORDS)} and the {made.choice(WORDS)} of {made.choice(WORDS)} {number}"


def letter(number):
    facts = {"name": ("Ahlgren", "Bosworth", "Castellano")[number], "topic": ("lichens", "liverworts", "hornworts")[number], "day": 3 + 7 * number, "hour": 10 + number, "room": 12 + 30 * number}  # fmt: skip
    return [LETTER[0].format(**facts), LETTER[1]]


class Site:
    """An institute with articles that can be put under other addresses, in another template."""

    def __init__(self, leaf):
        self.leaf = leaf
        self.texts = {}  # name -> (title, date, paragraphs)
        for number in range(COUNT):
            self.texts[f"{number}"] = (title(number), f"2031-03-{number % 28 + 1:02}", paragraphs(number))
        self.texts["letter-0"] = ("Weekly seminar of the institute", "2031-04-01", letter(0))
        for name, (head, date, text) in self.texts.items():
            leaf.article(self.old(name), head, *text, date=date)
        leaf.listing()

    @staticmethod
    def old(name):
        return f"/news/203103/t20310301_{name}.html"

    @staticmethod
    def new(name):
        return f"/en/press/{name}/page.htm"

    def add(self):
        """Two articles that really are new, and another letter of the same form."""
        self.texts["90"] = (title(90), "2031-04-05", paragraphs(90))
        self.texts["91"] = (title(91), "2031-04-05", paragraphs(91))
        self.texts["letter-1"] = ("Weekly seminar of the institute", "2031-04-08", letter(1))

    def redesign(self, *, template, old_answers):
        """Every article under its new address, listed there alone; the old addresses answer as told."""
        before = dict(self.texts)
        self.add()
        self.leaf.entries.clear()
        for name, (head, date, text) in self.texts.items():
            path = self.new(name)
            body = "".join(f"<p>{one}</p>" for one in text)
            self.leaf.article(path, head, *text, date=date)
            if template:
                body += '<p class="contact">Press office: press@leaf.example</p>'
                self.leaf.pages[path] = Reply(NEW_LAYOUT.format(title=head, date=date, body=body).encode())
        for name in before:
            if (answer := old_answers(self, name)) is not None:
                self.leaf.pages[self.old(name)] = answer
        self.leaf.listing(per_page=60)


def soft_404(_site, _name):
    main = "<h1>Page not found</h1><p>Sorry, the page you are looking for does not exist. Error 404.</p>"
    return Reply(LAYOUT.format(title="404 Not Found", main=main).encode())


OLD = {
    "answer 404": lambda _site, _name: Reply(b"no such page", 404, "text/plain"),
    "answer 410": lambda _site, _name: Reply(b"gone", 410, "text/plain"),
    "lead to the new ones": lambda site, name: Reply(b"", 301, headers=(("Location", site.new(name)),)),
    "lead to the front page": lambda _site, _name: Reply(b"", 302, headers=(("Location", "/"),)),
    "say that they are not found": soft_404,
    "answer as ever": lambda _site, _name: None,
}


@pytest.mark.parametrize("template", [False, True], ids=["the same template", "another template"])
@pytest.mark.parametrize("old", list(OLD))
def test_a_redesign_makes_no_new_articles(leaf, desk, old, template):
    """Forty articles and a letter move; two articles and another letter are new."""
    leaf.pages["/"] = Reply(
        LAYOUT.format(title="Leaf", main="<h1>Leaf Institute</h1><a href='/news/'>News</a>").encode()
    )
    site = Site(leaf)
    assert desk.crawl(leaf).new == COUNT + 1
    before = {name: desk.known(leaf.url(site.old(name))).id for name in site.texts}
    site.redesign(template=template, old_answers=OLD[old])
    desk.now += timedelta(days=1)
    report = desk.crawl(leaf)
    assert (report.new, report.copied, report.moved) == (3, 0, COUNT + 1)
    with desk.archive as archive:
        assert archive.counts() == {"leaf": COUNT + 4}
        for name, identity in before.items():
            for url in (leaf.url(site.new(name)), leaf.url(site.old(name))):
                known = archive.known(url)
                assert (known.id, known.status) == (identity, Status.PUBLISHED), name
            assert known.article.url == leaf.url(site.new(name))
        assert list(archive.verify()) == []
    leaf.forget()
    desk.now += timedelta(hours=6)
    again = desk.crawl(leaf)
    assert (again.new, again.moved, again.revised, again.copied) == (0, 0, 0, 0)


def test_some_moved_articles_ask_for_their_old_addresses_once(leaf, desk):
    """The lists show old and new addresses: then what the old ones answer decides, and each is asked once."""
    site = Site(leaf)
    desk.crawl(leaf)
    moving = [f"{number}" for number in range(5)]
    for name in moving:
        head, date, text = site.texts[name]
        leaf.entries.pop(site.old(name))
        leaf.article(site.new(name), head, *text, date=date)
        leaf.pages[site.old(name)] = Reply(b"gone", 404)
    leaf.listing(per_page=60)
    leaf.forget()
    desk.now += timedelta(hours=6)
    report = desk.crawl(leaf)
    assert (report.new, report.moved, report.copied) == (0, 5, 0)
    assert sum(path == site.old(name) for path, _ in leaf.log for name in moving) == 5


def test_the_same_text_under_another_address_stays_a_copy_while_the_old_one_stands(leaf, desk):
    site = Site(leaf)
    desk.crawl(leaf)
    head, date, text = site.texts["7"]
    leaf.article("/en/press/7/page.htm", head, *text, date=date)
    leaf.listing(per_page=60)
    desk.now += timedelta(hours=6)
    report = desk.crawl(leaf)
    assert (report.new, report.moved, report.copied) == (0, 0, 1)


def test_an_old_address_that_never_answers_does_not_hold_an_article_for_ever(leaf, desk):
    """Its server breaks every connection: after some crawls what came is kept as a copy."""
    site = Site(leaf)
    desk.crawl(leaf)

    def drop(handler):
        handler.close_connection = True
        handler.connection.close()

    head, date, text = site.texts["7"]
    leaf.entries.pop(site.old("7"))
    leaf.article("/en/press/7/page.htm", head, *text, date=date)
    leaf.pages[site.old("7")] = drop
    leaf.listing(per_page=60)
    told = []
    for _ in range(6):
        desk.now += timedelta(days=2)
        told.append(desk.crawl(leaf))
    assert sum(report.new for report in told) == 0
    assert sum(report.copied + report.moved for report in told) == 1
    assert desk.known(leaf.url("/en/press/7/page.htm")).article.title == head


# --- rel=canonical ------------------------------------------------------------------------------------------------------


def canonical(leaf, path, named):
    """The page at `path` names `named` as its own address."""
    page = leaf.pages[path]
    head = f'<link rel="canonical" href="{named}"></head>'.encode()
    leaf.pages[path] = Reply(page.body.replace(b"</head>", head, 1))


def addresses(desk):
    with desk.archive as archive:
        return sorted("/" + known.article.url.split("/", 3)[3] for known in archive.articles())


def a_site(leaf, count=6):
    """Articles in lists under an address with a parameter, and under one without."""
    for number in range(count):
        clean, listed = f"/news/{number + 100}.html", f"/news/{number + 100}.html?channel=front"
        leaf.article(clean, title(number), *paragraphs(number))
        leaf.pages[listed] = leaf.pages[clean]
        leaf.entries[listed] = leaf.entries.pop(clean)
        for path in (clean, listed):
            canonical(leaf, path, clean)
    leaf.listing()


def test_a_page_is_kept_under_the_address_it_names_when_that_shows_the_same(leaf, desk):
    """Asked for the first three, then believed: the addresses are of one make."""
    a_site(leaf)
    report = desk.crawl(leaf)
    assert (report.new, report.copied) == (6, 0)
    assert addresses(desk) == [f"/news/{number + 100}.html" for number in range(6)]
    assert sum("?" not in path and path.endswith(".html") for path, _ in leaf.log) == 3
    assert desk.known(leaf.url("/news/100.html?channel=front")).article.url == leaf.url("/news/100.html")
    leaf.forget()
    desk.now += timedelta(hours=6)
    again = desk.crawl(leaf)
    assert (again.new, again.copied, again.requests) == (0, 0, 2)


def test_both_addresses_in_the_lists_make_one_article(leaf, desk):
    a_site(leaf)
    for number in range(6):
        leaf.entries[f"/news/{number + 100}.html"] = leaf.entries[f"/news/{number + 100}.html?channel=front"]
    leaf.listing()
    report = desk.crawl(leaf)
    assert (report.new, report.copied) == (6, 0)
    assert addresses(desk) == [f"/news/{number + 100}.html" for number in range(6)]


@pytest.mark.parametrize(
    "named",
    ["/", "/news/", "/news/100.html", "http://elsewhere.example/news/1.html", "/news/gone.html", "http://[broken", "/files/a.pdf"],
)  # fmt: skip
def test_a_page_that_names_another_ones_address_is_kept_where_it_is(leaf, desk, named):
    """The front page, the list, the first article, another site, nothing: a template's mistakes."""
    for number in range(6):
        path = f"/news/{number + 100}.html"
        leaf.article(path, title(number), *paragraphs(number))
        canonical(leaf, path, named)
    leaf.pages["/"] = Reply(LAYOUT.format(title="Leaf", main="<h1>Leaf Institute</h1>").encode())
    leaf.listing()
    report = desk.crawl(leaf)
    assert (report.new, report.copied, report.moved) == (6, 0, 0)
    assert addresses(desk) == [f"/news/{number + 100}.html" for number in range(6)]
    assert leaf.asked("/news/gone.html") <= 3  # then nothing is believed any more


def test_many_articles_that_name_one_address_stay_apart(leaf, desk):
    """A page that answers for none of them, and one that answers with the first of them."""
    leaf.article("/news/view.html", title(0), *paragraphs(0))
    leaf.entries.clear()
    for number in range(6):
        path = f"/news/view.html?id={number + 100}"
        leaf.article(path, title(number), *paragraphs(number))
        canonical(leaf, path, "/news/view.html")
    leaf.listing()
    report = desk.crawl(leaf)
    assert report.new == 6
    assert len(addresses(desk)) == 6


def test_a_known_article_does_not_move_by_its_own_word(leaf, desk):
    """Only a redirect moves what we know."""
    leaf.article("/news/100.html", title(0), *paragraphs(0))
    leaf.listing()
    desk.crawl(leaf)
    leaf.pages["/news/neu-100.html"] = leaf.pages["/news/100.html"]
    canonical(leaf, "/news/100.html", "/news/neu-100.html")
    desk.now += timedelta(days=2)
    report = desk.crawl(leaf)
    assert (report.moved, report.new, addresses(desk)) == (0, 0, ["/news/100.html"])


def test_two_sites_are_told_apart(leaf, desk):
    """Another source may not claim an address of this one."""
    leaf.article("/news/100.html", title(0), *paragraphs(0))
    leaf.listing()
    desk.crawl(leaf)
    with Institute().served() as other:
        other.article("/a/1.html", title(0), *paragraphs(0))
        canonical(other, "/a/1.html", leaf.url("/news/100.html"))
        other.listing()
        assert desk.crawl(other, "other").copied == 1


@pytest.mark.parametrize("old", ["answer 404", "lead to the new ones", "lead to the front page", "say that they are not found"])  # fmt: skip
def test_a_redesign_that_leaves_one_article_where_it_was_asks_for_the_others(leaf, desk, old):
    """The lists still know one address: what the old ones answer decides."""
    leaf.pages["/"] = Reply(LAYOUT.format(title="Leaf", main="<h1>Leaf Institute</h1>").encode())
    site = Site(leaf)
    desk.crawl(leaf)
    stays = site.texts.pop("0")
    site.redesign(template=True, old_answers=OLD[old])
    leaf.article(site.old("0"), stays[0], *stays[2], date=stays[1])
    leaf.listing(per_page=60)
    desk.now += timedelta(hours=6)
    leaf.forget()
    report = desk.crawl(leaf)
    assert (report.new, report.copied, report.moved) == (3, 0, COUNT)
    assert all(sum(path == site.old(name) for path, _ in leaf.log) <= 1 for name in site.texts)
