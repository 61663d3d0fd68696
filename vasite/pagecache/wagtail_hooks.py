from typing import Any

from django.http import HttpRequest
from wagtail import hooks
from wagtail.models import Page

from vasite.pagecache.keeping import KEPT


@hooks.register("before_serve_page", order=1000)  # after those that let nobody in
def keep_page(page: Page, request: HttpRequest, args: Any, kwargs: Any) -> None:
    """Lets a page's answer be kept."""
    request.META[KEPT] = getattr(page, "query_names", ())
