"""The archive room: are two texts nearly the same, and which of several is the first? Pure decisions on values.

The rule: what recurs on a site is dropped; then the smaller text's shingles must be found in the larger one
(containment, so that a shortened copy is one). Form letters are alike without being copies: they differ where the
facts are, so numbers and titles have a say. The order of the rules in `judge` is the policy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

import numpy as np

from archive.fingerprint import HEART_SHINGLES, Print, heart, heart_numbers, tokens
from archive.splitting import NOTHING, Hashes, among

NEAR = 0.6  # of the smaller text's shingles, found in the larger one
VERY_NEAR = 0.9  # a copy with a few numbers edited stays above, a form letter below
ALMOST_EQUAL = 0.95  # two pages of one site with different titles are letters by one form unless they are this alike
FACTS_SHARED = 0.5  # of the numbers of the text with fewer of them
FACTS_EQUAL = 0.9
# Of the shorter title's pairs of words, found in the longer one: a shortened title has all of them, a new title none;
# what lies between is one form filled in twice.
TITLE_OTHER, TITLE_SAME = 0.1, 0.95
EXCERPT = 0.4  # length of the shorter text by the longer one's
RESIDUE_TOKENS = (
    120  # what a site may add around a copy (who wrote, printed, shared it) without making the rest an excerpt
)
RECURS = 3  # other pages of the site that have a clause: then it is the site's, not the article's
LETTER_TOKENS = 200  # forms are short: in a longer text that is alike, another title is an editor's, not another form
NOTICE_TOKENS = 40  # of so short a text each number is a large part: other numbers, another notice


class Likeness(StrEnum):
    NEAR = "near"
    EXCERPT = "excerpt"
    APART = "apart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    likeness: Likeness
    alike: float  #: containment, 0 to 1
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A text, and whose it is."""

    n: int
    source: str
    text: Print
    _hearts: dict[int, tuple[Hashes, Hashes]] = field(default_factory=dict, repr=False)
    _numbers: dict[int, tuple[Hashes, Counter[str]]] = field(default_factory=dict, repr=False)

    # Both are kept, because a text is compared with several: together with `drop` itself, for as long as that is kept
    # nothing else has its identity.

    def heart(self, drop: Hashes) -> Hashes:
        """Shingles without what recurs."""
        found = self._hearts.get(id(drop))
        if found is None:
            found = self._hearts[id(drop)] = drop, heart(self.text, drop)
        return found[1]

    def numbers(self, drop: Hashes) -> Counter[str]:
        """Numbers without what recurs."""
        found = self._numbers.get(id(drop))
        if found is None:
            found = self._numbers[id(drop)] = drop, heart_numbers(self.text, drop)
        return found[1]


def recurring(texts: Iterable[Print]) -> Hashes:
    """The clauses that stand on more than RECURS of these pages of one site."""
    # The very same text on several pages is one page: copies have no form.
    pages = [np.unique(text.clauses) for text in {text.shingles.tobytes(): text for text in texts}.values()]
    if len(pages) <= RECURS:
        return NOTHING
    clauses, counts = np.unique(np.concatenate(pages), return_counts=True)
    found: Hashes = clauses[(counts > RECURS) & (clauses != 0)]
    return found


def judge(one: Candidate, other: Candidate, drop: Hashes) -> Judgement:
    """Are these two nearly the same text? `drop`: the clauses that recur on the site of either."""
    a, b, least = one.heart(drop), other.heart(drop), NEAR
    if min(len(a), len(b)) < HEART_SHINGLES:
        # Only form is left of one of them: then the whole texts are compared, and must be almost equal.
        drop = NOTHING
        a, b, least = one.heart(drop), other.heart(drop), ALMOST_EQUAL
    alike = _contained(a, b)
    if alike < least:
        return Judgement(likeness=Likeness.APART, alike=alike, why=f"{alike:.0%} of the text is the same")
    apart = _form_letter(one, other, alike, _shared(one.numbers(drop), other.numbers(drop)))
    if apart:
        return Judgement(likeness=Likeness.APART, alike=alike, why=apart)
    short, long = sorted((len(one.text), len(other.text)))
    if short < EXCERPT * long and long - short > RESIDUE_TOKENS:
        why = f"an excerpt: {alike:.0%} of the shorter text, which is {short / long:.0%} as long, is in the longer one"
        return Judgement(likeness=Likeness.EXCERPT, alike=alike, why=why)
    return Judgement(likeness=Likeness.NEAR, alike=alike, why=f"{alike:.0%} of the shorter text is in the longer one")


