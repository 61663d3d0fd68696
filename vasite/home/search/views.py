"""`/search/?q=` and the suggestions of its box."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from wagtail.models import Page

from vasite.home.search.excerpts import excerpt
from vasite.home.search.finding import KINDS, clean_query, complete, find, suggestion
from vasite.pagecache.keeping import kept

RESULTS_A_PAGE = 20
SUGGESTIONS = 6


@kept("q", "kind", "page")
def search(request: HttpRequest) -> HttpResponse:
    """Shows the pages that hold the words, best first, or what may have been meant."""
    query = clean_query(request.GET.get("q", ""))
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    results = Paginator(find(query, kind), RESULTS_A_PAGE).get_page(request.GET.get("page"))
    pages = Page.objects.filter(pk__in=[page.pk for page in results]).specific()
    by_key = {page.pk: page for page in pages}
    shown = [by_key[page.pk] for page in results if page.pk in by_key]
    for page in shown:
        page.excerpt = excerpt(page.text, query)
    context = {
        "query": query,
        "kind": kind,
        "kinds": KINDS,
        "results": results,
        "shown": shown,
        "suggestion": "" if shown else suggestion(query),
    }
    return render(request, "home/search.html", context)


@kept("q")
def suggest(request: HttpRequest) -> JsonResponse:
    """Gives `[{"title": …, "url": …}]` of pages whose titles begin with the words typed so far."""
    found = complete(clean_query(request.GET.get("q", "")))[:SUGGESTIONS]
    entries = [{"title": page.title, "url": page.get_url(request)} for page in found]
    return JsonResponse(entries, safe=False, headers={"X-Robots-Tag": "noindex"})
