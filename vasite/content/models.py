"""The image model, and what every page type has in common."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from http import HTTPMethod
from typing import Any

from django.core.files import File
from django.db import models
from django.db.models import prefetch_related_objects
from django.utils.functional import cached_property
from django.utils.text import Truncator
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.images.models import (
    AbstractImage,
    AbstractRendition,
    Filter,
    ImageQuerySet,
    SourceImageIOError,
)
from wagtail.images.rect import Rect
from wagtail.locks import BaseLock, ScheduledForPublishLock
from wagtail.models import Page, PageViewRestriction
from wagtail.search import index

from vasite.content.blocks import ContentBlocks
from vasite.content.page_forms import ContentPageForm
from vasite.content.rich_text import Heading, outline, plain_text
from vasite.content.visibility import are_restricted, restricted_collections
from vasite.content.vocabulary import Word  # noqa: F401 - a model of this app
from vasite.damaged_files import DAMAGED_IMAGE
from vasite.serving.media import PRIVATE_FOLDER, is_private

ALT_TEXT_HELP = (
    "Say what the picture shows to somebody who can't see it, as you would on the telephone: "
    "“A tidy desk with a laptop and a cup of tea”, not words for search engines."
)


class SiteImageQuerySet(ImageQuerySet):
    def without_alt_text(self) -> SiteImageQuerySet:
        """Leave out those with an alt text, and those that only decorate."""
        return self.filter(description="", is_decorative=False)


class SiteImage(AbstractImage):
    """An uploaded picture. `description` is its alt text; a decorative one has none."""

    is_decorative = models.BooleanField(
        "decorative",
        default=False,
        help_text="Tick this if the picture only pleases the eye: screen readers then skip it.",
    )

    objects = SiteImageQuerySet.as_manager()

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

    def get_upload_to(self, filename: str) -> str:
        """Return the file's name in the media: a private one while its collection is private."""
        name: str = super().get_upload_to(filename)
        return f"{PRIVATE_FOLDER}/{name}" if self.is_restricted else name

    def generate_rendition_file(self, filter: Filter, *, source: File | None = None) -> File:  # noqa: A002 - Wagtail's name
        """Make a file of it. A damaged image is to Wagtail then as one whose file is gone: it shows
        a broken image in place of it, not an error in place of the page."""
        try:
            return super().generate_rendition_file(filter, source=source)
        except DAMAGED_IMAGE as error:
            raise SourceImageIOError(f"Image {self.pk} can't be read") from error

    @property
    def is_restricted(self) -> bool:
        """Whether its collection is private: such an image is shown in the admin only."""
        return self.collection_id in restricted_collections()

    @property
    def is_public(self) -> bool:
        """Whether visitors may get its file, so that pages and emails show it."""
        return not is_private(self.file.name)

    @property
    def default_alt_text(self) -> str:
        """The alt text that a page uses when it gives none of its own."""
        return "" if self.is_decorative else self.description

    def has_focal_point(self) -> bool:
        """Whether somebody chose one."""
        return super().get_focal_point() is not None

    def get_focal_point(self) -> Rect | None:
        """The chosen one; else, of an upright picture, its upper third, where faces are."""
        if self.has_focal_point() or self.width >= self.height:
            return super().get_focal_point()
        return Rect.from_point(self.width // 2, self.height // 3, 0, 0)


SiteImage._meta.get_field("description").verbose_name = "alt text"
SiteImage._meta.get_field("description").help_text = ALT_TEXT_HELP


class SiteRendition(AbstractRendition):
    """A picture in one width and format."""

    image = models.ForeignKey(SiteImage, on_delete=models.CASCADE, related_name="renditions")

    def get_upload_to(self, filename: str) -> str:
        """Return the file's name in the media: a private one of a private image."""
        name: str = super().get_upload_to(filename)
        return name if self.image.is_public else f"{PRIVATE_FOLDER}/{name}"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("image", "filter_spec", "focal_point_key"), name="unique_rendition"
            )
        ]


