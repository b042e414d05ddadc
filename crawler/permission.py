"""The crawler room: what a crawl must have before it begins, and how long it pauses. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from crawler.politeness import user_agent
from crawler.safety import is_loopback, pairs
from crawler.source import Source
from crawler.stations import Limits


class NoContact(ValueError):
    """A crawl of other people's sites that names nobody to write to. The message says what to set."""


def check_contact(source: Source, contact: str | None) -> None:
    """Raises NoContact when this source may not be crawled without a contact, or with this one."""
    if contact:
        try:
            user_agent("0", contact)
        except ValueError as error:
            raise NoContact(str(error)) from error
        return
    strangers = [host for host in source.hosts if not is_loopback(urlsplit(f"//{host}").hostname or "")]
    if strangers:
        raise NoContact(
            f"{source.slug}: {strangers[0]} is not this machine, and its owners must know whom to write to: "
            'set contact = "you@example.org" in newsarchive.toml (or NEWSARCHIVE_CONTACT)'
        )


def pause_s(source: Source, limits: Limits) -> float:
    """The pause between two requests, in seconds: the operator's, or more where the source asks for more; less only where
    every host of the source is one that the source file allows as private.
    """
    own = limits.delay.total_seconds()
    if source.delay is None:
        return own
    private = pairs(source.allow_private)
    hosts = {(p.hostname or "", p.port or 80) for p in (urlsplit(f"//{host}") for host in source.hosts)}
    ours = bool(private) and all(
        (name, port) in private or any(name == host for host, _ in private) for name, port in hosts
    )
    asked = source.delay.total_seconds()
    return asked if ours else max(own, asked)
