"""`/sitemap.xml` (sitemaps.org/protocol.html): every public page with its last change and picture.

Wagtail's own asks each page in turn, 1.5 s for 10,000; this one asks each page type once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from xml.sax.saxutils import escape

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from django.views.decorators.http import require_safe
from wagtail.models import Page, Site

from vasite.content.models import ContentPage
from vasite.content.private_images import PREFIX
from vasite.content.visibility import visible
from vasite.pagecache.keeping import kept
from vasite.seo.structured_data import absolute

MOST_ADDRESSES = 50_000  # in one file, by the protocol
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


@kept()
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """All addresses; an index of several files where they are more than one file may hold."""
    others = further_addresses()
    files = -(-(public_pages().count() + len(others)) // MOST_ADDRESSES)
    if files <= 1:
        return xml("urlset", entries(0, others))
    names = (f"{settings.SITE_URL}/sitemap-{number}.xml" for number in range(1, files + 1))
    return xml("sitemapindex", (f"<sitemap><loc>{name}</loc></sitemap>" for name in names))


@kept()
@require_safe
def sitemap_file(request: HttpRequest, number: int) -> HttpResponse:
    """One file of the index; 404 where there is none of that number."""
    start = (number - 1) * MOST_ADDRESSES
    others = further_addresses()
    is_there = start < public_pages().count() + len(others)
    found = list(entries(start, others)) if is_there else []
    if not found:
        raise Http404("No such file of the sitemap")
    return xml("urlset", iter(found))


def public_pages() -> Page:
    return visible(Page.objects.filter(depth__gt=1)).order_by("pk")


def entries(start: int, others: list[tuple[str, datetime]]) -> Iterator[str]:
    """Gives the `<url>` of each page, then of the others, from a place in the list on, at most
    MOST_ADDRESSES."""
    pictures = picture_names()
    picture_url = cache(lambda name: escape(absolute(default_storage.url(name))))
    home = Site.objects.get(is_default_site=True).root_page.url_path
    rows = public_pages().filter(url_path__startswith=home)
    rows = rows.values_list("pk", "url_path", "last_published_at", "content_type_id")
    lists = last_changes_of_lists()
    end, page_count = start + MOST_ADDRESSES, rows.count()
    for pk, url_path, published, kind in rows[start:end]:
        changed = max(filter(None, (published, lists.get(kind))), default=None)
        name = pictures.get(pk)
        address = f"{settings.SITE_URL}/{escape_uri_path(url_path[len(home) :])}"
        yield entry(address, changed, picture_url(name) if name else "")
    for address, changed in others[max(0, start - page_count) : max(0, end - page_count)]:
        yield entry(address, changed, "")


def last_changes_of_lists() -> dict[int, datetime | None]:
    """Return when what the pages of each kind list changed, by the key of the content type."""
    kinds = ContentPage.__subclasses__()
    keys = ContentType.objects.get_for_models(*kinds)
    return {keys[kind].pk: kind.last_change_of_listed() for kind in kinds}


def further_addresses() -> list[tuple[str, datetime]]:
    """Gives what is shown without being a page, with its last change."""
    kinds = ContentPage.__subclasses__()
    return [address for kind in kinds for address in kind.further_addresses()]


def entry(address: str, changed: datetime | None, picture_url: str) -> str:
    parts = [f"<url><loc>{escape(address)}</loc>"]
    if changed:
        parts.append(f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>")
    if picture_url:
        parts.append(f"<image:image><image:loc>{picture_url}</image:loc></image:image>")
    return "".join([*parts, "</url>"])


def picture_names() -> dict[int, str]:
    """Gives the file of the picture that stands for each page, by the page's key."""
    names: dict[int, str] = {}
    for model in ContentPage.__subclasses__():
        fields = {field.name for field in model._meta.get_fields()}
        field = next((name for name in ("cover", "picture") if name in fields), "")
        if field:
            is_private = {f"{field}__file__startswith": PREFIX}
            pages = model.objects.exclude(**{field: None}).exclude(**is_private).order_by()
            names.update(pages.values_list("pk", f"{field}__file"))
    return names


def xml(root: str, parts: Iterator[str]) -> HttpResponse:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {NAMESPACES}>{"".join(parts)}</{root}>'
    return HttpResponse(text, content_type="application/xml")
