"""The front door, logs: what a long-running command says on stderr: in words for a person, or as JSON for a machine.

An event is a name and fields; `say` is the same in words. In words only events that have it are shown, one line a crawl.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from newsarchive.terminal import inert, json_line

WORDS, JSON = "words", "json"
KINDS = (WORDS, JSON)


def make_log(kind: str) -> Any:
    """A structlog logger on stderr; `kind` is one of KINDS."""
    import structlog  # noqa: PLC0415 - only what runs for long writes a log

    return structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, RENDER[kind]],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def _in_words(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    import structlog  # noqa: PLC0415

    said = event.get("say")
    if said is None:
        raise structlog.DropEvent
    traced = f"\n{event['exception']}" if "exception" in event else ""
    return f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {inert(said, lines=True)}{traced}"


def _as_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    event.pop("say", None)
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json_line({"at": at, "level": event.pop("level"), "event": event.pop("event"), **event})


RENDER = {WORDS: _in_words, JSON: _as_json}
