"""Source files: what they say, and what is said about wrong ones."""

from datetime import time, timedelta

import pytest

from crawler.catalog import Catalog, SourceLoader, UnknownSource
from crawler.source import BUILT_IN, AttachmentsTable, BadSource, Source, load_source, parse_source

GOOD = """\
name = "Leaf Institute"
home = "http://leaf.example/"
timezone = "Europe/Berlin"

[[discover]]
kind = "listing"
url = "http://leaf.example/news/"
"""
FULL = """\
name = "Leaf Institute"
home = "http://leaf.example/"
country = "DE"
languages = ["de", "en"]
timezone = "Europe/Berlin"
platform = "typo3"
hosts = ["leaf.example", "127.0.0.1:8080"]
allow_private = ["127.0.0.1:8080"]
schedule = "6h"
window = "22:00-06:00"
delay = "1500ms"

[[discover]]
kind = "listing"
url = "http://leaf.example/news/"
links = "main li > a"
match = "/news/\\\\d+"
pages = 7

[[discover]]
kind = "json"
url = "http://127.0.0.1:8080/api?page=1"
items = "data.list"
link = "/n/{id}.html"
title = "name"
date = "day"
next = "/api?page={page}"

[extract]
title = "h1"
date = ".day"
author = ".by"
origin = ".from"
section = ".in"
body = ".text"
drop = [".share"]

[attachments]
fetch = true
images = false
max_bytes = "5MB"
hosts = ["F.leaf.example"]

[expect]
articles_per_month = [1, 60]
body_words_min = 40
"""


def complaint(text, slug="leaf"):
    with pytest.raises(BadSource) as refused:
        parse_source(text, slug=slug)
    assert "\n" not in str(refused.value)
    return refused.value


def test_a_name_a_home_and_a_seed_are_enough():
    source = parse_source(GOOD, slug="leaf")
    assert (source.slug, source.hosts, source.schedule, source.delay) == ("leaf", ("leaf.example",), "adaptive", None)
    assert source.text == GOOD
    assert source.zone.key == "Europe/Berlin"


def test_every_key_of_a_source_is_read():
    source = parse_source(FULL, slug="leaf")
    assert source.delay == timedelta(seconds=1.5)
    assert source.window == (time(22), time(6))
    assert source.discover[0].pages == 7
    assert source.discover[1].link == "/n/{id}.html"
    assert source.extract.selectors().drop == (".share",)
    assert source.expect.articles_per_month == (1, 60)
    assert source.attachments == AttachmentsTable(
        fetch=True, images=False, max_bytes=5_000_000, hosts=("f.leaf.example",)
    )


def test_a_source_goes_through_json_and_back():
    source = parse_source(FULL, slug="leaf")
    assert Source.model_validate_json(source.model_dump_json()) == source


