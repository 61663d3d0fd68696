"""What the VA does with comments: decide, answer, edit, and say whose she trusts."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from newsletter.models import AuthorRule, Comment
from newsletter.tasks import follow_up
from vasite.business.models import BusinessSettings
from vasite.forms.spam.deciding import decide
from vasite.pagecache.watching import withdraw
from vasite.serving.queue import enqueue_once


def moderate(comments: QuerySet[Comment], status: str) -> int:
    """Gives comments another status and tells how many changed."""
    changed = decide(comments, status, moderated_at=timezone.now())
    if status == Comment.Status.APPROVED:
        enqueue_once(follow_up)
    else:
        transaction.on_commit(withdraw)
    return changed


def answer(comment: Comment, text: str) -> Comment:
    """Publishes the author's answer below a comment, which is thereby approved, and gives it."""
    business = BusinessSettings.load()
    reply = Comment(
        page=comment.page,
        parent=comment.parent or comment,
        name=business.person_name or business.name,
        email=business.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        comment=text,
        status=Comment.Status.APPROVED,
        is_author=True,
        moderated_at=timezone.now(),
    )
    reply.set_content(str(comment.pk), "author", text)
    with transaction.atomic():
        if not reply.is_repeated:
            reply.save()
        moderate(Comment.objects.filter(pk=comment.pk), Comment.Status.APPROVED)
    return reply


def set_rule(comment: Comment, rule: str) -> None:
    """Trusts or blocks a comment's author from here on; an empty rule forgets what was said.

    The comment itself is decided on as well.
    """
    key = comment.email_key
    if not rule:
        AuthorRule.objects.filter(email_key=key).delete()
        return
    AuthorRule.objects.update_or_create(email_key=key, defaults={"rule": rule})
    is_trusted = rule == AuthorRule.Rule.TRUSTED
    moderate(
        Comment.objects.filter(pk=comment.pk),
        Comment.Status.APPROVED if is_trusted else Comment.Status.SPAM,
    )
