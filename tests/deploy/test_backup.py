"""A backup of the running site, from which the site can be made anew."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.served import IS_SQLITE, ServedSite, copy_of_standard_site, fresh_database
from vasite.environment import PROJECT_DIR
from vasite.home.management.commands.backup import add

pytestmark = pytest.mark.xdist_group("deploy")
NAMES = "from contact.models import Enquiry; print(*Enquiry.objects.values_list('name', flat=True))"

TROUBLES = """
from vasite.home.models import Trouble
print(*Trouble.objects.filter(well_since=None))
"""


def back_up(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "backup", *arguments],
        cwd=PROJECT_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )


def commands_of_restoring(folder: Path, archive: Path) -> tuple[str, str]:
    """Return the guide's commands and its line for PostgreSQL, in a folder and with our user."""
    text = (PROJECT_DIR / "docs" / "operator" / "index.md").read_text()
    text = text.partition("\nTo restore, ")[2].partition("\n## ")[0]
    text = text.replace("/var/lib", str(folder)).replace("/srv/vasite", str(PROJECT_DIR))
    text = re.sub(r"vasite-\d{4}-\S+\.tar\.gz", archive.name, text)
    text = text.replace("vasite:vasite", f"{os.getuid()}:{os.getgid()}")
    text = text.replace("-o vasite -g vasite", f"-o {os.getuid()} -g {os.getgid()}")
    (block,) = re.findall(r"```sh\n(.*?)```", text, re.S)
    (pg_restore,) = re.findall(r"`(pg_restore [^`]+)`", text)
    return block, pg_restore


