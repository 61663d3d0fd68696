"""Posts that begin with a shape: what a writer fills in instead of an empty page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from blog.models import BlogIndexPage, BlogPostPage


@dataclass(frozen=True)
class Shape:
    """A way to write a post: its name, a title to be changed, and blocks with guiding words."""

    name: str
    title: str
    introduction: str
    body: list[tuple[str, Any]]


def section(text: str) -> tuple[str, Any]:
    return "heading", {"text": text, "level": "2"}


def words(text: str) -> tuple[str, str]:
    return "text", f"<p>{text}</p>"


def action(heading: str) -> tuple[str, Any]:
    return "call_to_action", {
        "heading": heading,
        "text": "",
        "button": "Get in touch",
        "page": None,
    }


SHAPES = {
    "announcement": Shape(
        "An announcement",
        "What is new",
        "What is new, from when on, and for whom. One or two sentences.",
        [
            words("What changes, and what that means for your clients."),
            section("From when on"),
            words("The day, and what anybody has to do until then. Often: nothing."),
            section("Why"),
            words("One honest reason."),
            action("Any questions?"),
        ],
    ),
    "how-to": Shape(
        "A how-to",
        "How to …",
        "What somebody can do after reading this, and how long it takes.",
        [
            words("Who has this problem, and how you noticed it."),
            section("What you need"),
            ("text", "<ul><li>The first thing</li><li>The second thing</li></ul>"),
            section("Step by step"),
            (
                "steps",
                {
                    "steps": [
                        {"title": "First", "text": "What to do, and how to see that it worked."},
                        {"title": "Then", "text": "The next thing."},
                    ]
                },
            ),
            section("If it does not work"),
            words("What usually goes wrong, and what helps."),
            action("Rather have it done?"),
        ],
    ),
    "client-story": Shape(
        "A client’s story",
        "How a … got their … back",
        "Who it was and what changed, in one sentence. Ask them before you publish it.",
        [
            section("How it was"),
            words("What piled up, with a figure if you have one."),
            section("What we did"),
            words("The two or three things that made the difference."),
            section("How it is now"),
            words("The figure again, and what they do with the time."),
            ("quote", {"text": "What they said.", "name": "", "role": "", "is_sample": True}),
            action("Does that sound familiar?"),
        ],
    ),
}


@require_POST
def start_post(request: HttpRequest, shape: str) -> HttpResponse:
    """Saves a draft of that shape and opens it in the editor; 404 for a shape there is not."""
    if shape not in SHAPES:
        raise Http404("No such shape of a post")
    chosen = SHAPES[shape]
    index = get_object_or_404(BlogIndexPage)
    if not index.permissions_for_user(request.user).can_add_subpage():
        raise PermissionDenied
    post = BlogPostPage(
        title=chosen.title,
        introduction=chosen.introduction,
        body=chosen.body,
        live=False,
        owner=request.user,
    )
    index.add_child(instance=post)
    post.save_revision(user=request.user)
    return redirect("wagtailadmin_pages:edit", post.pk)
