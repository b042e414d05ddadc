"""Labelled cases for benchmarks/duplicates.py, made from a seed: invented news, copies with edits, form letters.

Nothing in archive/ was tuned on them. Documents and pairs have the fields of a case folder (docs.jsonl, pairs.jsonl).
"""

from __future__ import annotations

import random
from itertools import pairwise

SYLLABLES = [a + b for a in "bcdfghklmnprstvwz" for b in ("a", "e", "i", "o", "u", "an", "er", "is")]
HANZI = [chr(code) for code in range(0x4E00, 0x4E00 + 2400, 2)]
OWN_SITES, OTHER_SITES = range(8), range(20, 32)
RESIDUE = {
    "en": [
        "Print this page. Close window.",
        "Source: press office. Editor: A. Kerr.",
        "Share on social media. Back to top.",
    ],
    "zh": ["打印本页，关闭窗口。", "来源：新闻办公室，责任编辑：王敏。", "分享到微信，返回顶部。"],
}
FORMS = {
    "en": (
        "Colloquium: {t}",
        (
            "The institute invites to a colloquium on {month} {d} at {h}:00. {name} speaks about {t}. It takes place in room "
            "{r} of the main building. Coffee is served half an hour before. Guests are welcome and need not register. For "
            "questions call extension {x}."
        ),
    ),
    "zh": (
        "招标公告（第{r}号）",
        (
            "我单位就{t}项目进行公开招标，项目编号{r}，预算金额{x}万元。投标文件递交截止时间为{m}月{d}日{h}时，地点为办公楼{q}室。"
            "投标人应具备独立承担民事责任的能力，具有良好的商业信誉。逾期送达的投标文件恕不接受。联系人：{name}。"
        ),
    ),
}
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"]


class Cases:
    def __init__(self, seed: int, size: int) -> None:
        self.chance = random.Random(seed)
        self.docs: list[dict] = []
        self.pairs: list[dict] = []
        for number in range(size):
            self.news("zh" if number % 2 else "en")
        for number in range(max(2, size // 25)):
            self.form("zh" if number % 2 else "en", site=number % len(OWN_SITES))

    def words(self, lang: str, count: int) -> str:
        if lang == "zh":
            return "".join(self.chance.choices(HANZI, k=2 * count))
        return " ".join("".join(self.chance.choices(SYLLABLES, k=self.chance.randint(1, 3))) for _ in range(count))

    def sentence(self, lang: str) -> str:
        number = f" {self.chance.randint(3, 2040)} " if self.chance.random() < 0.4 else " "
        text = f"{self.words(lang, self.chance.randint(4, 9))}{number}{self.words(lang, self.chance.randint(3, 8))}"
        return text.replace(" ", "") + "。" if lang == "zh" else text.capitalize() + "."

    def add(self, site: int, lang: str, title: str, sentences: list[str]) -> int:
        n = len(self.docs)
        per = self.chance.randint(2, 4)
        text = "\n".join(
            ("" if lang == "zh" else " ").join(sentences[at : at + per]) for at in range(0, len(sentences), per)
        )
        day = f"2026-{self.chance.randint(1, 9):02}-{self.chance.randint(1, 28):02}"
        doc = {
            "id": n,
            "url": f"http://s{site}.test/{n}",
            "site": site,
            "lang": lang,
            "title": title,
            "text": text,
            "date": day,
        }
        self.docs.append(doc)
        return n

    def pair(self, a: int, b: int, label: str, kind: str) -> None:
        self.pairs.append({"a": a, "b": b, "label": label, "kind": kind})

    def news(self, lang: str) -> None:
        title = self.words(lang, 7)
        sentences = [self.sentence(lang) for _ in range(self.chance.randint(4, 24))]
        own = self.add(self.chance.choice(OWN_SITES), lang, title, sentences)
        kind = self.chance.choice(
            ["same", "residue", "cut", "number", "retitled", "sentence", "dateline", "none", "excerpt"]
        )
        if kind == "none":
            if own:
                self.pair(own, self.chance.randrange(own), "distinct", "random")
            return
        edited, title = self.edit(kind, lang, title, list(sentences))
        copy = self.add(self.chance.choice(OTHER_SITES), lang, title, edited)
        self.pair(own, copy, "excerpt" if kind == "excerpt" and len(sentences) > 14 else "duplicate", kind)

    def edit(self, kind: str, lang: str, title: str, sentences: list[str]) -> tuple[list[str], str]:
        chance = self.chance
        if kind == "residue":
            sentences += chance.sample(RESIDUE[lang], 2)
        elif kind == "cut":
            sentences = sentences[: max(3, int(len(sentences) * chance.uniform(0.6, 0.9)))]
        elif kind == "number":
            at = chance.randrange(len(sentences))
            sentences[at] = "".join(str((int(c) + 1) % 10) if c.isdigit() else c for c in sentences[at])
        elif kind == "retitled":
            title = self.words(lang, 6)
        elif kind == "sentence":
            sentences[chance.randrange(len(sentences))] = self.sentence(lang)
        elif kind == "dateline":
            sentences[0] = ("新华社电 " if lang == "zh" else "(Agency) ") + sentences[0]
        elif kind == "excerpt" and len(sentences) > 14:
            sentences = sentences[: len(sentences) // 4]
        return sentences, title

    def form(self, lang: str, site: int) -> None:
        """One form of one site, filled in a dozen times; every third letter is reprinted elsewhere."""
        chance = self.chance
        title, body = FORMS[lang]
        letters = []
        for _ in range(12):
            facts = {
                "t": self.words(lang, 3), "name": self.words(lang, 1 if lang == "zh" else 2), "r": chance.randint(100, 9999),
                "x": chance.randint(10, 9999), "m": chance.randint(1, 12), "d": chance.randint(1, 28),
                "h": chance.randint(8, 19), "q": chance.randint(101, 899), "month": chance.choice(MONTHS),
            }  # fmt: skip
            letters.append((title.format(**facts), body.format(**facts)))
        ids = [self.add(site, lang, *(letter[0], [letter[1]])) for letter in letters]
        for n, other in pairwise(ids):
            self.pair(n, other, "distinct", "tpl_form")
        for n, (head, text) in list(zip(ids, letters, strict=True))[::3]:
            copy = self.add(chance.choice(OTHER_SITES), lang, head, [text, chance.choice(RESIDUE[lang])])
            self.pair(n, copy, "duplicate", "tpl_reprint")
            self.pair(copy, chance.choice([one for one in ids if one != n]), "distinct", "tpl_crossed")
