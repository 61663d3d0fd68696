"""Move uploaded documents out of the folder that web servers hand out."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import migrations

FOLDERS = ("documents", "wagtail_uploads")


def move(source: Path, target: Path) -> None:
    """Move the files of a folder into another, as often as it is called."""
    if not source.is_dir():
        return
    for path in [path for path in source.rglob("*") if path.is_file()]:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
    shutil.rmtree(source)


def move_out(apps, schema_editor):
    if not settings.MEDIA_BUCKET:
        for name in FOLDERS:
            move(settings.MEDIA_ROOT / name, settings.PRIVATE_MEDIA_ROOT / name)


def move_back(apps, schema_editor):
    if not settings.MEDIA_BUCKET:
        for name in FOLDERS:
            move(settings.PRIVATE_MEDIA_ROOT / name, settings.MEDIA_ROOT / name)


class Migration(migrations.Migration):
    dependencies = [("content", "0002_index_of_whole_texts")]

    operations = [migrations.RunPython(move_out, move_back)]
