"""From a reader's form to a comment under the post."""

from __future__ import annotations

import logging

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from blog.models import BlogPostPage
from newsletter.forms import CommentForm
from newsletter.models import AuthorRule, Comment
from newsletter.tokens import signed_url
from vasite.business.models import BusinessSettings
from vasite.forms.spam.judging import judge
from vasite.forms.submissions import Label
from vasite.forms.text_quota import count_text
from vasite.mail.letters import send_letter

logger = logging.getLogger("vasite.event")


def receive_comment(request: HttpRequest, form: CommentForm, page: BlogPostPage) -> None:
    """Stores a valid form's comment, waiting or as spam, with the notice to the VA, once."""
    fields = form.cleaned_data
    comment = Comment(
        page=page,
        parent=thread_of(page, fields["parent"]),
        name=fields["name"],
        email=fields["email"],
        comment=fields["comment"],
        wants_answers=fields["wants_answers"],
    )
    comment.set_content(str(page.pk), fields["name"], fields["email"], fields["comment"])
    if comment.is_repeated:
        return
    verdict = judge(request, form, text=comment.words)
    try:
        with transaction.atomic():
            count_text(request, form)
            verdict.spend_proof()
            verdict.pass_on(comment)
            if comment.verdict == Label.SPAM:
                comment.status = Comment.Status.SPAM
            AuthorRule.apply(comment)
            has_notice = comment.status == Comment.Status.WAITING and comment.has_own_notice()
            comment.save()
            verdict.leave_traces()
            if has_notice:
                send_notice(comment)
    except IntegrityError:
        if not comment.is_repeated:
            raise
        return  # the same comment's other click arrived first
    logger.info("Comment %d was stored as %s", comment.pk, comment.verdict)


def thread_of(page: BlogPostPage, answered: int | None) -> Comment | None:
    """Gives the comment that begins the thread of an answer: answers are one level deep."""
    comment = Comment.objects.public().for_page(page).filter(pk=answered).first()
    return comment.parent or comment if comment else None


def send_notice(comment: Comment) -> None:
    """Puts the notice to the VA into the outbox."""
    business = BusinessSettings.load()
    if business.email:
        send_letter(
            "newsletter/mail/comment_notice.html",
            {
                "business": business,
                "comment": comment,
                "moderate_url": signed_url("moderate", comment.pk),
            },
            subject=f"A comment waits: {comment.page.title}",
            to=[business.email],
            reply_to=[comment.email],
            rate_limit="notification",
            about=comment,
            purpose="notice",
        )
