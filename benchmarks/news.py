"""Invented institute news, Chinese and English, as many as are wanted: article number n of a seed is always the same.

Made like what institutes publish, as far as it matters to an archive: words as unevenly frequent as those of a language
(Zipf), lengths that spread as those of real news do, sites with a footer of their own, notices filled into a form,
reprints on other sites (whole, with residue, shortened), dates over decades and some pages without one.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from archive import Arrival, Article, Attachment, Capture, Found, Image, Visit

AT = datetime(2026, 11, 1, tzinfo=UTC)
SOURCES = 300
FIRST_DAY, LAST_DAY = date(1999, 1, 4).toordinal(), date(2026, 10, 30).toordinal()
ZH_CHARS, EN_WORDS = 620, 330  # of the median article
SPREAD = 0.7  # standard deviation of the logarithm of lengths
REPRINTS, NOTICES, UNDATED = 0.08, 0.08, 0.04  # share of all
FACTUAL = 0.4  # share of news whose first paragraph is written in the institute's usual words
BACK = 2000  # how far back a reprint may look for its original

FUNCTION_ZH = list("的在和了与对为中是等及将并以从其有由上一")
FUNCTION_EN = [
    "the",
    "of",
    "and",
    "in",
    "to",
    "a",
    "for",
    "is",
    "on",
    "that",
    "by",
    "this",
    "with",
    "as",
    "at",
    "from",
    "are",
]
PLACES_ZH = ["研究所", "科学院", "大学", "实验室", "研究中心", "学院"]
PLACES_EN = ["institute", "academy", "university", "laboratory", "centre", "department"]
FACTS_ZH = "{a}研究团队在{b}{c}方面取得进展，相关成果于{y}年{m}月{d}日发表在《{e}》上。"
FACTS_EN = (
    "The {a} group of the institute reports on {b} {c} in the {m}/{y} issue of {e}, as was announced on {d} {mo}."
)
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"]
NOTICE_ZH = "报告题目：{a}。报告人：{b}教授。时间：{y}年{m}月{d}日{h}时。地点：{p}{r}会议室。联系人：{f}，电话{x}。欢迎广大师生参加。"
NOTICE_EN = (
    "Colloquium of the {p}. Title: {a}. Speaker: Professor {b}. Time: {d} {mo} {y}, {h}:00. Place: room {r}. "
    "Host: {f}, extension {x}. Everybody is welcome, coffee is served before."
)


def _weights(count: int) -> list[float]:
    return list(accumulate(1 / (rank + 2.7) ** 1.05 for rank in range(count)))


class Words:
    """The words of a language; `some` draws by frequency."""

    def __init__(self, words: list[str]) -> None:
        self.words, self.weights = words, _weights(len(words))

    def some(self, chance: random.Random, count: int) -> list[str]:
        return chance.choices(self.words, cum_weights=self.weights, k=count)


def _chinese(made: random.Random) -> list[str]:
    hanzi = [chr(code) for code in made.sample(range(0x4E00, 0x9FA0), 3500)]
    weights = _weights(len(hanzi))
    lengths = made.choices((1, 2, 3, 4), (3, 75, 14, 8), k=30_000)
    built = dict.fromkeys("".join(made.choices(hanzi, cum_weights=weights, k=length)) for length in lengths)
    return [*FUNCTION_ZH[:6], *PLACES_ZH[:2], *FUNCTION_ZH[6:], *PLACES_ZH[2:], *built]


def _english(made: random.Random) -> list[str]:
    syllables = [a + b for a in "bcdfghlmnprstvw" for b in ["a", "e", "i", "o", "u", "an", "er", "ing", "on"]]
    built = dict.fromkeys("".join(made.choices(syllables, k=made.choice((1, 2, 2, 3, 3, 4)))) for _ in range(40_000))
    return [*FUNCTION_EN, *PLACES_EN, *built]


class News:
    """`article(n)` and `arrival(n)` of one seed."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        made = random.Random(f"words {seed}")
        self.zh, self.en = Words(_chinese(made)), Words(_english(made))
        self.footers = {
            number: self.sentence(made, chinese=number % 2 == 0) + self.sentence(made, chinese=number % 2 == 0)
            for number in range(SOURCES)
        }

    # --- texts --------------------------------------------------------------------------------------------------------

    def sentence(self, chance: random.Random, *, chinese: bool) -> str:
        if chinese:
            clauses = ("".join(self.zh.some(chance, chance.randint(4, 8))) for _ in range(chance.randint(1, 3)))
            return "，".join(clauses) + "。"
        return " ".join(self.en.some(chance, chance.randint(8, 26))).capitalize() + ". "

    def facts(self, chance: random.Random, form: str, *, chinese: bool) -> str:
        words, join = (self.zh, "") if chinese else (self.en, " ")
        day = chance.randint(1, 28)
        return form.format(
            a=join.join(words.some(chance, 3)), b=join.join(words.some(chance, 2)), c=join.join(words.some(chance, 1)),
            e=join.join(words.some(chance, 2)), f=join.join(words.some(chance, 1)), p=chance.choice(PLACES_ZH if chinese else PLACES_EN),
            y=chance.randint(1999, 2026), m=chance.randint(1, 12), d=day, mo=MONTHS[day % 11], h=chance.randint(8, 19),
            r=chance.randint(100, 999), x=chance.randint(1000, 9999),
        )  # fmt: skip

    def text(self, chance: random.Random, *, chinese: bool) -> str:
        left = min((ZH_CHARS if chinese else EN_WORDS * 6) * chance.lognormvariate(0, SPREAD), 40_000)
        paragraphs = []
        if chance.random() < FACTUAL:
            paragraphs.append(self.facts(chance, FACTS_ZH if chinese else FACTS_EN, chinese=chinese))
        while left > 0:
            paragraphs.append(
                "".join(self.sentence(chance, chinese=chinese) for _ in range(chance.randint(1, 6))).strip()
            )
            left -= len(paragraphs[-1])
        return "\n\n".join(paragraphs)

    # --- articles -----------------------------------------------------------------------------------------------------

    def article(self, number: int) -> Article:
        chance = random.Random((self.seed << 40) + number)
        role = chance.random()
        if role < REPRINTS and number > BACK:
            return self._reprint(number, chance)
        if role < REPRINTS + NOTICES:
            source = chance.randrange(SOURCES // 10)
            chinese = source % 2 == 0
            title = self.facts(chance, "学术报告：{a}" if chinese else "Colloquium: {a}", chinese=chinese)
            form = NOTICE_ZH if chinese else NOTICE_EN
            return self._made(number, source, title, self.facts(chance, form, chinese=chinese), chance)
        source = int(SOURCES * chance.random() ** 2)
        chinese = source % 2 == 0
        words, join = (self.zh, "") if chinese else (self.en, " ")
        title = join.join(words.some(chance, chance.randint(4, 9)))
        body = self.text(chance, chinese=chinese)
        if source % 3 == 0:
            body += "\n\n" + self.footers[source].strip()
        return self._made(number, source, title, body, chance)

    def _reprint(self, number: int, chance: random.Random) -> Article:
        first = number - chance.randint(1, BACK)
        original = self.article(first)
        source = (int(original.source[6:]) + 2 * chance.randint(1, SOURCES // 2 - 1)) % SOURCES
        body, how = original.body, chance.random()
        if how < 0.3:
            body += "\n\n" + self.footers[source].strip()
        elif how < 0.5:
            paragraphs = body.split("\n\n")
            body = "\n\n".join(paragraphs[: max(1, int(len(paragraphs) * chance.uniform(0.6, 0.9)))])
        return self._made(number, source, original.title or "", body, chance, origin=original.source)

    def _made(
        self, number: int, source: int, title: str, body: str, chance: random.Random, origin: str | None = None
    ) -> Article:
        url = f"http://s{source}.example/news/{number}.html"
        day = date.fromordinal(LAST_DAY - int((LAST_DAY - FIRST_DAY) * chance.random() ** 2))
        dated = chance.random() >= UNDATED
        return Article(
            source=f"source{source}", url=url, title=title, body=body, origin=origin, language=("zh", "en")[source % 2],
            published=day.isoformat() if dated else None, author="A. Kerr" if number % 3 else None, section="News",
            breadcrumb=("Home", "News"),
            images=(Image(url=f"{url[:-5]}.jpg", caption=title),) if number % 2 else (),
            attachments=(Attachment(url=f"{url[:-5]}.pdf", label="PDF", type="pdf"),) if number % 20 == 0 else (),
            found={"title": Found(method="meta:ArticleTitle"), "body": Found(method="template", confidence=0.9)}
            | ({"published": Found(method="meta:PubDate")} if dated else {}),
        )  # fmt: skip

    def arrival(self, number: int) -> Arrival:
        """As a crawl brings it: with its visit and the place of its capture."""
        article = self.article(number)
        at = AT + timedelta(seconds=number)
        capture = Capture(
            url=article.url, at=at, status=200, digest=f"sha256:{number:064x}", file=f"invented-{number // 5000:06}.warc.gz",
            offset=number % 5000 * 9000, length=8500,
        )  # fmt: skip
        visit = Visit(
            source=article.source, url=article.url, state="done", status=200, digest=capture.digest, last_at=at,
            next_at=at + timedelta(days=7),
        )  # fmt: skip
        return Arrival(article=article, at=at, visit=visit, capture=capture)
