"""Wagtail's own demo beside us: BAKERYDEMO=<folder of a clone of github.com/wagtail/bakerydemo>.

It runs on our Django and Wagtail, under gunicorn with as many processes and threads as ours, with
its settings for production and its demo data; what else it needs goes to a folder of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import gunicorn
from tests.served import free_port

POST = """
from bakerydemo.blog.models import BlogPage
print("post:", BlogPage.objects.live().order_by("pk").first().url)
"""
OURS = {"django", "wagtail"}


@contextmanager
def running_bakerydemo() -> Iterator[str]:
    """Gives the address of a post of its blog; "" without BAKERYDEMO."""
    clone = os.environ.get("BAKERYDEMO", "")
    if not clone:
        yield ""
        return
    folder = Path(tempfile.mkdtemp())
    listed = (Path(clone) / "requirements" / "base.txt").read_text().splitlines()
    needed = [line for line in listed if re.split(r"[^\w-]", line.lower())[0] not in OURS | {""}]
    packages = folder / "packages"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(packages)]
    subprocess.run([*pip, *needed], check=True)
    port = free_port()
    environment = os.environ | {
        "PYTHONPATH": f"{clone}:{packages}",
        "DJANGO_SETTINGS_MODULE": "bakerydemo.settings.production",
        "DJANGO_SECRET_KEY": "only for the measurement",
        "SECURE_SSL_REDIRECT": "false",
        "DATABASE_URL": f"sqlite:///{folder}/bakery.sqlite3",
    }
    for command in (
        ["migrate", "-v0"],
        ["collectstatic", "-v0", "--noinput"],
        ["load_initial_data"],
    ):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=clone,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    found = subprocess.check_output(
        [sys.executable, "manage.py", "shell", "-c", POST], cwd=clone, env=environment, text=True
    )
    path = re.sub(r"^https?://[^/]+", "", found.rpartition("post:")[2].strip())
    arguments = ["-b", f"127.0.0.1:{port}", "-w2", "--threads=4", "bakerydemo.wsgi"]
    url = f"http://127.0.0.1:{port}{path}"
    with gunicorn(arguments, url, cwd=clone, env=environment):
        yield url
