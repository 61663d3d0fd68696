"""Every address of the site."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from blog.feeds import blog_feed
from vasite.content.sharing import shared_preview
from vasite.forms.views import challenge
from vasite.home import your_data
from vasite.home.metrics import metrics
from vasite.home.search import views as search
from vasite.seo import views as seo
from vasite.seo.sitemap import sitemap, sitemap_file
from vasite.serving import views as serving

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("media/<path:path>", serving.media),
    path("preview/<str:token>/", shared_preview, name="shared_preview"),
    path("healthz", serving.healthz),
    path("readyz", serving.readyz),
    path("metrics", metrics),
    path("feed/", blog_feed, name="feed"),
    path("feed/<slug:slug>/", blog_feed, name="category_feed"),
    path("forms/challenge/", challenge, name="challenge"),
    path("search/", search.search, name="search"),
    path("search/suggest/", search.suggest, name="suggest"),
    path("sitemap.xml", sitemap),
    path("sitemap-<int:number>.xml", sitemap_file),
    path("robots.txt", seo.robots_txt),
    path("site.webmanifest", seo.web_manifest, name="web_manifest"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}img/favicon.ico")),
    path(".well-known/security.txt", seo.security_txt),
    path("privacy/your-data/", your_data.ask, name="your_data"),
    path("privacy/your-data/asked/", your_data.asked, name="your_data_asked"),
    path("privacy/your-data/<str:token>/", your_data.show, name="your_data_of"),
    path("anymail/", include("newsletter.webhooks")),
    path("", include("newsletter.urls")),
    re_path(r"", include(wagtail_urls)),
]

handler400 = "vasite.serving.errors.bad_request"
handler403 = "vasite.serving.errors.permission_denied"
handler404 = "vasite.serving.errors.page_not_found"
handler500 = "vasite.serving.errors.server_error"
