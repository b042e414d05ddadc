"""Labelled cases for benchmarks/duplicates.py, made from a seed: invented news, copies with edits, letters by one form.

Documents and pairs have the fields of a case folder (docs.jsonl, pairs.jsonl). The edits are those that reprints have:
another title, an agency's head, what a site prints around a text, words and sentences changed, the end left out, all of it
at once. What makes pairs hard to keep apart is there as well: sentences of the same make with other words, reports of one
project, paragraphs about the institute under every text, a statement that two texts quote, and forms filled in with other
facts, on one site and on two. The words are benchmarks/news.py's, the forms benchmarks/duplicate_forms.py's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

from duplicate_forms import FORMS, FRAMES, HEADS, RESIDUE, TITLES
from news import MONTHS, News

OWN_SITES, OTHER_SITES = range(14), range(20, 36)
LETTERS = 12  # by one form
FIRST_DAY = date(2020, 1, 1)
DIGITS = {ord(digit): chr(0xFF10 + int(digit)) for digit in "0123456789"}
PUNCTUATION = {ord(one): other for one, other in {"，": ",", "。": ".", "“": '"', "”": '"', '"': "”", "'": "’"}.items()}


class Cases:
    """`docs` and `pairs` of a seed; `size` news, and a form for every 30 of them."""

    def __init__(self, seed: int, size: int) -> None:
        self.chance = random.Random(f"cases {seed}")
        self.news = News(seed)
        self.docs: list[dict] = []
        self.pairs: list[dict] = []
        self.about = {
            (site, lang): [self.sentence(lang) for _ in range(4)]
            for site in [*OWN_SITES, *OTHER_SITES]
            for lang in ("en", "zh")
        }
        for number in range(size):
            self.item("zh" if number % 2 else "en")
        for number in range(max(2, size // 30)):
            lang = "zh" if number % 2 else "en"
            self.letters(lang, FORMS[lang][number // 2 % len(FORMS[lang])])

    # --- texts --------------------------------------------------------------------------------------------------------

    def words(self, lang: str, count: int) -> str:
        some = (self.news.zh if lang == "zh" else self.news.en).some(self.chance, count)
        return "".join(some) if lang == "zh" else " ".join(some)

    def facts(self, lang: str, **given: str) -> dict[str, object]:
        chance = self.chance
        day = chance.randint(1, 28)
        drawn: dict[str, object] = {
            **{name: self.words(lang, count) for name, count in (("a", 2), ("b", 1), ("c", 1), ("e", 2), ("f", 3))},
            "name": self.words(lang, 1 if lang == "zh" else 2).title(), "other": self.words(lang, 1 if lang == "zh" else 2).title(),
            "n": chance.randint(3, 999), "x": chance.randint(1000, 9999), "p": round(chance.uniform(1, 99), 1),
            "y": chance.randint(1995, 2026), "m": chance.randint(1, 12), "d": day, "month": MONTHS[day % 11],
            "h": chance.randint(8, 19), "r": chance.randint(101, 899), "w": chance.randint(1, 52),
            "u": chance.randint(11, 400), "block": chance.choice("ABCDEFG"),
        }  # fmt: skip
        return drawn | given

    def sentence(self, lang: str, **given: str) -> str:
        """Made like others, with words of its own; now and then like none."""
        if self.chance.random() < 0.25:
            made = self.words(lang, self.chance.randint(9, 18))
            return f"{made}。" if lang == "zh" else f"{made.capitalize()}."
        return self.chance.choice(FRAMES[lang]).format(**self.facts(lang, **given))

    def add(
        self, site: int, lang: str, title: str, sentences: list[str], *, url: str = "", days: int | None = None
    ) -> int:
        n, chance = len(self.docs), self.chance
        per = chance.randint(2, 5)
        groups = [sentences[at : at + per] for at in range(0, len(sentences), per)]
        text = "\n".join(("" if lang == "zh" else " ").join(group) for group in groups)
        day = FIRST_DAY + timedelta(days=chance.randrange(700) if days is None else days)
        self.docs.append({
            "id": n, "url": url or f"http://s{site}.test/t{n}.html", "site": site, "lang": lang, "title": title, "text": text,
            "date": day.isoformat(),
        })  # fmt: skip
        return n

    def pair(self, a: int, b: int, label: str, kind: str) -> None:
        if label == "distinct" and self.docs[a]["text"] == self.docs[b]["text"]:
            return  # a form was filled in twice with the same facts
        self.pairs.append({"a": a, "b": b, "label": label, "kind": kind})

    # --- news ---------------------------------------------------------------------------------------------------------

    def item(self, lang: str) -> None:
        chance = self.chance
        site = chance.choice(OWN_SITES)
        given = {"a": self.words(lang, 2), "name": str(self.facts(lang)["name"])}
        title = chance.choice(TITLES[lang]).format(**self.facts(lang, **given))
        sentences = [self.sentence(lang, **self.some(given)) for _ in range(chance.randint(4, 26))]
        if chance.random() < 0.3:
            sentences += self.about[site, lang]
        own = self.add(site, lang, title, sentences)
        what = chance.random()
        if what < 0.62:
            self.copied(own, site, lang, title, sentences)
        elif what < 0.74:
            self.revised(own, site, lang, title, sentences)
        elif what < 0.80:
            head = chance.randrange(max(1, len(sentences) // 3))
            part = sentences[head : head + max(2, len(sentences) // 4)]
            if len(sentences) >= 12:
                self.pair(own, self.add(chance.choice(OTHER_SITES), lang, title, part), "excerpt", "excerpt")
        else:
            self.another(own, site, lang, title, sentences, given)

    def some(self, given: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in given.items() if self.chance.random() < 0.3}

    def copied(self, own: int, site: int, lang: str, title: str, sentences: list[str]) -> None:
        kind = self.chance.choice([*EDITS, "heavy", "heavy"])
        names = [kind]
        if kind == "heavy":
            names = ["residue", *self.chance.sample(sorted(set(EDITS) - {"same", "residue"}), 3)]
        made = list(sentences)
        for name in names:
            title, made = EDITS[name](self, lang, title, made)
        other = self.chance.choice([one for one in [*OTHER_SITES, *OWN_SITES] if one != site])
        self.pair(own, self.add(other, lang, title, made), "duplicate", kind)

    def revised(self, own: int, site: int, lang: str, title: str, sentences: list[str]) -> None:
        kind = self.chance.choice(["number", "words", "sentence", "retitled", "dropped", "rewritten"])
        if kind == "rewritten":
            made = [self.sentence(lang) for _ in range(5)] + sentences[:2]
        else:
            title, made = EDITS[kind](self, lang, title, list(sentences))
        url = self.docs[own]["url"]
        self.pair(own, self.add(site, lang, title, made, url=url), "revision", f"rev_{kind}")

    def another(self, own: int, site: int, lang: str, title: str, sentences: list[str], given: dict[str, str]) -> None:
        """Another text that has something in common with it."""
        chance = self.chance
        kind = chance.choice(["topic", "about", "quoted", "random"])
        made = [self.sentence(lang) for _ in range(chance.randint(4, 20))]
        if kind == "topic":
            title = chance.choice(TITLES[lang]).format(**self.facts(lang, **given))
            made = [self.sentence(lang, **self.some(given)) for _ in made]
        elif kind == "about":
            made += self.about[site, lang]
        elif kind == "quoted":
            at = chance.randrange(len(sentences) - 2)
            made = [*made[:2], *sentences[at : at + 2], *made[2:], *(self.sentence(lang) for _ in range(4))]
        if kind != "topic":
            title = self.words(lang, 6)
        self.pair(own, self.add(site, lang, title, made), "distinct", kind)

    # --- forms --------------------------------------------------------------------------------------------------------

    def letters(self, lang: str, form: tuple[str, str]) -> None:
        """One form of a site, filled in a dozen times; some are reprinted elsewhere; another site has the form as well."""
        chance = self.chance
        site, elsewhere = chance.sample(OWN_SITES, 2)
        # What stays the same on one site: who invites, where, whom to ask.
        stays = {
            "other": str(self.facts(lang)["other"]),
            "x": str(chance.randint(1000, 9999)),
            "c": self.words(lang, 1),
        }
        filled = []
        for number in range(LETTERS):
            facts = self.facts(lang, **stays, w=str(number + 2))
            filled.append((form[0].format(**facts), form[1].format(**facts).split("\n")))
        ids = [self.add(site, lang, title, body, days=7 * n) for n, (title, body) in enumerate(filled)]
        for one, other in [*pairwise(ids), *(chance.sample(ids, 2) for _ in range(4))]:
            self.pair(one, other, "distinct", "tpl_form")
        for n, (title, body) in list(zip(ids, filled, strict=True))[::3]:
            made = list(body)
            for name in chance.choice(
                (["residue"], ["head"], ["residue", "head"], ["same"], ["punctuation", "residue"])
            ):
                title, made = EDITS[name](self, lang, title, made)
            copy = self.add(chance.choice(OTHER_SITES), lang, title, made)
            self.pair(n, copy, "duplicate", "tpl_reprint")
            self.pair(copy, chance.choice([one for one in ids if one != n]), "distinct", "tpl_crossed")
        facts = self.facts(lang, c=self.words(lang, 1))
        theirs = self.add(elsewhere, lang, form[0].format(**facts), form[1].format(**facts).split("\n"))
        self.pair(chance.choice(ids), theirs, "distinct", "tpl_elsewhere")


# --- edits: of a language, a title and sentences ------------------------------------------------------------------------

Edited = tuple[str, list[str]]


def _residue(cases: Cases, lang: str, title: str, sentences: list[str]) -> Edited:
    chance = cases.chance
    around = [one.format(**cases.facts(lang)) for one in chance.sample(RESIDUE[lang], chance.randint(1, 4))]
    before = chance.randint(0, 1)
    return title, [*around[:before], *sentences, *around[before:]]


def _head(cases: Cases, lang: str, title: str, sentences: list[str]) -> Edited:
    return title, [cases.chance.choice(HEADS[lang]).format(**cases.facts(lang)) + sentences[0], *sentences[1:]]


def _cut(cases: Cases, lang: str, title: str, sentences: list[str]) -> Edited:
    return title, sentences[: max(2, round(len(sentences) * cases.chance.uniform(0.55, 0.9)))]


def _number(cases: Cases, lang: str, title: str, sentences: list[str]) -> Edited:
    at = [n for n, one in enumerate(sentences) if any(map(str.isdigit, one))]
    if at:
        n = cases.chance.choice(at)
        sentences[n] = "".join(str((int(c) + 1) % 10) if c.isdigit() else c for c in sentences[n])
    return title, sentences


def _retitled(cases: Cases, lang: str, title: str, sentences: list[str]) -> Edited:
    made = (
        [f"【转载】{title}", title[: len(title) * 2 // 3]] if lang == "zh" else [f"In the media: {title}", title[:40]]
    )
    return cases.chance.choice([*made, cases.words(lang, 6)]), sentences


def _words(cases: Cases, lang: str, title: str, sentences: list[str]) -> Edited:
    """Three words in a hundred are others."""
    chance = cases.chance
    if lang == "zh":
        return title, [
            "".join(cases.words(lang, 1) if chance.random() < 0.02 else one for one in sentence)
            for sentence in sentences
        ]
    return title, [
        " ".join(cases.words(lang, 1) if chance.random() < 0.03 else one for one in sentence.split())
        for sentence in sentences
    ]


def _sentence(cases: Cases, lang: str, title: str, sentences: list[str]) -> Edited:
    sentences[cases.chance.randrange(len(sentences))] = cases.sentence(lang)
    return title, sentences


def _inserted(cases: Cases, lang: str, title: str, sentences: list[str]) -> Edited:
    for _ in range(cases.chance.randint(1, 3)):
        sentences.insert(cases.chance.randint(0, len(sentences)), cases.sentence(lang))
    return title, sentences


def _dropped(cases: Cases, lang: str, title: str, sentences: list[str]) -> Edited:
    if len(sentences) > 4:
        del sentences[cases.chance.randrange(len(sentences))]
    return title, sentences


EDITS: dict[str, Callable[[Cases, str, str, list[str]], Edited]] = {
    "same": lambda cases, lang, title, sentences: (title, sentences),
    "residue": _residue, "head": _head, "cut": _cut, "number": _number, "retitled": _retitled, "words": _words,
    "sentence": _sentence, "inserted": _inserted, "dropped": _dropped,
    "digits": lambda cases, lang, title, sentences: (title, [one.translate(DIGITS) for one in sentences]),
    "punctuation": lambda cases, lang, title, sentences: (title, [one.translate(PUNCTUATION) for one in sentences]),
    "blanks": lambda cases, lang, title, sentences: (title, [one.replace(" ", "\u00a0 ") + " \u3000" for one in sentences]),
}  # fmt: skip
