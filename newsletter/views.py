"""What readers' forms and links lead to."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from blog.models import BlogPostPage, Category
from newsletter.commenting import receive_comment
from newsletter.forms import AnswerForm, CommentForm, PreferencesForm, SubscribeForm
from newsletter.models import Comment, Follow, LetterLink, NewsletterPage, Subscriber
from newsletter.models.subscribers import CONFIRM_BUTTON, CONFIRM_QUESTION
from newsletter.moderation import answer, moderate
from newsletter.subscribing import (
    keep_preferences,
    may_be_mailed,
    receive_address,
    send_reply,
)
from newsletter.threads import Discussion, discussion_of
from newsletter.tokens import BadTokenError, ExpiredTokenError, make_token, read_token
from vasite.content.visibility import path_of, visible
from vasite.forms.answers import SeeOther, with_faults
from vasite.forms.text_quota import count_text
from vasite.pagecache.keeping import kept
from vasite.serving.numbers import number_asked_for


def show_comments(page: BlogPostPage, request: HttpRequest) -> None:
    """Sets a post to the comments that `?comments=2` or `?answer=17` asks for.

    Raises Http404 for a page of comments that isn't there.
    """
    number, answered = (number_asked_for(request, name) for name in ("comments", "answer"))
    if number is None and answered is None:
        return
    discussion = Discussion(page, number or 1, answered or 0)
    if number is not None and not 1 < discussion.number <= discussion.page_count:
        raise Http404
    page._discussion = discussion


@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: HttpRequest, page_id: int) -> HttpResponse:
    """Takes a comment on a post; with faults, the post comes back with the form as it was."""
    page = get_object_or_404(visible(BlogPostPage.objects.all()), pk=page_id)
    if request.method != "POST":
        return redirect(page.get_url(request))
    form = CommentForm(request.POST, action=request.path)
    if form.is_valid() and not discussion_of(page).is_open:
        form.add_error(None, "Comments on this post are closed. Nothing was sent.")
    if form.is_valid():
        receive_comment(request, form, page)
        return SeeOther(f"{page.get_url(request)}#comment-received")
    request.comment_form = form  # type: ignore[attr-defined] - the comments' tag shows it
    return with_faults(page.serve(request))


@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Takes an address; with faults, the newsletter page comes back with the form as it was."""
    page = get_object_or_404(NewsletterPage.objects.live())
    if request.method != "POST":
        return redirect(page.get_url(request))
    form = SubscribeForm(request.POST, action=request.path)
    if form.is_valid():
        receive_address(request, form)
        return SeeOther(reverse("newsletter:thank_you"))
    if not path_of(NewsletterPage):  # private: not shown to whoever posts to this address
        raise Http404("No newsletter page for everybody")
    request.subscribe_form = form  # type: ignore[attr-defined] - the form's tag shows it
    return with_faults(page.archive(request))


