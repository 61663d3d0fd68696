"""The blog: its index with the archives, its posts, and what posts are gathered under."""

from blog.models.index import BlogIndexPage
from blog.models.posts import BlogPostPage, Kin, PostTag
from blog.models.topics import Category, Series

__all__ = ["BlogIndexPage", "BlogPostPage", "Category", "Kin", "PostTag", "Series"]
