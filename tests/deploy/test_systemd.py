"""deploy/systemd: the units are sound, and the site takes what systemd hands over."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.deploy.fronts import DEPLOY, listens, needs
from tests.served import copy_of_standard_site, free_port, wait_until
from vasite.environment import PROJECT_DIR

pytestmark = [pytest.mark.xdist_group("deploy"), needs("systemd-analyze")]
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
MOST_EXPOSED = 15  # tenths, of 100; systemd calls up to 50 medium


def test_the_units_say_what_systemd_understands(tmp_path: Path) -> None:
    """With a program that is there in place of /srv/vasite's."""
    copies = []
    for unit in UNITS:
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text().replace("/srv/vasite/.venv/bin/python", "/bin/true"))
        copies.append(str(copy))
    found = subprocess.run(
        ["systemd-analyze", "verify", *copies], capture_output=True, text=True, check=False
    )
    complaints = [line for line in found.stderr.splitlines() if "vasite" in line]
    assert complaints == []


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_the_services_may_do_little(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}"]
    found = subprocess.run([*command, str(unit)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-200:]


def test_both_services_have_the_same_limits() -> None:
    first, second = (unit.read_text().partition("# Least power")[2] for unit in SERVICES)
    assert first == second


@needs("systemd-socket-activate")
def test_a_visitor_who_comes_first_waits_for_the_site(tmp_path: Path) -> None:
    """systemd holds the port and starts the site when somebody knocks; it is told when that is
    ready."""
    unit = (DEPLOY / "systemd" / "vasite.service").read_text()
    start = re.search(r"^ExecStart=\S+ (.*)$", unit, re.M)
    assert start
    port = free_port()
    notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notices.bind("")
    environment = os.environ | {
        "DATABASE_URL": copy_of_standard_site(tmp_path, "vasite_systemd"),
        "DATA_DIR": str(tmp_path),
        "PORT": str(port),
        "NOTIFY_SOCKET": "@" + notices.getsockname()[1:].decode(),
    }
    command = ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", "-E", "NOTIFY_SOCKET"]
    for name in environment:
        command += ["-E", name]
    process = subprocess.Popen(
        [*command, sys.executable, *start[1].split()],
        cwd=PROJECT_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: listens(port))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=90) as answer:
            assert answer.status == 200
        notices.settimeout(20)
        assert notices.recv(100) == b"READY=1"
        assert (tmp_path / "supervisor").read_text() == str(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        notices.close()
