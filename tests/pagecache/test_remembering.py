"""What was read once is known until it changes, and what is made from it knows where it is from."""

from __future__ import annotations

from django.db import transaction
from wagtail.models import Page, PageViewRestriction

from blog.models import BlogPostPage
from newsletter.models import NewsletterPage
from tests.conftest import SmallSite
from tests.pagecache.conftest import Visitors
from vasite.business.models import BusinessSettings
from vasite.mail.models import OutgoingMail
from vasite.pagecache.remembering import remembered
from vasite.pagecache.watching import noting_tables


def test_it_works(visit: Visitors, site: SmallSite) -> None:
    reads = []

    def read() -> list[str]:
        reads.append(1)
        return list(BlogPostPage.objects.values_list("title", flat=True))

    for _ in range(3):
        assert remembered("titles", read) == ["On trust"]
    assert len(reads) == 1
    BlogPostPage.objects.update(title="On patience")
    assert remembered("titles", read) == ["On patience"]
    assert len(reads) == 2
    BusinessSettings.load().save()  # of no concern
    remembered("titles", read)
    assert len(reads) == 2


def test_it_goes_on_after_a_change_that_was_taken_back(db: None) -> None:
    """Even where all that follows is in the same transaction."""
    reads = []

    def read() -> bool:
        reads.append(1)
        return Page.objects.exists()

    with transaction.atomic():
        Page.objects.update(title="Never")
        transaction.set_rollback(True)
    for _ in range(5):
        remembered("whether there are pages", read)
    assert len(reads) == 1


def test_a_page_depends_on_what_was_remembered_for_it(visit: Visitors, site: SmallSite) -> None:
    read = BlogPostPage.objects.exists
    remembered("any posts", read)
    with noting_tables() as tables:
        with noting_tables() as inner:
            remembered("any posts", read)
        assert "blog_blogpostpage" in inner
        assert tables == set()
        remembered("any posts", read)
    assert "blog_blogpostpage" in tables


def test_what_all_pages_share_changes_on_all_of_them(visit: Visitors, site: SmallSite) -> None:
    paths = ("/", "/blog/", "/blog/on-trust/")
    for path in paths:
        visit(path)
    business = BusinessSettings.load()
    business.name = "Pear and Partners"
    business.save()
    NewsletterPage.objects.update(invitation_title="Letters from the Severn")
    site.service.get_parent().specific.delete()
    for path in paths:
        page = visit(path).text
        assert "Pear and Partners" in page
        assert 'href="/services/"' not in page
    assert "Letters from the Severn" in visit("/blog/on-trust/").text
    restriction = PageViewRestriction.objects.create(
        page=site.post, restriction_type="password", password="secret"
    )
    assert "On trust" not in visit("/blog/").text
    restriction.delete()
    assert "On trust" in visit("/blog/").text


def test_what_reads_from_an_inbox_is_not_kept(visit: Visitors, site: SmallSite) -> None:
    """Nobody counts what is written there, so nobody would know when it is old."""
    read: list[int] = []

    def count() -> int:
        read.append(OutgoingMail.objects.count())
        return read[-1]

    for _ in range(2):
        remembered("mails", count)
        OutgoingMail.objects.create(subject="Hello", sender="va@example.com", text="Text")
    assert read == [0, 1]
    visit("/")
    OutgoingMail.objects.create(subject="Hello", sender="va@example.com", text="Text")
    visit("/")
    assert visit.made == ["/"]
