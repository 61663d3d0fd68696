"""Two machines that share database, cache and bucket are one site to everybody."""

from __future__ import annotations

import http.cookiejar
import re
import shutil
import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.bucket import bucket_server
from tests.deploy.fronts import HOST
from tests.served import (
    ServedSite,
    copy_of_standard_site,
    needs_postgresql,
    wait_until,
)

pytestmark = [pytest.mark.xdist_group("deploy"), needs_postgresql]
KEY = "the same on both machines, made by whoever sets them up"
PASSWORD = "a password for the test"
UPLOAD = """
from io import BytesIO
from django.core.files.images import ImageFile
from PIL import Image
from vasite.content.models import SiteImage
data = BytesIO()
Image.new("RGB", (1200, 800), "teal").save(data, "PNG")
image = SiteImage.objects.create(title="Desk", file=ImageFile(data, name="desk.png"))
print("files:", image.file.url, image.get_rendition("width-400|format-webp").url)
"""
SCHEDULE = """
from datetime import timedelta
from django.utils import timezone
from blog.models import BlogIndexPage, BlogPostPage
for number in range(10):
    post = BlogPostPage(title=f"Planned {number}", live=False)
    post.go_live_at = timezone.now() - timedelta(minutes=1)
    BlogIndexPage.objects.get().add_child(instance=post).save_revision(
        approved_go_live_at=post.go_live_at
    )
"""
PUBLISHED = """
from collections import Counter
from wagtail.models import PageLogEntry
entries = PageLogEntry.objects.filter(action="wagtail.publish.scheduled")
counts = Counter(entries.values_list("label", flat=True))
print("published:", len(counts), max(counts.values(), default=0))
"""
UPLOAD_DOCUMENT = """
from django.core.files.base import ContentFile
from wagtail.documents.models import Document
document = Document.objects.create(
    title="Contract", file=ContentFile(b"what the client pays", "contract.pdf")
)
print("document:", document.file.name, document.url)
"""

UPLOAD_LARGE = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
print("file:", default_storage.save("images/large.bin", ContentFile(bytes(16 * 1024 * 1024))))
"""


class Machines(NamedTuple):
    first: ServedSite
    second: ServedSite


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    database = copy_of_standard_site(first, "vasite_two")
    shutil.copytree(first / "static", second / "static", dirs_exist_ok=True)
    (first / "secret_key").unlink()
    with bucket_server() as port:
        common = {
            "SITE_URL": f"http://{HOST}",
            "DATABASE_URL": database,
            "CACHE_URL": "redis://127.0.0.1:6379/9",
            "MEDIA_BUCKET_URL": f"s3+http://key:secret@127.0.0.1:{port}/media",
            "SECRET_KEY": KEY,
        }
        with ServedSite(first, **common) as one, ServedSite(second, **common) as other:
            yield Machines(one, other)


def ask(site: ServedSite, path: str, **headers: str) -> bytes:
    request = urllib.request.Request(f"{site.url}{path}", headers={"Host": HOST} | headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return bytes(answer.read())


def test_a_picture_that_one_received_is_shown_by_the_other(machines: Machines) -> None:
    printed = machines.first.run_code(UPLOAD)
    for path in printed.rpartition("files:")[2].split():
        assert path.startswith(f"http://{HOST}/media/") or path.startswith("/media/")
        local = urllib.parse.urlsplit(path).path
        found = [ask(site, local) for site in machines]
        assert found[0] == found[1]
        assert found[0][:4] in {b"\x89PNG", b"RIFF"}
        for site in machines:
            assert not (Path(site.environment["DATA_DIR"]) / local.strip("/")).exists()


def test_what_is_missing_there_is_missing(machines: Machines) -> None:
    for path in ("/media/nothing.png", "/media/../secret_key"):
        with pytest.raises(urllib.error.HTTPError) as error:
            ask(machines.second, path)
        assert error.value.code in {400, 404}


def test_document_in_the_bucket_is_served_by_its_own_address_alone(machines: Machines) -> None:
    printed = machines.first.run_code(UPLOAD_DOCUMENT)
    name, url = printed.rpartition("document:")[2].split()
    assert ask(machines.second, url) == b"what the client pays"
    for path in (f"/media/{name}", f"/media/x/../{name}", f"/media/./{name}", f"/media//{name}"):
        with pytest.raises(urllib.error.HTTPError) as error:
            ask(machines.second, path)
        assert error.value.code in {400, 404}


def test_slow_readers_of_the_bucket_do_not_fill_the_disk(machines: Machines) -> None:
    """Each process lets one network hold 128 MB of copies: eight of these files, sixteen in two."""
    site = machines.second
    name = machines.first.run_code(UPLOAD_LARGE).rpartition("file:")[2].strip()
    asked = f"GET /media/{name} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    with ExitStack() as readers:
        answers = []
        for _ in range(18):
            reader = readers.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.settimeout(30)
            reader.connect(("127.0.0.1", site.port))
            reader.sendall(asked)
            answers.append(reader.recv(12))
    assert set(answers) == {b"HTTP/1.1 200", b"HTTP/1.1 503"}
    assert answers.count(b"HTTP/1.1 200") <= 16

    def is_given() -> bool:
        with suppress(urllib.error.HTTPError):
            return len(ask(site, f"/media/{name}")) == 16 * 1024 * 1024
        return False

    wait_until(is_given)


def test_who_signed_in_at_one_is_known_to_the_other(machines: Machines) -> None:
    machines.first.run_code(
        "from django.contrib.auth import get_user_model\n"
        f"get_user_model().objects.create_superuser('va', 'va@example.com', {PASSWORD!r})"
    )
    cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy())
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies), NoRedirect())

    def send(site: ServedSite, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        # Both machines are one host to the browser
        cookie = "; ".join(f"{one.name}={one.value}" for one in cookies)
        headers = {"Host": HOST, "Cookie": cookie, "Origin": f"http://{HOST}"}
        body = urllib.parse.urlencode(data).encode() if data else None
        request = urllib.request.Request(f"{site.url}{path}", body, headers)  # noqa: S310
        try:
            with visitor.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    _, page = send(machines.first, "/admin/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    account = {"username": "va", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    assert send(machines.second, "/admin/login/", account)[0] == 302
    for site in machines:
        assert send(site, "/admin/")[0] == 200


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


def test_what_is_planned_is_published_once(machines: Machines) -> None:
    machines.first.run_code(SCHEDULE)
    wait_until(lambda: "published: 10 " in machines.second.run_code(PUBLISHED), seconds=90)
    assert "published: 10 1" in machines.second.run_code(PUBLISHED)
