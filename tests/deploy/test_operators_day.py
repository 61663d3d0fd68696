"""The guide's commands for a version gone wrong and for the machine, run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
from configparser import ConfigParser
from pathlib import Path

from vasite.environment import PROJECT_DIR

GUIDE = (PROJECT_DIR / "docs" / "operator" / "index.md").read_text()


def chapter(title: str) -> str:
    return GUIDE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def run(commands: str, folder: Path) -> str:
    """Run commands in a folder, those of the whole machine as programs that note their call."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    calls = folder / "calls"
    calls.write_text("")
    for name in ("apt", "dpkg-reconfigure", "systemctl"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {calls}\n')
        (programs / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-e", "-c", commands], check=True, cwd=folder, env=environment)
    return calls.read_text()


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Operator", "-c", "user.email=operator@example.com"]
    return subprocess.check_output(["git", *identity, *arguments], cwd=folder, text=True).strip()


def test_operator_goes_back_from_a_bad_version_and_on_to_a_mended_one(tmp_path: Path) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    (origin / "requirements").mkdir(parents=True)
    (origin / "requirements" / "install").write_text("echo installed >> ../installed\n")
    git(origin, "init", "-q", "-b", "main")

    def release(version: str) -> None:
        (origin / "version").write_text(version)
        git(origin, "add", ".")
        git(origin, "commit", "-q", "-m", version)

    release("good")
    git(tmp_path, "clone", "-q", str(origin), str(clone))
    text = chapter("A new version").replace("/srv/vasite", str(clone))
    update, back = re.findall(r"```sh\n(.*?)```", text, re.S)
    (tag,) = re.findall(r"`(git tag [^`]+)`", text)
    (newest,) = re.findall(r"`(git checkout main)`", text)

    run(f"cd {clone}\n{tag}", tmp_path)
    release("bad")
    assert run(update, tmp_path) == "systemctl reload vasite\n"
    assert (clone / "version").read_text() == "bad"
    marked = git(clone, "tag")
    assert run(re.sub(r"before-[\d-]+", marked, back), tmp_path) == "systemctl reload vasite\n"
    assert (clone / "version").read_text() == "good"  # and so after a reboot
    release("mended")
    run(f"cd {clone}\n{newest}\n{update}", tmp_path)
    assert (clone / "version").read_text() == "mended"
    assert (tmp_path / "installed").read_text().count("installed") == 3


def test_owners_machine_updates_itself_and_its_journal_stays_small(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    (etc / "systemd").mkdir(parents=True)
    block = re.findall(r"```sh\n(.*?)```", chapter("The machine itself"), re.S)[0]
    calls = run(block.replace("/etc/", f"{etc}/"), tmp_path)
    assert calls.splitlines() == [
        "apt install -y nftables unattended-upgrades",
        "dpkg-reconfigure -f noninteractive unattended-upgrades",
        "systemctl enable --now nftables",
        "systemctl reload nftables",
        "systemctl restart systemd-journald",
    ]
    journal = ConfigParser()
    journal.read(etc / "systemd" / "journald.conf.d" / "vasite.conf")
    assert dict(journal["Journal"]) == {"systemmaxuse": "500M", "maxretentionsec": "1month"}
    assert "policy drop" in (etc / "nftables.conf").read_text()
