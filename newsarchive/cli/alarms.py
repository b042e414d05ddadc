"""The front door, commands for what is wrong: alarms list, test, tell, send, digest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.failures import Exit, Refused
from newsarchive.cli.front import Json, front_of
from newsarchive.logs import WORDS, make_log
from newsarchive.terminal import console, inert, put, put_json, row, say, table, when

if TYPE_CHECKING:
    from newsarchive.config import Settings
    from scheduler import Channel, Message

NO_CHANNEL = "no channel is set: write alarms.webhook, alarms.email or alarms.command in newsarchive.toml"
TEXT_MOST = 10_000  # characters of a text of one's own

group = typer.Typer(help="What is wrong, and how you are told.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="alarms", rich_help_panel="By itself")


def channels_of(settings: Settings) -> list[Channel]:
    """The ways to the operator that the settings name."""
    from scheduler import CommandChannel, MailChannel, WebhookChannel

    alarms = settings.alarms
    found: list[Channel] = []
    if alarms.webhook:
        found.append(
            WebhookChannel(
                url=alarms.webhook,
                secret=alarms.secret or "",
                allow_private=alarms.allow_private,
                proxy=settings.proxy,
            )
        )
    if alarms.email and alarms.smtp:
        contact = settings.contact if settings.contact and "@" in settings.contact else None
        sender = alarms.sender or contact or alarms.email[0]
        found.append(MailChannel(server=alarms.smtp, sender=sender, to=alarms.email))
    if alarms.command:
        found.append(CommandChannel(command=alarms.command))
    return found


@group.command("list")
def list_(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="The log: also what is mended, newest first.")] = False,
    source: Annotated[str | None, typer.Option(help="Of this source alone.", metavar="SLUG")] = None,
    limit: Annotated[int, typer.Option(help="Most lines.", min=1, max=10_000)] = 50,
    json: Json = False,
) -> int:
    """What is wrong now, since when, and why. Ends with 3 when anything is."""
    with front_of(ctx).archive_if_there() as archive:
        standing = archive.open_alarms(source) if archive else []
        lines = standing if not every else archive.alarm_log(source, limit=limit) if archive else []
    shown = table("since" if not every else "when", "", "alarm")
    for alarm in lines[:limit]:
        if json:
            put_json(alarm)
            continue
        row(shown, when(alarm.at), "mended" if alarm.mended else "alarm", alarm.text)
        for line in alarm.evidence:
            row(shown, "", "", f"  {line}")
    if not json:
        console().print(shown) if lines else say("no alarm is open" if not every else "no alarm ever rang")
    return Exit.ALARMS if standing else Exit.DONE


@group.command("test")
def trial(ctx: typer.Context, json: Json = False) -> int:
    """Send a test message through every channel, and say which take it."""
    from scheduler import trial_message

    return _through_all(front_of(ctx).settings, trial_message(), json)


@group.command()
def tell(
    ctx: typer.Context, text: Annotated[str, typer.Argument(help="What is to be told.")], json: Json = False
) -> int:
    """Tell words of your own through every channel, as when another program of this installation fails."""
    from scheduler import own_message

    if not text.strip():
        raise Refused("nothing is to be told: the text is empty")
    return _through_all(front_of(ctx).settings, own_message(text[:TEXT_MOST]), json)


def _through_all(settings: Settings, message: Message, json: bool) -> int:
    from scheduler import NotTold

    wrong = 0
    for channel in _configured(settings):
        error = None
        try:
            channel.tell(message)
        except NotTold as problem:
            error, wrong = str(problem), wrong + 1
        if json:
            put_json({"channel": channel.name, "told": error is None, "error": error})
        else:
            put(inert(f"{channel.name}: {error or 'took the message'}"))
    return Exit.FAILED if wrong else Exit.DONE


@group.command()
def send(ctx: typer.Context, json: Json = False) -> int:
    """Tell what waits to be told, once; `run` does it by itself. For those who crawl from cron, and to watch `run` from
    outside: rings when turns are missed and no clock is at work.
    """
    from scheduler import Teller, missed_without_a_clock, new_holder

    front = front_of(ctx)
    channels = channels_of(front.settings)
    log = _Counting(make_log(WORDS))
    with front.archive(existing=True) as archive:
        teller = Teller(archive, channels, log, holder=new_holder(), now=_now, digest=front.settings.alarms.digest)
        missed_without_a_clock(archive, front.settings.alarms.late, _now())
        told = teller.act() if channels else 0
    if not channels:  # no failure of the timer that calls it every quarter of an hour
        say(f"nobody is told, `newsarchive alarms list` shows what rings: {NO_CHANNEL}")
    put_json({"messages": told, "failed": log.warnings}) if json else say(f"{told} messages sent")
    return Exit.FAILED if log.warnings else Exit.DONE


@group.command()
def digest(ctx: typer.Context, json: Json = False) -> int:
    """Print the digest of the last 24 hours."""
    from scheduler import digest_of

    with front_of(ctx).archive(read_only=True) as archive:
        message = digest_of(archive, _now())
    put_json(message.data) if json else put(inert(message.text.rstrip(), lines=True))
    return Exit.DONE


def _configured(settings: Settings) -> list[Channel]:
    channels = channels_of(settings)
    if not channels:
        raise Refused(NO_CHANNEL)
    return channels


def _now() -> datetime:
    return datetime.now(UTC)


class _Counting:
    """A log that remembers whether it had to warn."""

    def __init__(self, log: Any) -> None:
        self._log, self.warnings = log, 0

    def warning(self, event: str, **fields: Any) -> None:
        self.warnings += 1
        self._log.warning(event, **fields)
