"""Each of the demo's institutes is added from its front page without help, and crawled whole as the file stands."""

from datetime import timedelta

import pytest

from archive import Archive
from crawler import Limits, crawl, load_source, onboard
from newsarchive.demo import load_sites, serve
from newsarchive.demo.server import FIRST_DAY

pytestmark = pytest.mark.slow
SITES = load_sites()


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_a_replica_is_added_and_crawled_whole(site, tmp_path):
    with serve(SITES) as town:
        base = town.bases[site.slug]
        private = [base.removeprefix("http://")]
        added = onboard(
            f"{base}/", into=tmp_path, name="tried", allow_private=private, delay=timedelta(0), now=FIRST_DAY
        )
        url = f"sqlite:///{tmp_path / 'a.db'}"
        crawl(load_source(added.path), url, now=FIRST_DAY, limits=Limits(delay=timedelta(0)))
    with Archive(url) as archive:
        kept = {known.article.url for known in archive.articles()}
    assert kept == {base + item.path for item in site.news(1)}
