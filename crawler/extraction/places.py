"""The crawler room, extraction: where on its site an article stands (breadcrumb, section), and its language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.body import Body
from crawler.extraction.claims import Claim, Claims
from crawler.extraction.declared import Declared
from crawler.extraction.folding import fold
from crawler.extraction.language import detect, normal_tag
from crawler.extraction.lines import is_home, read_breadcrumb
from crawler.extraction.title import Headline
from crawler.stations import Hints

TRAIL_BLOCKS = 400  # blocks looked at for a breadcrumb, from the top
CRUMBS_MAX = 12
CRUMB_CHARS = 80
SECTION_CHARS = 60
SAMPLE_CHARS = 1_500
_TRAIL = int(Flag.TRAIL)
_SIGNS = re.compile(r"[>›»＞→/|]|位置|::|position|here")
_REGIONS = {
    "edu": "US",
    "gov": "US",
    "mil": "US",
    "uk": "GB",
    "au": "AU",
    "nz": "NZ",
    "ie": "IE",
    "in": "IN",
    "ca": "CA",
    "za": "ZA",
    "sg": "SG",
    "us": "US",
    "eu": "EU",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """The language of a text."""

    claim: Claim  #: the primary tag, "en"
    regional: str  #: with the region where one is declared or the host's country gives it: how dates are read


def choose_language(declared: Declared, body: Body, url: str, hints: Hints) -> Tongue | None:
    """The language of the body as it reads; what is declared decides only where the text is too short to tell."""
    sample = " ".join(_sample(body))
    tags = [tag for claim in declared.claims.of("language") if (tag := normal_tag(claim.value))]
    detected = detect(sample, languages=hints.languages, declared={tag.split("-")[0] for tag in tags})
    same = [tag for tag in tags if detected is None or tag.split("-")[0] == detected]
    if detected is not None:
        claim = Claim(detected, "text", 0.9)
    elif tags:
        claim = Claim(tags[0].split("-")[0], "declared", 0.6)
    elif hints.languages:
        claim = Claim(hints.languages[0].split("-")[0], "source", 0.5)
    else:
        return None
    regional = next((tag for tag in same if "-" in tag), claim.value)
    if "-" not in regional and claim.value == "en" and (region := _REGIONS.get(_country(url))):
        regional = f"en-{region}"
    return Tongue(claim=claim, regional=regional)


def _sample(body: Body) -> list[str]:
    """The longest stretches first read best, but order does not matter to the detector."""
    taken, size = [], 0
    for paragraph in body.paragraphs:
        taken.append(paragraph.text)
        size += len(paragraph.text)
        if size > SAMPLE_CHARS:
            break
    return taken


def _country(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rsplit(".", 1)[-1]
    except ValueError:
        return ""


def read_crumbs(blocks: Blocks, declared: Declared, headline: Headline | None) -> tuple[str, ...]:
    """The way from the front page to the article, the article itself left out."""
    title = fold(headline.claim.value) if headline else ""
    for crumbs in (_by_name(blocks), _by_line(blocks, headline), declared.breadcrumb):
        kept = _without_title(crumbs, title)
        if len(kept) >= 1 and len(crumbs) >= 2:
            return kept
    return ()


def _without_title(crumbs: tuple[str, ...], title: str) -> tuple[str, ...]:
    while crumbs:
        last = fold(crumbs[-1])
        if not last or (
            title and (last == title or (len(last) > 8 and (title.startswith(last) or last.startswith(title))))
        ):
            crumbs = crumbs[:-1]
        else:
            break
    return crumbs


def _by_name(blocks: Blocks) -> tuple[str, ...]:
    """A node whose class says breadcrumb: its lines, or the crumbs of its one line."""
    for node, flags in enumerate(blocks.node_flags):
        if not flags & _TRAIL:
            continue
        names, first, last = blocks.node_names[node], blocks.node_first[node], blocks.node_last[node]
        if first > TRAIL_BLOCKS:
            break
        if first == last or last - first > 2 * CRUMBS_MAX:
            continue
        texts = blocks.texts[first:last]
        joined = " ".join(texts)
        if len(joined) > 400:
            continue
        if crumbs := read_breadcrumb(joined):
            return crumbs
        if "crumb" in names.lower() and len(texts) >= 2:
            crumbs = tuple(c for text in texts if (c := text.strip(" /|>›»·•→")) and len(c) <= 2 * CRUMB_CHARS)
            if len(crumbs) >= 2:
                return crumbs[:CRUMBS_MAX]
    return ()


def _by_line(blocks: Blocks, headline: Headline | None) -> tuple[str, ...]:
    end = headline.block if headline and headline.block is not None else TRAIL_BLOCKS
    for text in blocks.texts[: min(end + 3, TRAIL_BLOCKS)]:
        if len(text) <= 200 and _SIGNS.search(text) and (crumbs := read_breadcrumb(text)):
            return crumbs
    return ()


def choose_section(declared: Declared, visible: Claims, crumbs: tuple[str, ...], title: Claim | None) -> Claim | None:
    """The column the article stands in: declared, the last crumb, or the meta line's."""
    claims = [claim for claim in declared.claims.of("section") if claim.confidence > 0.85]
    if crumbs and not is_home(crumbs[-1]):
        claims.append(Claim(crumbs[-1], "breadcrumb", 0.8))
    claims += visible.of("section")
    claims += sorted(declared.claims.of("section"), key=lambda claim: -claim.confidence)
    headline = fold(title.value) if title else ""
    for claim in claims:
        if len(claim.value) <= SECTION_CHARS and fold(claim.value) != headline and not is_home(claim.value):
            return claim
    return None
