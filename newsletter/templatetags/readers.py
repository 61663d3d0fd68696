"""`{% comments page %}` and `{% subscribe_form %}`: what other apps' templates ask of this one."""

from __future__ import annotations

from typing import Any

from crispy_forms.utils import render_crispy_form
from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe

from blog.models import BlogPostPage
from newsletter.forms import CommentForm, SubscribeForm
from newsletter.models import NewsletterPage
from newsletter.threads import discussion_of
from vasite.pagecache.remembering import remembered

register = template.Library()


@register.inclusion_tag("components/comments.html", takes_context=True)
def comments(context: Context, page: BlogPostPage) -> dict[str, Any]:
    """The public comments of a post and the form; a faulty form as it was sent."""
    discussion = discussion_of(page)
    action = reverse("newsletter:comment", args=[page.pk]) if page.pk else ""
    form = getattr(context["request"], "comment_form", None)
    if form is None and discussion.is_open:
        if not discussion.answered:
            return {"discussion": discussion, "empty_form": empty_comment_form(action)}
        form = CommentForm(action=action, initial={"parent": discussion.answered.pk})
    return {"discussion": discussion, "form": form}


def empty_comment_form(action: str) -> str:
    """Gives the form as it stands under every post, but for where it is sent to."""
    form = CommentForm(action="ACTION")
    html = remembered("empty comment form", lambda: render_crispy_form(form))
    return mark_safe(html.replace("ACTION", escape(action)))  # noqa: S308 - crispy escaped it


@register.simple_tag(takes_context=True)
def subscribe_form(context: Context, level: int = 2) -> str:
    """The newsletter's box, with its heading's level; nothing while there is no such page."""
    sent = getattr(context["request"], "subscribe_form", None)
    if sent is not None:
        return render_box(sent, level)
    empty = SubscribeForm(action=reverse("newsletter:subscribe"))
    return remembered(f"empty box, level {level}", lambda: render_box(empty, level))


def render_box(form: SubscribeForm, level: int) -> str:
    page = NewsletterPage.objects.live().first()
    return render_to_string(
        "components/subscribe.html", {"page": page, "form": form, "level": level}
    )
