"""The front door, settings: the table [alarms], how an operator is told that something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from newsarchive.values import BadSettings, Raw, clock_time, duration, host_and_port, text, texts, url, words

KEYS = tuple(
    f"alarms.{name}"
    for name in ("webhook", "secret", "email", "smtp", "sender", "command", "digest", "late", "allow_private")
)
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSettings:
    """Where alarms go; with none of them they are kept and shown alone."""

    webhook: str | None = None  #: address that gets them as JSON
    secret: str | None = None  #: what that is signed with
    email: tuple[str, ...] = ()  #: who gets them by mail
    smtp: str | None = None  #: smtp://, smtps:// or smtp+starttls://, with user, password and port where needed
    sender: str | None = None  #: the mail's From
    command: tuple[str, ...] = ()  #: program that gets them as JSON on stdin, and its arguments
    digest: time | None = None  #: when the daily digest is told, local time; None: never
    late: timedelta = LATE  #: a turn later than this is an alarm
    allow_private: tuple[str, ...] = ()  #: "host:port" of the webhook that may lie in a private network


def read_alarms(raw: Mapping[str, Raw]) -> AlarmSettings:
    """Raises BadSettings."""

    def of(name: str) -> Raw | None:
        return raw.get(f"alarms.{name}")

    settings = AlarmSettings(
        webhook=url(of("webhook"), ("http", "https"), "https://ops.example.org/alarms"),
        secret=text(of("secret")) or None,
        email=texts(of("email"), "addresses", '["ops@example.org"]'),
        smtp=url(of("smtp"), ("smtp", "smtps", "smtp+starttls"), "smtp://user:password@mail.example.org:587"),
        sender=text(of("sender")) or None,
        command=words(of("command"), '["notify-send", "newsarchive"]'),
        digest=clock_time(of("digest")),
        late=duration(of("late"), LATE, least=timedelta(minutes=1)),
        allow_private=texts(of("allow_private"), "hosts with ports", '["10.0.0.5:9000"]'),
    )
    for entry in settings.allow_private:
        host_and_port(entry, _where(of("allow_private")), "10.0.0.5:9000")
    for name, addresses in (("email", settings.email), ("sender", (settings.sender,) if settings.sender else ())):
        for address in addresses:
            if "@" not in address or any(sign in address for sign in "\r\n"):
                raise BadSettings(f'{_where(of(name))}: {address!r} is no mail address: write "ops@example.org"')
    if settings.email and not settings.smtp:
        raise BadSettings(
            f"{_where(of('email'))}: alarms.email needs alarms.smtp, the server that takes the mail: "
            'write smtp = "smtp://mail.example.org:25"'
        )
    return settings


def _where(raw: Raw | None) -> str:
    return raw.where if raw else "alarms"
