"""The crawler room: does a site still look as its template says? Counts in, verdict out. Pure.

A page fits in several respects (`archive.TemplateFit`): its frame, where its text stands, where each field stands. One
page that does not fit is another kind of page; most of the last few that do not are a site that was rebuilt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archive import TemplateFit
from crawler.extraction.template import Template

ENOUGH = 5  # pages, below which nothing is said
LIVED = 0.7  # share of the template's own articles that a respect must have had
DIED = 0.3  # share of the pages at hand, below which it has died

Fit = Mapping[str, float]


def shares_of(state: str) -> dict[str, float] | None:
    """How the articles a kept template was learned from fit it; None for a template this program cannot read."""
    try:
        return dict(Template.from_json(state).fits)
    except ValueError:
        return None


def compare(before: Fit, pages: Sequence[Fit]) -> tuple[TemplateFit, ...]:
    """How these pages fit, in every respect that the template has, as shares."""
    if not pages:
        return ()
    return tuple(
        TemplateFit(
            field=name,
            share_before=round(share, 2),
            share_now=round(sum(page.get(name, 0.0) for page in pages) / len(pages), 2),
            pages=len(pages),
        )
        for name, share in before.items()
    )


def has_died(fit: TemplateFit) -> bool:
    """Whether the pages at hand no longer have what those that the template was learned from had."""
    return fit.pages >= ENOUGH and fit.share_before >= LIVED and fit.share_now < DIED


def is_strange(before: Fit, page: Fit) -> bool:
    """Whether one page lacks what (nearly) all others had."""
    return any(share >= LIVED and page.get(name, 0.0) < DIED for name, share in before.items())


def evidence(fits: Sequence[TemplateFit]) -> list[str]:
    """What has died, in sentences."""
    return [_sentence(fit) for fit in fits if has_died(fit)]


def _sentence(fit: TemplateFit) -> str:
    what = {"frame": "the lines and elements around the text", "body": "the element of the text"}.get(
        fit.field, f"the place of the field {fit.field}"
    )
    return (
        f"the site's template no longer fits: {what} ({fit.field}) was on {fit.share_before:.0%} of its articles, "
        f"it is on {fit.share_now:.0%} of {fit.pages} now"
    )
