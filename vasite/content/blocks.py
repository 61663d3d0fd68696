"""The blocks that every page is written with. Each renders templates/components/<name>.html."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

from vasite.content.prices import Price, Unit
from vasite.content.rich_text import Anchors, expand_all, public_html
from vasite.content.video import Video, parse_video_url

LOREM = "Here stands a sentence or two in your own words."


class HeadingBlock(blocks.StructBlock):
    """A heading inside the page. Level 2 begins a section, level 3 a part of it."""

    text = blocks.CharBlock(max_length=120)
    level = blocks.ChoiceBlock(choices=[("2", "Section"), ("3", "Part of a section")], default="2")

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        anchors = context.get("anchors") or Anchors()
        return context | {"anchor": anchors.name(value.get("text") or "")}

    class Meta:
        icon = "title"
        template = "components/heading.html"
        description = "A heading that begins a section or a part of one"
        preview_value = {"text": "How we start", "level": "2"}
        label_format = "{text}"


class PictureBlock(blocks.StructBlock):
    """A picture with an optional caption."""

    picture = ImageBlock()
    caption = blocks.CharBlock(required=False, max_length=200)

    class Meta:
        icon = "image"
        template = "components/figure.html"
        description = "A picture, with a caption if you like"
        preview_template = "components/previews/figure.html"
        preview_value = {"picture": None, "caption": "A caption under the picture"}


class QuoteBlock(blocks.StructBlock):
    """What somebody said: a testimonial or a quotation."""

    text = blocks.TextBlock(max_length=1000)
    name = blocks.CharBlock(required=False, max_length=80)
    role = blocks.CharBlock(
        required=False, max_length=80, label="Role or business", help_text="“Florist, Malvern”"
    )
    is_sample = blocks.BooleanBlock(
        required=False,
        label="Sample",
        help_text="Shows “Sample” beside it. Take the tick away once a real client said it.",
    )

    class Meta:
        icon = "openquote"
        template = "components/quote.html"
        description = "A testimonial or a quotation"
        preview_value = {
            "text": "My inbox is empty on Friday and I know that nothing fell through.",
            "name": "A client",
            "role": "Florist, Malvern",
            "is_sample": True,
        }


class CallToActionBlock(blocks.StructBlock):
    """The one thing a reader should do next."""

    heading = blocks.CharBlock(max_length=100)
    text = blocks.TextBlock(required=False, max_length=300)
    button = blocks.CharBlock(max_length=40, default="Get in touch")
    page = blocks.PageChooserBlock(required=False, help_text="Left empty: the contact page.")

    class Meta:
        icon = "pick"
        template = "components/call_to_action.html"
        description = "A box with a button to another page"
        preview_value = {
            "heading": "Shall we talk?",
            "text": "The first half hour costs nothing.",
            "button": "Get in touch",
            "page": None,
        }
        label_format = "{heading}"


class QuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(max_length=200)
    answer = blocks.RichTextBlock(features=["bold", "italic", "ol", "ul", "link"])


class FaqBlock(blocks.StructBlock):
    """Questions with answers that open at a tap."""

    questions = blocks.ListBlock(QuestionBlock(), min_num=1)

    class Meta:
        icon = "help"
        template = "components/faq.html"
        label = "Questions and answers"
        description = "Questions that open to show their answers"
        preview_value = {
            "questions": [{"question": "How do we start?", "answer": "<p>With a call.</p>"}]
        }


class PriceValue(blocks.StructValue):
    @property
    def price(self) -> Price | str:
        """The price with its unit; nothing before one was given."""
        return Price(self["amount"], self["unit"]) if self["amount"] is not None else ""


class PriceBlock(blocks.StructBlock):
    """A package and what it costs."""

    name = blocks.CharBlock(max_length=80, help_text="“Ten hours”")
    amount = blocks.DecimalBlock(
        min_value=0, max_value=1_000_000, decimal_places=2, label="Price in £"
    )
    unit = blocks.ChoiceBlock(choices=Unit.choices, default=Unit.ONCE, label="Price is for")
    text = blocks.CharBlock(required=False, max_length=200, label="What it includes")

    class Meta:
        icon = "tag"
        label_format = "{name}"
        value_class = PriceValue


class PriceTableBlock(blocks.StructBlock):
    """Packages and what they cost."""

    caption = blocks.CharBlock(max_length=100, default="Prices")
    prices = blocks.ListBlock(PriceBlock(), min_num=1)

    class Meta:
        icon = "table"
        template = "components/price_table.html"
        description = "A table of packages and prices"
        preview_value = {
            "caption": "Packages",
            "prices": [
                {"name": "Ten hours", "amount": 280, "unit": "once", "text": "For 3 months"}
            ],
        }
        label_format = "{caption}"


class StepBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80)
    text = blocks.TextBlock(max_length=400)


class StepsBlock(blocks.StructBlock):
    """How something is done, in order."""

    steps = blocks.ListBlock(StepBlock(), min_num=2)

    class Meta:
        icon = "list-ol"
        template = "components/steps.html"
        description = "Numbered steps, such as how you work with a client"
        preview_value = {
            "steps": [
                {"title": "We talk", "text": LOREM},
                {"title": "You hand over", "text": LOREM},
            ]
        }


class VideoBlock(blocks.StructBlock):
    """A video that is fetched from its host only once somebody asks for it."""

    url = blocks.URLBlock(label="Address", help_text="Of its page on YouTube or Vimeo")
    title = blocks.CharBlock(max_length=120, help_text="What the video shows")

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        try:
            parse_video_url(cleaned["url"] or "")
        except ValueError:
            if cleaned["url"]:
                raise blocks.StructBlockValidationError(
                    block_errors={
                        "url": ValidationError(
                            "Only videos on YouTube and Vimeo can be shown. Copy the address "
                            "of the video's page there."
                        )
                    }
                ) from None
        return cleaned

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        try:
            context["video"] = parse_video_url(value.get("url") or "")
        except ValueError:
            context["video"] = Video(value.get("url") or "", "")
        return context

    class Meta:
        icon = "media"
        template = "components/video.html"
        description = "A video from YouTube or Vimeo; nothing is loaded before a click"
        preview_value = {"url": "https://vimeo.com/1", "title": "How I plan a week"}


class HintBlock(blocks.StructBlock):
    """A remark set apart from the text."""

    text = blocks.RichTextBlock(features=["bold", "italic", "link"])

    class Meta:
        icon = "info-circle"
        template = "components/hint.html"
        description = "A remark that stands out from the text"
        preview_value = {"text": f"<p>{LOREM}</p>"}


class TextBlock(blocks.RichTextBlock):
    """Paragraphs, headings, lists and links: where most of what is written or pasted goes."""

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        anchors = context.get("anchors") or Anchors()
        html = public_html(value.source, anchors, context.get("expanded") or {})
        return context | {"html": html}

    class Meta:
        icon = "pilcrow"
        template = "components/text.html"
        description = "Paragraphs, lists and links"
        preview_value = f"<p>{LOREM}</p>"


class BodyBlocks(blocks.StreamBlock):
    """Abstract: blocks one below the other, whose links are resolved in one query and whose
    headings get names that differ."""

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        texts = expand_all(one.value.source for one in value if one.block_type == "text")
        context = super().get_context(value, parent_context)
        return context | {"anchors": Anchors(), "expanded": texts}

    class Meta:
        template = "components/content.html"


class ContentBlocks(BodyBlocks):
    """All of them, in the order in which a writer needs them."""

    text = TextBlock(required=False)
    heading = HeadingBlock()
    picture = PictureBlock()
    quote = QuoteBlock()
    call_to_action = CallToActionBlock()
    faq = FaqBlock()
    price_table = PriceTableBlock()
    steps = StepsBlock()
    video = VideoBlock()
    hint = HintBlock()
