"""What is no article is told, and says why."""

import pytest

from crawler.extraction import extract
from crawler.stations import Hints, PageKind

NAV = (
    "<nav>"
    + "".join(f'<a href="/{word}/">{word}</a> ' for word in ("Home", "News", "Research", "People", "Contact"))
    + "</nav>"
)
LONG = (
    "<p>" + "The committee met on Tuesday and talked for hours about moss, ferns and the price of lamps. " * 3 + "</p>"
)


@pytest.mark.parametrize(
    ("data", "kind", "word"),
    [
        (b"", PageKind.EMPTY, "no bytes"),
        (b" \r\n\t", PageKind.EMPTY, "blanks"),
        (b"\xef\xbb\xbf", PageKind.EMPTY, "blanks"),
        (b"<html><body></body></html>", PageKind.EMPTY, "no text"),
        (b"%PDF-1.7\n%\xe2\xe3", PageKind.BINARY, "PDF"),
        (b"PK\x03\x04\x14\x00\x06\x00", PageKind.BINARY, "ZIP"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, PageKind.BINARY, "PNG"),
        (b"\x1f\x8b\x08\x00abc", PageKind.BINARY, "gzip"),
        (b"\x00\x01\x02\x03random" * 100, PageKind.BINARY, "zero bytes"),
        (b'{"items": [{"title": "Moss"}]}', PageKind.BINARY, "JSON"),
        (b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>', PageKind.FEED, "feed"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>', PageKind.FEED, "feed"),
        (b'<?xml version="1.0"?><!-- c --><urlset><url><loc>http://x/</loc></url></urlset>', PageKind.FEED, "sitemap"),
    ],
)
def test_what_is_no_page_at_all(data, kind, word):
    got = extract(data, "https://www.leaf.example/x")
    assert got.kind is kind
    assert word in got.why


@pytest.mark.parametrize(
    ("title", "body", "kind"),
    [
        (
            "Just a moment...",
            "<p>Enable JavaScript and cookies to continue</p><script>_cf_chl_opt={}</script>",
            PageKind.CHALLENGE,
        ),
        ("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>", PageKind.CHALLENGE),
        (
            "Access Denied",
            "<h1>Access Denied</h1>You don't have permission to access this page. Reference #18.2f1",
            PageKind.CHALLENGE,
        ),
        ("访问验证", "<p>请完成下列验证后继续访问</p>", PageKind.CHALLENGE),
        ("", "<p>您的请求被拦截</p>", PageKind.CHALLENGE),
        (
            "404 Not Found",
            "<h1>Not Found</h1><p>The requested URL was not found on this server.</p>",
            PageKind.SOFT_404,
        ),
        ("Seite nicht gefunden | Moos", NAV + "<h1>Seite nicht gefunden</h1>", PageKind.SOFT_404),
        ("Institut", NAV + "<h1>Page introuvable</h1><p>Essayez la recherche.</p>", PageKind.SOFT_404),
        ("海杉研究所", NAV + "<h2>您访问的页面不存在或已被删除</h2>", PageKind.SOFT_404),
        ("ページが見つかりません", "<p>お探しのページは移動しました。</p>", PageKind.SOFT_404),
        ("Страница не найдена", NAV, PageKind.SOFT_404),
        ("Página no encontrada", NAV, PageKind.SOFT_404),
        ("Login", "<form><input type=text><input type=password></form>", PageKind.LOGIN),
        ("统一身份认证", "<form>用户名<input>密码<input type=password></form>", PageKind.LOGIN),
        ("Members", NAV + "<p>Please log in to read this page.</p>", PageKind.LOGIN),
        ("App", "<div id=root></div><script src=a.js></script>", PageKind.SHELL),
        ("App", "<noscript>You need to enable JavaScript to run this app.</noscript><div id=x></div>", PageKind.SHELL),
        ("", "<script>location.href='/index2.html'</script>", PageKind.SHELL),
    ],
)
def test_walls_and_shells(title, body, kind):
    got = extract(
        f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode(),
        "https://www.leaf.example/x",
        hints=Hints(linked=True),
    )
    assert got.kind is kind
    assert got.why
    assert got.paragraphs == ()


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Why captchas ask whether you are a robot", "A captcha asks visitors to verify you are human, and access denied is what bots read."),
        ("The history of error 404", "Not found is the best known answer of the web."),
        ("University moves to single sign-on", "Staff will log in with their card from Monday; passwords go."),
        ("Why our site works without JavaScript", "Many sites ask you to please enable JavaScript."),
    ],
)  # fmt: skip
def test_an_article_about_walls_is_an_article(title, words):
    html = f"<html lang=en><title>{title} - Leaf</title>{NAV}<main><h1>{title}</h1><p>By Mara Quill, 2 April 2031</p><p>{words}</p>{LONG * 8}</main></html>"
    assert extract(html.encode(), "https://www.leaf.example/news/2031/why").kind is PageKind.ARTICLE


