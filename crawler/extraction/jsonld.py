"""The crawler room, extraction: the JSON-LD of a page. Broken JSON is mended as far as that is safe, never guessed at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from crawler.extraction.claims import Claims, clean

if TYPE_CHECKING:
    from crawler.extraction.declared import Declared

SCRIPTS_MAX = 40  # of one page
SCRIPT_CHARS = 2_000_000
ENTITIES_MAX = 3_000  # JSON objects looked at on one page

_ARTICLES = re.compile(r"(?:Article|Posting|Report|BlogPost|News|PressRelease|Statement|CreativeWork|Review|Recipe)$")
_NEVER = frozenset(("WebPage", "WebSite", "Organization", "Person", "BreadcrumbList", "ImageObject", "JobPosting"))
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//<!\[CDATA\[|/\*<!\[CDATA\[\*/|<!\[CDATA\[)|(?:-->|//\]\]>|/\*\]\]>\*/|\]\]>)\s*;?\s*$"
)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_PAIR = re.compile(r'"(headline|datePublished|dateModified|articleSection)"\s*:\s*"((?:[^"\\]|\\.){1,500})"')

Entity = dict[str, Any]


def read_jsonld(scripts: list[str], declared: Declared, url: str) -> None:
    """Note what the page's JSON-LD `scripts` claim of the article of this page."""
    entities: list[Entity] = []
    for source in scripts[:SCRIPTS_MAX]:
        if len(entities) >= ENTITIES_MAX:
            break
        value = load(source)
        if value is None:
            _read_pairs(source, declared.claims)
        entities += list(_walk(value, ENTITIES_MAX - len(entities)))
    by_id = {e["@id"]: e for e in entities if isinstance(e.get("@id"), str) and len(e) > 1}
    declared.types |= {kind.lower() for entity in entities for kind in _types(entity)}
    articles = [entity for entity in entities if _is_article(entity)]
    if articles:
        main = max(articles, key=lambda entity: _mainness(entity, url))
        _read_article(main, by_id, declared)
    _read_site(entities, by_id, declared)


def load(source: str) -> Any:
    """The value of a JSON text; comments around it, line ends in strings and trailing commas are forgiven. None if hopeless."""
    source = source[:SCRIPT_CHARS]
    for attempt in (
        lambda s: s,
        lambda s: _WRAPPING.sub("", s),
        lambda s: _TRAILING_COMMA.sub(r"\1", _WRAPPING.sub("", s)),
    ):
        try:
            return json.loads(attempt(source), strict=False)
        except RecursionError:
            return None
        except ValueError:
            continue
    return None


def _walk(value: Any, limit: int) -> Iterator[Entity]:
    """All objects with a type in it, outer ones first."""
    todo, seen = [value], 0
    while todo and seen < limit:
        item = todo.pop(0)
        seen += 1
        if isinstance(item, dict):
            if "@type" in item or "@id" in item:
                yield item
            todo += [inner for inner in item.values() if isinstance(inner, dict | list)]
        elif isinstance(item, list):
            todo += [inner for inner in item if isinstance(inner, dict | list)]


def _types(entity: Entity) -> list[str]:
    kinds = entity.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return [kind.rsplit("/", 1)[-1] for kind in kinds if isinstance(kind, str)]


def _is_article(entity: Entity) -> bool:
    kinds = _types(entity)
    if any(_ARTICLES.search(kind) and kind not in _NEVER for kind in kinds):
        return any(key in entity for key in ("headline", "datePublished", "name", "articleBody", "author"))
    return "headline" in entity and "datePublished" in entity


def _mainness(entity: Entity, url: str) -> float:
    """How sure it is that this entity is the article of the page: it names this address, has a headline, a date."""
    score = 0.0
    page = entity.get("mainEntityOfPage")
    addresses = [entity.get("url"), entity.get("@id"), page, page.get("@id") if isinstance(page, dict) else None]
    path = url.split("//", 1)[-1].split("?", maxsplit=1)[0].rstrip("/")
    if path and any(isinstance(a, str) and path in a.rstrip("/") for a in addresses):
        score += 2
    score += sum(key in entity for key in ("headline", "datePublished", "author", "articleBody", "mainEntityOfPage"))
    return score + (1 if any("Article" in kind or "Posting" in kind for kind in _types(entity)) else 0)


