"""Every address of the site."""

from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents.views import serve as documents

from blog.feeds import blog_feed
from vasite.accounts.views import session
from vasite.content.sharing import shared_preview
from vasite.forms.bulk_actions import bulk_action
from vasite.forms.views import challenge
from vasite.home import private_pages, your_data
from vasite.home.metrics import metrics
from vasite.home.password_reset import PasswordResetView
from vasite.home.search import views as search
from vasite.seo import views as seo
from vasite.seo.sitemap import sitemap, sitemap_file
from vasite.serving import views as serving

urlpatterns = [
    path("admin/password_reset/", never_cache(PasswordResetView.as_view())),
    path("admin/bulk/<str:app_label>/<str:model_name>/<str:action>/", bulk_action),
    path("admin/session/", session, name="session"),
    path("admin/", include(wagtailadmin_urls)),
    path(
        "_util/authenticate_with_password/<number:restriction_id>/<number:page_id>/",
        private_pages.open_page,
        name="open_page",
    ),
    path(
        "documents/authenticate_with_password/<number:restriction_id>/",
        private_pages.open_documents,
        name="open_documents",
    ),
    path(
        "_util/sign-in/<str:kind>/<number:restriction_id>/", private_pages.sign_in, name="sign_in"
    ),
    path("_util/login/", RedirectView.as_view(pattern_name="wagtailadmin_login")),
    path(
        "documents/<number:document_id>/<path:document_filename>",
        require_safe(documents.serve),
        name="wagtaildocs_serve",
    ),
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
    path("sitemap-<number:number>.xml", sitemap_file),
    path("robots.txt", seo.robots_txt),
    path("site.webmanifest", seo.web_manifest, name="web_manifest"),
    path("favicon.ico", seo.icon, {"name": "favicon.ico"}),
    path("apple-touch-icon.png", seo.icon, {"name": "apple-touch-icon.png"}),
    path("apple-touch-icon-precomposed.png", seo.icon, {"name": "apple-touch-icon.png"}),
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
handler404 = "vasite.home.not_found.page_not_found"
handler500 = "vasite.serving.errors.server_error"
