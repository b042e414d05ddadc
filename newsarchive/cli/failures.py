"""The front door, failures: every error we know becomes one line (what, where, what to do) and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from enum import IntEnum

from newsarchive.terminal import inert, say
from newsarchive.values import BadSettings


class Exit(IntEnum):
    """The exit codes of the command; others script against them."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    ALARMS = 3
    INTERRUPTED = 130  #: Ctrl-C, as shells count it


class Refused(Exception):
    """A command cannot do what was asked; the text is for the person who asked."""


def guarded(run: Callable[[], int]) -> int:
    """Run a command; the one place where errors become words. Never a traceback for what we know.

    NEWSARCHIVE_TRACEBACK=1 shows where an unknown error came from; without it the last line names it.
    """
    try:
        code = run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        say("interrupted; what was stored is safe")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _close_stdout()  # the reader has enough (`| head`): nothing to say
        return Exit.FAILED
    except BadSettings as error:
        return _fail(str(error), Exit.USAGE)
    except Refused as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(_disk_or_net(error))
    except MemoryError:
        return _fail("out of memory; nothing was half-written")
    except Exception as error:  # noqa: BLE001 - the last wall: what is not known is named in one line as well
        return _known(error)
    return code


def _known(error: Exception) -> int:
    """The rooms' own errors carry the whole sentence; anything else is ours to mend, and says so.

    Known by the room they come from, so that a `--help` need not load the rooms.
    """
    show = getattr(error, "format_message", None)
    if show is not None and getattr(error, "exit_code", None) == Exit.USAGE:
        return _usage(error, show())
    for kind in type(error).__mro__:
        if kind.__name__ in KNOWN and kind.__module__.partition(".")[0] in ROOMS:
            return _fail(str(error) or kind.__name__)
    if os.environ.get("NEWSARCHIVE_TRACEBACK"):
        raise error
    where = _origin(error)
    return _fail(
        f"{type(error).__name__}: {error} ({where}). This is a mistake in newsarchive, please report it; "
        "NEWSARCHIVE_TRACEBACK=1 shows more"
    )


def _usage(error: Exception, text: str) -> int:
    """Typer's own complaint in our one line. Known by its shape: its class lives in a private module of Typer's."""
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "newsarchive")
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(text + "\n")
        return Exit.USAGE
    return _fail(f"{text.rstrip('.')}; `{path} --help` shows how to call it", Exit.USAGE)


ROOMS = frozenset({"archive", "crawler", "scheduler", "newsarchive"})
KNOWN = frozenset(
    {"ArchiveError", "BadSource", "UnknownSource", "NoContact", "NoBrowser", "BadSchedule", "BadImport", "BadPage"}
)


def _fail(text: str, code: Exit = Exit.FAILED) -> int:
    say(f"newsarchive: {inert(text)}")
    return code


def _origin(error: BaseException) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return "unknown place"
    return f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}"  # noqa: PTH119 - a code name


_TO_DO = {
    errno.ENOSPC: "the disk is full: make room and run the same again, what was stored is safe",
    errno.EDQUOT: "your disk quota is used up: make room and run the same again, what was stored is safe",
    errno.EROFS: "the disk is read-only: choose another place with --archive or `captures` in newsarchive.toml",
    errno.EACCES: "permission denied: check who owns it",
    errno.EPERM: "permission denied: check who owns it",
    errno.ENOENT: "there is no such file or folder: check the name",
    errno.EISDIR: "that is a folder, a file is needed",
    errno.ENOTDIR: "a part of that path is not a folder",
    errno.EADDRINUSE: "the port is in use: stop the other program or choose another port",
    errno.EMFILE: "too many open files: raise the limit (`ulimit -n 4096`)",
    errno.ENAMETOOLONG: "the name is too long",
}


def _disk_or_net(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    to_do = _TO_DO.get(error.errno or 0)
    return f"{where}{to_do}" if to_do else f"{where}{error.strerror or error}"


def _close_stdout() -> None:
    """Keep Python from flushing into the broken pipe once more at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
