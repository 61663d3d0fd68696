from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from blog.models import BlogPostPage
from newsletter.admin.campaigns import CampaignViewSet
from newsletter.admin.comments import (
    ApproveAction,
    AuthorRuleViewSet,
    CommentViewSet,
    MarkSpamCommentAction,
    RejectAction,
)
from newsletter.admin.deleting import ask_before_deleting_comments, ask_before_deleting_pages
from newsletter.admin.reports import UnreadReportViewSet
from newsletter.admin.subscribers import (
    BlockAction,
    BouncedAction,
    ComplainedAction,
    LetInAction,
    SubscriberViewSet,
)
from newsletter.models import Campaign, ErasedAddress, Subscriber
from newsletter.views import show_comments

register_snippet(CommentViewSet)
register_snippet(SubscriberViewSet)
register_snippet(CampaignViewSet)
register_snippet(AuthorRuleViewSet)
register_snippet(UnreadReportViewSet)
actions = (
    *(ApproveAction, RejectAction, MarkSpamCommentAction),
    *(LetInAction, BlockAction, BouncedAction, ComplainedAction),
)
for action in actions:
    hooks.register("register_bulk_action", action)


@hooks.register("before_serve_page")
def choose_comments(page: Page, request: HttpRequest, args: Any, kwargs: Any) -> None:
    """Shows the page of comments, and the form for the answer, that the address asks for."""
    if isinstance(page, BlogPostPage):
        show_comments(page, request)


@hooks.register("insert_global_admin_js")
def moderation_by_keyboard() -> str:
    return format_html('<script type="module" src="{}"></script>', static("js/moderation.js"))


@hooks.register("after_delete_snippet")
def remember_erased(request: HttpRequest, instances: Iterable[Any]) -> None:
    """Keeps the hash of an address that the VA erased, one or many."""
    ErasedAddress.keep(one.email_key for one in instances if isinstance(one, Subscriber))


@hooks.register("before_delete_snippet")
def keep_letters_under_way(request: HttpRequest, instances: Iterable[Any]) -> HttpResponse | None:
    """Leaves a letter that goes out where it is: stopped first, it can be deleted."""
    if any(isinstance(one, Campaign) and one.is_under_way for one in instances):
        messages.error(request, "A letter that is going out can’t be deleted. Stop it first.")
        return redirect("campaigns:list")
    return None


@hooks.register("before_delete_page")
def ask_about_comments(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Asks before a page's comments are deleted with it, if it can be deleted at all."""
    return None if getattr(page, "must_stay", False) else ask_before_deleting_pages(request, [page])


@hooks.register("before_bulk_action")
def ask_about_comments_of_many(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> HttpResponse | None:
    """Asks before the comments of many pages are deleted with them."""
    pages = [one for one in objects if isinstance(one, Page)]
    return ask_before_deleting_pages(request, pages) if action_type == "delete" else None


@hooks.register("before_delete_snippet")
def ask_about_answers(request: HttpRequest, instances: Iterable[Any]) -> HttpResponse | None:
    """Asks before the answers to a comment are deleted with it."""
    return ask_before_deleting_comments(request, instances)
