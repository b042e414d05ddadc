"""Four sites that go wrong in four ways, crawled day by day: four different alarms with evidence, each told once, and mended."""

from datetime import timedelta

import pytest
from institute import DAY_1, Institute, Reply
from receivers import Receiver

from archive import Archive
from crawler import crawl
from scheduler import Teller, WebhookChannel, ended

pytestmark = pytest.mark.slow

DAYS_WELL = 6  # with an article each, before anything goes wrong
DAYS_WRONG = {"list": 3, "blocked": 3, "silent": 9, "template": 7}
SITES = list(DAYS_WRONG)


class Town:
    """A site a slug, and the day's work: publish, break, crawl, tell."""

    def __init__(self, folder, archive, receiver):
        self.archive, self.sites, self.sources, self.day, self.number = archive, {}, {}, 0, 0
        channel = WebhookChannel(url=receiver.url, allow_private=(receiver.place,))
        self.teller = Teller(archive, [channel], None, holder="test", now=lambda: DAY_1)
        self.folder = folder

    def add(self, slug, site):
        site.articles(8)
        self._list(site)
        self.sites[slug] = site
        self.sources[slug] = site.source(self.folder, slug)

    def publish(self, slug, **change):
        self.number += 1
        site, path = self.sites[slug], f"/news/fern-house-{self.number}.html"
        site.article(path, f"Finding number {self.number} of the fern house", date="2031-04-02")
        for old, new in change.items():
            reply = site.pages[path]
            site.pages[path] = Reply(reply.body.replace(LOOK[old], new))
        self._list(site)

    def _list(self, site):
        """A list without dates: those stand on the pages alone."""
        site.entries = {path: (title, "") for path, (title, _) in site.entries.items()}
        site.listing("/news/")

    def crawl(self, slug):
        now = DAY_1 + timedelta(days=self.day)
        report = crawl(self.sources[slug], self.archive.url, captures=self.archive.captures, now=now)
        ended(self.archive, self.sources[slug], report, now)
        self.teller.act()
        return report


LOOK = {"date": b'<p class="meta">Date: 2031-04-02</p>'}


@pytest.fixture
def receiver():
    with Receiver().served() as served:
        yield served


@pytest.fixture
def town(tmp_path, receiver):
    with Archive(f"sqlite:///{tmp_path}/a.db") as archive:
        yield Town(tmp_path, archive, receiver)


def wrong(town, slug, site):
    """What goes wrong on a day, by the name of the alarm it must lead to."""
    if slug == "list":
        site.pages["/news/"] = Reply(site.pages["/news/"].body.partition(b'<ul class="list">')[0])
    elif slug == "blocked":
        site.pages["/news/"] = Reply(b"<html><title>403</title><h1>Forbidden</h1></html>", 403)
    elif slug == "template":
        town.publish(slug, date=b"")


@pytest.mark.parametrize("slug", SITES)
def test_a_site_that_goes_wrong_is_one_alarm_and_is_mended(town, receiver, slug):
    site = Institute()
    with site.served():
        town.add(slug, site)
        for _ in range(DAYS_WELL):
            town.crawl(slug)
            town.publish(slug)
            town.day += 1
        town.crawl(slug)
        assert receiver.bodies() == []
        for _ in range(DAYS_WRONG[slug]):
            town.day += 1
            wrong(town, slug, site)
            town.crawl(slug)
        (told,) = [alarm for body in receiver.bodies() for alarm in body["alarms"]]
        assert (told["kind"], told["mended"], told["source"]) == (slug, False, slug)
        assert told["evidence"]
        for _ in range(4):
            town.day += 1
            town.publish(slug)
            town.crawl(slug)
        told, mended = [alarm for body in receiver.bodies() for alarm in body["alarms"]]
        assert (mended["kind"], mended["mended"]) == (slug, True)
        assert town.archive.open_alarms() == []
