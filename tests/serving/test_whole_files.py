"""A file has its name only once it is whole, whatever happens while it is being written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from vasite.serving.tasks import delete_drafts

NAMES = ["cards/7.png", "private/images/7.png", "documents/7.pdf"]


class Upload(ContentFile):
    """A file in two parts, between which something happens."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"first half"
        self.meanwhile()
        yield b", second half"

    def meanwhile(self) -> None:
        raise OSError("No space left on device")


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PRIVATE_MEDIA_ROOT = tmp_path / "private"
    return tmp_path


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", NAMES)
def test_visitor_sees_no_part_of_a_file_that_is_being_written(folder: Path, name: str) -> None:
    class Watched(Upload):
        def meanwhile(self) -> None:
            assert not default_storage.exists(name)

    assert default_storage.save(name, Watched(b"")) == name
    assert default_storage.open(name).read() == b"first half, second half"
    assert [path.stat().st_mode & 0o777 for path in files_in(folder)] == [0o644]


@pytest.mark.parametrize("name", NAMES)
def test_owner_whose_disk_is_full_keeps_the_file_there_was(folder: Path, name: str) -> None:
    with pytest.raises(OSError, match="No space left"):
        default_storage.save(name, Upload(b""))
    assert files_in(folder) == []
    default_storage.save(name, ContentFile(b"old"))
    with pytest.raises(OSError, match="No space left"):
        default_storage.replace(name, Upload(b""))
    assert default_storage.open(name).read() == b"old"
    assert len(files_in(folder)) == 1


def test_visitor_who_reads_a_card_gets_all_of_it_while_it_is_replaced(folder: Path) -> None:
    default_storage.save("cards/7.png", ContentFile(b"old"))
    with default_storage.open("cards/7.png") as reader:
        default_storage.replace("cards/7.png", ContentFile(b"new"))
        assert reader.read() == b"old"
    assert default_storage.open("cards/7.png").read() == b"new"
    assert len(files_in(folder)) == 1


def test_two_owners_who_upload_the_same_name_at_once_lose_nothing(folder: Path) -> None:
    class Other(Upload):
        def meanwhile(self) -> None:
            default_storage.save("images/desk.jpg", ContentFile(b"other"))

    name = default_storage.save("images/desk.jpg", Other(b""))
    assert default_storage.open(name).read() == b"first half, second half"
    assert default_storage.open("images/desk.jpg").read() == b"other"


def test_operator_finds_no_drafts_of_a_process_that_was_killed(folder: Path) -> None:
    default_storage.save("images/desk.jpg", ContentFile(b"whole"))
    for name, age in ((".old.draft", 90_000), (".new.draft", 0)):
        path = folder / "media" / "images" / name
        path.write_bytes(b"half")
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    assert delete_drafts.call() == 1
    assert {path.name for path in files_in(folder)} == {"desk.jpg", ".new.draft"}
