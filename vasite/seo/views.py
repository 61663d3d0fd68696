"""The small addresses that machines ask for."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from vasite.business.models import BusinessSettings
from vasite.environment import PROJECT_DIR
from vasite.pagecache.keeping import kept
from vasite.seo.addresses import host_of

ICON_SECONDS = 86_400


@kept()
@require_safe
def robots_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9309: everything but the admin and the search, on the site's own host only."""
    if host_of(request) != urlsplit(settings.SITE_URL).netloc:
        return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain")


@kept()
@require_safe
def web_manifest(request: HttpRequest) -> JsonResponse:
    """The name and mark under which a phone puts the site on its home screen."""
    name = BusinessSettings.load(request_or_site=request).name
    return JsonResponse(
        {
            "name": name,
            "start_url": "/",
            "display": "browser",
            "background_color": "#fbf7f0",
            "theme_color": "#2f5d50",
            "icons": [
                {"src": static("img/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
                {"src": static("img/icon-192.png"), "sizes": "192x192", "type": "image/png"},
                {"src": static("img/icon-512.png"), "sizes": "512x512", "type": "image/png"},
                {
                    "src": static("img/icon-maskable.png"),
                    "sizes": "512x512",
                    "type": "image/png",
                    "purpose": "maskable",
                },
            ],
        },
        content_type="application/manifest+json",
    )


@require_safe
@cache_control(public=True, max_age=ICON_SECONDS)
def icon(request: HttpRequest, name: str) -> FileResponse:
    """Serve an icon under the name at which browsers and search engines look for it."""
    return FileResponse((PROJECT_DIR / "static" / "img" / name).open("rb"))


@kept()
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116: whom to tell of a weakness. Without an address of the business: 404."""
    email = BusinessSettings.load(request_or_site=request).email
    if not email:
        return HttpResponse("Not set up\n", status=404, content_type="text/plain")
    expires = (timezone.now() + timedelta(days=180)).strftime("%Y-%m-01T00:00:00Z")
    return HttpResponse(
        f"Contact: mailto:{email}\nExpires: {expires}\nPreferred-Languages: en\n"
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt\n",
        content_type="text/plain",
    )
