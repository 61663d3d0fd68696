"""From a reader's form to a comment under the post."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from blog.models import BlogPostPage
from newsletter.forms import CommentForm
from newsletter.models import Comment
from vasite.business.models import BusinessSettings
from vasite.mail.letters import send_letter

logger = logging.getLogger("vasite.event")


def receive_comment(form: CommentForm, page: BlogPostPage) -> None:
    """Stores a valid form's comment, waiting, with the notice to the VA, once."""
    fields = form.cleaned_data
    comment = Comment(
        page=page,
        parent=Comment.objects.public().for_page(page).filter(pk=fields["parent"]).first(),
        name=fields["name"],
        email=fields["email"],
        comment=fields["comment"],
        status=Comment.Status.SPAM if form.looks_like_spam else Comment.Status.WAITING,
    )
    comment.set_content(str(page.pk), fields["name"], fields["email"], fields["comment"])
    if comment.is_repeated:
        return
    business = BusinessSettings.load()
    try:
        with transaction.atomic():
            comment.save()
            if business.email and comment.status == Comment.Status.WAITING:
                send_letter(
                    "newsletter/mail/comment_notice.html",
                    {"comment": comment, "site_url": settings.SITE_URL},
                    subject=f"A comment waits: {page.title}",
                    to=[business.email],
                    reply_to=[comment.email],
                )
    except IntegrityError:
        return  # the same comment's other click arrived first
    logger.info("Comment %d was stored as %s", comment.pk, comment.status)


def moderate(comments: QuerySet[Comment], status: str) -> int:
    """Gives comments another status and tells how many changed."""
    return comments.exclude(status=status).update(status=status, moderated_at=timezone.now())