def troubles(environment: dict[str, str]) -> str:
    """Return what the dashboard tells the owner of."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", TROUBLES]
    told = subprocess.check_output(command, cwd=PROJECT_DIR, env=environment, text=True)
    return told.strip()


def test_enquirer_is_not_forgotten_when_the_machine_is_lost(tmp_path: Path) -> None:
    lost, backups = tmp_path / "vasite", tmp_path / "vasite-backup"
    address = copy_of_standard_site(lost, "vasite_lost")
    form = {"name": "Tom", "email": "tom@example.com", "message": "Are you free in May?"}
    with ServedSite(lost, DATABASE_URL=address) as site:
        request = Request(f"{site.url}/contact/", urlencode(form).encode())  # noqa: S310
        assert urlopen(request, timeout=20).status == 200  # noqa: S310
        (lost / "media" / "desk.webp").write_bytes(b"a picture")
        done = back_up(site.environment, str(backups))
        assert (done.returncode, done.stderr) == (0, "")
    (archive,) = backups.iterdir()
    assert str(archive) in done.stdout
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert stat.S_IMODE(backups.stat().st_mode) == 0o700
    restore, rest = commands_of_restoring(tmp_path, archive)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("systemctl", "systemd-run"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-e", "-c", restore], check=True, env=environment)
    if address:
        address = fresh_database("vasite_new")
        assert rest.count("-d vasite ") == 1
        command = rest.replace("-d vasite ", f"-d {address} ")
        subprocess.run(command.split(), check=True)
    new, lost = lost, tmp_path / "vasite.old"
    with ServedSite(new, DATABASE_URL=address) as site:
        assert site.run_code(NAMES).splitlines()[-1] == "Tom"
        assert site.get("/media/desk.webp") == (200, "a picture")
    assert (new / "secret_key").read_text() == (lost / "secret_key").read_text()


def test_operator_finds_the_last_backups_and_no_more(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path / "data", "vasite_kept")
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": address}
    backups = tmp_path / "backups"
    backups.mkdir()
    for day in (1, 2, 3):
        (backups / f"vasite-2026-01-0{day}T030000Z.tar.gz").touch()
    (backups / "notes.txt").touch()
    assert back_up(environment, str(backups), "--keep", "2").returncode == 0
    names = sorted(path.name for path in backups.iterdir())
    assert names[:2] == ["notes.txt", "vasite-2026-01-03T030000Z.tar.gz"]
    assert len(names) == 3


def test_operator_is_told_that_old_backups_fill_the_disk(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path / "data", "vasite_undeleted")
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": address}
    backups = tmp_path / "backups"
    (backups / "vasite-2026-01-01T030000Z.tar.gz").mkdir(parents=True)  # it can't be deleted
    done = back_up(environment, str(backups), "--keep", "1")
    assert done.returncode == 1
    assert "was written, but no old one deleted" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(list(backups.iterdir())) == 2


def test_operator_whose_clock_was_put_back_keeps_the_new_backup(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path / "data", "vasite_clock")
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": address}
    backups = tmp_path / "backups"
    backups.mkdir()
    for day in (1, 2):
        (backups / f"vasite-2999-01-0{day}T030000Z.tar.gz").touch()
    done = back_up(environment, str(backups), "--keep", "2")
    assert done.stderr == ""
    names = sorted(path.name for path in backups.iterdir())
    assert len(names) == 2
    assert names[0] in done.stdout
    assert names[1] == "vasite-2999-01-02T030000Z.tar.gz"


def test_operator_has_a_backup_of_a_site_whose_files_come_and_go(
    tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR, disk = tmp_path / "data", tmp_path / "larger_disk"
    pictures = [disk / f"{number}.webp" for number in range(9)]
    for folder in (settings.DATA_DIR, disk):
        folder.mkdir()
    (settings.DATA_DIR / "media").symlink_to(disk)
    (disk / ".half.draft").touch()
    for picture in pictures:
        picture.write_bytes(b"a picture")

    class Archive(BytesIO):
        def write(self, data: Any) -> int:
            if data == b"a picture":  # of the first
                for picture in pictures:
                    picture.unlink()
            return super().write(data)

    archive = Archive()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        add(tar, "media")
    archive.seek(0)
    with tarfile.open(fileobj=archive) as tar:
        folder, picture = tar.getmembers()
        assert (folder.name, folder.isdir()) == ("media", True)
        assert tar.extractfile(picture).read() == b"a picture"


def test_nobodys_data_stays_in_what_a_killed_backup_left(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path / "data", "vasite_draft")
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": address}
    backups = tmp_path / "backups"
    for name in ("killed", "running"):
        (backups / f".draft-{name}").mkdir(parents=True)
        (backups / f".draft-{name}" / "db.sqlite3").touch()
    os.utime(backups / ".draft-killed", (0, 0))
    assert back_up(environment, str(backups)).returncode == 0
    assert [path.name for path in backups.glob(".*")] == [".draft-running"]


@pytest.mark.skipif(IS_SQLITE, reason="needs PostgreSQL")
def test_operator_whose_connections_are_encrypted_has_no_backup_over_another(
    tmp_path: Path,
) -> None:
    address = fresh_database("vasite_encrypted")
    checked = f"{address}?sslmode=verify-full&sslrootcert=/nowhere"
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": checked}
    done = back_up(environment, str(tmp_path / "backups"))
    assert done.returncode == 1
    assert "pg_dump failed" in done.stderr


def test_operator_whose_disk_is_full_is_told_and_keeps_the_old_backups(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path / "data", "vasite_full")
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": address}
    done = back_up(environment, "/dev/full")
    assert done.returncode == 1
    assert "/dev/full: no backup was written" in done.stderr
    assert "The last backup failed" in troubles(environment)
    assert back_up(environment, str(tmp_path / "backups")).returncode == 0
    assert troubles(environment) == ""


def test_operator_of_litestream_has_the_database_that_the_units_use_copied() -> None:
    text = (PROJECT_DIR / "deploy" / "litestream.yml").read_text()
    unit = (PROJECT_DIR / "deploy" / "systemd" / "vasite.service").read_text()
    (folder,) = re.findall(r"DATA_DIR=(\S+)", unit)
    assert re.findall(r"- path: (.+)", text) == [f"{folder}/db.sqlite3"]
    assert re.findall(r"litestream restore (.+)", text) == [f"{folder}/db.sqlite3"]
