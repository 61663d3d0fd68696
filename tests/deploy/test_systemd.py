"""deploy/systemd: the units are sound, and the site takes what systemd hands over."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.deploy.fronts import DEPLOY, listens
from tests.deploy.machine import booted
from tests.programs import needs
from tests.served import (
    ServedSite,
    copy_of_standard_site,
    free_port,
    needs_sqlite,
    wait_until,
)
from vasite.environment import PROJECT_DIR

pytestmark = [pytest.mark.xdist_group("deploy"), needs("systemd-analyze")]
UNITS = sorted(path for path in (DEPLOY / "systemd").iterdir() if path.is_file())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
# As PrivateUsers and ProtectProc do to each program of a unit: it sees no process but its own
HIDDEN = ["unshare", "--map-root-user", "--pid", "--fork", "--mount-proc"]
PYTHON = "srv/vasite/.venv/bin/python"
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


def test_all_services_have_the_same_limits() -> None:
    rests = [unit.read_text().partition("# Least power")[2] for unit in SERVICES]
    assert len({rest.partition("[Install]")[0].strip() for rest in rests}) == 1


def settings_of(unit: str) -> dict[str, str]:
    """Return the last value of each setting of a unit."""
    lines = (DEPLOY / "systemd" / unit).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")


@pytest.mark.parametrize(
    ("wrong", "is_final"),
    [
        pytest.param({"WEB_CONCURRENCY": "many"}, True, id="wrong setting"),
        pytest.param({"GUNICORN_CMD_ARGS": "--no-such"}, True, id="five failed starts"),
        pytest.param(
            {"DATABASE_URL": "postgres://vasite@127.0.0.1:1/vasite"}, False, id="no database yet"
        ),
        pytest.param({"CACHE_URL": "redis://127.0.0.1:1/0"}, False, id="no cache yet"),
    ],
)
def test_operator_sees_a_start_that_cannot_succeed_end_for_good(
    wrong: dict[str, str], is_final: bool, tmp_path: Path
) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_final")
    elsewhere = {"DATA_DIR": str(tmp_path), "DATABASE_URL": address, "PORT": str(free_port())}
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=PROJECT_DIR,
        env=os.environ | elsewhere | wrong,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode != 0
    once_more = settings_of("vasite.service")["RestartForceExitStatus"].split()
    assert (str(ended.returncode) not in once_more) is is_final
    reason = next(iter(wrong)) if "GUNICORN_CMD_ARGS" not in wrong else "can't stay up"
    assert reason in ended.stderr.splitlines()[-1]


def python_that(line: str) -> str:
    """Return a shell's commands that put a script in Python's place, as some keepers of versions
    do."""
    return f"rm {PYTHON}; printf '#!/bin/sh\\n{line}\\n' > {PYTHON}; chmod 755 {PYTHON}"


@pytest.mark.parametrize("unit", ["vasite.service", "vasite-worker@1.service"])
@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        pytest.param(
            "echo WEB_CONCURRENCY=many >> etc/vasite.env",
            "1",
            "vasite: WEB_CONCURRENCY is not valid",
            id="wrong setting",
        ),
        pytest.param(
            "rm srv/vasite/manage.py",
            "2",
            "can't open file '/srv/vasite/manage.py'",
            id="code gone",
        ),
        pytest.param(python_that("exec /etc/passwd"), "126", "Permission denied", id="no program"),
        pytest.param(python_that("exec /gone"), "127", "/gone: not found", id="program gone"),
        pytest.param(
            f"rm {PYTHON}", "203", f"Failed to locate executable /{PYTHON}", id="no Python"
        ),
        pytest.param(
            "sed --in-place /vasite/d etc/passwd",
            "217",
            "Failed to determine user credentials",
            id="user gone",
        ),
        pytest.param(
            "touch var/lib/vasite",
            "238",
            "Failed to set up special execution directory in /var/lib",
            id="data folder gone",
        ),
        pytest.param(
            "rm etc/vasite.env", "0", "Starting requested but asserts failed", id="no settings"
        ),
    ],
)
@needs("unshare")
def test_operator_sees_systemd_end_a_start_that_cannot_succeed(
    unit: str, fault: str, status: str, reason: str, tmp_path: Path
) -> None:
    with booted(tmp_path, fault) as machine:
        machine.run("systemctl", "start", unit)
        wait_until(lambda: machine.show(unit, "SubState") not in {"start", "running"})
        assert machine.show(unit, "ActiveState") in {"failed", "inactive"}
        assert machine.show(unit, "NRestarts") == "0"
        assert machine.show(unit, "ExecMainStatus") == status
        assert reason in "\n".join(machine.journal()[-9:])
        visit = ["curl", "--silent", "--max-time", "20", "http://127.0.0.1:8000/"]
        machine.run(*visit)  # where there is no start to fail, systemd closes the port only now
        assert machine.run(*visit, "--write-out", "%{errormsg}").endswith("connect to server")


@needs("unshare")
def test_operator_sees_systemd_end_a_start_that_takes_too_long(tmp_path: Path) -> None:
    hanging = python_that("exec sleep infinity")
    short = "s/^TimeoutStartSec=.*/TimeoutStartSec=100ms/"
    fault = f"{hanging}; sed --in-place {short} etc/units/vasite.service"
    with booted(tmp_path, fault) as machine:
        machine.run("systemctl", "start", "vasite")
        assert machine.show("vasite", "ActiveState") == "failed"
        assert machine.show("vasite", "Result") == "timeout"
        wait_until(lambda: machine.is_in("vasite.socket", "dead"))


@needs("unshare")
def test_operator_sees_systemd_wait_for_a_database(tmp_path: Path) -> None:
    setting = "DATABASE_URL=postgres://vasite@127.0.0.1:1/vasite"
    with booted(tmp_path, f"echo {setting} >> etc/vasite.env") as machine:
        machine.run("systemctl", "start", "vasite")
        assert machine.show("vasite", "SubState") == "auto-restart"
        assert machine.show("vasite.socket", "ActiveState") == "active"


@needs_sqlite
@needs("unshare")
def test_operator_has_systemd_start_and_renew_a_site_and_go_on_when_it_is_killed(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    copy_of_standard_site(data, "")
    give = f"cp --recursive {data} var/lib/vasite; chown --recursive 990:990 var/lib/vasite"
    with booted(tmp_path, give) as machine:
        machine.run("systemctl", "start", "vasite", "vasite-worker@1")
        assert machine.show("vasite", "SubState") == "running", machine.journal()
        home = machine.run("curl", "--silent", "http://127.0.0.1:8000/")
        assert home.rstrip().endswith("</html>")
        assert machine.run("sh", "-c", "systemctl reload vasite; echo $?") == "0\n"
        for unit, number in {"vasite": "KILL", "vasite-worker@1": "TERM"}.items():
            machine.run("systemctl", "kill", "--kill-whom=main", f"--signal={number}", unit)
            wait_until(partial(machine.is_in, unit, "auto-restart"))


@needs("caddy")
def test_owner_writes_the_name_once_and_caddy_and_the_site_agree() -> None:
    """Each unit reads it last from one file, so that no other setting outranks it."""
    files = [*SERVICES, DEPLOY / "systemd" / "caddy.service.d" / "vasite.conf"]
    for file in files:
        *_, last = re.findall(r"^EnvironmentFile=(.*)$", file.read_text(), re.M)
        assert last == "/etc/vasite-address.env"
    lines = (DEPLOY / "vasite-address.env").read_text().splitlines()
    names = dict(line.split("=") for line in lines if line[0] != "#")
    command = ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    adapted = subprocess.check_output(command, env=os.environ | names, text=True)
    hosts = set(re.findall(r'"host":\["([^]]*)"\]', adapted))
    assert hosts == {'www.example.co.uk","example.co.uk'}
    alone = subprocess.check_output(command, env=os.environ | names | {"TWIN_URL": ""}, text=True)
    assert set(re.findall(r'"host":\["([^]]*)"\]', alone)) == {"www.example.co.uk"}


def test_visitor_of_a_site_that_failed_meets_a_closed_port() -> None:
    failed = settings_of("vasite.service")["OnFailure"]
    assert settings_of(failed)["Conflicts"] == "vasite.socket"


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
        assert (tmp_path / "supervisor").is_socket()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        notices.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ServedSite]:
    address = copy_of_standard_site(tmp_path, "vasite_reload")
    with ServedSite(tmp_path, DATABASE_URL=address) as site:
        yield site


@needs("unshare")
def test_operator_reloads_a_site_whose_processes_nobody_sees(site: ServedSite) -> None:
    if subprocess.run([*HIDDEN, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine permits no namespaces")
    before = set(site.children())
    unseen = "import os, sys; sys.exit(os.path.exists(f'/proc/{sys.argv[1]}'))"
    subprocess.run([*HIDDEN, sys.executable, "-c", unseen, str(site.process.pid)], check=True)
    done = subprocess.run(
        [*HIDDEN, sys.executable, "manage.py", "restart"],
        cwd=PROJECT_DIR,
        env=site.environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Renewed: the new version answers.\n")
    assert not before & set(site.children())
    assert site.get("/")[0] == 200