class ContentPage(Page):
    """A page with an introduction and a body of the shared blocks."""

    base_form_class = ContentPageForm
    query_names: tuple[str, ...] = ()  # of the query, what its answer depends on
    must_stay = False  # neither unpublished nor deleted
    removal_warning = ""  # what happens when it is, said before it is
    allowed_http_methods = [HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS]

    introduction = models.TextField(
        blank=True,
        max_length=400,
        help_text="One or two sentences under the title. Also shown where the page is listed.",
    )
    body = StreamField(ContentBlocks(), blank=True)
    search_phrase = models.CharField(
        "words you want to be found for",
        max_length=60,
        blank=True,
        help_text="What somebody would type who looks for this page, such as “virtual assistant "
        "worcester”. Visitors never see it; “Found by search” tells you whether the page says it.",
    )

    promote_panels = [*Page.promote_panels, FieldPanel("search_phrase")]
    content_panels = [*Page.content_panels, FieldPanel("introduction"), FieldPanel("body")]
    search_fields = [
        *Page.search_fields,
        index.SearchField("introduction"),
        index.SearchField("body"),
    ]

    class Meta:
        abstract = True

    @classmethod
    def further_addresses(cls) -> Iterable[tuple[str, datetime]]:
        """Gives what is shown below pages of this kind without being a page, for the sitemap:
        whole addresses, each with its last change."""
        return ()

    @classmethod
    def last_change_of_listed(cls) -> datetime | None:
        """Return when what pages of this kind list last changed, as a list changes with it."""
        return None

    def get_lock(self) -> BaseLock | None:
        """Leave a scheduled page open to its writer (vasite.content.scheduling)."""
        lock = super().get_lock()
        return None if isinstance(lock, ScheduledForPublishLock) else lock

    def get_view_restrictions(self) -> Any:
        """The same as Wagtail's, in one query: the paths of the pages above begin its own."""
        if not are_restricted():
            return PageViewRestriction.objects.none()
        if self.alias_of_id:
            return super().get_view_restrictions()
        ends = range(self.steplen, len(self.path) + 1, self.steplen)
        paths = [self.path[:end] for end in ends]
        return PageViewRestriction.objects.filter(page__path__in=paths)

    def structured_data(self, *, url: str, business: Any) -> list[dict[str, Any]]:
        """Gives schema.org nodes of what the page shows beside itself: its questions."""
        questions = [
            {
                "@type": "Question",
                "name": item["question"],
                "acceptedAnswer": {"@type": "Answer", "text": plain_text(item["answer"].source)},
            }
            for block in self.body
            if block.block_type == "faq"
            for item in block.value["questions"]
        ]
        if not questions:
            return []
        return [{"@type": "FAQPage", "@id": f"{url}#questions", "mainEntity": questions}]

    @property
    def card_title(self) -> str:
        """What stands on the page's social card."""
        return self.title

    @property
    def summary(self) -> str:
        """What lists, search results and previews say of the page."""
        return self.search_description or self.introduction or self.opening

    @property
    def opening(self) -> str:
        """The first words of the text, for a page whose author wrote no introduction."""
        texts = (child["value"] for child in self.body.raw_data if child["type"] == "text")
        return Truncator(plain_text(next(texts, ""))).words(30, truncate=" …")

    @property
    def text(self) -> str:
        """Introduction and body as plain text."""
        return f"{self.introduction}\n{plain_text(self.body.raw_data)}".strip()

    @cached_property
    def words(self) -> list[str]:
        """The words of introduction and body."""
        return self.text.split()

    @property
    def pictures(self) -> list[SiteImage]:
        """All pictures that the page's own template shows."""
        own = [self.picture] if getattr(self, "picture", None) else []
        return own + [
            block.value["picture"]
            for block in self.body
            if block.block_type == "picture" and block.value["picture"]
        ]

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        # One query for the renditions of all pictures, whatever their number.
        prefetch_related_objects(self.pictures, "renditions")
        return super().get_context(request, *args, **kwargs)

    @cached_property
    def outline(self) -> list[Heading]:
        """The headings of the body."""
        return list(outline(self.body))

    @property
    def has_video(self) -> bool:
        return any(child["type"] == "video" for child in self.body.raw_data)

    @property
    def table_of_contents(self) -> list[Heading]:
        """The outline where it helps: from three headings on."""
        return self.outline if len(self.outline) >= 3 else []

    @property
    def first_picture(self) -> SiteImage | None:
        """The first picture in the body."""
        pictures = (block.value["picture"] for block in self.body if block.block_type == "picture")
        return next(filter(None, pictures), None)
