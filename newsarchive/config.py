"""The front door, settings: newsarchive.toml, the environment and the command line become one frozen value.

Read once, here; the rooms behind are given plain arguments, and no other module looks at the environment.
The command line is above the environment, the environment above the file. A relative path is relative to where it
was written: in the file, to the file's folder; in the environment or on the command line, to the working folder.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from newsarchive import alarm_settings
from newsarchive.alarm_settings import AlarmSettings, read_alarms
from newsarchive.values import BadSettings, Raw, amount, choice, duration, flag, place, size, text, texts, whole

FILE_NAME = "newsarchive.toml"
OWN_SOURCES = "my-sources"
PREFIX = "NEWSARCHIVE_"
VARIABLE = "the variable"  # so begins where a value of the environment was written
WORKERS_MAX = 64  # child processes of one machine; more is a typing error
SETTINGS_BYTES_MAX = 1_000_000  # a settings file is a page, not a book
CRAWLS_PER_DAY_MAX = 10_000_000  # more is a typing error
MEMORY_LEAST = 200_000_000  # bytes; a crawl's processes begin with some hundred and fifty
FILE_BYTES_MAX = 100_000_000  # of one attachment: it is held in memory
LOGS = ("words", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one installation allows itself."""

    delay: timedelta = timedelta(seconds=2)  #: between two requests to one host
    crawl: timedelta = timedelta(minutes=20)  #: most time of one crawl
    workers: int = 2  #: crawls at a time
    memory: int = 1_000_000_000  #: bytes that the processes of one crawl may hold; 0: any
    longest_wait: timedelta = timedelta(hours=24)  #: between two crawls of a source with an adaptive schedule
    crawls_per_day: int = 0  #: of all sources together, that adaptive schedules are held to; 0: any


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachments:
    """What of an article is fetched besides its page; a source's own word is above it."""

    fetch: bool = True  #: the files that articles hand out
    images: bool = True  #: their pictures
    max_bytes: int = 32_000_000  #: of one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can choose for an installation."""

    archive: str = "sqlite:///newsarchive.db"  #: URL with an absolute path
    captures: Path | str = Path("captures")  #: folder of WARC files, or "s3://bucket/prefix"
    sources: tuple[Path, ...] = ()  #: folders of source files besides the built-in ones
    own_sources: Path = Path(OWN_SOURCES)  #: where `sources new` writes; read as well, once it is there
    contact: str | None = None  #: address or URL in the User-Agent
    proxy: str | None = None  #: URL of an HTTP proxy
    logs: Path = Path("logs")  #: folder of the crawls' log files
    log: str = "words"  #: how `run` speaks on stderr
    metrics: tuple[str, int] | None = None  #: host and port where `run` shows its metrics
    alarms: AlarmSettings = field(default_factory=AlarmSettings)
    limits: Limits = field(default_factory=Limits)
    attachments: Attachments = field(default_factory=Attachments)
    file: Path | None = None  #: where they were read; None: nothing but defaults and environment

    def folders(self) -> tuple[Path, ...]:
        """The folders of the operator's source files: those of the settings, and `own_sources` where it is there."""
        return tuple(dict.fromkeys((*self.sources, *((self.own_sources,) if self.own_sources.is_dir() else ()))))


KEYS = (
    *("archive", "captures", "sources", "contact", "proxy", "logs", "log", "metrics"),
    *("limits.delay", "limits.crawl", "limits.workers", "limits.memory"),
    *("limits.longest_wait", "limits.crawls_per_day"),
    *("attachments.fetch", "attachments.images", "attachments.max_bytes"),
    *alarm_settings.KEYS,
)


