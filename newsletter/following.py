"""Readers who asked for it are told by mail when somebody answers in their thread.

Nobody is told before the VA approved the comment with which they asked, and an address that has
confirmed nothing yet is asked first.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from newsletter.models import Comment, Follow, Subscriber, email_key
from newsletter.threads import url_of
from vasite.business.models import BusinessSettings
from vasite.mail.letters import one_click, send_letter


def follow_up() -> int:
    """Tells of every comment that became public since the last time, once; gives their number."""
    due = Comment.objects.public().filter(followed_up_at=None).order_by("pk")
    for comment in due.select_related("page", "parent"):
        with transaction.atomic():
            waiting = Comment.objects.public().filter(pk=comment.pk, followed_up_at=None)
            if waiting.update(followed_up_at=timezone.now()):
                tell_followers(comment)
                if comment.wants_answers:
                    begin(comment)
    return len(due)


def tell_followers(comment: Comment) -> None:
    """Puts a mail about an answer into the outbox for each who follows its thread."""
    if comment.parent_id is None:
        return
    follows = Follow.objects.filter(thread_id=comment.thread_id, confirmed_at__isnull=False)
    known = {"comment": comment, "url": url_of(comment), "business": BusinessSettings.load()}
    for follow in follows.exclude(email_key=email_key(comment.email)):
        send_letter(
            "newsletter/mail/answer.html",
            known | {"follow": follow},
            subject=f"An answer to you: {comment.page.title}",
            to=[follow.email],
            headers=one_click(follow.end_url),
        )


def begin(comment: Comment) -> None:
    """Lets a comment's author follow its thread, at once or by a mail that asks to confirm."""
    key = email_key(comment.email)
    follow, is_new = Follow.objects.get_or_create(
        thread_id=comment.thread_id,
        email_key=key,
        defaults={
            "email": comment.email,
            "confirmed_at": timezone.now() if is_confirmed(key) else None,
        },
    )
    if is_new and not follow.confirmed_at:
        business = BusinessSettings.load()
        send_letter(
            "newsletter/mail/follow.html",
            {"comment": comment, "url": url_of(comment), "follow": follow, "business": business},
            subject=f"Your comment is public: shall {business.name} tell you of answers?",
            to=[follow.email],
        )


def is_confirmed(key: str) -> bool:
    """Whether whoever reads an address's mails has confirmed it, here or for the newsletter."""
    return (
        Follow.objects.filter(email_key=key, confirmed_at__isnull=False).exists()
        or Subscriber.objects.confirmed().filter(email_key=key).exists()
    )
