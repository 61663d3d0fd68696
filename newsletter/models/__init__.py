"""The readers: subscribers, comments under posts, and who is told of answers to them."""

from newsletter.models.comments import AuthorRule, Comment, CommentQuerySet, CommentSettings, Follow
from newsletter.models.subscribers import NewsletterPage, Subscriber, email_key

__all__ = [
    "AuthorRule",
    "Comment",
    "CommentQuerySet",
    "CommentSettings",
    "Follow",
    "NewsletterPage",
    "Subscriber",
    "email_key",
]
