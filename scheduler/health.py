"""The scheduler room, health: how a source is, since when, and when that is an alarm. Reports in, alarms out. Pure.

An alarm rings once when something begins to be wrong and once when it is mended, not in between. What is often over by the
next crawl (nobody answers) rings when a second crawl sees it; what was mended within a day and is back needs one crawl more.
Each sign is mended by its own evidence: a list by what it finds, a template by articles that can be read, silence by news.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from archive import Alarm, CrawlReport, Outcome, Sign
from scheduler.durations import say_duration

WELL = frozenset({Outcome.OK, Outcome.EMPTY})
CONFIRMED_BY = {Sign.UNREACHABLE: 2, Sign.BROKEN: 2, Sign.SEED: 2}  # crawls in a row; one for every other sign
FLAPPING = timedelta(days=1)  # what comes back within this needs one crawl more to ring again
READ_LEAST = 1.5  # articles since a template changed (older ones count half, crawl by crawl) to judge it by again
READ_SHARE = 0.7  # of them must have what was missing
FIELDS = ("title", "published", "body")
EVIDENCE_MOST, EVIDENCE_CHARACTERS = 8, 300
ORDER = (Outcome.FAILED, Outcome.BLOCKED, Outcome.DEGRADED)

SAID = {
    Sign.LIST: "its list is lost",
    Sign.SEED: "one of its seeds cannot be read",
    Sign.TEMPLATE: "its pages cannot be read as before",
    Sign.SILENT: "it has fallen silent",
    Sign.FLOOD: "it brings more than it should",
    Sign.PAGES: "its pages break our processing",
    Sign.BLOCKED: "it refuses us",
    Sign.UNREACHABLE: "it cannot be reached",
    Sign.BROKEN: "its crawl breaks",
}
STATE_OF = {Sign.BLOCKED: Outcome.BLOCKED, Sign.UNREACHABLE: Outcome.FAILED, Sign.BROKEN: Outcome.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong with a source."""

    since: datetime  #: of the first crawl that showed it
    seen: int = 0  #: crawls that showed it
    rung: bool = False
    text: str = ""
    fields: Mapping[str, float] = field(default_factory=dict)  #: template: what articles had since, as in a report


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a source is; kept with its turn."""

    state: Outcome | None = None  #: None: not crawled yet
    since: datetime | None = None  #: of this state; ok and empty are one
    evidence: tuple[str, ...] = ()
    troubles: Mapping[str, Trouble] = field(default_factory=dict)  #: by sign
    mended: Mapping[str, datetime] = field(default_factory=dict)  #: by sign: when it was mended last
    overdue: float | None = None  #: finds that its habits would have brought since its last one; None: no habits yet


def judge(
    health: Health, report: CrawlReport, *, silent: str = "", overdue: float | None = None
) -> tuple[Health, list[Alarm]]:
    """The health after one more crawl, and what rings.

    Args:
        health: before it.
        report: of the crawl; one that was stopped by hand proves nothing and is not to be given.
        silent: why its silence is a sign, in words; "" while it is none.
        overdue: finds that its habits would have brought since the last one.

    """
    at = report.ended
    signs = _signs(report, silent)
    troubles = dict(health.troubles)
    mended = {sign: when for sign, when in health.mended.items() if at - when < FLAPPING}
    alarms: list[Alarm] = []
    for sign in [sign for sign in troubles if sign not in signs]:
        trouble = _followed(sign, troubles[sign], report)
        if not _is_over(sign, trouble, report):
            troubles[sign] = trouble
            continue
        del troubles[sign]
        if trouble.rung:
            mended[sign] = at
            alarms.append(_mended(report, sign, trouble))
    for sign, texts in signs.items():
        before = troubles.get(sign) or Trouble(since=report.started)
        trouble = replace(_followed(sign, before, report), seen=before.seen + 1, text=texts[0])
        if not trouble.rung and trouble.seen >= CONFIRMED_BY.get(Sign(sign), 1) + (sign in mended):
            trouble = replace(trouble, rung=True)
            alarms.append(_alarm(report, sign, trouble, texts))
        troubles[sign] = trouble
    after = replace(health, troubles=troubles, mended=mended, overdue=overdue)
    return _with_state(after, report), alarms


def _signs(report: CrawlReport, silent: str) -> dict[str, list[str]]:
    """What this crawl shows, with its sentences. Reports of older programs do not say what their alarms are signs of."""
    found: dict[str, list[str]] = {}
    usual = {Outcome.BLOCKED: Sign.BLOCKED, Outcome.FAILED: Sign.BROKEN, Outcome.DEGRADED: Sign.TEMPLATE}
    signs = report.signs or (usual.get(report.outcome, Sign.TEMPLATE),) * len(report.alarms)
    for sign, text in zip(signs, report.alarms, strict=False):
        found.setdefault(Sign(sign).value if sign in list(Sign) else Sign.BROKEN.value, []).append(text)
    if report.outcome not in WELL and not found:
        found[usual[report.outcome].value] = [*report.evidence[:1]] or [report.outcome.value]
    if silent and not report.new and report.outcome in (*WELL, Outcome.DEGRADED):
        found.setdefault(Sign.SILENT.value, []).append(silent)
    return found


def _followed(sign: str, trouble: Trouble, report: CrawlReport) -> Trouble:
    """What articles had since a template changed; each crawl halves what came before."""
    if sign != Sign.TEMPLATE or not report.fields.get("articles"):
        return trouble
    fields = {name: trouble.fields.get(name, 0) / 2 + report.fields.get(name, 0) for name in ("articles", *FIELDS)}
    return replace(trouble, fields=fields)


def _is_over(sign: str, trouble: Trouble, report: CrawlReport) -> bool:
    """Whether this crawl, which does not show the sign, is evidence that it is over."""
    if report.outcome in (Outcome.FAILED, Outcome.BLOCKED):
        return False  # it saw nothing of what the sign is about
    if sign == Sign.SILENT:
        return report.new > 0
    if sign == Sign.TEMPLATE and trouble.rung:
        read = trouble.fields.get("articles", 0)
        return read >= READ_LEAST and all(trouble.fields.get(name, 0) >= READ_SHARE * read for name in _missed(trouble))
    return True


def _missed(trouble: Trouble) -> Sequence[str]:
    """The fields that the alarm was about: those it names, else all."""
    return [name for name in FIELDS if f"field {name}" in trouble.text] or ["title", "body"]


def _with_state(health: Health, report: CrawlReport) -> Health:
    state = report.outcome
    rung = [STATE_OF.get(Sign(sign), Outcome.DEGRADED) for sign, trouble in health.troubles.items() if trouble.rung]
    if state in WELL and rung:
        state = min(rung, key=ORDER.index)
    same = state is health.state or (state in WELL and health.state in WELL)
    texts = [trouble.text for trouble in health.troubles.values()]
    evidence = _bounded([*texts, *report.evidence]) if state not in WELL else ()
    return replace(health, state=state, since=health.since if same else report.started, evidence=evidence)


def _alarm(report: CrawlReport, sign: str, trouble: Trouble, texts: Sequence[str]) -> Alarm:
    more = [f"answers: {', '.join(f'{status} x {count}' for status, count in report.statuses.items())}"]
    since = [f"since {trouble.since.isoformat(timespec='minutes')}, seen by {trouble.seen} crawls"]
    said = [f"crawl {report.crawl} ended as {report.outcome}"] if report.crawl else []
    evidence = [
        *texts,
        *report.evidence,
        *(more if report.statuses else []),
        *(since if trouble.seen > 1 else []),
        *said,
    ]
    return Alarm(
        source=report.source,
        kind=sign,
        at=report.ended,
        text=f"{report.source}: {SAID[Sign(sign)]}: {texts[0]}"[: EVIDENCE_CHARACTERS * 2],
        evidence=_bounded(evidence),
    )


def _mended(report: CrawlReport, sign: str, trouble: Trouble) -> Alarm:
    came = f"{report.new} new articles" if report.new else "its seeds answer as they should"
    lasted = say_duration(report.ended - trouble.since)
    return Alarm(
        source=report.source,
        kind=sign,
        at=report.ended,
        mended=True,
        text=f"{report.source}: mended after {lasted}: {SAID[Sign(sign)]} no more ({came})",
        evidence=_bounded([f"it was: {trouble.text}", f"crawl {report.crawl} ended as {report.outcome}"]),
    )


def _bounded(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line[:EVIDENCE_CHARACTERS] for line in lines if line))[:EVIDENCE_MOST]


# --- as it is kept ----------------------------------------------------------------------------------------------------


def write_health(health: Health) -> str:
    """As text, for `Turn.told`."""
    return json.dumps(asdict(health), default=lambda value: value.isoformat(), ensure_ascii=False)


def read_health(text: str) -> Health:
    """The inverse; what cannot be read (an older program wrote it) is a health that knows nothing."""
    try:
        said: dict[str, Any] = json.loads(text) if text else {}
        return Health(
            state=Outcome(said["state"]) if said.get("state") else None,
            since=_moment(said.get("since")),
            evidence=tuple(said.get("evidence", ())),
            troubles={
                sign: Trouble(**{**trouble, "since": datetime.fromisoformat(trouble["since"])})
                for sign, trouble in said.get("troubles", {}).items()
            },
            mended={sign: datetime.fromisoformat(when) for sign, when in said.get("mended", {}).items()},
            overdue=said.get("overdue"),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return Health()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
