"""Cookies: given back where a page wants its own, and nowhere else."""

from crawler.cookies import COOKIE_MAX, COOKIES_MAX, Cookies

HERE, THERE = "http://leaf.example", "https://leaf.example"


def taken(*values, walled=False):
    cookies = Cookies()
    cookies.take(HERE, [("Set-Cookie", value) for value in values], walled=walled)
    return cookies.header(HERE)


def test_name_and_value_alone_go_back_to_where_they_came_from():
    cookies = Cookies()
    cookies.take(HERE, [("set-cookie", "visit=2031; Path=/; HttpOnly"), ("Set-Cookie", "b=x=y")], walled=False)
    assert cookies.header(HERE) == {"Cookie": "visit=2031; b=x=y"}
    assert cookies.header(THERE) == {}


def test_a_bot_checks_cookie_is_not_taken():
    assert taken("clearance=1", walled=True) == {}


def test_what_is_no_cookie_or_too_long_is_left():
    assert taken("", "=1", "a b=1", "x=\r\ny", f"long={'x' * COOKIE_MAX}", "é=1") == {}


def test_a_flood_is_cut():
    assert taken(*(f"c{n}=1" for n in range(1000)))["Cookie"].count(";") == COOKIES_MAX - 1
