"""What the invented sites of `families_china` and `families_west` are made of, and the list of all of them.

A builder sets up an `Institute` with ARTICLES articles that can be reached from its home page, and
with what stands around them on such sites: menus, other columns, a search, "hot news", friendly links. No list page after the
first is linked where the real system lets a script write the pager.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field

from institute import Institute, Reply

ARTICLES = 27
WORDS_EN = "moss fern lichen algae spore light root soil garden leaf".split()  # noqa: SIM905
WORDS_ZH = "激光 光谱 薄膜 晶体 望远镜 探测器 光纤 镜面 相机 光源".split()  # noqa: SIM905


@dataclass(frozen=True, kw_only=True)
class News:
    """One article as its institute would describe it."""

    n: int
    path: str
    title: str
    date: str  #: "2031-04-02"
    paragraphs: tuple[str, ...]

    @property
    def ymd(self) -> tuple[int, int, int]:
        year, month, day = map(int, self.date.split("-"))
        return year, month, day

    @property
    def body(self) -> str:
        return "".join(f"<p>{html.escape(p)}</p>" for p in self.paragraphs)


def news_of(path: Callable[[int, str], str], *, chinese: bool, count: int = ARTICLES) -> list[News]:
    """So many articles, the newest first."""
    made = []
    for n in range(count, 0, -1):
        date = f"2031-{1 + (n - 1) // 9:02d}-{1 + 3 * ((n - 1) % 9):02d}"
        word = (WORDS_ZH if chinese else WORDS_EN)[n % 10]
        if chinese:
            title = f"研究所在{word}研究方面取得第{n}项新进展"
            said = (
                f"近日，研究所光学室科研团队在{word}的制备与表征方面取得第{n}项新进展，相关成果发表在学术期刊上，并得到同行的广泛关注。",
                f"该团队历时三年，对{word}在不同温度和光照条件下的性能进行了系统测量，发现其稳定性比以往提高了{n}个百分点，为后续应用奠定了基础。",
                "研究工作得到了国家自然科学基金和地方重点研发计划的支持，团队下一步将与企业合作开展工程化验证。",
            )
        else:
            title = f"Group reports result number {n} on the {word} of the garden"
            said = (
                f"The group at the institute measured for the {n}th time how {word} responds to light over a period of three years, and reports that the effect grows with age.",
                f"Of the {n + 10} plots that took part, nine grew faster than in the year before, which the authors explain by the {word} that was planted beside them.",
                "The figures will be published in the summer; other gardens are invited to compare them with their own measurements.",
            )
        made.append(News(n=n, path=path(n, date), title=title, date=date, paragraphs=said))
    return made


def pages_of(news: list[News], size: int) -> list[list[News]]:
    """The list's pages, the newest first."""
    return [news[i : i + size] for i in range(0, len(news), size)]


@dataclass
class Built:
    """A site, and what must be found on it."""

    site: Institute
    start: str  #: the page an operator gives
    lists: str  #: the list of news
    news: list[News]
    platform: str | None  #: what it is to be recognised as
    others: list[str] = field(default_factory=list)  #: pages that are no articles


def put(site: Institute, path: str, page: str, *, charset: str = "utf-8", kind: str = "text/html") -> None:
    """A page; the header names no charset, as many servers do not."""
    site.pages[path] = Reply(page.encode(charset), type=kind)