def read_settings(
    *,
    config: Path | None = None,
    archive: str | None = None,
    sources: tuple[Path, ...] = (),
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """The settings in force for this call.

    Args:
        config: a settings file; else NEWSARCHIVE_CONFIG, else newsarchive.toml in `folder`, if there is one.
        archive: above the file's and the environment's.
        sources: folders in addition to those of file and environment.
        environment: default: the process's.
        folder: the working folder; default: the process's.

    Raises:
        BadSettings: a file that cannot be read, an unknown key, a value of the wrong kind.

    """
    env = os.environ if environment is None else environment
    here = (Path.cwd() if folder is None else folder).absolute()
    file = _settings_file(config, env, here)
    raw = _from_file(file) if file else {}
    raw |= _from_environment(env, here)
    if archive is not None:
        _name_another(raw, Raw(archive, "--archive", here))
    return _settle(raw, sources, env, here, file)


def _name_another(raw: dict[str, Raw], archive: Raw) -> None:
    """The folder of captures that a file names is of the archive that it names: another SQLite archive has its own."""
    url, settled = _archive_url(archive), raw.get("archive")
    captures = raw.get("captures")
    of_file = captures is not None and not captures.where.startswith(VARIABLE)
    if url.startswith("sqlite:") and of_file and settled is not None and _archive_url(settled) != url:
        del raw["captures"]
    raw["archive"] = archive


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that begin like ours and mean nothing to us; `doctor` points at them."""
    ours = {"NEWSARCHIVE_CONFIG"} | {_variable(key) for key in KEYS}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in ours)


def without_password(url: str) -> str:
    """A database URL as it may be shown."""
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:…@", url)


def _variable(key: str) -> str:
    return PREFIX + key.replace(".", "_").upper()


def _settings_file(config: Path | None, env: Mapping[str, str], here: Path) -> Path | None:
    named = config or (Path(env["NEWSARCHIVE_CONFIG"]) if env.get("NEWSARCHIVE_CONFIG") else None)
    if named is None:
        usual = here / FILE_NAME
        return usual if usual.is_file() else None
    file = here / named
    if not file.is_file():
        by = "--config" if config else "NEWSARCHIVE_CONFIG"
        raise BadSettings(f"{by} names {file}, which is not a file; `newsarchive init` writes a new one")
    return file


def _from_file(file: Path) -> dict[str, Raw]:
    try:
        data = file.read_bytes()
        if len(data) > SETTINGS_BYTES_MAX:
            raise BadSettings(f"{file} has {len(data)} bytes; that is no settings file")
        table = tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise BadSettings(f"{file} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"{file} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSettings(f"{file} is not valid TOML: {error}") from error
    flat = _flatten(table)
    for key in flat:
        if key not in KEYS:
            raise BadSettings(f"{file}: unknown key {key!r}{_nearest(key)}; the keys are {', '.join(KEYS)}")
    return {key: Raw(value, f"{file}: {key}", file.parent) for key, value in flat.items()}


def _flatten(table: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": item for inner, item in value.items()}
        else:
            flat[key] = value
    return flat


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.5)
    near = near or difflib.get_close_matches(key.rpartition(".")[2], [k.rpartition(".")[2] for k in KEYS], n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _from_environment(env: Mapping[str, str], here: Path) -> dict[str, Raw]:
    raw: dict[str, Raw] = {}
    for key in KEYS:
        name = _variable(key)
        said = env.get(name)
        if not said:  # an empty variable is an unset one: shells make them by accident
            continue
        value: Any = said
        if key == "sources":
            value = [part for part in said.split(os.pathsep) if part]
        raw[key] = Raw(value, f"{VARIABLE} {name}", here)
    return raw


def _settle(
    raw: Mapping[str, Raw], extra: tuple[Path, ...], env: Mapping[str, str], here: Path, file: Path | None
) -> Settings:
    base = file.parent if file else here
    usual, usual_files = Limits(), Attachments()
    archive = _archive_url(raw.get("archive", Raw("sqlite:///newsarchive.db", "the default archive", base)))
    captures, logs = text(raw.get("captures")), text(raw.get("logs"))
    written = raw.get("sources")
    folders = [written.base / name for name in texts(written, "folders", '["my-sources"]')] if written else []
    every = tuple(dict.fromkeys([*folders, *((here / folder).absolute() for folder in extra)]))
    return Settings(
        archive=archive,
        captures=_captures(raw["captures"], captures) if captures else _beside(archive, base, "captures"),
        sources=every,
        own_sources=every[0] if every else (base / OWN_SOURCES).absolute(),
        contact=text(raw.get("contact")) or None,
        proxy=_proxy(raw.get("proxy"), env),
        logs=(raw["logs"].base / logs).absolute() if logs else _beside(archive, base, "logs"),
        log=choice(raw.get("log"), LOGS[0], LOGS),
        metrics=place(raw.get("metrics"), "127.0.0.1:9464"),
        alarms=read_alarms(raw),
        limits=Limits(
            delay=duration(raw.get("limits.delay"), usual.delay),
            crawl=duration(raw.get("limits.crawl"), usual.crawl, least=timedelta(seconds=1)),
            workers=whole(raw.get("limits.workers"), usual.workers, WORKERS_MAX),
            memory=amount(raw.get("limits.memory"), usual.memory, MEMORY_LEAST),
            longest_wait=duration(raw.get("limits.longest_wait"), usual.longest_wait, least=timedelta(minutes=15)),
            crawls_per_day=whole(raw.get("limits.crawls_per_day"), usual.crawls_per_day, CRAWLS_PER_DAY_MAX, least=0),
        ),
        attachments=Attachments(
            fetch=flag(raw.get("attachments.fetch"), usual_files.fetch),
            images=flag(raw.get("attachments.images"), usual_files.images),
            max_bytes=size(raw.get("attachments.max_bytes"), usual_files.max_bytes, FILE_BYTES_MAX),
        ),
        file=file,
    )


def _archive_url(raw: Raw) -> str:
    """A URL whose SQLite path is absolute; a plain path is taken as a SQLite file."""
    said = text(raw)
    if not said:
        raise BadSettings(f'{raw.where} is empty; write "sqlite:///newsarchive.db" or "postgresql://..."')
    scheme, parted, rest = said.partition("://")
    if not parted:
        return f"sqlite:///{(raw.base / said).absolute()}"
    if scheme == "sqlite":
        path = rest.removeprefix("/")
        if not rest.startswith("/") or not path or path == ":memory:":
            raise BadSettings(f'{raw.where} = {said!r} names no file; write "sqlite:///newsarchive.db"')
        return f"sqlite:///{(raw.base / path).absolute()}"
    if scheme.partition("+")[0] in {"postgresql", "postgres"}:
        return "postgresql" + said[len(scheme.partition("+")[0]) :]
    raise BadSettings(
        f'{raw.where} = {said!r}: archives are kept in "sqlite:///file.db" or "postgresql://user@host/name", not {scheme!r}'
    )


def _captures(raw: Raw, said: str) -> Path | str:
    """A folder, or the URL of a bucket."""
    if "://" not in said:
        return (raw.base / said).absolute()
    parts = urlsplit(said)
    if parts.scheme == "file":
        raise BadSettings(f'{raw.where} = {said!r}: write a folder as it is, "captures" or "/srv/captures"')
    if "@" in said:
        raise BadSettings(
            f"{raw.where} holds a key: take it out, and set the store's usual variables instead (AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY for S3)"
        )
    if not parts.netloc:
        raise BadSettings(f'{raw.where} = {said!r} names no bucket; write "s3://bucket/prefix"')
    return said


def _beside(archive: str, base: Path, name: str) -> Path:
    database = archive.removeprefix("sqlite:///")
    return Path(database).parent / name if database != archive else (base / name).absolute()


def _proxy(raw: Raw | None, env: Mapping[str, str]) -> str | None:
    """The operator's own proxy, else the usual variables, small letters before capitals as curl reads them.

    HTTP_PROXY in capitals is left alone: where a web server starts us, a request's "Proxy:" header would set it.
    """
    said = text(raw)
    where = raw.where if raw else ""
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY"):
        if not said and env.get(name):
            said, where = env[name].strip(), f"the variable {name}"
    if not said:
        return None
    url = said if "://" in said else f"http://{said}"
    if url.partition("://")[0].lower() not in {"http", "https"} or not url.partition("://")[2].strip("/"):
        raise BadSettings(f'{where} = {said!r} is no HTTP proxy; write "http://host:port"')
    return url
