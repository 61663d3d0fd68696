"""What every test may ask for: a small site, a person signed in, the worker's turn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.core.files.images import ImageFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult
from PIL import Image

from blog.models import BlogIndexPage, BlogPostPage
from contact.models import ContactPage
from newsletter.models import NewsletterPage
from services.models import ServicePage, ServicesIndexPage
from tests.programs import describe_skipped
from tests.served import IS_SQLITE, fresh_database, prepared_site
from tests.snapshot import Snapshot
from vasite.business.last_known import remember
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.home.demo.pages import build_home, paragraphs
from vasite.home.models import HomePage
from vasite.serving.management.commands.serve import set_site_address


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what to install so that no test is skipped for want of it."""
    for line in describe_skipped(terminalreporter.stats.get("skipped", [])):
        terminalreporter.line(line)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case with a very long text by its beginning and its length."""
    if isinstance(val, str) and len(val) > 60:
        return f"{val[:20]} and so on, {len(val):,} characters".encode("unicode_escape").decode()
    return None  # pytest's own


def pytest_configure() -> None:
    """One process, whose counters need no database; tests with several start the real site."""
    django_settings.PAGE_COUNTERS_SHARED = False


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Puts a copy of the database that is migrated once for all test processes in its place."""
    database = connection.settings_dict
    name = database["TEST"]["NAME"] or f"test_{database['NAME']}"
    folder, template = prepared_site("migrated")
    if IS_SQLITE:
        shutil.copy(folder / "db.sqlite3", name)
    else:
        fresh_database(name, like=template, suffix="")


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Django uses that copy instead of making a database from the migrations."""
    return True


@pytest.fixture(autouse=True)
def _settings_of_tests(settings: Any) -> None:
    """Mail through the outbox as in life; static files by name; passwords hashed fast."""
    settings.EMAIL_BACKEND = "vasite.mail.backend.OutboxBackend"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for cache in caches.all(initialized_only=True):
        cache.clear()  # keys come again from test to test, what they stood for does not


@dataclass
class SmallSite:
    home: HomePage
    blog: BlogIndexPage
    post: BlogPostPage
    service: ServicePage
    contact: ContactPage
    newsletter: NewsletterPage


@pytest.fixture
def site(db: None) -> SmallSite:
    """A home page, a service, a post, the contact page and the newsletter's."""
    if connection.in_atomic_block:
        small_site.restore()
    else:  # a test that commits finds what is saved as usual
        build_small_site()
    remember(BusinessSettings.load())
    pages = (HomePage, BlogIndexPage, BlogPostPage, ServicePage, ContactPage, NewsletterPage)
    return SmallSite(*(page.objects.get() for page in pages))


def build_small_site() -> None:
    business = BusinessSettings.load()
    business.name, business.email = "Severn Office", "owner@example.com"
    business.person_name, business.strapline = "Ada", "Virtual assistant in Worcester"
    business.save()
    home = build_home({"hero_title": "Your office, done", "introduction": "From Worcester."})
    set_site_address()
    services = home.add_child(instance=ServicesIndexPage(title="Services", show_in_menus=True))
    services.add_child(instance=ServicePage(title="Inbox", price=30, introduction="Mail"))
    blog = home.add_child(instance=BlogIndexPage(title="Blog", show_in_menus=True))
    now = timezone.now()
    blog.add_child(
        instance=BlogPostPage(
            title="On trust",
            body=[paragraphs("Words about trust.")],
            first_published_at=now,
            last_published_at=now,
        )
    )
    home.add_child(instance=ContactPage(title="Contact"))
    home.add_child(instance=NewsletterPage(title="Newsletter"))


small_site = Snapshot(build_small_site)


@pytest.fixture
def va(admin_client: Client) -> Client:
    """The VA, signed in to the admin."""
    return admin_client


@pytest.fixture
def work() -> Callable[[], None]:
    """Lets the worker do all that waits."""

    worker = Worker(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
    )

    def run() -> None:
        while result := DBTaskResult.objects.ready().first():
            result.claim(worker.worker_id)
            worker.run_task(result)

    return run


def picture_bytes(
    size: tuple[int, int] = (1200, 800), kind: str = "JPEG", **options: object
) -> bytes:
    output = BytesIO()
    Image.new("RGB", size, "#2f5d50").save(output, kind, **options)
    return output.getvalue()


@pytest.fixture
def image(db: None) -> SiteImage:
    return SiteImage.objects.create(
        title="Desk",
        description="A desk",
        file=ImageFile(BytesIO(picture_bytes()), name="desk.jpg"),
    )
