"""The crawler room: what goes between the front door's process and a crawl's own process: one JSON value a line. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive import CrawlReport, Outcome, TemplateFit
from crawler.source import Source, parse_source
from crawler.stations import Limits, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a crawl is told from outside."""

    archive: str  #: "sqlite:///…" or "postgresql://…"
    captures: Path | str | None = None  #: a folder, or "s3://bucket/prefix"
    contact: str | None = None
    proxy: str | None = None
    now: datetime | None = None  #: the crawl's clock stands here; None: the real one
    full: bool = False  #: walk every seed to its end
    recheck: bool = False  #: ask every known article again
    wordy: bool = False  #: say every request on stderr, for the crawl's log file
    limits: Limits = Limits()  # noqa: RUF009  (a frozen value)


def write_orders(source: Source, orders: Orders) -> str:
    """Source and orders as one line."""
    if source.text:
        said: dict[str, Any] = {"slug": source.slug, "path": str(source.path or ""), "text": source.text}
    else:  # built in code, without a file
        said = {"source": source.model_dump_json(exclude={"text", "path"})}
    told = {field.name: getattr(orders, field.name) for field in fields(orders)}
    return json.dumps({**said, "orders": told}, default=_plain)


def read_orders(line: str) -> tuple[Source, Orders]:
    """The inverse of `write_orders`. Raises BadSource or ValueError."""
    said = json.loads(line)
    if "text" in said:
        source = parse_source(said["text"], slug=said["slug"], path=Path(said["path"]) if said["path"] else None)
    else:
        source = Source.model_validate_json(said["source"])
    told = said["orders"]
    limits = told.pop("limits")
    spans = {f.name for f in fields(Limits) if isinstance(getattr(Limits(), f.name), timedelta)}
    kept: dict[str, Any] = {
        name: timedelta(seconds=value) if name in spans else value for name, value in limits.items()
    }
    return source, Orders(
        **{
            **told,
            "now": datetime.fromisoformat(told["now"]) if told["now"] else None,
            "limits": Limits(**kept),
        }
    )


def write_report(report: CrawlReport) -> str:
    """A report as one line."""
    return json.dumps({"report": asdict(report)}, default=_plain)


def write_progress(progress: Progress) -> str:
    """Progress as one line."""
    return json.dumps({"progress": asdict(progress)})


def write_begun(number: int) -> str:
    """The crawl's number as one line."""
    return json.dumps({"begun": number})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a crawl could not even begin."""

    text: str
    away: bool = False  #: the archive could not be had: it says nothing of the source


def write_problem(problem: Problem) -> str:
    """Why the crawl could not even begin, as one line."""
    return json.dumps({"problem": asdict(problem)})


def read_line(line: str) -> CrawlReport | Progress | Problem | int | None:
    """What a line of the crawl's process says: its report, progress, number, or why it cannot begin."""
    said: Mapping[str, Any] = json.loads(line)
    if "report" in said:
        told = dict(said["report"])
        return CrawlReport(
            **{
                **told,
                "started": datetime.fromisoformat(told["started"]),
                "ended": datetime.fromisoformat(told["ended"]),
                "outcome": Outcome(told["outcome"]),
                "evidence": tuple(told["evidence"]),
                "alarms": tuple(told["alarms"]),
                "signs": tuple(told["signs"]),
                "template": tuple(TemplateFit(**fit) for fit in told["template"]),
            }
        )
    if "progress" in said:
        return Progress(**said["progress"])
    if "begun" in said:
        return int(said["begun"])
    return Problem(**said["problem"]) if "problem" in said else None


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Limits):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no place on the wire")
