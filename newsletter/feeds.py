"""The feed of the letters that have gone out: whole letters (Atom, RFC 4287)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.utils.html import escape
from django.views.decorators.http import conditional_page, require_safe

from blog.feeds import WholePostFeed
from newsletter.composing import Personal, body_html
from newsletter.models import Campaign, NewsletterPage
from vasite.business.models import BusinessSettings
from vasite.characters import clean_text
from vasite.content.rich_text import with_whole_addresses
from vasite.content.visibility import path_of
from vasite.pagecache.keeping import kept

LETTERS_IN_FEED = 20


class CampaignFeed(Feed):
    feed_type = WholePostFeed
    feed_url = f"{settings.SITE_URL}/newsletter/feed/"

    def get_object(self, request: HttpRequest) -> BusinessSettings:
        return BusinessSettings.load()

    def title(self, business: BusinessSettings) -> str:
        return clean_text(f"Newsletter – {business.name}")

    def link(self, business: BusinessSettings) -> str:
        return NewsletterPage.address()

    def author_name(self, business: BusinessSettings) -> str:
        return clean_text(business.person_name or business.name)

    def items(self, business: BusinessSettings) -> list[Campaign]:
        if not path_of(NewsletterPage):
            return []
        return list(Campaign.objects.public()[:LETTERS_IN_FEED])

    def item_title(self, campaign: Campaign) -> str:
        return clean_text(campaign.public_title)

    def item_link(self, campaign: Campaign) -> str:
        return campaign.url

    def item_description(self, campaign: Campaign) -> str:
        html = Personal(None, campaign.nameless).fill_html(body_html(campaign))
        return clean_text(with_whole_addresses(html, campaign.url))

    def item_extra_kwargs(self, campaign: Campaign) -> dict[str, Any]:
        return {"summary": clean_text(escape(campaign.preheader))}

    def item_pubdate(self, campaign: Campaign) -> datetime | None:
        return campaign.started_at


campaign_feed = kept()(require_safe(conditional_page(CampaignFeed())))