def _read_article(entity: Entity, by_id: dict[str, Entity], declared: Declared) -> None:
    claims = declared.claims
    declared.has_article = True
    news = any(kind.endswith("NewsArticle") for kind in _types(entity))
    claims.add(
        "title", entity.get("headline"), "json-ld:NewsArticle" if news else "json-ld:headline", 0.97 if news else 0.85
    )
    if "headline" not in entity:
        claims.add("title", entity.get("name"), "json-ld:name", 0.7)
    claims.add("published", entity.get("datePublished"), "json-ld:datePublished", 0.95)
    claims.add("published", entity.get("dateCreated"), "json-ld:dateCreated", 0.5)
    claims.add("modified", entity.get("dateModified"), "json-ld:dateModified", 0.9)
    claims.add("description", entity.get("description"), "json-ld:description", 0.7)
    for person in _names(entity.get("author") or entity.get("creator"), by_id, bodies=False):
        claims.add("author", person, "json-ld:author", 0.9)
    for body in _names(entity.get("author") or entity.get("creator"), by_id, bodies=True):
        claims.add("author", body, "json-ld:organisation", 0.6)
    for person in _names(entity.get("editor"), by_id):
        claims.add("editor", person, "json-ld:editor", 0.7)
    for name in _names(entity.get("publisher"), by_id):
        claims.add("site", name, "json-ld:publisher", 0.8)
    section = entity.get("articleSection")
    for value in section if isinstance(section, list) else [section]:
        claims.add("section", value, "json-ld:articleSection", 0.75)
    claims.add("language", entity.get("inLanguage"), "json-ld:inLanguage", 0.7)
    text = entity.get("articleBody")
    if isinstance(text, str) and text.strip():
        declared.body = text


def _read_site(entities: list[Entity], by_id: dict[str, Entity], declared: Declared) -> None:
    for entity in entities:
        kinds = _types(entity)
        if "BreadcrumbList" in kinds and not declared.breadcrumb:
            declared.breadcrumb = _crumbs(entity)
        elif "WebSite" in kinds:
            declared.claims.add("site", entity.get("name"), "json-ld:WebSite", 0.8)
            declared.claims.add("site", entity.get("alternateName"), "json-ld:WebSite", 0.5)
        elif any(kind.endswith("Organization") for kind in kinds):
            declared.claims.add("organisation", entity.get("name"), "json-ld:Organization", 0.6)
        elif "WebPage" in kinds:
            declared.claims.add("page_published", entity.get("datePublished"), "json-ld:WebPage", 0.6)
            declared.claims.add("page_title", entity.get("name") or entity.get("headline"), "json-ld:WebPage", 0.5)
            for person in _names(entity.get("author"), by_id):
                declared.claims.add("page_author", person, "json-ld:WebPage", 0.6)


def _names(value: Any, by_id: dict[str, Entity], *, bodies: bool | None = None) -> list[str]:
    """Names of persons and bodies in whatever form they are given; `bodies`: those of organisations alone, or of all others."""
    found = []
    for item in value if isinstance(value, list) else [value]:
        entity = item
        if isinstance(entity, dict) and "name" not in entity and isinstance(entity.get("@id"), str):
            entity = by_id.get(entity["@id"], entity)
        if bodies is not None and bodies != (
            isinstance(entity, dict) and any("Organi" in kind for kind in _types(entity))
        ):
            continue
        if isinstance(entity, dict):
            names = entity.get("name")
            for name in names if isinstance(names, list) else [names]:
                found += [name] if isinstance(name, str) else []
        elif isinstance(entity, str) and not entity.startswith("http"):
            found.append(entity)
    return [name for name in map(clean, found) if name and not name.startswith("http")][:40]


def _crumbs(entity: Entity) -> tuple[str, ...]:
    items = entity.get("itemListElement")
    found = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            inner = item.get("item")
            name = item.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
            if isinstance(name, str) and clean(name):
                found.append(clean(name))
    return tuple(found[:12])


def _read_pairs(source: str, claims: Claims) -> None:
    """JSON nobody can parse: the first plain string pairs of the four fields that are worth it."""
    fields = {
        "headline": "title",
        "datePublished": "published",
        "dateModified": "modified",
        "articleSection": "section",
    }
    seen = set()
    for key, raw in _PAIR.findall(source[:SCRIPT_CHARS]):
        if key not in seen:
            seen.add(key)
            try:
                claims.add(fields[key], json.loads(f'"{raw}"', strict=False), f"json-ld:{key} (broken)", 0.5)
            except ValueError:
                continue