def test_an_unknown_key_is_named_with_file_line_and_nearest_key():
    problem = complaint(GOOD.replace("timezone", "timzone"))
    assert (problem.file, problem.line, problem.key, problem.nearest) == ("leaf.toml", 3, "timzone", "timezone")
    assert str(problem) == "leaf.toml, line 3: unknown key `timzone`: did you mean `timezone`?"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param(GOOD + "link = 3\n", 8, "link", id="a wrong type"),
        pytest.param(GOOD + "lnks = 'a'\n", 8, "did you mean `links`", id="unknown key of a seed"),
        pytest.param(GOOD + "[extract]\nbdy = 'p'\n", 9, "did you mean `body`", id="unknown key of extract"),
        pytest.param(GOOD + "[extract]\nbody = 'p['\n", 9, "CSS selector", id="bad selector"),
        pytest.param(GOOD + "[attachments]\nfetch = 'no'\n", 9, "neither true nor false", id="a switch in quotes"),
        pytest.param(GOOD + "[attachments]\nmax_bytes = '1GB'\n", 9, "at most 100MB", id="a file without bound"),
        pytest.param(GOOD + "[attachments]\nmax_bytes = 'big'\n", 9, "is no size", id="no size"),
        pytest.param(GOOD + "[attachments]\nhosts = ['a/b']\n", 9, "is no host", id="no host for files"),
        pytest.param(GOOD + "[expct]\n", 8, "did you mean `expect`", id="unknown table"),
        pytest.param(GOOD + "pages = 0\n", 8, "greater than or equal to 1", id="no pages"),
        pytest.param(GOOD + "pages = '50'\n", 8, "without quotes", id="number in quotes"),
        pytest.param(GOOD + "match = '('\n", 8, "regular expression", id="bad pattern"),
        pytest.param(GOOD + "items = 'x'\n", 8, 'belongs to kind = "json"', id="key of another kind"),
        pytest.param(GOOD.replace('"listing"', '"list"'), 6, "'listing'", id="unknown kind"),
        pytest.param(GOOD.replace("Europe/Berlin", "Europe/Berln"), 3, "no time zone", id="unknown zone"),
        pytest.param(GOOD.replace("http://leaf.example/news/", "leaf.example/news"), 7, "no address", id="no address"),
        pytest.param("languages = 'en'\n" + GOOD, 1, "square brackets", id="no list"),
        pytest.param("schedule = '61 * * * *'\n" + GOOD, 1, "no cron line", id="bad cron line"),
        pytest.param("schedule = 'often'\n" + GOOD, 1, "adaptive", id="bad schedule"),
        pytest.param("schedule = '10s'\n" + GOOD, 1, "too short", id="too often"),
        pytest.param("window = '8-20'\n" + GOOD, 1, "08:00-20:00", id="bad window"),
        pytest.param("window = '25:00-20:00'\n" + GOOD, 1, "hours go from", id="window beyond the day"),
        pytest.param("delay = 2\n" + GOOD, 1, '"2s"', id="duration without a unit"),
        pytest.param("country = 'Germany'\n" + GOOD, 1, "ISO 3166", id="country by name"),
        pytest.param("platform = 'typo4'\n" + GOOD, 1, 'did you mean "typo3"', id="unknown platform"),
        pytest.param("hosts = ['http://leaf.example/']\n" + GOOD, 1, "no host", id="address as host"),
        pytest.param("allow_private = ['10.0.0.1']\n" + GOOD, 1, "names no port", id="private host without a port"),
        pytest.param("slug = 'x'\n" + GOOD, 1, "the file itself says that", id="slug inside"),
        pytest.param(GOOD.replace('"Leaf', "Leaf"), 1, "no valid TOML", id="bad TOML"),
        pytest.param(GOOD + "[expect]\narticles_per_month = [9, 1]\n", 9, "smaller number first", id="bad range"),
    ],
)
def test_a_wrong_value_is_one_sentence_with_its_line(text, line, words):
    problem = complaint(text)
    assert problem.line == line
    assert words in str(problem)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('home = "http://x.example/"\n', "`name` is missing"),
        ('name = "x"\nhome = "http://x.example/"\n', "[[discover]]"),
        (GOOD.replace('kind = "listing"\n', ""), "`kind` in [[discover]] number 1 is missing"),
        (GOOD.replace("leaf.example/news", "news.example"), 'add "news.example" to hosts'),
        (GOOD.replace("listing", "json"), "needs `items` and `link`"),
    ],
)
def test_what_is_missing_is_named_with_what_to_add(text, words):
    assert words in str(complaint(text))


def test_a_slug_is_a_plain_word():
    assert "file name is its slug" in str(complaint(GOOD, slug="Leaf Institute"))


