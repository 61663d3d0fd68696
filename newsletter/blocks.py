"""What a letter is written with: the site's own blocks, as far as mail programs show them."""

from __future__ import annotations

from typing import Any

from wagtail import blocks

from blog.models import BlogPostPage
from vasite.content.blocks import (
    BodyBlocks,
    CallToActionBlock,
    FaqBlock,
    HeadingBlock,
    HintBlock,
    PictureBlock,
    PriceTableBlock,
    QuoteBlock,
    StepsBlock,
    TextBlock,
)
from vasite.content.visibility import visible


class PostsBlock(blocks.StructBlock):
    """Posts of the blog that anybody may see, each with its title and summary."""

    heading = blocks.CharBlock(max_length=120, default="New on the blog")
    posts = blocks.ListBlock(blocks.PageChooserBlock("blog.BlogPostPage"), min_num=1)

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        return super().get_context(value, parent_context) | {"posts": shown_posts(value)}

    class Meta:
        icon = "list-ul"
        template = "newsletter/posts.html"
        description = "Posts of your blog, with a link to each"


def post_keys(value: Any) -> list[int]:
    """Return the keys of the posts that a PostsBlock names and that are still there."""
    return [post.pk for post in value["posts"] if post]


def shown_posts(value: Any) -> list[BlogPostPage]:
    """Return the posts of a PostsBlock that anybody may see, in its order."""
    keys = post_keys(value)
    shown = visible(BlogPostPage.objects.filter(pk__in=keys)).in_bulk()
    return [shown[key] for key in keys if key in shown]


class LetterBlocks(BodyBlocks):
    """A letter's body. Each block has a second template, newsletter/mail/blocks/<name>.html."""

    text = TextBlock(required=False)
    heading = HeadingBlock()
    picture = PictureBlock()
    posts = PostsBlock()
    call_to_action = CallToActionBlock()
    quote = QuoteBlock()
    hint = HintBlock()
    steps = StepsBlock()
    price_table = PriceTableBlock()
    faq = FaqBlock()
