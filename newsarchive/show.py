"""The front door, show: one article on a terminal, with the way each field was found; revisions, copies, diffs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from newsarchive.terminal import inert, plain, row, table, when
from scheduler import say_bytes

if TYPE_CHECKING:
    from archive import Decision, File, Found, Known, Revision

FIELDS = (
    "published", "modified", "author", "editor", "origin", "section", "breadcrumb", "language", "images", "attachments",
)  # fmt: skip
DOUBTFUL = 0.5  # confidence below which a person should look; see archive.Found
BESIDE_CHARS = 150  # of unchanged text, shown before and after a change
STYLES = {"gone": "red strike", "added": "green"}


def tombstone(known: Known, at: datetime | None) -> RenderableType:
    """What stays of an article that was taken down: that it was here, when and why it went."""
    head = Text(f"removed {when(at)}: {inert(known.reason or '')}", style="bold")
    return Group(head, _place(known), Text())


def article(known: Known) -> RenderableType:
    """Title, place in the archive, every field with its method, then the text."""
    item = known.article
    head = Text(inert(item.title or "(no title)"), style="bold")
    body = Text(inert(item.body, lines=True)) if item.body else Text("(no text)", style="dim")
    return Group(head, _place(known), Text(), _fields(known), Text(), body, Text())


def _place(known: Known) -> Text:
    parts = [known.id, known.article.source, str(known.status)]
    if known.article.kind != "article":
        parts.append(str(known.article.kind))
    parts.append(f"revision {known.revision}")
    if known.copy_of:
        parts.append(f"copy of {known.copy_of}")
    elif known.cluster != known.id:
        parts.append(f"in the cluster of {known.cluster}")
    seen = f"first seen {when(known.first_seen)}, last {when(known.last_seen)}"
    return Text(f"{' · '.join(map(inert, parts))}\n{inert(known.article.url)}\n{seen}", style="dim")


def _fields(known: Known) -> RenderableType:
    shown = table("field", "value", "found by")
    for name in ("title", *FIELDS, "body"):
        value = getattr(known.article, name)
        method = known.article.found.get(name)
        if name in {"title", "body"}:
            if method:
                row(
                    shown,
                    name,
                    "(see above)" if name == "title" else f"{len(known.article.body)} characters",
                    _way(method),
                )
        elif value is None and method is None:
            continue
        else:
            row(shown, name, _value(value), _way(method))
    return shown


def _value(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value or "(stated, but empty)"
    return "\n".join(_one(item) for item in value) if len(value) else "-"


def _one(item: Any) -> str:
    if isinstance(item, str):
        return item
    told = plain(item)
    return "; ".join(str(part) for part in told.values() if part)


def _way(method: Found | None) -> Text:
    if method is None:
        return Text("-", style="dim")
    doubt = method.confidence < DOUBTFUL
    return Text(f"{inert(method.method)} ({method.confidence:.2f})", style="yellow" if doubt else "dim")


def files(listed: Sequence[File]) -> RenderableType:
    """Attachments and pictures, every state of each; numbered as `show --file` counts them."""
    shown = table("file", "address", "seen", "kind", "size", "", right=["file", "size"])
    for number, item in enumerate(listed, 1):
        document = item.document
        size = say_bytes(item.bytes) if item.bytes is not None else ""
        said = document.why if document else item.trouble or "not fetched yet"
        row(shown, number, item.url, when(item.at), document.kind if document else "", size, said or "")
    return shown


def revisions(listed: Sequence[Revision]) -> RenderableType:
    shown = table("revision", "seen", "cause", "characters", "title", right=["revision", "characters"])
    for item in listed:
        row(shown, item.number, when(item.at), item.cause, len(item.state.body), item.state.title)
    return shown


def copies(listed: Iterable[tuple[Known, Decision]]) -> RenderableType:
    shown = table("article", "source", "address", "verdict", "alike", "why")
    for known, decision in listed:
        alike = "" if decision.alike is None else f"{decision.alike:.2f}"
        row(shown, known.id, known.article.source, known.article.url, decision.verdict, alike, decision.why)
    return shown


def differences(old: Revision, new: Revision) -> RenderableType:
    """What a revision changed, a line a field; the text last, with what stayed the same shortened."""
    from archive import diff_states  # noqa: PLC0415 - a `--help` loads no room

    head = Text(f"revision {old.number} -> {new.number}, {when(new.at)}, {new.cause}", style="bold")
    lines: list[RenderableType] = [head]
    for one in diff_states(old.state, new.state):
        label = Text.assemble((f"{one.field}: ", "dim"))
        if one.field == "body":
            lines += [Text(), difference(_shortened(one.parts))]
        elif one.parts:
            lines.append(label.append_text(difference(one.parts)))
        else:
            sides = [("gone", one.gone), ("same", " "), ("added", one.added)]
            lines.append(label.append_text(difference((what, _value(value)) for what, value in sides if value)))
    if len(lines) == 1:
        lines.append(Text("nothing that is shown"))
    return Group(*lines, Text())


def _shortened(parts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Long stretches that stayed the same, down to what stands beside a change."""
    for what, words in parts:
        if what == "same" and len(words) > 2 * BESIDE_CHARS:
            yield what, f"{words[:BESIDE_CHARS]} […] {words[-BESIDE_CHARS:]}"
        else:
            yield what, words


def difference(parts: Iterable[tuple[str, str]]) -> Text:
    """A word diff: what is gone in red between [- -], what was added in green between {+ +}, as `git diff` writes it."""
    told = Text()
    for what, words in parts:
        text = inert(words, lines=True)
        marks = {"gone": ("[-", "-]"), "added": ("{+", "+}")}.get(what, ("", ""))
        told.append(f"{marks[0]}{text}{marks[1]}", style=STYLES.get(what, ""))
    return told
