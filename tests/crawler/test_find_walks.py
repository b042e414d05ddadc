"""Whole lists, walked page by page as a crawl does: every article of a site is found, whatever its pager is like."""

from collections import deque

import pytest

from crawler.discovery import read_seed
from crawler.source import Seed

SITE = "http://leaf.example"
MENU = "".join(
    f'<li><a href="/{word}/">{word}</a></li>' for word in ("about", "people", "research", "news", "jobs", "contact")
)
LAYOUT = "<html><body><div class='header'><ul class='nav'>{menu}</ul></div><div class='wrap'>{main}</div>{foot}</body></html>"
FOOT = "<div class='footer'><a href='/imprint/'>Imprint</a><a href='http://academy.example/'>Academy</a></div>"


def laid_out(main):
    return LAYOUT.format(menu=MENU, main=main, foot=FOOT)


def rows(
    numbers,
    link,
    *,
    item="<li><a href='{link}' title='Finding {n} of the garden'>Finding {n} of…</a><span>2031-04-{day:02d}</span></li>",
):
    return "".join(item.format(link=link.format(n=n), n=n, day=n % 28 + 1) for n in numbers)


def chunks(count, size=10):
    """Article numbers page by page, the newest (largest) first."""
    numbers = list(range(count, 0, -1))
    return [numbers[start : start + size] for start in range(0, count, size)]


TRS = "/xwdt/t20310401_{n}.html"


def trs():
    pages = chunks(45)
    return "/xwdt/", TRS, {
        "/xwdt/" if n == 0 else f"/xwdt/index_{n}.html": laid_out(
            f'<ul>{rows(numbers, TRS)}</ul><div class=page><script>createPageHTML({len(pages)}, {n}, "index", "html");</script></div>'
        )
        for n, numbers in enumerate(pages)
    }  # fmt: skip


def trs_variables():
    pages = chunks(45)
    script = 'var currentPage = {n};var countPage = 5;document.write("<a href=\\"index_"+prevPage+".html\\">");'
    return "/xwdt/", TRS, {
        "/xwdt/" if n == 0 else f"/xwdt/index_{n}.html": laid_out(f"<ul>{rows(numbers, TRS)}</ul><script>{script.format(n=n)}</script>")
        for n, numbers in enumerate(pages)
    }  # fmt: skip


def container(first):
    """createPageHTML with a container; page 2 is fg_2 or fg_1."""
    pages, link = chunks(45), "/csrc/c{n}/content.shtml"
    return "/csrc/fg.shtml", link, {
        "/csrc/fg.shtml" if n == 0 else f"/csrc/fg_{n + first - 1}.shtml": laid_out(
            f"<ul>{rows(numbers, link)}</ul><script>createPageHTML('page_div',5, {n + 1},'fg','shtml',45);</script>"
        )
        for n, numbers in enumerate(pages)
    }  # fmt: skip


def vsb():
    """Older pages are numbered downwards: page 2 is the total less one."""
    pages, link, site = chunks(45), "/info/1012/{n}.htm", {}
    for n, numbers in enumerate(pages):
        left = len(pages) - 1 - n
        href = f"{'xwzx/' if n == 0 else ''}{left}.htm"
        more = (
            f'<a href="{href}" class="Next">下页</a><a href="{"xwzx/" if n == 0 else ""}1.htm">尾页</a>' if left else ""
        )
        script = '<script>_showDynClickBatch(["d1"],[1],"wbnews",1001)</script>'
        body = laid_out(f"<ul>{script}{rows(numbers, link)}</ul><div class='pb_sys_common'>{more}</div>")
        site["/xwzx.htm" if n == 0 else f"/xwzx/{left + 1}.htm"] = body
    return "/xwzx.htm", link, site


def webplus():
    pages, link = chunks(45, 14), "/2031/0402/c3410a{n}/page.htm"
    item = "<li class='news n{n}'><span class='news_title'><a href='{link}' title='Finding {n} of the garden'>Finding {n}</a></span><span class='news_meta'>2031-04-{day:02d}</span></li>"
    return "/3742/list.htm", link, {
        "/3742/list.htm" if n == 0 else f"/3742/list{n + 1}.htm": laid_out(
            f"<div id='wp_news_w6'><ul>{rows(numbers, link, item=item)}</ul></div><div id='wp_paging_w6'><ul class='wp_paging'>"
            + (f"<li><a class='next' href='/3742/list{n + 2}.htm'><span>下一页&gt;&gt;</span></a></li>" if n + 1 < len(pages) else "")
            + "</ul></div>"
        )
        for n, numbers in enumerate(pages)
    }  # fmt: skip


def fragments():
    """The n-number system: bare <li> fragments, numbered from the oldest up."""
    pages, link = chunks(45), "/n1/n2/c{n}/content.html"
    hidden = "".join(f'<a href="index_26_{n}.html"></a>' for n in range(1, len(pages)))
    first = laid_out(f"<div id='comp_26'><ul>{rows(pages[0], link)}</ul></div><div style='display:none'>{hidden}</div>")
    older = {f"/n1/n2/index_26_{len(pages) - n}.html": rows(numbers, link) for n, numbers in enumerate(pages) if n}
    return "/n1/n2/index.html", link, {"/n1/n2/index.html": first, **older}


