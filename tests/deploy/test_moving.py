"""The chapter on PostgreSQL, followed word for word."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.served import ServedSite, fresh_database, needs_postgresql
from vasite.environment import PROJECT_DIR

GUIDE = PROJECT_DIR / "docs" / "operator" / "grow.md"
# What is made anew on the other side, or ends with the move
NOT_MOVED = {"contenttypes", "sessions", "wagtailsearch", "django_tasks_database", "pagecache"}
ROWS = f"""
import json
from django.apps import apps
keys = {{
    model._meta.label: sorted(map(str, model._base_manager.values_list("pk", flat=True)))
    for model in apps.get_models()
    if model._meta.app_label not in {NOT_MOVED}
    and model._meta.label not in {{"auth.Permission", "wagtailcore.ReferenceIndex"}}
}}
print(json.dumps(keys))
"""
NEW_ROW = """
from blog.models import Category
Category.objects.create(name="Moving", slug="moving")
"""


def manage(environment: dict[str, str], *arguments: str) -> str:
    return subprocess.check_output(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT_DIR,
        env=os.environ | environment,
        text=True,
    )


def rows(environment: dict[str, str]) -> dict[str, list[str]]:
    printed = manage(environment, "shell", "--no-imports", "-c", ROWS)
    return dict(json.loads(printed.splitlines()[-1]))


@needs_postgresql
def test_owner_who_moves_to_postgresql_finds_everything_there(tmp_path: Path) -> None:
    chapter = GUIDE.read_text().partition("\n## PostgreSQL")[2].partition("\n## ")[0]
    commands = re.findall(r"^sh deploy/manage (.+)$", chapter, re.M)
    assert [command.split()[0] for command in commands][:2] == ["dumpdata", "migrate"]
    folder = tmp_path / "data"
    before = {"DATA_DIR": str(folder), "DATABASE_URL": ""}
    manage(before, "serve", "--prepare-only")
    expected = rows(before)
    after = before | {"DATABASE_URL": fresh_database("vasite_moved")}
    (folder / "tmp").mkdir(exist_ok=True)
    for command in commands:
        arguments = command.replace("/var/lib/vasite", str(folder)).split()
        manage(before if arguments[0] == "dumpdata" else after, *arguments)
    assert rows(after) == expected
    assert len(expected["newsletter.Comment"]) > 3
    manage(after, "shell", "--no-imports", "-c", NEW_ROW)  # whose key is free
    with ServedSite(folder, DATABASE_URL=after["DATABASE_URL"]) as site:
        status, home = site.get("/")
        assert (status, "Black Pear Office" in home) == (200, True)
        assert "invoice" in site.get("/search/?q=invoices")[1]