def test_a_file_that_is_not_there_or_no_text_is_a_bad_source(tmp_path):
    with pytest.raises(BadSource, match="cannot be read"):
        load_source(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(BadSource, match="line 1: is not UTF-8"):
        load_source(tmp_path / "bytes.toml")
    with pytest.raises(BadSource, match='did you mean "ciomp-english"'):
        load_source("ciomp-englsh")


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    (tmp_path / "leaf.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_source(tmp_path / "leaf.toml").name == "Leaf Institute"


def test_every_built_in_source_can_be_used_and_says_what_is_odd():
    good, bad = Catalog().all()
    assert not bad
    assert len(good) >= 40
    assert {"ciomp-english", "xiopm-english", "most", "ndrc", "csrc", "ics-uci"} <= {source.slug for source in good}
    for source in good:
        assert source.text.startswith("# "), source.slug
        comment = "".join(line for line in source.text.splitlines() if line.startswith("#")).lower()
        assert "verified" in comment or "knowledge" in comment or "public descriptions" in comment, source.slug


def test_an_own_file_replaces_the_built_in_one(tmp_path):
    (tmp_path / "most.toml").write_text(GOOD)
    catalog = Catalog([tmp_path])
    assert catalog.get("most").name == "Leaf Institute"
    assert catalog.get("ndrc").path == BUILT_IN / "ndrc.toml"


def test_a_bad_file_costs_itself_alone(tmp_path):
    (tmp_path / "leaf.toml").write_text(GOOD)
    (tmp_path / "moss.toml").write_text("nam = 1")
    good, bad = Catalog([tmp_path], built_in=False).all()
    assert [source.slug for source in good] == ["leaf"]
    assert "moss.toml" in str(bad[0])


def test_what_is_beyond_the_most_that_a_catalog_reads_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.catalog.FILES_MAX", 2)
    for slug in ("fern", "leaf", "moss"):
        (tmp_path / f"{slug}.toml").write_text(GOOD)
    good, bad = Catalog([tmp_path], built_in=False).all()
    assert [source.slug for source in good] == ["fern", "leaf"]
    assert "moss.toml: is beyond the first 2 source files" in str(bad[0])


def test_an_unknown_slug_names_the_nearest(tmp_path):
    with pytest.raises(UnknownSource, match="did you mean ciomp-english"):
        Catalog().get("ciomp-englisch")
    with pytest.raises(BadSource, match="is no folder"):
        Catalog([tmp_path / "none"])


def test_scrapy_sees_every_source():
    loader = SourceLoader(Catalog())
    assert "ciomp-english" in loader.list()
    spider = loader.load("ciomp-english")
    assert spider.name == "ciomp-english"
    with pytest.raises(KeyError, match="did you mean most"):
        loader.load("mosd")


def test_packages_offer_sources_by_an_entry_point(tmp_path, monkeypatch):
    package = tmp_path / "leaf_sources"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "moss-garden.toml").write_text(GOOD)
    info = tmp_path / "leaf_sources-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: leaf-sources\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[newsarchive.sources]\nleaf = leaf_sources\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    catalog = Catalog()
    assert catalog.get("moss-garden").name == "Leaf Institute"
    assert "most" in catalog.slugs()


def test_a_package_that_cannot_be_loaded_is_named_and_costs_itself_alone(tmp_path, monkeypatch):
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[newsarchive.sources]\nbroken = no_such_package_at_all\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    good, bad = Catalog().all()
    assert len(good) >= 40
    assert any("entry point broken" in str(problem) for problem in bad)


def test_a_nickname_of_cron_stands_for_its_line():
    assert parse_source('schedule = "@Daily"\n' + GOOD, slug="leaf").schedule == "0 0 * * *"


NAMED = """www.ciomp.cas.cn english.ciomp.cas.cn opt.cas.cn english.opt.cas.cn www.cas.cn english.cas.cn www.sim.cas.cn is.cas.cn
www.iscas.ac.cn www.iee.cas.cn genetics.cas.cn www.ia.cas.cn www.ict.ac.cn www.ict.cas.cn www.iie.cas.cn www.im.cas.cn
www.pe.cas.cn dicp.cas.cn www.english.dicp.cas.cn www.igg.cas.cn www.siom.cas.cn english.ict.cas.cn www.nsfc.gov.cn
www.pcl.ac.cn www.shlab.org.cn www.zhejianglab.org www.most.gov.cn www.ndrc.gov.cn www.csrc.gov.cn www.sasac.gov.cn
www.nfra.gov.cn www.cmse.gov.cn www.shanxi.gov.cn www.mee.gov.cn www.moe.gov.cn fgw.zj.gov.cn news.jlu.edu.cn news.tju.edu.cn
news.tongji.edu.cn news.whu.edu.cn news.hust.edu.cn news.csu.edu.cn news.xidian.edu.cn news.xjtu.edu.cn news.uestc.edu.cn
news.buaa.edu.cn air.tsinghua.edu.cn news.hit.edu.cn news.seu.edu.cn sii.edu.cn home.cern www.mpg.de www.cnrs.fr www.nasa.gov
www.riken.jp www.fraunhofer.de""".split()  # noqa: SIM905


def test_the_academy_its_institutes_the_ministries_and_universities_are_built_in():
    hosts = {host for source in Catalog().all()[0] for host in source.hosts}
    assert not set(NAMED) - hosts
