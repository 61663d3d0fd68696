"""`/search/?q=` and the suggestions of its box."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from wagtail.models import Page

from services.models import ServicesIndexPage
from vasite.content.pagination import page_asked_for
from vasite.content.visibility import visible
from vasite.home.search.excerpts import excerpt
from vasite.home.search.finding import KINDS, clean_query, complete, find, suggestion
from vasite.pagecache.keeping import kept

RESULTS_A_PAGE = 20
SUGGESTIONS = 6


@kept("q", "kind", "page")
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Shows the pages that hold the words, best first, or what may have been meant."""
    query = clean_query(request.GET.get("q", ""))
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    results = page_asked_for(request, find(query, kind), RESULTS_A_PAGE)
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
        "pagination": results,
        "shown": shown,
        "suggestion": "" if shown else suggestion(query),
        "services_page": None if shown else visible(ServicesIndexPage.objects.all()).first(),
        "title": search_title(query, results.paginator.count),
    }
    return render(request, "home/search.html", context)


def search_title(query: str, count: int) -> str:
    if not query:
        return "Search"
    return f"“{query}”: {'1 result' if count == 1 else f'{count} results'}"


@kept("q")
@require_safe
def suggest(request: HttpRequest) -> JsonResponse:
    """Gives `[{"title": …, "url": …}]` of pages whose titles begin with the words typed so far."""
    found = complete(clean_query(request.GET.get("q", "")))[:SUGGESTIONS]
    entries = [{"title": page.title, "url": page.get_url(request)} for page in found]
    return JsonResponse(entries, safe=False, headers={"X-Robots-Tag": "noindex"})
