"""An S3-compatible store on loopback (moto's server) in a process of its own, for tests of captures in a bucket."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "never-to-be-seen", "AWS_DEFAULT_REGION": "us-east-1"}
PATIENCE_S = 60.0


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = begin_s3(port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def begin_s3(port: int) -> subprocess.Popen[bytes]:
    """Start a store that is empty; it answers when this returns."""
    program = Path(sys.executable).parent / "moto_server"
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = subprocess.Popen(
        [program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env
    )
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                process.kill()
                raise
            time.sleep(0.05)
        else:
            return process


def make_bucket(endpoint: str, name: str) -> str:
    """The address of a new bucket's folder of captures."""
    import fsspec

    fsspec.filesystem("s3", endpoint_url=endpoint, skip_instance_cache=True).mkdir(name)
    return f"s3://{name}/captures?endpoint={endpoint}"
