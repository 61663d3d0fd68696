"""What a letter is written with: the site's own blocks, as far as mail programs show them."""

from __future__ import annotations

from typing import Any

from wagtail import blocks

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


class PostsBlock(blocks.StructBlock):
    """Posts of the blog, each with its title and summary."""

    heading = blocks.CharBlock(max_length=120, default="New on the blog")
    posts = blocks.ListBlock(blocks.PageChooserBlock("blog.BlogPostPage"), min_num=1)

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        posts = [post.specific for post in value["posts"] if post and post.live]
        return super().get_context(value, parent_context) | {"posts": posts}

    class Meta:
        icon = "list-ul"
        template = "newsletter/posts.html"
        description = "Posts of your blog, with a link to each"


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