def _contained(a: Hashes, b: Hashes) -> float:
    """Share of the smaller set's shingles that are in the other; both are sorted and distinct."""
    if len(a) > len(b):
        a, b = b, a
    if not len(a):
        return 0.0
    return int(np.count_nonzero(among(a, b))) / len(a)


def _shared(a: Counter[str], b: Counter[str]) -> float | None:
    """Share of the numbers that the two have in common; None when one of them has none."""
    fewer = min(a.total(), b.total())
    return (a & b).total() / fewer if fewer else None


def _form_letter(one: Candidate, other: Candidate, alike: float, facts: float | None) -> str:
    """Why two texts that are alike are not copies: other names, numbers or dates at their heart. "" when they may be."""
    first, second = one.text.title, other.text.title
    if _numbers(first) != _numbers(second) and _numbers(first) and _numbers(second):
        return "a form letter: the titles differ in their numbers"
    if alike >= ALMOST_EQUAL and (facts is None or facts >= FACTS_EQUAL):
        return ""
    if one.source == other.source and first != second:
        return "a form letter: the same site, another title"
    if one.source == other.source and facts is not None and facts < FACTS_EQUAL:
        return f"a form letter: the same site and title, and only {facts:.0%} of the numbers are the same"
    if alike >= VERY_NEAR:
        return ""
    short = min(len(one.text), len(other.text))
    if facts is not None and facts < (FACTS_EQUAL if short <= NOTICE_TOKENS else FACTS_SHARED):
        return f"a form letter: only {facts:.0%} of the numbers are the same"
    if short > LETTER_TOKENS:
        return ""
    titles = _title_likeness(first, second)
    if TITLE_OTHER < titles < TITLE_SAME:
        return "a form letter: the titles are made alike and name other things"
    if titles < TITLE_SAME and facts is not None and facts < FACTS_EQUAL:
        return f"a form letter: another title, and only {facts:.0%} of the numbers are the same"
    return ""


def _numbers(words: Sequence[str]) -> Counter[str]:
    return Counter(word for word in words if any(map(str.isdigit, word)))


def _title_likeness(a: Sequence[str], b: Sequence[str]) -> float:
    """Share of the shorter title's pairs of neighbouring words that the longer one has as well; 1 when it was cut."""
    shorter, longer = sorted(("".join(a), "".join(b)), key=len)
    if shorter in longer:
        return 1.0
    first, second = set(pairwise(a)), set(pairwise(b))
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


# --- the first of several ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An article in its cluster, with what its rank and its copies are judged by."""

    n: int
    id: str
    source: str
    source_name: str  #: as its source file says; the slug where there is none
    text_digest: bytes
    origin: str | None
    published: str | None
    first_seen: datetime
    cluster: int = 0
    copy_of: int | None = None


def is_reprint(member: Member) -> bool:
    """True when the page names somebody else than its own institute as the text's origin.

    Names are written in many ways: it is its own when one of the two holds all words of the other.
    """
    origin = set(tokens(member.origin or ""))
    if not origin:
        return False
    own = set(tokens(member.source_name)) | set(tokens(member.source))
    return not (origin <= own or set(tokens(member.source_name)) <= origin)


def rank(member: Member) -> tuple[object, ...]:
    """Sorts a cluster: the institute's own page before a reprint, then the earliest publication, then what we saw
    first. Pages that state no date come after those that do.
    """
    published = member.published or "9999"
    return (is_reprint(member), published[:10], member.first_seen, member.id)


def originals(members: list[Member]) -> dict[int, int | None]:
    """Article -> the one it is a copy of: the first-ranked article with the very same text, None for that one itself."""
    firsts: dict[bytes, int] = {}
    found: dict[int, int | None] = {}
    for member in sorted(members, key=rank):
        first = firsts.setdefault(member.text_digest, member.n)
        found[member.n] = None if first == member.n else first
    return found


def components(members: Sequence[Member], links: Iterable[tuple[int, int]]) -> list[list[Member]]:
    """The members in groups that hang together by links or by the very same text."""
    root = {member.n: member.n for member in members}

    def find(n: int) -> int:
        while root[n] != n:
            root[n] = root[root[n]]
            n = root[n]
        return n

    firsts: dict[bytes, int] = {}
    for member in members:
        root[find(member.n)] = find(firsts.setdefault(member.text_digest, member.n))
    for one, other in links:
        if one in root and other in root:
            root[find(one)] = find(other)
    groups: dict[int, list[Member]] = {}
    for member in members:
        groups.setdefault(find(member.n), []).append(member)
    return list(groups.values())
