"""Readers who asked for it are told by mail when somebody answers in their thread.

Nobody is told before the VA approved the comment with which they asked, and each address is asked
first: whoever typed it need not be its owner, even where it confirmed something else before.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from blog.models import BlogPostPage
from newsletter.models import Comment, Follow
from newsletter.threads import discussion_of, url_of
from vasite.business.models import BusinessSettings
from vasite.content.visibility import visible
from vasite.mail.letters import one_click, send_letter
from vasite.retention import RETENTION


def unannounced() -> QuerySet[Comment]:
    """Return the comments that became public since the last time; those under a post that not
    everybody may see wait until everybody may."""
    due = Comment.objects.public().filter(followed_up_at=None)
    posts = visible(BlogPostPage.objects.all())
    return due.filter(page__in=posts.values("pk")).select_related("page", "parent")


def follow_up_on(comment: Comment) -> None:
    """Tell of one comment that became public, once, unless the post shows no comments."""
    if not discussion_of(comment.page).is_shown:
        return
    with transaction.atomic():
        waiting = Comment.objects.public().filter(pk=comment.pk, followed_up_at=None)
        if waiting.update(followed_up_at=timezone.now()):
            tell_followers(comment)
            if comment.wants_answers:
                begin(comment)


def tell_followers(comment: Comment) -> None:
    """Puts a mail about an answer into the outbox for each who follows its thread."""
    if comment.parent_id is None:
        return
    follows = Follow.objects.filter(thread_id=comment.thread_id, confirmed_at__isnull=False)
    known = {"comment": comment, "url": url_of(comment), "business": BusinessSettings.load()}
    for follow in follows.exclude(email_key=comment.email_key):
        send_letter(
            "newsletter/mail/answer.html",
            known | {"follow": follow},
            subject=f"An answer to you: {comment.page.title}",
            to=[follow.email],
            headers=one_click(follow.end_url),
            about=comment,
            purpose="reply",
        )


def begin(comment: Comment) -> None:
    """Ask a comment's author by email to confirm that they want to follow its thread."""
    follow, is_new = Follow.objects.get_or_create(
        thread_id=comment.thread_id,
        email_key=comment.email_key,
        defaults={"email": comment.email},
    )
    if is_new:
        business = BusinessSettings.load()
        send_letter(
            "newsletter/mail/follow.html",
            {"comment": comment, "url": url_of(comment), "follow": follow, "business": business},
            subject=f"Your comment is public: shall {business.name} tell you of answers?",
            to=[follow.email],
            rate_limit="thread",
            about=follow,
            purpose="confirm",
        )


def unconfirmed() -> QuerySet[Follow]:
    """Return the addresses that did not confirm in time, to be deleted."""
    before = timezone.now() - RETENTION["unconfirmed_follows"].period
    return Follow.objects.filter(confirmed_at=None, asked_at__lt=before)
