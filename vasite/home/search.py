"""Search over pages and posts."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail.models import Page

RESULTS_A_PAGE = 20
QUERY_LIMIT = 200


def search(request: HttpRequest) -> HttpResponse:
    """`/search/?q=`: pages and posts that hold the words, best first; never indexed."""
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:QUERY_LIMIT]
    found = (
        Page.objects.live().public().filter(depth__gt=2).specific().search(query) if query else []
    )
    results = Paginator(found, RESULTS_A_PAGE).get_page(request.GET.get("page"))
    context = {"query": query, "results": results}
    return render(request, "home/search.html", context)
