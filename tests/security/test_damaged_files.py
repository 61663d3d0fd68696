"""A damaged, encrypted or forged file costs nobody a message and the owner no word."""

from __future__ import annotations

import random
import struct
import tracemalloc
import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.contrib.redirects.models import Redirect

from tests.conftest import SmallSite, picture_bytes
from tests.contact.test_own_form import ask
from vasite.forms.attachments import KINDS, MAX_ARCHIVE_ENTRIES, OPEN_DOCUMENT

FILE = "question-file"
METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "LZMA": zipfile.ZIP_LZMA,
}


def open_document(method: int) -> bytes:
    output = BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        archive.writestr("mimetype", OPEN_DOCUMENT + b"text")
        archive.writestr("content.xml", "<x/>" * 50)
    return output.getvalue()


def open_xml() -> bytes:
    output = BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return output.getvalue()


def is_text(content: bytes) -> bool:
    return KINDS["text"].holds(BytesIO(content))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_document_is_known_by_a_media_type_that_is_not_packed(method: int) -> None:
    assert is_text(open_document(method)) is (method == zipfile.ZIP_STORED)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_document_with_damaged_bytes_is_refused_and_not_an_error(method: int) -> None:
    whole = open_document(method)
    chance = random.Random(method)  # noqa: S311 - no secret
    for place in range(len(whole)):  # every byte in turn, and the file cut there
        is_text(whole[:place] + bytes([chance.randrange(256)]) + whole[place + 1 :])
        is_text(whole[:place])
    start = whole.index(b"mimetype") + len("mimetype")
    assert not is_text(whole[:start] + b"\xff" * 20 + whole[start + 20 :])


@pytest.mark.parametrize("flag", [0x01, 0x41, 0x20], ids=["encrypted", "strongly", "patched"])
def test_an_encrypted_document_is_refused(flag: int) -> None:
    whole = bytearray(open_document(zipfile.ZIP_STORED))
    whole[6] |= flag
    whole[whole.index(b"PK\x01\x02") + 8] |= flag
    assert not is_text(bytes(whole))


def test_an_unknown_way_of_packing_is_refused() -> None:
    whole = bytearray(open_document(zipfile.ZIP_STORED))
    whole[8] = whole[whole.index(b"PK\x01\x02") + 10] = 97
    assert not is_text(bytes(whole))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("name", ["mimetype", "word/document.xml"])
def test_a_bomb_is_not_unpacked(name: str, method: int) -> None:
    output = BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        archive.writestr(name, bytes(5_000_000))
    content = output.getvalue()
    size = (5_000_000).to_bytes(4, "little")
    # The directory says that it is small
    place = content.rindex(size)
    forged = content[:place] + (39).to_bytes(4, "little") + content[place + 4 :]
    tracemalloc.start()
    try:
        assert is_text(content) is is_text(forged) is (name != "mimetype")
        assert tracemalloc.get_traced_memory()[1] < 3 * len(content) + 1_000_000
    finally:
        tracemalloc.stop()


def test_an_archive_of_countless_files_is_not_read() -> None:
    output = BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for number in range(MAX_ARCHIVE_ENTRIES):
            archive.writestr(str(number), b"")
        archive.writestr("word/document.xml", "<x/>")
    assert not is_text(output.getvalue())


def test_a_damaged_picture_is_refused_and_not_an_error() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = picture_bytes((30, 20), kind)
        for _ in range(300):
            damaged = bytearray(whole)
            for _ in range(chance.randrange(1, 6)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            KINDS["picture"].holds(BytesIO(bytes(damaged[: chance.randrange(1, len(damaged))])))
            KINDS["picture"].holds(BytesIO(bytes(damaged)))


@pytest.mark.parametrize("name", ["brief.odt", "brief.docx"])
@pytest.mark.parametrize("method", ["deflate", "bzip2", "LZMA"])
def test_a_visitor_with_a_damaged_document_keeps_what_was_typed(
    client: Client, site: SmallSite, name: str, method: str
) -> None:
    ask(site, "file", kinds=["text"])
    whole = open_document(METHODS[method])
    start = whole.index(b"mimetype") + len("mimetype")
    content = whole[:start] + b"\xff" * 20 + whole[start + 20 :]
    fields = {"name": "Hannah", "email": "hannah@example.com", "message": "My whole story"}
    answer = client.post("/contact/", fields | {FILE: SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert "can’t be taken" in answer.text
    assert "My whole story" in answer.text


def test_a_visitor_with_a_file_that_lies_beyond_all_numbers_keeps_what_was_typed(
    client: Client, site: SmallSite
) -> None:
    ask(site, "file", kinds=["text"])
    whole = open_document(zipfile.ZIP_STORED)
    entry = whole.index(b"PK\x01\x02")  # APPNOTE 4.3.12: the entry of "mimetype"
    extra = struct.pack("<HHQ", 1, 8, 2**63)  # 4.5.3: its place, in 64 bits
    forged = bytearray(whole[: entry + 54] + extra + whole[entry + 54 :])
    forged[entry + 30 : entry + 32] = len(extra).to_bytes(2, "little")
    forged[entry + 42 : entry + 46] = b"\xff" * 4
    end = forged.index(b"PK\x05\x06")
    size = int.from_bytes(forged[end + 12 : end + 16], "little") + len(extra)
    forged[end + 12 : end + 16] = size.to_bytes(4, "little")
    fields = {"name": "Hannah", "email": "hannah@example.com", "message": "My whole story"}
    answer = client.post(
        "/contact/", fields | {FILE: SimpleUploadedFile("brief.odt", bytes(forged))}
    )
    assert answer.status_code == 422
    assert "My whole story" in answer.text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(open_xml(), id="no workbook"),
        pytest.param(open_document(zipfile.ZIP_LZMA)[:60], id="cut archive"),
        pytest.param(b"PK\x03\x04" + b"\xff" * 50, id="garbage"),
        pytest.param(b"\xff\xfe\x00a,b\n", id="no text"),
        pytest.param(b"", id="empty"),
    ],
)
@pytest.mark.parametrize("name", ["list.xlsx", "list.csv", "list.tsv", "list.xls"])
def test_the_owners_damaged_list_of_redirects_is_refused_in_words(
    va: Client, site: SmallSite, content: bytes, name: str
) -> None:
    fields = {"import_file": SimpleUploadedFile(name, content), "input_format": "0"}
    answer = va.post("/admin/redirects/import/", fields, follow=True)
    assert answer.status_code == 200
    assert "Import redirects" in answer.text  # the form again
    assert not Redirect.objects.exists()
