"""The scheduler room, channels: how an operator is told: by webhook, by mail, by a command of their own.

A channel takes a message or raises NotTold; when to try again is not its business.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from scheduler.posting import Letter, NotDelivered, post, signed

SMTP_S = 30.0  # between two steps of handing over a mail
COMMAND_S = 60.0  # that a command may take
SAID_MAX = 300  # characters of what a command said
SUBJECT_MAX = 200  # characters
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class NotTold(Exception):
    """The message did not get through; why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What an operator is told."""

    kind: str  #: "alarms", "digest", "message" or "test"
    subject: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)  #: the same for programs; JSON can carry it

    def as_json(self) -> bytes:
        said = {"type": self.kind, "subject": self.subject, "text": self.text, **self.data}
        return json.dumps(said, ensure_ascii=False).encode()


class Channel(Protocol):
    """A way to an operator."""

    @property
    def name(self) -> str: ...
    def tell(self, message: Message) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChannel:
    """POSTs messages as JSON, signed like a delivery of changes where there is a secret."""

    url: str
    secret: str = ""
    allow_private: tuple[str, ...] = ()
    proxy: str | None = None
    name: str = "webhook"

    def tell(self, message: Message) -> None:
        body = message.as_json()
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers = signed(self.secret, f"msg_{uuid.uuid4().hex}", body, int(time.time()))
        try:
            post(Letter(url=self.url, body=body, headers=headers, allow_private=self.allow_private), proxy=self.proxy)
        except NotDelivered as error:
            raise NotTold(str(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class MailChannel:
    """Hands mails to an SMTP server: smtp://, smtp+starttls:// or smtps://user:password@host:port."""

    server: str
    sender: str
    to: tuple[str, ...]
    name: str = "email"

    def tell(self, message: Message) -> None:
        parts = urlsplit(self.server)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 25)
        try:
            with self._connect(parts.scheme, host, port) as server:
                if parts.scheme == "smtp+starttls":
                    server.starttls(context=ssl.create_default_context())
                if parts.username:
                    server.login(unquote(parts.username), unquote(parts.password or ""))
                server.send_message(self._mail(message))
        except (smtplib.SMTPException, OSError) as error:
            raise NotTold(f"{host}:{port} does not take the mail: {_one_line(error)}") from error

    def _connect(self, scheme: str, host: str, port: int) -> smtplib.SMTP:
        if scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=SMTP_S, context=ssl.create_default_context())
        return smtplib.SMTP(host, port, timeout=SMTP_S)

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"] = self.sender, ", ".join(self.to)
        mail["Subject"] = " ".join(message.subject.split())[:SUBJECT_MAX]
        mail["Date"] = formatdate(localtime=True)
        mail["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2] or socket.getfqdn())
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandChannel:
    """Runs a program that reads the message as JSON on stdin; exit status 0 says that it took it."""

    command: tuple[str, ...]
    name: str = "command"

    def tell(self, message: Message) -> None:
        with tempfile.TemporaryFile() as words:  # not a pipe: a program may say more than anybody wants to hold
            try:
                process = subprocess.Popen(  # noqa: S603 - the operator named it
                    self.command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words, start_new_session=True
                )
            except OSError as error:
                raise NotTold(f"{self.command[0]} cannot be run: {error.strerror or error}") from error
            with process:
                try:
                    process.communicate(message.as_json() + b"\n", timeout=COMMAND_S)
                except subprocess.TimeoutExpired:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)  # and whatever it started
                    raise NotTold(f"{self.command[0]} did not end within {COMMAND_S:.0f} s") from None
            if process.returncode:
                words.seek(max(0, words.tell() - SAID_MAX * 4))
                last = _one_line(words.read().decode("utf-8", "replace"))
                raise NotTold(f"{self.command[0]} ended with status {process.returncode}{f': {last}' if last else ''}")


def _one_line(said: object) -> str:
    return "".join(sign for sign in " ".join(str(said).split()) if sign.isprintable())[-SAID_MAX:]
