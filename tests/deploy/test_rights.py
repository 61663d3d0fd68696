"""What a web server's user may read that is in the site's group: what is public, and no more."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import copy_of, free_port, needs_sqlite
from vasite.environment import PROJECT_DIR

pytestmark = [pytest.mark.xdist_group("deploy"), needs_sqlite]
UPLOAD = """
from django.core.files.base import ContentFile
from vasite.content.models import SiteImage
from wagtail.documents.models import Document
from wagtail.images.tests.utils import get_test_image_file
Document.objects.create(title="Contract", file=ContentFile(b"what the client pays", "contract.pdf"))
SiteImage.objects.create(title="Desk", file=get_test_image_file("desk.png"))
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA_DIR as systemd makes it, after a start with nginx in front and two uploads."""
    folder = tmp_path_factory.mktemp("data")
    copy_of("migrated", folder, "")
    folder.chmod(0o750)
    (folder / "db.sqlite3").chmod(0o640)  # as SQLite makes it
    environment = {"DATA_DIR": str(folder), "PAGE_FILES": "true", "PORT": str(free_port())}
    for arguments in (["serve", "--empty", "--prepare-only"], ["shell", "-c", UPLOAD]):
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT_DIR,
            env=os.environ | environment,
            umask=0o027,
            check=True,
            capture_output=True,
        )
    return folder


def readable(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that its group may reach and read."""
    for path in folder.iterdir():
        mode = path.stat().st_mode
        if path.is_dir() and mode & stat.S_IXGRP:
            yield from readable(path)
        elif path.is_file() and mode & stat.S_IRGRP:
            yield path


def test_client_whose_contract_is_in_the_site_has_it_hidden_from_the_web_server(
    data_dir: Path,
) -> None:
    assert list(data_dir.glob("private/**/contract*.pdf"))
    assert (data_dir / "db.sqlite3").exists()
    seen = {path.relative_to(data_dir).parts[0] for path in readable(data_dir)}
    assert seen == {"media", "pagecache", "static"}
    assert {path.name for path in readable(data_dir / "pagecache")} == {"headers.conf"}


def test_visitor_sees_the_pictures_and_style_sheets_that_nginx_gives(data_dir: Path) -> None:
    seen = set(readable(data_dir))
    for kind in ("media/**/*.png", "static/css/*.css", "pagecache/front/headers.conf"):
        found = set(data_dir.glob(kind))
        assert found
        assert found <= seen


def test_nobody_else_on_the_machine_reads_anything(data_dir: Path) -> None:
    assert data_dir.stat().st_mode & stat.S_IRWXO == 0
