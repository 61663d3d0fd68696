"""The posts in the admin's menu."""

from __future__ import annotations

from blog.models import BlogPostPage
from vasite.content.admin import PagesViewSet


class PostViewSet(PagesViewSet):
    model = BlogPostPage
    name = "posts"
    icon = "edit"
    menu_label = "Blog posts"
    menu_order = 110
