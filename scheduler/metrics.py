"""The scheduler room, metrics: what a running service counts and how it stands, for Prometheus.

Counters are this process's own and begin at 0 with it, as Prometheus expects; how sources, alarms and consumers stand is read
from the archive when it is asked for, at most every few seconds.
"""

from __future__ import annotations

import threading
import time
from collections import Counter as Count
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from archive import Alarm, Archive, ArchiveError, CrawlReport, Outcome
from scheduler.delivery import Served
from scheduler.health import read_health

FRESH_S = 10.0  # what was read from the archive is shown again for so long
SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1200)  # buckets of a crawl's time
CHANGES = ("new", "revised", "copied", "moved", "gone", "restored")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the service stands at this moment."""

    leads: bool = False
    running: int = 0
    waiting: int = 0


class Meter:
    """All metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for add in (ProcessCollector, PlatformCollector, GCCollector):
            add(registry=self.registry)

        def counter(name: str, means: str, *labels: str) -> Counter:
            return Counter(f"newsarchive_{name}", means, labels, registry=self.registry)

        self._crawls = counter("crawls", "Crawls that ended here.", "outcome")
        self._requests = counter("requests", "Requests that crawls made.")
        self._bytes = counter("bytes", "Bytes of bodies that crawls received, decoded.")
        self._changes = counter("changes", "Changes that crawls led to: new articles, revisions and others.", "kind")
        self._alarms = counter("alarms", "Alarms that rang.", "kind")
        self._mended = counter("alarms_mended", "Alarms that were mended.", "kind")
        self._deliveries = counter("deliveries", "Deliveries to webhooks.", "webhook", "result")
        self._delivered = counter("delivered_changes", "Changes that webhooks took.", "webhook")
        self._aside = counter("dead_letters_made", "Changes that were set aside.", "webhook")
        self._seconds = Histogram(
            "newsarchive_crawl_seconds", "How long crawls took.", registry=self.registry, buckets=SECONDS
        )
        for outcome in Outcome:  # shown as 0 before the first one: what is not there cannot be watched
            self._crawls.labels(outcome.value)
        for kind in CHANGES:
            self._changes.labels(kind)

    def crawl(self, report: CrawlReport, took_s: float) -> None:
        """A crawl ended."""
        self._crawls.labels(report.outcome.value).inc()
        self._requests.inc(report.requests)
        self._bytes.inc(report.bytes)
        self._seconds.observe(took_s)
        for kind in CHANGES:
            self._changes.labels(kind).inc(getattr(report, kind))

    def alarm(self, alarm: Alarm) -> None:
        """An alarm rang, or was mended."""
        kind = alarm.kind.partition(":")[0]
        (self._mended if alarm.mended else self._alarms).labels(kind).inc()

    def served(self, webhook: str, served: Served) -> None:
        """A webhook was served."""
        self._deliveries.labels(webhook, "taken").inc(served.deliveries)
        self._deliveries.labels(webhook, "refused").inc(bool(served.error))
        self._delivered.labels(webhook).inc(served.changes)
        self._aside.labels(webhook).inc(served.aside)

    def watch(self, archive: Archive, standing: Callable[[], Standing], now: Callable[[], datetime]) -> None:
        """Show how the service and what is in its archive stand, whenever metrics are asked for."""
        self.registry.register(_Standings(archive, standing, now))

    def serve(self, host: str, port: int) -> tuple[int, Callable[[], None]]:
        """Answer on this place; the port (another than 0, if that was asked for) and what ends it. Raises OSError."""
        server, thread = start_http_server(port, host, self.registry)

        def end() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return int(server.server_port), end


class _Standings(Collector):
    def __init__(self, archive: Archive, standing: Callable[[], Standing], now: Callable[[], datetime]) -> None:
        self._archive, self._standing, self._now = archive, standing, now
        self._lock = threading.Lock()
        self._kept: list[Metric] = []
        self._read_s = -FRESH_S

    def describe(self) -> list[Metric]:
        return []  # nothing is read from the archive before somebody asks

    def collect(self) -> Iterator[Metric]:
        standing = self._standing()
        yield _gauge("clock_leads", "1 while this process is the clock, 0 while it stands by.", float(standing.leads))
        yield _gauge("crawls_running", "Crawls that run here now.", standing.running)
        yield _gauge("crawls_waiting", "Sources whose turn has come and that wait here for a worker.", standing.waiting)
        with self._lock:
            if time.monotonic() - self._read_s >= FRESH_S:
                try:
                    self._kept = list(self._look())
                except ArchiveError:
                    self._kept = [_gauge("archive_up", "1 while the archive can be read.", 0)]
                self._read_s = time.monotonic()
            kept = self._kept
        yield from kept

    def _look(self) -> Iterator[Metric]:
        now, turns = self._now(), self._archive.turns()
        lags = [(now - t.next_at).total_seconds() for t in turns if t.next_at and not t.paused and not t.running_since]
        states = Count((health.state.value if (health := read_health(t.told)).state else "new") for t in turns)
        alarms = Count(alarm.kind.partition(":")[0] for alarm in self._archive.open_alarms())
        consumers = {consumer.name: consumer.lag for consumer in self._archive.consumers()}
        yield _gauge("archive_up", "1 while the archive can be read.", 1)
        yield _gauge("feed_latest", "Number of the newest change.", self._archive.latest())
        yield _gauge("sources", "Sources that have turns.", len(turns))
        yield _gauge("sources_paused", "Sources that are paused.", sum(t.paused for t in turns))
        yield _gauge("turn_lag_seconds", "How late the latest turn is that waits.", max([0.0, *lags]))
        yield _gauge("turns_due", "Turns that have come and are not begun.", sum(lag > 0 for lag in lags))
        named = {state: states.get(state, 0) for state in (*(outcome.value for outcome in Outcome), "new")}
        yield _labelled("sources_state", "Sources by how they are.", "state", named)
        yield _labelled("alarms_open", "Alarms that are open, by kind.", "kind", alarms)
        yield _labelled("consumer_lag", "Changes that a consumer has not had.", "consumer", consumers)
        yield _labelled("dead_letters", "Changes set aside.", "webhook", self._archive.count_dead_letters())


def _gauge(name: str, means: str, value: float) -> Metric:
    return GaugeMetricFamily(f"newsarchive_{name}", means, value=value)


def _labelled(name: str, means: str, label: str, values: Any) -> Metric:
    family = GaugeMetricFamily(f"newsarchive_{name}", means, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
