"""A letter as its writer sees it before it goes out, and the page that it becomes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from newsletter.composing import Personal, compose
from newsletter.models import Campaign, NewsletterPage
from vasite.serving.middleware import MAIL_PREVIEW_POLICY


def preview(campaign: Campaign, request: HttpRequest, mode: str) -> HttpResponse:
    """Gives what `Campaign.preview_modes` names, as a reader called Ada would get it."""
    if mode == "page":
        return show_issue(campaign, request)
    letter = compose(campaign)
    personal = Personal(None, "Ada")
    html: str
    if mode == "text":
        words = "<!doctype html><title>{}</title><pre style='white-space: pre-wrap'>{}</pre>"
        html = format_html(words, campaign.public_title, personal.fill(letter.text))
    else:
        html = personal.fill_html(letter.html)
    if mode == "dark":
        html = html.replace("@media (prefers-color-scheme: dark)", "@media all")
    response = HttpResponse(html)
    response["Content-Security-Policy"] = MAIL_PREVIEW_POLICY
    return response


def show_issue(campaign: Campaign, request: HttpRequest) -> HttpResponse:
    """Gives the letter's page in the archive, without anything personal."""
    body = campaign.body.render_as_block({"request": request})
    context = {
        "page": NewsletterPage.objects.live().first(),
        "title": campaign.public_title,
        "campaign": campaign,
        "body": mark_safe(Personal(None, campaign.nameless).fill_html(body)),  # noqa: S308 - rendered blocks
    }
    return render(request, "newsletter/issue.html", context)
