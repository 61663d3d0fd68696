"""The readers: subscribers, comments under posts, and who is told of answers to them."""

from newsletter.models.campaigns import Campaign, Delivery, LetterLink, SendingSettings
from newsletter.models.comments import AuthorRule, Comment, CommentQuerySet, CommentSettings, Follow
from newsletter.models.imports import SubscriberImport
from newsletter.models.reports import UnreadReport
from newsletter.models.subscribers import (
    ErasedAddress,
    NewsletterPage,
    Subscriber,
    SubscriberEvent,
)

__all__ = [
    "AuthorRule",
    "Campaign",
    "Comment",
    "CommentQuerySet",
    "CommentSettings",
    "Delivery",
    "ErasedAddress",
    "Follow",
    "LetterLink",
    "NewsletterPage",
    "SendingSettings",
    "Subscriber",
    "SubscriberEvent",
    "SubscriberImport",
    "UnreadReport",
]
