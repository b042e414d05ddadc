"""The crawler room, extraction: a claim is one value that a page declares or shows for a field, and how it was found."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from archive import Found
from crawler.extraction.tidy import tidy

VALUE_CHARS = 2_000  # more than this is no title, name or date
CLAIMS_MAX = 40  # of one field; what declares more declares nothing

_REFERENCE = re.compile(r"&(?:#\d{2,5}|#x[0-9a-f]{2,4}|amp|quot|apos|nbsp|hellip|[lr][sd]quo|[nm]dash);", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]{0,300}>")
_PLACEHOLDER = re.compile(
    r"^(?:null|none|undefined|n/?a|nan|unknown|false|true|-+|\{\{.*\}\}|\[.*\]|<%.*|(?:page|site|post|author|user|article)(?:\.[a-z_]+)+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One value for one field."""

    value: str
    method: str  #: e.g. "meta:og:title", "json-ld:headline"
    confidence: float = 0.8
    block: int | None = None  #: block it was read off, of what the page shows

    @property
    def found(self) -> Found:
        return Found(method=self.method, confidence=round(self.confidence, 2))


@dataclass(slots=True)
class Claims:
    """All claims of one page, by field, in the order they were made; an empty value claims nothing."""

    by_field: dict[str, list[Claim]] = field(default_factory=dict)

    def add(self, name: str, value: object, method: str, confidence: float = 0.8, block: int | None = None) -> None:
        """Note a claim; what is no text, empty, a template's placeholder or said already the same way is passed over."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            return
        text = clean(value)
        claims = self.by_field.setdefault(name, [])
        if not text or _PLACEHOLDER.match(text) or len(claims) >= CLAIMS_MAX:
            return
        if all(claim.value != text or claim.method != method for claim in claims):
            claims.append(Claim(text, method, confidence, block))

    def of(self, name: str) -> list[Claim]:
        return self.by_field.get(name, [])

    def first(self, name: str) -> str | None:
        claims = self.by_field.get(name)
        return claims[0].value if claims else None

    def best(self, name: str) -> Claim | None:
        """The claim of most confidence, the earliest of equals."""
        return max(self.of(name), key=lambda claim: claim.confidence, default=None)

    def values(self, *names: str) -> Iterator[str]:
        for name in names:
            for claim in self.by_field.get(name, ()):
                yield claim.value


def clean(value: str) -> str:
    """One line of text: markup and references undone, white space folded, cut at VALUE_CHARS."""
    value = value[: 4 * VALUE_CHARS]
    if "&" in value:
        value = html.unescape(value)
        if _REFERENCE.search(value):
            value = html.unescape(value)  # "&amp;#8230;": escaped twice
    if "<" in value:
        value = _TAGS.sub(" ", value)
    return " ".join(tidy(value).split())[:VALUE_CHARS]