@kept()
@require_safe
def thank_you(request: HttpRequest) -> HttpResponse:
    """Says to look for the mail, whatever was known of the address."""
    return render(request, "newsletter/thank_you.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, POST confirms: programs that follow links in mails confirm nothing."""
    try:
        subscriber = Subscriber.asked_to_confirm(read_token("confirm", token))
    except ExpiredTokenError as error:
        return send_new_link(request, Subscriber.asked_to_confirm(error.key))
    except BadTokenError:
        subscriber = None
    if subscriber is None:
        return render_result(request, "bad_link", 404)
    if subscriber.status == Subscriber.Status.CONFIRMED:
        return render_result(request, "confirmed")
    if request.method != "POST":
        return render_result(request, "confirm", question=CONFIRM_QUESTION, button=CONFIRM_BUTTON)
    subscriber.confirm()
    return SeeOther(request.path)


def send_new_link(request: HttpRequest, subscriber: Subscriber | None) -> HttpResponse:
    """Shows a button for a link that is too old; pressed, a new one is sent, one an hour."""
    if request.method != "POST":
        return render_result(request, "confirm_expired", 410)
    if subscriber and may_be_mailed(subscriber):
        send_reply(subscriber)
    return SeeOther(reverse("newsletter:thank_you"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, POST ends the subscription, also as RFC 8058's one click."""
    try:
        subscriber_id = read_token("unsubscribe", token)
    except BadTokenError:
        return render_result(request, "bad_link", 404)
    subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
    if subscriber is None or subscriber.is_gone:
        return render_result(request, "unsubscribed")
    if request.method != "POST":
        return render_result(request, "unsubscribe")
    subscriber.unsubscribe()
    return render_result(request, "unsubscribed")


unsubscribe.accepts_any_origin = True  # type: ignore[attr-defined] - a mail provider posts it


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what a subscriber gets, and takes what they want instead."""
    try:
        found = Subscriber.objects.filter(pk=read_token("preferences", token))
    except BadTokenError:
        return render_result(request, "bad_link", 404)
    subscriber = found.exclude(status__in=Subscriber.GONE).first()
    if subscriber is None:
        return render_result(request, "unsubscribed")
    page = NewsletterPage.objects.live().first()
    offered = page.topics.all() if page else Category.objects.none()
    form = PreferencesForm(
        request.POST or None,
        action=request.path,
        offered=offered,
        initial={
            "name": subscriber.name,
            "rhythm": subscriber.rhythm,
            "topics": subscriber.topics.all(),
        },
    )
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            count_text(request, form)
            keep_preferences(subscriber, **form.wishes)
        return SeeOther(f"{request.path}#kept")
    status = 422 if form.errors else 200
    return render_result(request, "preferences", status, form=form, subscriber=subscriber)


@never_cache
@require_safe
def go(request: HttpRequest, token: str) -> HttpResponse:
    """Counts that a link in a letter was followed, and leads to where it goes."""
    try:
        key = read_token("go", token)
    except BadTokenError:
        raise Http404("No link of a letter") from None
    link = get_object_or_404(LetterLink, pk=key)
    if request.method == "GET":
        LetterLink.objects.filter(pk=link.pk).update(clicks=F("clicks") + 1)
    response = redirect(link.address)
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def moderate_by_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Lets the holder of a notice decide on its comment: once, within three days.

    GET shows the comment with buttons, POST acts: programs that follow links decide nothing. A
    reply that was typed is not lost by another button: that asks first.
    """
    try:
        comment = Comment.objects.filter(pk=read_token("moderate", token)).first()
    except ExpiredTokenError:
        return render_result(request, "moderate_expired", 410)
    except BadTokenError:
        comment = None
    if comment is None:
        return render_result(request, "bad_link", 404)
    if comment.moderated_at:
        return render_result(request, "moderated", comment=comment)
    form = AnswerForm(request.POST or None, action=request.path)
    status = request.POST.get("without_reply") or request.POST.get("status")
    is_decision = status in {Comment.Status.APPROVED, Comment.Status.SPAM}
    has_reply = "without_reply" not in request.POST and request.POST.get("answer", "").strip()
    if is_decision and not has_reply:
        moderate(Comment.objects.filter(pk=comment.pk), status)
    elif request.method == "POST" and not is_decision and form.is_valid():
        answer(comment, form.cleaned_data["answer"])
    else:
        faults = 422 if request.method == "POST" else 200
        return render_result(
            request, "moderate", faults, comment=comment, form=form, has_reply=is_decision
        )
    return SeeOther(request.path)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, POST confirms that an address wants to be told of answers."""
    try:
        asked = Follow.objects.filter(pk=read_token("follow", token)).first()
    except BadTokenError:
        asked = None
    if asked is None:
        return render_result(request, "bad_link", 404)
    if request.method == "POST":
        Follow.objects.filter(pk=asked.pk, confirmed_at=None).update(confirmed_at=timezone.now())
        return SeeOther(request.path)
    return render_result(request, "follow", follow=asked)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unfollow(request: HttpRequest, token: str) -> HttpResponse:
    """Show two buttons; on POST, end one thread's emails (RFC 8058's one click) or all.

    The button for all says of which address, as another window may have ended the one.
    """
    try:
        ended = Follow.objects.filter(pk=read_token("unfollow", token)).first()
    except BadTokenError:
        return render_result(request, "bad_link", 404)
    if request.method == "POST":
        if "all" in request.POST:
            Follow.objects.filter(email_key=follower(ended, request.POST["all"])).delete()
        elif ended:
            ended.delete()
        ended = None
    of_all = make_token("unfollow_all", ended.email_key) if ended else ""
    return render_result(request, "unfollow", follow=ended, of_all=of_all)


def follower(ended: Follow | None, token: str) -> str:
    """Return the key of the address that a link or, once it is ended, its page is about."""
    if ended:
        return ended.email_key
    with suppress(BadTokenError):
        return read_token("unfollow_all", token)
    return ""


unfollow.accepts_any_origin = True  # type: ignore[attr-defined] - a mail provider posts it


def render_result(
    request: HttpRequest, name: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Gives a page about a link from a mail; its address never leaves with a click on it."""
    response = render(request, f"newsletter/{name}.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"
    return response