def test_a_linked_page_is_hardly_ever_refused():
    """A notice of one line, without any date: the list's article link led here."""
    html = f"<html><title>Notice - Leaf</title>{NAV}<main><h1>Notice</h1><p>The greenhouse stays closed on Monday and Tuesday.</p></main></html>"
    got = extract(html.encode(), "https://www.leaf.example/n?id=3", hints=Hints(linked=True, title="Notice"))
    assert got.kind is PageKind.ARTICLE


def test_about_us_is_a_page_even_with_much_text():
    html = f"<html lang=en><title>About us - Leaf</title>{NAV}<main><h1>About us</h1>{LONG * 4}</main></html>"
    assert extract(html.encode(), "https://www.leaf.example/about/").kind is PageKind.PAGE


def test_news_filed_under_the_history_of_a_house_is_no_standing_page():
    html = f"<html lang=en><title>The herbarium of 1850 - Leaf</title>{NAV}<main><h1>The herbarium of 1850</h1>{LONG * 6}</main></html>"
    got = extract(html.encode(), "https://www.leaf.example/history/stories/the-herbarium/opened.html")
    assert got.kind is PageKind.ARTICLE
    assert extract(html.encode(), "https://www.leaf.example/history/index.html").kind is PageKind.PAGE


def test_a_shop_and_an_offer_are_no_articles():
    offer = "<p>Our certified gardeners offer affordable moss removal services. Contact us today for a free quote; we serve you and your family.</p>"
    page = f"<html lang=en><title>Moss Removal Services | Leaf Gardeners</title><body class='page page-id-7'>{NAV}<section class=hero><h1>Moss Removal Services</h1><a class=btn href=/quote>Get a free quote</a></section><section class=services>{offer * 4}</section><a class=cta href=/contact>Contact us</a></body></html>"
    assert extract(page.encode(), "https://www.leaf.example/services/moss-removal").kind is not PageKind.ARTICLE
    shop = f"<html lang=en><title>Moss lamp | Leaf Shop</title><body class='product-template woocommerce-page'><div class=cart>Cart</div>{NAV}<h1>Moss lamp</h1><p class=price>$49.00</p><button>Add to cart</button><div class=product-description><p>A lamp of living moss for your home. Free shipping on all orders over $50.</p><p>Dimensions: 20 x 30 cm. Ships within 3 days.</p></div></body></html>"
    assert extract(shop.encode(), "https://www.leaf.example/products/moss-lamp").kind is not PageKind.ARTICLE


def test_a_list_keeps_no_date_of_its_items():
    items = "".join(
        f'<li><a href="/news/{i}">A headline about moss number {i} and more</a> <span>2031-04-{i:02d}</span></li>'
        for i in range(1, 25)
    )
    got = extract(
        f"<html lang=en><title>News - Leaf</title>{NAV}<main><h1>News</h1><ul>{items}</ul></main></html>".encode(),
        "https://www.leaf.example/news/",
    )
    assert got.kind is PageKind.LISTING
    assert (got.published, got.author) == (None, None)


def test_a_page_that_hides_itself_until_a_script_runs_is_no_shell():
    html = f"<html lang=en><title>Moss - Leaf</title><body style='display:none'><script src=a.js></script>{NAV}<main><h1>Moss</h1><p>By Mara Quill, 2 April 2031</p>{LONG * 6}</main></body></html>"
    got = extract(html.encode(), "https://www.leaf.example/news/moss-grows-by-day")
    assert got.kind is PageKind.ARTICLE
    assert got.published == "2031-04-02"


def test_a_thread_kept_for_readers_without_scripts_is_no_shell():
    posts = "".join(
        f"<p>Post {i}: the moss on our roof has grown for {i} years now, and nobody who lives below it knows why it stops in summer.</p>"
        for i in range(20)
    )
    page = f"<html><head><title>Moss</title>{'<script>x</script>' * 9}</head><body><noscript><h1>Moss</h1>{posts}</noscript><div id='app'></div></body></html>"
    assert extract(page.encode()).kind is not PageKind.SHELL
    assert "stops in summer" in extract(page.encode()).body
