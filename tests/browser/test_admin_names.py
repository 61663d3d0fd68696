"""The screens of the admin tell screen readers what each field and page is."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import needs_axe, violations
from tests.served import ServedSite, once

pytestmark = once

FIND = """
import json
from contact.models import ContactPage
from services.models import ServicePage
from vasite.business.models import BusinessSettings
from wagtail.models import Page
edit = "/admin/pages/{}/edit/".format
print(json.dumps({
    "service": edit(ServicePage.objects.first().pk),
    "contact": edit(ContactPage.objects.first().pk),
    "about": edit(Page.objects.get(slug="about").pk),
    "business": f"/admin/settings/business/businesssettings/{BusinessSettings.load().pk}/",
    "letter": "/admin/campaigns/add/",
    "guide": "/admin/guide/index/",
    "start": "/admin/",
}))
"""
# Two search forms on one page, which only Wagtail can name
OF_WAGTAIL = "landmark-unique"


@pytest.fixture(scope="module")
def paths(demo: ServedSite) -> dict[str, str]:
    return json.loads(demo.run_code(FIND).splitlines()[-1])


@needs_axe
@pytest.mark.parametrize(
    "name", ["service", "contact", "about", "business", "letter", "guide", "start"]
)
def test_axe_finds_nothing_on_the_screens_of_the_admin(
    admin: Page, demo: ServedSite, paths: dict[str, str], name: str
) -> None:
    admin.goto(f"{demo.url}{paths[name]}", wait_until="networkidle")
    expect(admin.locator("h1")).to_have_count(1)
    found = [one for one in violations(admin) if not one.startswith(OF_WAGTAIL)]
    assert found == []


def test_a_new_item_of_a_list_has_a_name(
    admin: Page, demo: ServedSite, paths: dict[str, str]
) -> None:
    admin.goto(f"{demo.url}{paths['business']}")
    fields = admin.get_by_role("textbox", name="Area", exact=True)
    expect(fields).to_have_count(3)
    admin.locator("#areas-root button[title='Insert a block']").last.click()
    expect(fields).to_have_count(4)
