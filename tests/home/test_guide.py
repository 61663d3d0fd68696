"""The VA reads the guide inside the admin."""

import re

from django.test import Client

from vasite.home.guide import GUIDE, names


def test_every_page_of_the_guide_opens_and_leads_on(va: Client) -> None:
    assert "/admin/guide/index/" in va.get("/admin/").text
    index = va.get("/admin/guide/index/").text
    linked = set(re.findall(r'href="/admin/guide/([\w-]+)/"', index))
    assert names() - {"index"} <= linked
    for name in names():
        page = va.get(f"/admin/guide/{name}/")
        assert page.status_code == 200
        assert ".md" not in page.text
    assert va.get("/admin/guide/nonsense/").status_code in {302, 404}


def test_its_pictures_are_there() -> None:
    for page in GUIDE.glob("*.md"):
        for name in re.findall(r"\]\(img/([\w.-]+)\)", page.read_text()):
            assert (GUIDE / "img" / name).exists(), name


def test_strangers_sign_in_first(client: Client, db: None) -> None:
    assert client.get("/admin/guide/index/").status_code == 302
