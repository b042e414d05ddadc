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

from scheduler import read_duration

FILE_NAME = "newsarchive.toml"
PREFIX = "NEWSARCHIVE_"
WORKERS_MAX = 64  # child processes of one machine; more is a typing error
FILE_BYTES_MAX = 1_000_000  # a settings file is a page, not a book


class BadSettings(ValueError):
    """A setting cannot be understood; the text names where it stands, the key and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one installation allows itself."""

    delay: timedelta = timedelta(seconds=2)  #: between two requests to one host
    crawl: timedelta = timedelta(minutes=20)  #: most time of one crawl
    workers: int = 2  #: crawls at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can choose for an installation."""

    archive: str = "sqlite:///newsarchive.db"  #: URL with an absolute path
    captures: Path = Path("captures")  #: folder of WARC files
    sources: tuple[Path, ...] = ()  #: folders of source files besides the built-in ones
    contact: str | None = None  #: address or URL in the User-Agent
    proxy: str | None = None  #: URL of an HTTP proxy
    limits: Limits = field(default_factory=Limits)
    file: Path | None = None  #: where they were read; None: nothing but defaults and environment


@dataclass(frozen=True, slots=True)
class _Raw:
    """One value with the place it was written, for messages, and the folder its paths are relative to."""

    value: Any
    where: str
    base: Path


KEYS = ("archive", "captures", "sources", "contact", "proxy", "limits.delay", "limits.crawl", "limits.workers")


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
        raw["archive"] = _Raw(archive, "--archive", here)
    return _settle(raw, sources, env, here, file)


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


def _from_file(file: Path) -> dict[str, _Raw]:
    try:
        data = file.read_bytes()
        if len(data) > FILE_BYTES_MAX:
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
    return {key: _Raw(value, f"{file}: {key}", file.parent) for key, value in flat.items()}


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


def _from_environment(env: Mapping[str, str], here: Path) -> dict[str, _Raw]:
    raw: dict[str, _Raw] = {}
    for key in KEYS:
        name = _variable(key)
        text = env.get(name)
        if not text:  # an empty variable is an unset one: shells make them by accident
            continue
        value: Any = text
        if key == "sources":
            value = [part for part in text.split(os.pathsep) if part]
        elif key == "limits.workers":
            value = int(text) if text.strip().isdecimal() else text
        raw[key] = _Raw(value, f"the variable {name}", here)
    return raw


def _settle(
    raw: Mapping[str, _Raw], extra: tuple[Path, ...], env: Mapping[str, str], here: Path, file: Path | None
) -> Settings:
    base = file.parent if file else here
    usual = Limits()
    archive = _archive_url(raw.get("archive", _Raw("sqlite:///newsarchive.db", "the default archive", base)))
    captures = _text(raw.get("captures"))
    written = raw.get("sources")
    folders = [written.base / name for name in _texts(written)] if written else []
    return Settings(
        archive=archive,
        captures=(raw["captures"].base / captures).absolute() if captures else _beside(archive, base),
        sources=tuple(dict.fromkeys([*folders, *((here / folder).absolute() for folder in extra)])),
        contact=_text(raw.get("contact")) or None,
        proxy=_proxy(raw.get("proxy"), env),
        limits=Limits(
            delay=_duration(raw.get("limits.delay"), usual.delay),
            crawl=_duration(raw.get("limits.crawl"), usual.crawl, least=timedelta(seconds=1)),
            workers=_workers(raw.get("limits.workers"), usual.workers),
        ),
        file=file,
    )


def _archive_url(raw: _Raw) -> str:
    """A URL whose SQLite path is absolute; a plain path is taken as a SQLite file."""
    text = _text(raw)
    if not text:
        raise BadSettings(f'{raw.where} is empty; write "sqlite:///newsarchive.db" or "postgresql://..."')
    scheme, parted, rest = text.partition("://")
    if not parted:
        return f"sqlite:///{(raw.base / text).absolute()}"
    if scheme == "sqlite":
        path = rest.removeprefix("/")
        if not rest.startswith("/") or not path or path == ":memory:":
            raise BadSettings(f'{raw.where} = {text!r} names no file; write "sqlite:///newsarchive.db"')
        return f"sqlite:///{(raw.base / path).absolute()}"
    if scheme.partition("+")[0] in {"postgresql", "postgres"}:
        return "postgresql" + text[len(scheme.partition("+")[0]) :]
    raise BadSettings(
        f'{raw.where} = {text!r}: archives are kept in "sqlite:///file.db" or "postgresql://user@host/name", not {scheme!r}'
    )


def _beside(archive: str, base: Path) -> Path:
    database = archive.removeprefix("sqlite:///")
    return Path(database).parent / "captures" if database != archive else (base / "captures").absolute()


def _text(raw: _Raw | None) -> str | None:
    if raw is None:
        return None
    if not isinstance(raw.value, str):
        raise BadSettings(f"{raw.where} must be text in quotes, not {raw.value!r}")
    return raw.value.strip()


def _texts(raw: _Raw) -> list[str]:
    if not isinstance(raw.value, list) or not all(isinstance(item, str) and item for item in raw.value):
        raise BadSettings(f'{raw.where} must be a list of folders, like ["my-sources"], not {raw.value!r}')
    return raw.value


def _duration(raw: _Raw | None, usual: timedelta, *, least: timedelta = timedelta(0)) -> timedelta:
    if raw is None:
        return usual
    try:
        length = read_duration(_text(raw) or "")
    except ValueError as error:
        raise BadSettings(f"{raw.where}: {error}") from error
    if length < least:
        raise BadSettings(f"{raw.where} = {raw.value!r} is too short; the least is {least.total_seconds():.0f} s")
    return length


def _workers(raw: _Raw | None, usual: int) -> int:
    if raw is None:
        return usual
    if not isinstance(raw.value, int) or isinstance(raw.value, bool) or not 1 <= raw.value <= WORKERS_MAX:
        raise BadSettings(f"{raw.where} must be a whole number from 1 to {WORKERS_MAX}, not {raw.value!r}")
    return raw.value


def _proxy(raw: _Raw | None, env: Mapping[str, str]) -> str | None:
    """The operator's own proxy, else the usual variables, small letters before capitals as curl reads them.

    HTTP_PROXY in capitals is left alone: where a web server starts us, a request's "Proxy:" header would set it.
    """
    text = _text(raw)
    where = raw.where if raw else ""
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY"):
        if not text and env.get(name):
            text, where = env[name].strip(), f"the variable {name}"
    if not text:
        return None
    url = text if "://" in text else f"http://{text}"
    if url.partition("://")[0].lower() not in {"http", "https"} or not url.partition("://")[2].strip("/"):
        raise BadSettings(f'{where} = {text!r} is no HTTP proxy; write "http://host:port"')
    return url