def drupal():
    pages, link = chunks(45), "/news/2031/finding-{n}-of-the-garden"
    item = "<div class='views-row'><h3><a href='{link}'>Finding {n} of the garden</a></h3><time datetime='2031-04-{day:02d}T08:00:00Z'>April</time></div>"
    return "/news", link, {
        "/news" if n == 0 else f"/news?page={n}": laid_out(
            f"<main><div class='view'>{rows(numbers, link, item=item)}</div><nav class='pager'><ul>"
            + (f"<li class='pager__item--next'><a rel='next' href='?page={n + 1}'>Next ›</a></li>" if n + 1 < len(pages) else "")
            + "</ul></nav></main>"
        )
        for n, numbers in enumerate(pages)
    }  # fmt: skip


def wordpress():
    pages, link = chunks(45), "/finding-{n}-of-the-moss-garden/"
    item = "<article class='post-{n} hentry category-c{n}'><h2><a href='{link}' rel='bookmark'>Finding {n} of the moss garden</a></h2><p>Some <a href='/people/p{n}/'>words</a>.</p><a href='{link}#more-{n}'>Read more</a></article>"
    return "/news/", link, {
        "/news/" if n == 0 else f"/news/page/{n + 1}/": laid_out(
            f"<main>{rows(numbers, link, item=item)}<div class='nav-previous'>"
            + (f"<a href='/news/page/{n + 2}/'>&larr; Older posts</a>" if n + 1 < len(pages) else "")
            + "</div>" + (f"<div class='nav-next'><a href='/news/page/{n}/'>Newer posts &rarr;</a></div>" if n else "") + "</main>"
        )
        for n, numbers in enumerate(pages)
    }  # fmt: skip


def months():
    """No pager at all: the list shows the newest ten, the archives hold the rest month by month."""
    link, by_month = (
        "/2031/{n}-finding-of-the-moss-garden/",
        {month: list(range(month * 10, month * 10 - 9, -1)) for month in (5, 4, 3, 2, 1)},
    )
    archive = (
        "<aside><ul>"
        + "".join(f'<li><a href="/2031/{month:02d}/">month</a></li>' for month in by_month)
        + "</ul></aside>"
    )
    pages = {
        f"/2031/{month:02d}/": laid_out(f"<main><ul>{rows(numbers, link)}</ul></main>{archive}")
        for month, numbers in by_month.items()
    }
    return "/news/", link, {"/news/": laid_out(f"<main><ul>{rows(by_month[5], link)}</ul></main>{archive}"), **pages}


def years():
    """A hand-made site: a form offers one page a year."""
    link, by_year = (
        "/view_news?id={n}",
        {year: list(range((year - 2026) * 9, (year - 2027) * 9, -1)) for year in (2031, 2030, 2029, 2028, 2027)},
    )
    options = "".join(f"<option value='{year}'>{year}</option>" for year in by_year)
    form = f"<form><select name='select_year'><option value=''>Latest</option>{options}</select></form>"
    pages = {
        f"/news/?select_year={year}": laid_out(f"{form}<ul>{rows(numbers, link)}</ul>")
        for year, numbers in by_year.items()
    }
    return "/news/", link, {"/news/": laid_out(f"{form}<ul>{rows(by_year[2031], link)}</ul>"), **pages}


def numbers_only():
    pages, link = chunks(45), "/news/show/{n}00"
    return "/news/", link, {
        "/news/" if n == 0 else f"/news/?p={n + 1}": laid_out(
            f"<table>{rows(numbers, link, item='<tr><td><a href={link}>Finding {n} of the garden</a></td><td>2031/4/{day}</td></tr>')}</table><div class='pages'>"
            + "".join(f"<a href='/news/?p={k + 1}'>{k + 1}</a>" if k != n else f"<b>{k + 1}</b>" for k in range(len(pages))) + "</div>"
        )
        for n, numbers in enumerate(pages)
    }  # fmt: skip


def walk(start, pages):
    """The articles and the pages of a walk to the end; pages that are not there are passed over."""
    found, asked, missing = {}, [], 0
    seed = Seed(kind="listing", url=SITE + start)
    queue = deque([(1, SITE + start)])
    while queue:
        number, url = queue.popleft()
        path = url.removeprefix(SITE)
        if path in asked:
            continue
        asked.append(path)
        assert len(asked) < 50
        if path not in pages:
            missing += 1
            continue
        page = read_seed(seed, pages[path].encode(), url, page=number)
        found.update({item.url.removeprefix(SITE): item for item in page.found})
        queue.extend((number + 1 + n, address) for n, address in enumerate(page.next))
    return found, asked, missing


@pytest.mark.parametrize(
    "site",
    [
        trs,
        trs_variables,
        lambda: container(1),
        lambda: container(2),
        vsb,
        webplus,
        fragments,
        drupal,
        wordpress,
        months,
        years,
        numbers_only,
    ],
    ids=[
        "trs",
        "trs-variables",
        "container-1",
        "container-2",
        "vsb",
        "webplus",
        "fragments",
        "drupal",
        "wordpress",
        "months",
        "years",
        "numbers",
    ],
)
def test_every_article_of_a_list_is_found_and_nothing_else(site):
    start, link, pages = site()
    found, asked, missing = walk(start, pages)
    everything = {
        href
        for body in pages.values()
        for n in range(1, 51)
        if (href := link.format(n=n)) and f"{href}'" in body.replace(">", "'")
    }
    assert set(found) == everything
    assert len(everything) >= 45
    assert set(asked) >= set(pages)
    assert missing <= 1  # where two numberings are possible, one of them is not there
    assert all(
        item.title == f"Finding {n} of the garden" or "Finding" in item.title or "finding" in item.url
        for n, item in enumerate(found.values())
    )
    assert all(item.date for item in found.values()) or link.startswith("/finding")
