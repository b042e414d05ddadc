"""Adding a source: what is found on a site nobody has described, and the file that comes of it."""

from datetime import UTC, datetime, timedelta

import pytest
from institute import LAYOUT, Reply

from crawler import BadSource, Limits, NoContact, crawl, load_source, onboard
from crawler.draft import address_pattern
from crawler.onboarding import _slug, _zone
from crawler.platforms import recognise

NOW = datetime(2031, 4, 3, 8, tzinfo=UTC)
HOME = '<h1>Welcome</h1><p><a href="/news/">Latest news</a> <a href="/people/">People</a> <a href="/research/">Research</a></p>'


def add(leaf, path, tmp_path, **options):
    return onboard(
        leaf.url(path), into=tmp_path / "sources", allow_private=[leaf.site], delay=timedelta(0), now=NOW, **options
    )


def crawled(added, tmp_path):
    """How many articles a crawl of the written file finds, as it stands."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    return crawl(load_source(added.path), url, now=NOW, limits=Limits(delay=timedelta(0))).new


def page(main, title="Leaf Institute", head=""):
    return Reply(LAYOUT.format(title=title, main=main).replace("</head>", f"{head}</head>").encode())


def test_a_site_with_a_linked_list_is_added_and_crawled_without_edits(leaf, tmp_path):
    leaf.articles(45)
    leaf.listing("/news/")
    leaf.pages["/"] = page(HOME)
    added = add(leaf, "/", tmp_path, name="leaf")
    assert added.path.name == "leaf.toml"
    assert [(seed.kind, seed.url) for seed in added.source.discover] == [("listing", leaf.url("/news/"))]
    assert added.source.languages == ("en",)
    assert added.check.good
    assert any("45" in line or "20 articles" in line for line in added.evidence)
    assert crawled(added, tmp_path) == 45


def test_a_list_with_a_script_pager_on_an_institutes_template(leaf, tmp_path):
    paths = leaf.articles(24)
    for number in range(3):
        items = "".join(
            f'<li><a href="{path}" title="{leaf.entries[path][0]}">{leaf.entries[path][0][:12]}…</a><span>[2031-04-02]</span></li>'
            for path in paths[number * 8 : number * 8 + 8]
        )
        script = f'<script>var currentPage = {number};var countPage = 3</script><a class="CurrChnlCls" href="/news/">News</a>'
        leaf.pages["/news/" if number == 0 else f"/news/index_{number}.html"] = page(f"<ul>{items}</ul>{script}")
    added = add(leaf, "/news/", tmp_path, name="leaf")
    assert added.source.platform == "trs"
    assert any("countPage" in line for line in added.evidence)
    assert crawled(added, tmp_path) == 24


def test_a_feed_beside_the_list_and_a_sitemap_in_robots(leaf, tmp_path):
    leaf.articles(6)
    leaf.listing("/news/")
    leaf.pages["/"] = page(HOME, head='<link rel="alternate" type="application/rss+xml" href="/feed/">')
    item = "<item><link>{url}</link><title>{title}</title><pubDate>Wed, 02 Apr 2031 08:00:00 +0000</pubDate></item>"
    items = "".join(item.format(url=leaf.url(path), title=title) for path, (title, _) in leaf.entries.items())
    leaf.pages["/feed/"] = Reply(
        f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(), type="application/rss+xml"
    )
    urls = "".join(f"<url><loc>{leaf.url(path)}</loc></url>" for path in [*leaf.entries, "/about/", "/contact/"])
    leaf.pages["/map.xml"] = Reply(f"<urlset>{urls}</urlset>".encode(), type="application/xml")
    leaf.robots(f"Sitemap: {leaf.url('/map.xml')}")
    added = add(leaf, "/", tmp_path, name="leaf")
    assert [seed.kind for seed in added.source.discover] == ["listing", "feed", "sitemap"]
    assert added.source.discover[2].match == "^https?://[^/]+/news/."
    assert crawled(added, tmp_path) == 6


def test_what_the_site_calls_itself_cannot_break_out_of_the_file(leaf, tmp_path):
    leaf.articles(5)
    leaf.listing("/news/")
    evil = 'Leaf"\nhome = "http://evil.example/" # \x1b[31m'
    leaf.pages["/"] = page(HOME, head=f"<meta property='og:site_name' content='{evil}'>")
    added = add(leaf, "/", tmp_path)
    assert added.source.home == leaf.url("/")
    assert "evil" in added.source.name
    assert "\x1b" not in added.path.read_text()


def test_an_existing_file_is_never_overwritten(leaf, tmp_path):
    leaf.articles(5)
    leaf.listing("/news/")
    add(leaf, "/news/", tmp_path, name="leaf")
    with pytest.raises(BadSource, match="is there already"):
        add(leaf, "/news/", tmp_path, name="leaf")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("<p>Hello</p>", "no feed, sitemap or list", id="no news at all"),
        pytest.param("<div id=app></div><script src=/app.js></script>", "JavaScript", id="an empty shell"),
    ],
)
def test_a_site_without_news_is_refused_and_nothing_is_written(leaf, tmp_path, body, words):
    leaf.pages["/"] = Reply(f"<html><body>{body}</body></html>".encode())
    with pytest.raises(BadSource, match=words):
        add(leaf, "/", tmp_path)
    assert not (tmp_path / "sources").exists()


def test_an_address_that_cannot_be_read_is_said(leaf, tmp_path):
    with pytest.raises(BadSource, match="answers 404"):
        add(leaf, "/nothing", tmp_path)
    with pytest.raises(BadSource, match="no address"):
        onboard("http://", into=tmp_path)
    with pytest.raises(BadSource, match="private address"):
        onboard(leaf.url("/"), into=tmp_path)
    with pytest.raises(NoContact):
        onboard("http://leaf.example/", into=tmp_path)


@pytest.mark.parametrize(
    ("site", "slug"),
    [
        ("www.most.gov.cn", "most"),
        ("english.ciomp.cas.cn", "ciomp-english"),
        ("www.cs.uci.edu", "cs-uci"),
        ("news.mit.edu", "mit"),
        ("home.cern", "cern"),
        ("127.0.0.1:8080", "leaf-institute"),
    ],
)
def test_slugs_are_short(site, slug):
    assert _slug(site, "Leaf Institute") == slug


def test_a_zone_is_written_only_where_the_country_has_one():
    assert _zone("CN") == ("Asia/Shanghai", None)
    assert _zone("JP") == ("Asia/Tokyo", None)
    assert _zone("US")[0] is None
    assert "UTC" in _zone(None)[1]


def test_a_pattern_is_the_folder_that_articles_share():
    urls = [f"http://leaf.example/en/news/2024/a-{n}.html" for n in range(9)]
    assert address_pattern(urls) == "^https?://[^/]+/en/news/."
    assert address_pattern([f"http://leaf.example/{n}-a" for n in range(9)]) is None
    assert address_pattern(urls[:3]) is None


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<meta name="generator" content="WordPress 6.5"><link href="/wp-content/x.css">', "wordpress"),
        ('<meta name="Generator" content="Drupal 10"><script data-drupal-selector="x"></script>', "drupal"),
        ("<!--Announced by Visual SiteBuilder 9--><script src=/system/resource/js/a.js></script>", "vsb"),
        ('<div frag="窗口6" portletmode="simpleList"><div id="wp_news_w6">', "webplus"),
        ('<a class="CurrChnlCls">x</a><div class="TRS_Editor">', "trs"),
        ('<meta name="generator" content="TYPO3 CMS"><link href="/typo3temp/a.css">', "typo3"),
        ('<meta name="generator" content="SPIP 4"><a href="spip.php?article1" class="spip_in">', "spip"),
        ('<meta name="generator" content="Plone - x"><div id="content-core">', "plone"),
        ("<html><body>By hand</body></html>", "generic"),
    ],
)
def test_platforms_are_known_by_their_marks(html, name):
    assert recognise(html).platform.name == name
