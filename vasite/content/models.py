"""The image model, and what every page type has in common."""

from __future__ import annotations

from django.db import models
from django.utils.text import Truncator
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.models import Page
from wagtail.rich_text import get_text_for_indexing as text_from_html
from wagtail.search import index

from vasite.content.blocks import ContentBlocks

ALT_TEXT_HELP = (
    "Say what the picture shows to somebody who can't see it, as you would on the telephone: "
    "“A tidy desk with a laptop and a cup of tea”, not words for search engines."
)


class SiteImage(AbstractImage):
    """An uploaded picture. `description` is its alt text; a decorative one has none."""

    is_decorative = models.BooleanField(
        "decorative",
        default=False,
        help_text="Tick this if the picture only pleases the eye: screen readers then skip it.",
    )

    admin_form_fields = (
        "title",
        "file",
        "description",
        "is_decorative",
        "collection",
        "tags",
        "focal_point_x",
        "focal_point_y",
        "focal_point_width",
        "focal_point_height",
    )

    class Meta(AbstractImage.Meta):
        verbose_name = "picture"
        verbose_name_plural = "pictures"

    @property
    def default_alt_text(self) -> str:
        """The alt text that a page uses when it gives none of its own."""
        return "" if self.is_decorative else self.description


SiteImage._meta.get_field("description").verbose_name = "alt text"
SiteImage._meta.get_field("description").help_text = ALT_TEXT_HELP


class SiteRendition(AbstractRendition):
    """A picture in one width and format."""

    image = models.ForeignKey(SiteImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("image", "filter_spec", "focal_point_key"), name="unique_rendition"
            )
        ]


class ContentPage(Page):
    """A page with an introduction and a body of the shared blocks."""

    introduction = models.TextField(
        blank=True,
        max_length=400,
        help_text="One or two sentences under the title. Also shown where the page is listed.",
    )
    body = StreamField(ContentBlocks(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("introduction"), FieldPanel("body")]
    search_fields = [
        *Page.search_fields,
        index.SearchField("introduction"),
        index.SearchField("body"),
    ]

    class Meta:
        abstract = True

    @property
    def summary(self) -> str:
        """What lists, search results and previews say of the page."""
        return self.search_description or self.introduction or self.opening

    @property
    def opening(self) -> str:
        """The first words of the text, for a page whose author wrote no introduction."""
        texts = (child["value"] for child in self.body.raw_data if child["type"] == "text")
        return Truncator(text_from_html(next(texts, ""))).words(30, truncate=" …")

    @property
    def words(self) -> list[str]:
        """The words of introduction and body."""
        body = self.body.stream_block.get_searchable_content(self.body)
        return " ".join([self.introduction, *body]).split()

    @property
    def first_picture(self) -> SiteImage | None:
        """The first picture in the body."""
        pictures = (block.value["picture"] for block in self.body if block.block_type == "picture")
        return next(pictures, None)
