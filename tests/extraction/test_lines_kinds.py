"""Short lines are told apart by their words: fields, controls, trails, footers, captions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.byline import read_authors, read_byline
from crawler.extraction.language import detect, normal_tag
from crawler.extraction.lines import (
    is_attachment_heading,
    is_boilerplate,
    is_editor_line,
    is_event_line,
    is_footer,
    is_neighbour_link,
    is_related_heading,
    is_widget,
    read_breadcrumb,
    read_caption,
    read_meta_line,
)

META = [
    ("Updated : 2023-06-26Source : CCFAO", {"modified": "2023-06-26", "origin": "CCFAO"}),
    (
        "Upcoming Events Time: the 2016-02-18 \xa0 \xa0 source: \xa0 \xa0 【big\xa0 |\xa0 medium\xa0 |\xa0 small】\xa0 \xa0 【print",
        {"published": "2016-02-18", "section": "Upcoming Events"},
    ),
    ("发布时间：2026/04/09 来源：国家能源局", {"published": "2026-04-09", "origin": "国家能源局"}),
    ("时间：2019-09-18 06:23 来源： 山西日报", {"published": "2019-09-18T06:23", "origin": "山西日报"}),
    ("来源: | 发布时间: 2018-05-17 | 浏览次数: 2168", {"published": "2018-05-17", "views": "2168"}),
    (
        "发布日期：2020-01-02 作者：张三 来源：新华社 责任编辑：李四 【字号：大 中 小】",
        {"published": "2020-01-02", "author": "张三", "origin": "新华社", "editor": "李四"},
    ),
    ("信息来源：长春光机所发布时间：2016-12-20", {"origin": "长春光机所", "published": "2016-12-20"}),
    ("2023-06-26 10:20:13 新华社", {"published": "2023-06-26T10:20:13", "origin": "新华社"}),
    ("作者：  来源：  时间：2015-01-01", {"published": "2015-01-01"}),
    ("By Jane Doe, November 5, 2026", {"author": "Jane Doe", "published": "2026-11-05"}),
    ("By Xinhua | Updated: 2026-11-05 10:00", {"author": "Xinhua", "modified": "2026-11-05T10:00"}),
    ("Updated: March 3, 2020 Published: Jan 2, 2019", {"published": "2019-01-02", "modified": "2020-03-03"}),
    ("Posted on November 5, 2026 by admin", {"published": "2026-11-05"}),
    (
        "Veröffentlicht am 5. November 2026 | Quelle: Universität Köln",
        {"published": "2026-11-05", "origin": "Universität Köln"},
    ),
    ("Publié le 5 novembre 2026 par Jean Dupont", {"published": "2026-11-05", "author": "Jean Dupont"}),
    ("Опубликовано: 5 ноября 2026 Источник: ТАСС", {"published": "2026-11-05", "origin": "ТАСС"}),
    ("公開日：2026年11月5日", {"published": "2026-11-05"}),
    ("Stand: 05.11.2026", {"modified": "2026-11-05"}),
    ("Berlin, 5. November 2026", {"published": "2026-11-05"}),
    ("March 4, 2025 20 min read", {"published": "2025-03-04"}),
    ("December 18, 2025 ・ 3 min read", {"published": "2025-12-18"}),
    ("JaneDoe September 5, 2024, 11:15pm 1", {"published": "2024-09-05T23:15"}),
    ("January 17, 2017 at 6:08 PM ET by Jane Doe", {"published": "2017-01-17T18:08-05:00", "author": "Jane Doe"}),
    ("Sun Dec 17, 2023 11:23 am", {"published": "2023-12-17T11:23"}),
    ("2026-11-05 星期四 10:30", {"published": "2026-11-05T10:30"}),
    ("June 3, 2024 39", {"published": "2024-06-03"}),
    (
        "By Jane Doe August 12, 2021 August 13, 2021 training",
        {"published": "2021-08-12", "modified": "2021-08-13", "author": "Jane Doe"},
    ),
    ("来 源：新华社 作 者：张三", {"origin": "新华社", "author": "张三"}),
    ("Author(s): Jane Doe, Max Muster", {"author": "Jane Doe; Max Muster"}),
    ("Join Date: Mar 2016", {}),
]
FIELDS = ("published", "modified", "origin", "author", "editor", "section", "views")


@pytest.mark.parametrize(("line", "fields"), META, ids=[line[:30] for line, _ in META])
def test_a_meta_line_gives_its_fields_and_empty_ones_give_nothing(line, fields):
    meta = read_meta_line(line)
    assert meta is not None
    assert {name: getattr(meta, name) for name in FIELDS if getattr(meta, name)} == fields


def test_two_glued_dates_are_publication_and_change():
    meta = read_meta_line("12/07/201812/04/2018admin", language="en-US")
    assert meta is not None
    assert (meta.published, meta.modified, meta.author) == ("2018-12-07", "2018-12-04", None)


@pytest.mark.parametrize(
    "line",
    [
        "Open Day on 5 November 2026",
        "The institute opens its laboratory in June 2024",
        "时间：2026年11月5日 地点：报告厅",
        "Source: the funds came from a donor who had visited the lab. It was big.",
        "On Jan. 24, 2016, the 4th Session of the 12th Congress of the province was held",
        "Training and Awards",
        "一、时间：2026年11月20日上午9:00",
        "4o Update 2024-09-05 Broken",
        "The lab opens on Monday, 5 November 2026",
        "A tank of the army near the town of Leafton, 24 April 2023",
        "[ December 3, 2025 ] Review: a hotel by the lake",
        "",
    ],
)
def test_prose_titles_and_events_are_no_meta_lines(line):
    assert read_meta_line(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "【Fonts: A+ A A- Print", "Text Size: A A A", "[大] [中] [小] [打印]", "【打印】【关闭】", "扫一扫在手机打开当前页", "分享到：",
        "Share this: Facebook Twitter", "【big | medium | small】  【print", "A A A", "Back to top", "Drucken", "Imprimer",
    ],
)  # fmt: skip
def test_controls_are_widgets(line):
    assert is_widget(line)


@pytest.mark.parametrize(
    "line", ["Training and Awards", "Printing is fun", "大学", "中国", "A", "Big Data", "Closed-loop control", ""]
)
def test_texts_that_share_a_word_with_a_control_are_not(line):
    assert not is_widget(line)


@pytest.mark.parametrize(
    ("line", "crumbs"),
    [
        ("The current position:Home>News>Upcoming Events", ("Home", "News", "Upcoming Events")),
        ("当前位置：首页 > 新闻动态 > 正文", ("首页", "新闻动态")),
        ("您的位置：首页->学院新闻->正文", ("首页", "学院新闻")),
        ("Startseite › Aktuelles › Meldung", ("Startseite", "Aktuelles", "Meldung")),
        ("Vous êtes ici : Accueil > Actualités", ("Accueil", "Actualités")),
        ("首页 / 新闻", ("首页", "新闻")),
        ("News > Home", None),
        ("x > y holds for all z", None),
    ],
)
def test_breadcrumbs_begin_at_home_or_say_that_they_are_one(line, crumbs):
    assert read_breadcrumb(line) == crumbs


@pytest.mark.parametrize(
    "line",
    [
        "Copyright 2003-2015 All Rights Reserved Institute of Leaves",
        "No.12 Dong Lake Road,Leafton,China 130033\xa0 \xa0 TEL:+86-431-12345678\xa0 \xa0 FAX:+86-431-12345679",
        "Copyright @ Institute of Leaves. All Rights Reserved.",
        "版权所有：叶科学研究所 京ICP备00000000号-1",
        "地址：叶城东湖路12号 邮编：130033 电话：0431-12345678",
        "© 2020 Leaf",
    ],
)
def test_footers_are_known_by_right_address_and_number(line):
    assert is_footer(line)


@pytest.mark.parametrize(
    "line",
    ["The new copyright law was passed in 2019 by the parliament.", "Join Us", "The road to the institute is closed."],
)
def test_a_text_about_rights_or_roads_is_no_footer(line):
    assert not is_footer(line)


@pytest.mark.parametrize(
    ("line", "text", "credit"),
    [
        ("Signing seremony (Photo by LEAF)", "Signing seremony", "Photo by LEAF"),
        ("图为会议现场（刘通摄）", "图为会议现场", "刘通摄"),
        ("会议现场（宣传部供图）", "会议现场", "宣传部供图"),
        ("A view of the lab. Photo courtesy of LEAF", "A view of the lab.", "Photo courtesy of LEAF"),
        ("Figure 1. The setup", "Figure 1. The setup", None),
        ("Foto: Max Muster", None, "Foto: Max Muster"),
    ],
)
def test_captions_give_their_credit_apart(line, text, credit):
    caption = read_caption(line)
    assert caption is not None
    assert (caption.text, caption.credit) == (text, credit)


@pytest.mark.parametrize(
    "line", ["The alliance (founded by CIOMP) grows", "He took a photo by the lake", "The photo: a history"]
)
def test_prose_is_no_caption(line):
    assert read_caption(line) is None


def test_which_page_of_how_many_this_is():
    assert is_boilerplate("Page 1 of 8")
    assert is_boilerplate("Seite 2 von 3")
    assert is_boilerplate("第 1 页 / 共 8 页")
    assert not is_boilerplate("Page 1 of 8 was torn out")
    assert not is_boilerplate("Page One of The Moss Papers")


def test_the_small_lines_around_an_article_are_known():
    assert is_editor_line("责任编辑：张三")
    assert is_editor_line("(责编：张三、李四)")
    assert is_neighbour_link("上一篇：新叶")
    assert is_neighbour_link("Next")
    assert not is_neighbour_link("Previously, the lab was closed")
    assert is_attachment_heading("Related accessories")
    assert is_attachment_heading("附件：")
    assert is_related_heading("Related documents")
    assert is_related_heading("相关新闻")
    assert is_event_line("地点：报告厅")
    assert not is_event_line("来源：新华社")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Jane Doe and Max Muster", ("Jane Doe", "Max Muster")),
        ("By JANE DOE, Staff Writer", ("JANE DOE",)),
        ("本报记者 张三 李四", ("张三", "李四")),
        ("作者：王 五", ("王五",)),
        ("Par Jean Dupont et Marie Curie", ("Jean Dupont", "Marie Curie")),
        ("Jane Doe, Ph.D.", ("Jane Doe, Ph.D.",)),
        ("Dr. Jane Doe (MIT)", ("Dr. Jane Doe",)),
        ("admin", ()),
        ("jane@leaf.example", ()),
        ("https://leaf.example/jane", ()),
    ],
)
def test_authors_are_persons_named_in_a_byline(text, names):
    assert read_authors(text) == names


def test_a_byline_begins_with_its_word_and_a_name():
    assert read_byline("By Jane Doe") == ("Jane Doe",)
    assert read_byline("By the way") == ()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The institute has opened a new laboratory for the study of light and it is the first of its kind", "en"),
        (
            "Das Institut hat für die Forschung ein neues Labor eröffnet und wird es im Herbst mit den Partnern nutzen",
            "de",
        ),
        ("叶科学研究所举行新实验室揭牌仪式", "zh"),
        ("研究所は新しい実験室を公開しました", "ja"),
        ("연구소는 새로운 실험실을 열었습니다", "ko"),
        ("a", None),
    ],
)
def test_the_language_of_a_text_is_told(text, language):
    assert detect(text) == language


def test_declared_tags_are_tidied():
    assert normal_tag("zh-cn") == "zh-CN"
    assert normal_tag("EN_us") == "en-US"
    assert normal_tag("unset") is None


@settings(deadline=None)  # a model may be loaded on the way
@given(st.text(max_size=200))
def test_no_line_whatsoever_makes_reading_fail(line):
    for ask in (is_boilerplate, is_event_line, read_caption, read_meta_line, read_breadcrumb, read_authors, detect):
        assert ask(line) == ask(line)


@settings(deadline=None)  # a model may be loaded on the way
@given(
    st.lists(
        st.sampled_from(
            [
                "发布时间：",
                "来源:",
                "Source : ",
                "2023-06-26",
                "By ",
                "Jane Doe",
                "【print",
                "|",
                "  ",
                "\xa0",
                "x",
                "作者",
            ]
        ),
        max_size=9,
    )
)
def test_no_mixture_of_fields_makes_reading_fail_and_values_hold_no_control(parts):
    meta = read_meta_line("".join(parts), language="en")
    if meta is not None:
        assert meta.origin is None or not is_widget(meta.origin)
        assert meta.published in (None, "2023-06-26")


@settings(deadline=None)  # a model may be loaded on the way
@given(st.text(max_size=60))
def test_reading_names_twice_is_reading_them_once(text):
    once = read_authors(text)
    assert all(read_authors(name) in ((name,), ()) or len(read_authors(name)) >= 1 for name in once)
