"""Plain text pages: title, fields, body, captions and boilerplate are told apart from the lines alone."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Image
from crawler.extraction.decode import decode
from crawler.extraction.textpage import TextPage, read_text_page, read_text_pages
from crawler.stations import PageKind

SHARED = Path(__file__).resolve().parents[3] / "shared"
SEEDS = SHARED / "seeds"


def read(text: str):
    return read_text_page(TextPage(name="page.txt", text=text))


CHINESE = """叶科学研究所举行新实验室揭牌仪式
发布时间：2026-11-05 来源：综合办公室 作者：张三 【字号：大 中 小】
　　11月5日上午，叶科学研究所在叶城举行新实验室揭牌仪式。所长李四出席并致辞。
　　李四表示，新实验室的建成将进一步提升研究所在叶片成像方面的能力，并为合作单位提供开放的研究平台。
图为揭牌仪式现场（王五摄）
　　仪式结束后，与会人员参观了实验室。
责任编辑：赵六
上一篇：关于举办学术报告的通知
下一篇：没有了
版权所有：叶科学研究所 京ICP备00000000号
地址：叶城东湖路12号 邮编：130000 电话：0431-12345678
"""


def test_a_chinese_page_without_empty_lines_is_read():
    page = read(CHINESE)
    assert page.kind is PageKind.ARTICLE
    assert page.title == "叶科学研究所举行新实验室揭牌仪式"
    assert (page.published, page.origin, page.author, page.editor) == ("2026-11-05", "综合办公室", "张三", "赵六")
    assert [p[:8] for p in page.paragraphs] == ["11月5日上午，", "李四表示，新实验", "仪式结束后，与会"]
    assert page.images == (Image(url=None, caption="图为揭牌仪式现场", credit="王五摄"),)
    assert page.language == "zh"


@pytest.mark.parametrize("charset", ["utf-8-sig", "gb18030", "utf-16"])
def test_charset_mark_and_line_ends_do_not_matter(charset):
    data = CHINESE.replace("\n", "\r\n").encode(charset)
    assert read(decode(data).text) == read(CHINESE)


def test_a_notice_keeps_its_event_and_its_contact():
    page = read(
        "当前位置：首页 > 新闻动态 > 正文\n关于举办2026年学术年会的通知\n2026-10-12 08:30 | 科研处\n各部门：\n"
        "经研究，定于2026年11月20日举办学术年会。现将有关事项通知如下：\n一、时间：2026年11月20日上午9:00\n二、地点：三号楼报告厅\n"
        "联系人：王老师 电话：0431-12345678\n科研处\n2026年10月12日\n附件：\n"
    )
    assert page.title == "关于举办2026年学术年会的通知"
    assert page.published == "2026-10-12T08:30"
    assert page.breadcrumb == ("首页", "新闻动态")
    assert page.section == "新闻动态"
    assert "二、地点：三号楼报告厅" in page.paragraphs
    assert "联系人：王老师 电话：0431-12345678" in page.paragraphs
    assert page.paragraphs[-1] == "2026年10月12日"


def test_names_of_site_and_section_above_the_title_are_not_the_title():
    page = read(
        "Institute of Leaf Studies\nNews\nLeaf imaging team wins regional award\nPosted on 5 November 2026 by Jane Doe\n"
        "Share this: Facebook Twitter\nThe leaf imaging team has won the regional award for applied optics, the jury announced.\n"
        "Photo: The team at the ceremony. Credit: J. Doe\nRelated articles\nNew microscope arrives\nOpen day in spring\n"
        "Copyright 2026 Institute of Leaf Studies\n"
    )
    assert page.title == "Leaf imaging team wins regional award"
    assert (page.published, page.author) == ("2026-11-05", "Jane Doe")
    assert len(page.paragraphs) == 1
    assert page.images[0].credit == "Credit: J. Doe"


def test_fields_may_stand_one_a_line():
    page = read(
        "Moss grows\r\n\r\nDate: 2026-04-02\r\nAuthor: Jane Doe\r\nSource: Leaf Gazette\r\n\r\nMoss grows slowly on the wall.\r\n"
    )
    assert (page.title, page.published, page.author, page.origin) == (
        "Moss grows",
        "2026-04-02",
        "Jane Doe",
        "Leaf Gazette",
    )
    assert page.paragraphs == ("Moss grows slowly on the wall.",)


def test_lines_set_to_a_width_are_joined_to_paragraphs():
    page = read(
        "Neue Messmethode für Blätter\n\nVeröffentlicht am 5. November 2026 | Quelle: Institut für Blattforschung\n\n"
        "Forscherinnen und Forscher des Instituts haben eine neue Methode entwickelt, mit der sich die\n"
        "Dicke von Blättern im laufenden Betrieb messen lässt. Das Verfahren wurde am Dienstag in Leipzig\n"
        "vorgestellt und soll im kommenden Jahr in die Anwendung gehen.\n\n"
        "Die Methode beruht auf einem Laser, dessen Licht an der Oberfläche des Blattes gestreut wird.\n"
        "Aus dem gestreuten Licht berechnet ein Rechner die Dicke, die er sogleich auf dem Schirm zeigt\n"
        "und in einer Tabelle ablegt.\n\n© 2026 Institut für Blattforschung | Impressum\n"
    )
    assert [p.split()[-1] for p in page.paragraphs] == ["gehen.", "ablegt."]
    assert page.language == "de"


def test_a_day_in_the_prose_is_never_the_publication():
    page = read(
        "On July 4 the lab opened\n\nThe laboratory was opened on 4 July 2026 by the mayor of Leafton and his guests.\n"
    )
    assert page.published is None


def test_particulars_of_an_event_are_body_not_fields():
    page = read(
        "Workshop on leaf optics\nDate: 20 November 2026\nVenue: Hall 3\nThe workshop brings together experts from ten countries.\n"
    )
    assert page.published is None
    assert "Date: 20 November 2026" in page.paragraphs


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("About the institute\n\nThe institute was founded in 1958 and is located in Leafton.", PageKind.PAGE),
        ("叶科学研究所简介\n\n叶科学研究所成立于1958年，位于叶城东湖之滨，是我国从事植物成像研究的综合性研究机构。", PageKind.PAGE),
        ("Contact us\n\nNo. 12 Lake Road, Leafton 130033\nTel: +86 431 1234567  Fax: +86 431 1234568\n", PageKind.PAGE),
        ("Welcome to the Leaf Institute\n\nWe are a small institute. Our mission is to understand leaves.", PageKind.PAGE),
        ("Training and Visits\n\nThe director visited the partner institute last week.", PageKind.ARTICLE),
        ("History of moss on show\n\nAn exhibition on moss was opened on Tuesday in the great hall.", PageKind.ARTICLE),
        ("我所举办学术年会\n\n近日，我所举办了学术年会，来自各地的专家参加了会议。", PageKind.ARTICLE),
        ("\n \n", PageKind.EMPTY),
        ("Copyright 2003-2015 All Rights Reserved", PageKind.EMPTY),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_what_stands_is_a_page_and_what_happened_an_article(text, kind):
    assert read(text).kind is kind


def test_a_footer_is_known_because_pages_share_it():
    pages = [
        f"Report {n}\n\nLeaf number {n} was found in the garden on the north wall.\n\nOur Services\nLeaf Portal\n"
        for n in range(3)
    ]
    together = read_text_pages([TextPage(name=str(n), text=text) for n, text in enumerate(pages)])
    assert [page.paragraphs for page in together] == [
        (f"Leaf number {n} was found in the garden on the north wall.",) for n in range(3)
    ]


def test_one_page_given_twice_keeps_its_body():
    text = "Report\n\nA leaf was found in the garden on the north wall, where nobody had looked.\n\nIt is green."
    together = read_text_pages([TextPage(name=name, text=text) for name in "ab"])
    assert [page.paragraphs for page in together] == [read(text).paragraphs] * 2
    assert len(together[0].paragraphs) == 2


def test_form_letters_keep_their_bodies():
    texts = [
        f"Weekly report {n}\n\nThis is the weekly report of the institute, as every week.\n\nThis week {n} leaves were counted.\n"
        for n in range(5)
    ]
    together = read_text_pages([TextPage(name=str(n), text=text) for n, text in enumerate(texts)])
    assert all(len(page.paragraphs) == 2 for page in together)


def folded(text):
    return None if text is None else re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


@pytest.mark.shared
@pytest.mark.skipif(not SEEDS.exists(), reason="the seed pages are not beside this checkout")
@pytest.mark.parametrize("alone", [False, True], ids=["together", "alone"])
def test_the_seeds_are_read_exactly(alone):
    golds = [
        json.loads(line) for line in (SHARED / "reference" / "seeds-expected.jsonl").read_text("utf-8").splitlines()
    ]
    pages = [TextPage(name=gold["file"], text=(SEEDS / gold["file"]).read_text("utf-8")) for gold in golds]
    found = [read_text_page(page) for page in pages] if alone else read_text_pages(pages)
    for gold, page in zip(golds, found, strict=True):
        assert page.kind.value == gold["kind"], page.why
        assert page.title == gold["title"]
        assert [folded(p) for p in page.paragraphs] == [folded(p) for p in gold["body"]]
        assert (page.published, page.origin, page.section) == (gold["date"], gold["source"], gold["section"])
        assert list(page.breadcrumb) == gold["breadcrumb"]
        assert page.language == gold["language"]
        assert [(i.caption, i.credit) for i in page.images] == [
            (c["caption_text"], c["credit"]) for c in gold["captions"]
        ]


LINES = st.sampled_from(["", "  ", "Home > News", "Time: 2026-01-02 source: ", "A short line", "责任编辑：张三", "Copyright 2026 Leaf",
                         "A sentence that is long enough to be taken for a paragraph of the text, surely.", "（刘通摄）", "Related articles", "【print", "Tel: 0431 1234567 Fax: 0431 1234567"])  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=40)), max_size=20), st.lists(LINES, max_size=8))
def test_no_text_whatsoever_makes_reading_fail(one, other):
    pages = [TextPage(name="a", text="\n".join(one)), TextPage(name="b", text="\r\n".join(other))]
    first, second = read_text_pages(pages), read_text_pages(pages)
    assert first == second
