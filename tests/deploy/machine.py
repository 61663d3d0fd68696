"""A systemd of its own, which runs the shipped units over this machine's files as they are.

It has its own processes, network, mounts and control groups; what is written below it is gone with
it, and no unit of this machine runs there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.deploy.fronts import DEPLOY
from tests.served import wait_until
from vasite.environment import PROJECT_DIR

UNIT_DIR = "/etc/units"
SYSTEMD = Path("/lib/systemd")
# What every unit needs by default, and the journal; nothing that would set up this machine
SYSTEMS_UNITS = [
    "basic.target",
    "network-online.target",
    "shutdown.target",
    "sockets.target",
    "sysinit.target",
    "systemd-journald-dev-log.socket",
    "systemd-journald.service",
    "systemd-journald.socket",
]
NAMESPACES = ["--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net", "--cgroup"]
# The code and Python lie where the units look for them: a home, where they may be, is hidden from
# those (ProtectHome)
BOOT = f"""
set -e
mount --make-rprivate /
mount --types tmpfs tmpfs "$SPACE"
layer() {{
    mkdir --parents "$SPACE/$3/"{{upper,work}} "$2"
    mount --types overlay overlay "$2" \\
        --options "lowerdir=$1,upperdir=$SPACE/$3/upper,workdir=$SPACE/$3/work"
}}
root="$SPACE/root"
layer / "$root" files
layer "$PROJECT" "$root/srv/vasite" project
chmod 755 "$root/srv" "$root/srv/vasite"
mkdir --parents "$root/srv/python"
mount --bind "$PYTHON" "$root/srv/python"
rm --recursive --force "$root/srv/vasite/.venv"
layer "$PREFIX" "$root/srv/vasite/.venv" venv
ln --symbolic --force /srv/python/bin/python3 "$root/srv/vasite/.venv/bin/python"
if [ -f "$root/srv/vasite/.venv/pyvenv.cfg" ]
then sed --in-place 's:^home = .*:home = /srv/python/bin:' "$root/srv/vasite/.venv/pyvenv.cfg"
fi

mount --types proc proc "$root/proc"
mount --options bind,ro "$root/proc/sys" "$root/proc/sys"
mount --types sysfs --options ro sysfs "$root/sys"
mount --types cgroup2 cgroup2 "$root/sys/fs/cgroup"
for folder in run tmp dev
do mount --types tmpfs --options mode=755 tmpfs "$root/$folder"
done
chmod 1777 "$root/tmp"
for device in null zero full random urandom tty
do touch "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"
done
ln --symbolic pts/ptmx "$root/dev/ptmx"
echo 'vasite:x:990:990::/var/lib/vasite:/usr/sbin/nologin' >> "$root/etc/passwd"
echo 'vasite:x:990:' >> "$root/etc/group"
cp --recursive "$UNITS" "$root{UNIT_DIR}"
: > "$root/etc/vasite-address.env"
# Debian's Python of the same version would else lend its library to one that lay in a home
echo 'LD_LIBRARY_PATH=/srv/python/lib' > "$root/etc/vasite.env"
cd "$root"
eval "$CHANGE"
mkdir --parents old
pivot_root . old
umount --lazy /old
exec env --ignore-environment container=test PATH="$PATH" SYSTEMD_UNIT_PATH={UNIT_DIR} \\
    {SYSTEMD}/systemd --system --unit=systemd-journald.service systemd.unified_cgroup_hierarchy=1
"""


class Machine:
    """`pid` is systemd's."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def run(self, *command: str) -> str:
        """Return what a command writes that root gives there."""
        enter = ["nsenter", f"--target={self.pid}", "--all", "--root", "--wd"]
        return subprocess.run([*enter, *command], capture_output=True, text=True).stdout

    def show(self, unit: str, name: str) -> str:
        """Return a property of a unit: systemctl(1)."""
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).strip()

    def is_in(self, unit: str, state: str) -> bool:
        """Tell whether a unit is in a state, in the words for its kind of unit."""
        return self.show(unit, "SubState") == state

    def journal(self) -> list[str]:
        """Return the lines of the whole journal: what a process says that has ended already is
        not always taken for its unit's."""
        return self.run("journalctl", "--output=cat").splitlines()


@contextmanager
def control_group(name: str) -> Iterator[Path]:
    """Make a control group: at the top of them all, systemd would take this machine's processes."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    tops = [Path(place) for _, place, kind, *_ in mounts if kind == "cgroup2"]
    if not tops or not os.access(tops[0], os.W_OK):
        pytest.skip("this machine permits no control groups")
    group = tops[0] / name
    group.mkdir()
    try:
        yield group
    finally:
        wait_until(lambda: "populated 0" in (group / "cgroup.events").read_text())
        for folder, *_ in os.walk(group, topdown=False):
            Path(folder).rmdir()


@contextmanager
def booted(tmp_path: Path, change: str = "") -> Iterator[Machine]:
    """Boot systemd. `change` are commands of a shell that change its files first, from their root.

    Skips the test where this machine permits none."""
    if subprocess.run(["unshare", *NAMESPACES, "true"], capture_output=True).returncode:
        pytest.skip("this machine permits no namespaces")
    units, space, said = tmp_path / "units", tmp_path / "space", tmp_path / "boot"
    units.mkdir()
    space.mkdir()
    shipped = [unit for unit in (DEPLOY / "systemd").iterdir() if unit.is_file()]
    for unit in [*shipped, *(SYSTEMD / "system" / name for name in SYSTEMS_UNITS)]:
        (units / unit.name).write_text(unit.read_text())
    environment = os.environ | {
        "CHANGE": change,
        "PREFIX": sys.prefix,
        "PROJECT": str(PROJECT_DIR),
        "PYTHON": sys.base_prefix,
        "SPACE": str(space),
        "UNITS": str(units),
    }
    with control_group(f"vasite-{os.getpid()}") as group, said.open("w") as output:
        join = 'echo $$ > "$0/cgroup.procs" && exec unshare "$@"'
        command = ["sh", "-c", join, str(group), *NAMESPACES, "bash", "-c", BOOT]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            wait_until(lambda: process.poll() is not None or bool(children.read_text()))
            assert process.poll() is None, said.read_text()
            machine = Machine(int(children.read_text()))
            wait_until(
                lambda: process.poll() is not None or machine.is_in("systemd-journald", "running")
            )
            assert process.poll() is None, said.read_text()
            yield machine
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait()
