"""A server that speaks S3, for tests."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.deploy.fronts import listens
from tests.served import free_port, wait_until


@contextmanager
def bucket_server() -> Iterator[int]:
    """A server that speaks S3, with a bucket of our own."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port))
        request = urllib.request.Request(f"http://127.0.0.1:{port}/media", method="PUT")
        urllib.request.urlopen(request, timeout=20).close()  # noqa: S310
        yield port
    finally:
        process.terminate()
        process.wait(20)
