"""The blog in the admin's menu: posts, and what they are gathered under."""

from __future__ import annotations

from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.snippets.views.snippets import SnippetViewSet

from blog.models import BlogPostPage, Category, Series
from vasite.content.admin import PagesViewSet


class PostViewSet(PagesViewSet):
    model = BlogPostPage
    name = "posts"
    icon = "edit"
    menu_label = "Posts"


class CategoryViewSet(SnippetViewSet):
    model = Category
    base_url_path = "categories"
    icon = "folder-open-inverse"
    list_display = ["name", "introduction"]
    copy_view_enabled = False


class SeriesViewSet(SnippetViewSet):
    model = Series
    base_url_path = "series"
    icon = "list-ol"
    list_display = ["name", "introduction"]
    copy_view_enabled = False


class BlogGroup(ViewSetGroup):
    menu_label = "Blog"
    menu_icon = "edit"
    menu_order = 110
    items = (PostViewSet, CategoryViewSet, SeriesViewSet)
