"""Dates are read as precisely as they are written, and never invented."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.dates import date_from_url, find_dates, normalise_stamp, read_date

AT = datetime(2026, 11, 22, 4, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026年11月5日", "2026-11-05"),
        ("2026年11月5日 08:30", "2026-11-05T08:30"),
        ("2026 年 11 月 5 日", "2026-11-05"),
        ("二〇二六年十一月五日", "2026-11-05"),
        ("民國112年5月6日", "2023-05-06"),
        ("令和元年5月1日", "2019-05-01"),
        ("2016-02-18", "2016-02-18"),
        ("2023-06-26Source", "2023-06-26"),
        ("2023-06-2610:30", "2023-06-26T10:30"),
        ("2021.12.3", "2021-12-03"),
        ("2026. 11. 5. 오후 3:30", "2026-11-05T15:30"),
        ("2026/04/09", "2026-04-09"),
        ("26 Jun 2023", "2023-06-26"),
        ("December 3, 2018", "2018-12-03"),
        ("Posted on Nov 5 2026 at 3:05 pm", "2026-11-05T15:05"),
        ("5. November 2026", "2026-11-05"),
        ("Donnerstag, 5. November 2026, 14.30 Uhr", "2026-11-05T14:30"),
        ("1er novembre 2026", "2026-11-01"),
        ("10 mars 2021 à 8 h 05", "2021-03-10T08:05"),
        ("5 de noviembre de 2026", "2026-11-05"),
        ("5 de novembro de 2026, às 10h30", "2026-11-05T10:30"),
        ("5 novembre 2026 alle 10:30", "2026-11-05T10:30"),
        ("5 ноября 2026 г., 10:30", "2026-11-05T10:30"),
        ("5 listopada 2026", "2026-11-05"),
        ("5 november 2026 10.30 uur", "2026-11-05T10:30"),
        ("5 Kasım 2026 Perşembe", "2026-11-05"),
        ("2026. november 5.", "2026-11-05"),
        ("ngày 5 tháng 11 năm 2026", "2026-11-05"),
        ("5 พฤศจิกายน 2569", "2026-11-05"),
        ("٥ نوفمبر ٢٠٢٦", "2026-11-05"),
        ("２０２６年１１月５日", "2026-11-05"),
        ("2018-12-10T12:58:56-07:00", "2018-12-10T12:58:56-07:00"),
        ("Tue, 24 Jul 2018 17:13 EDT", "2018-07-24T17:13-04:00"),
        ("07 Oct 2016 13:13:00 PDT", "2016-10-07T13:13:00-07:00"),
        ("Mon Jan 05 2026 10:00:00 GMT+0100 (CET)", "2026-01-05T10:00:00+01:00"),
        ("10:30 AM EST, Mon January 5, 2026", "2026-01-05T10:30-05:00"),
        ("25/12/2018", "2018-12-25"),
        ("12/25/2018", "2018-12-25"),
        ("05.11.2026", "2026-11-05"),
        ("Do 05.11.26 | 14:07 Uhr", "2026-11-05T14:07"),
        ("Thu, 03/04/2025 - 10:30", "2025-04-03T10:30"),
        ("03/04/2025 (Tue)", "2025-03-04"),
        ("05/01/2026, first published 22/12/2025", "2026-01-05"),
        ("Mental HealthDECEMBER 22, 2022", "2022-12-22"),
        ("Mar 27, 20255 mins", "2025-03-27"),
        ("27 March 202512 min read", "2025-03-27"),
        ("May 1, 202512:30", "2025-05-01T12:30"),
        ("November 2026", "2026-11"),
        ("2026年11月", "2026-11"),
        ("2018-12", "2018-12"),
    ],
)
def test_a_written_date_is_read_as_precisely_as_it_stands(text, iso):
    assert read_date(text) == iso


@pytest.mark.parametrize(
    "text",
    [
        "[12-18]", "Jan 5", "July 13th", "2026-02-30", "31 June 2024", "1889-01-01", "Copyright 2003-2015", "1.2.10 Results",
        "12/07/2018", "3小时前", "gestern", "Tuesday, December 3rd", "今日头条", "", "№ 2018/12345", "10.1038/s41586-020-2649-2",
    ],
)  # fmt: skip
def test_what_is_no_whole_date_is_none(text):
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("language", "iso"),
    [
        ("en", "2018-12-07"),
        ("en-US", "2018-12-07"),
        ("en-GB", "2018-07-12"),
        ("fr", "2018-07-12"),
        ("es", "2018-07-12"),
    ],
)
def test_the_language_settles_which_number_is_the_month(language, iso):
    assert read_date("12/07/2018", language=language) == iso


def test_two_glued_dates_are_two_dates():
    spots = list(find_dates("12/07/201812/04/2018admin", language="en"))
    assert [spot.iso for spot in spots] == ["2018-12-07", "2018-12-04"]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("3小时前", "2026-11-22"),
        ("昨天 08:30", "2026-11-21T08:30+08:00"),
        ("发布于3天前", "2026-11-19"),
        ("2 days ago", "2026-11-20"),
        ("5 minutes ago", "2026-11-22T12:12+08:00"),
        ("gestern", "2026-11-21"),
        ("vor 3 Tagen", "2026-11-19"),
        ("il y a 2 heures", "2026-11-22"),
        ("hace 3 meses", "2026-08"),
        ("a year ago", "2025"),
    ],
)
def test_relative_forms_are_read_against_the_fetch(text, iso):
    assert read_date(text, at=AT, timezone="Asia/Shanghai") == iso


def test_the_zone_of_the_source_completes_a_time_and_nothing_else():
    assert read_date("2026-11-05 08:30", timezone="Asia/Shanghai") == "2026-11-05T08:30+08:00"
    assert read_date("2026-07-05 08:30", timezone="Europe/Berlin") == "2026-07-05T08:30+02:00"
    assert read_date("2026-11-05", timezone="Asia/Shanghai") == "2026-11-05"
    assert read_date("2026-11-05 08:30 GMT", timezone="Asia/Shanghai") == "2026-11-05T08:30+00:00"


def test_a_date_far_ahead_of_the_fetch_is_doubted():
    assert read_date("2031-01-01", at=AT) is None
    assert read_date("2027-01-01", at=AT) == "2027-01-01"


@pytest.mark.parametrize(
    ("stamp", "iso"),
    [
        ("2025-08-05 03:11", "2025-08-05T03:11"),
        ("2022-04-17 14:46:00", "2022-04-17T14:46:00"),
        ("2018-12-10T12:58:56.123Z", "2018-12-10T12:58:56Z"),
        ("2018-12-10T12:58:56+0800", "2018-12-10T12:58:56+08:00"),
        ("20180510T120000Z", "2018-05-10T12:00:00Z"),
        ("1541404800", "2018-11-05T08:00:00Z"),
        ("1541404800000", "2018-11-05T08:00:00Z"),
        ("2018-12-10T12:58:56-07:00[America/Denver]", "2018-12-10T12:58:56-07:00"),
        ("2018", "2018"),
        ("2026-W45-4", "2026-11-05"),
        ("2026-W45", None),
        ("2026-W60-1", None),
        ("2018-13-01", None),
        ("03/04/2019", None),
        ("x", None),
    ],
)
def test_machine_stamps_become_plain_iso(stamp, iso):
    assert normalise_stamp(stamp) == iso


@pytest.mark.parametrize(
    ("url", "iso"),
    [
        ("http://a.example/b/202604/t20260409_1404577.html", "2026-04-09"),
        ("http://a.example/2025/1222/c3410a367249/page.htm", "2025-12-22"),
        ("http://a.example/art/2016/11/22/art_1621004_30332664.htm", "2016-11-22"),
        ("http://a.example/2018/dec/05/abc", "2018-12-05"),
        ("http://a.example/2020-01-02-title.html", "2020-01-02"),
        ("http://a.example/2018/06/slug/", "2018-06"),
        ("http://a.example/news/2019-10-slug.html", "2019-10"),
        ("http://a.example/P020260409348498606128.pdf", None),
        ("http://a.example/node/107", None),
        ("http://[bad", None),
    ],
)
def test_the_address_may_carry_the_day(url, iso):
    assert date_from_url(url) == iso


@settings(deadline=None)
@given(st.dates(datetime(1990, 1, 1).date(), datetime(2099, 12, 31).date()), st.sampled_from(["%Y-%m-%d", "%Y年%m月%d日", "%d %B %Y", "%B %d, %Y", "%Y/%m/%d", "%d.%m.%Y", "%Y%m%d"]))  # fmt: skip  # noqa: DTZ001
def test_every_day_survives_every_way_of_writing_it(day, form):
    assert read_date(day.strftime(form)) == day.isoformat()


@settings(deadline=None)
@given(st.text(max_size=120), st.sampled_from([None, "en", "de", "zh", "xx-YY", "hr"]))
def test_no_text_whatsoever_makes_reading_fail_and_reading_twice_is_reading_once(text, language):
    once = read_date(text, at=AT, language=language)
    assert once is None or read_date(once, at=AT, language=language) == once


@settings(deadline=None)
@given(st.text(alphabet="0123456789-/.: 年月日TZ+Jan Mai,st", max_size=40))
def test_no_mixture_of_date_parts_makes_reading_fail(text):
    for spot in find_dates(text, language="en"):
        datetime.fromisoformat(spot.iso[:10] if len(spot.iso) >= 10 else f"{spot.iso}-01")
    normalise_stamp(text)
    date_from_url("http://a.example/" + text)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("26.11.20", "2026-11-20"),
        ("작성일 26-11-20 10:21", "2026-11-20T10:21"),
        ("26/11/05 (목)", "2026-11-05"),
        ("99-12-31", "1999-12-31"),
        ("1.2.10 Results", None),
        ("02-12-34", None),
    ],
)
def test_east_asian_pages_write_two_digits_of_the_year_first(text, date):
    assert read_date(text, language="ko") == date
    assert read_date(text, language="zh-CN") == date
