"""A private PostgreSQL cluster in a temporary folder, listening on a Unix socket alone; for tests and benchmarks.

PostgreSQL refuses to run as root, so root starts it as another user.
"""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = [Path("/usr/local/bin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
FAST = "-c fsync=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=32MB"


class NoCluster(Exception):
    """PostgreSQL cannot be run here, and why."""


def _program(name: str) -> str | None:
    places = [str(folder / name) for folder in PROGRAMS if (folder / name).exists()]
    return shutil.which(name) or (places[0] if places else None)


def _other_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


@contextmanager
def cluster(settings: str = FAST) -> Iterator[str]:
    """The address of a running server, with %s for a database's name. Raises NoCluster."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if not initdb or not pg_ctl:
        raise NoCluster("no PostgreSQL programs on this machine")
    user = _other_user()
    if os.geteuid() == 0 and user is None:
        raise NoCluster("PostgreSQL does not run as root and there is no user to run it as")
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    # Short: the path of a Unix socket holds about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="na-pg-", dir="/tmp"))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, cwd=folder, stdout=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"}, **as_user
        )

    run(initdb, "-D", str(data), "-U", "archive", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-k {folder} -c listen_addresses='' {settings}"
    (folder / "options.json").write_text(json.dumps(options))  # for those who start it again
    try:
        run(pg_ctl, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://archive@/%s?host={folder}"
    finally:
        subprocess.run(
            [pg_ctl, "-D", str(data), "-m", "immediate", "stop"], check=False, stdout=subprocess.DEVNULL, **as_user
        )
        shutil.rmtree(folder, ignore_errors=True)
