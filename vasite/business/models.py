"""The business's own facts, kept at one place and shown wherever they are needed."""

from __future__ import annotations

import re

from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import get_text_list
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.fields import StreamField

from vasite.business.hours import HoursBlock
from vasite.content.optimistic_lock import OptimisticLockForm
from vasite.content.prices import Price, Unit
from vasite.email_fields import EmailAddressField

validate_telephone = RegexValidator(
    r"^\+?[\d\s().-]{6,30}$", "Write the number with digits and spaces, such as 01905 555 0142."
)


class ProfileBlock(blocks.StructBlock):
    """A page about the business on another website."""

    name = blocks.CharBlock(max_length=40, help_text="“LinkedIn”")
    url = blocks.URLBlock(label="Address")

    class Meta:
        icon = "link"
        label_format = "{name}"


@register_setting(icon="home", order=100)
class BusinessSettings(BaseGenericSetting):
    """Who, what, where, when and from how much."""

    name = models.CharField("business name", max_length=80, default="Your business")
    strapline = models.CharField(
        max_length=140, blank=True, help_text="What you do and for whom, in one line."
    )
    person_name = models.CharField("your name", max_length=80, blank=True)
    portrait = models.ForeignKey(
        "content.SiteImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    street_address = models.CharField(
        max_length=120, blank=True, help_text="Leave it empty if you work from home."
    )
    locality = models.CharField("town", max_length=60, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    areas = StreamField(
        [("area", blocks.CharBlock(max_length=60, icon="site"))],
        blank=True,
        verbose_name="places you serve",
        help_text="One for each town or county, such as “Malvern”.",
    )
    serves_online = models.BooleanField("you also work online, for clients anywhere", default=True)
    telephone = models.CharField(max_length=32, blank=True, validators=[validate_telephone])
    email = EmailAddressField(
        "e-mail", blank=True, help_text="Shown on the site; notices of enquiries go there, too."
    )
    opening_hours = StreamField([("hours", HoursBlock())], blank=True)
    answers_within = models.CharField(
        "you answer within", max_length=40, blank=True, help_text="“one working day”"
    )
    price_from = models.DecimalField(
        "price from, in £", max_digits=8, decimal_places=2, null=True, blank=True
    )
    price_unit = models.CharField("price is for", max_length=10, choices=Unit, default=Unit.HOUR)
    profiles = StreamField([("profile", ProfileBlock())], blank=True)
    about_page = models.ForeignKey(
        "wagtailcore.Page",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="page about you",
    )
    privacy_page = models.ForeignKey(
        "wagtailcore.Page",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="privacy page",
    )

    select_related = ["portrait"]
    base_form_class = OptimisticLockForm
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("name"),
                FieldPanel("strapline"),
                FieldPanel("person_name"),
                FieldPanel("portrait"),
            ],
            "Who",
        ),
        MultiFieldPanel(
            [
                FieldPanel("street_address"),
                FieldPanel("locality"),
                FieldPanel("postcode"),
                FieldPanel("areas"),
                FieldPanel("serves_online"),
            ],
            "Where",
        ),
        MultiFieldPanel(
            [
                FieldPanel("telephone"),
                FieldPanel("email"),
                FieldPanel("opening_hours"),
                FieldPanel("answers_within"),
            ],
            "How to reach you",
        ),
        MultiFieldPanel([FieldPanel("price_from"), FieldPanel("price_unit")], "Prices"),
        FieldPanel("profiles"),
        MultiFieldPanel([FieldPanel("about_page"), FieldPanel("privacy_page")], "Your pages"),
    ]

    class Meta:
        verbose_name = "your business"

    def __str__(self) -> str:
        return self.name

    @property
    def area_served(self) -> str:
        """Gives "Worcester, Malvern and Droitwich, and anywhere online"; empty without places."""
        names = [str(area.value) for area in self.areas]
        if not names:
            return ""
        listed = get_text_list(names, "and")
        return f"{listed}, and anywhere online" if self.serves_online else listed

    @property
    def lowest_price(self) -> Price | None:
        """What an hour, a day or a month costs at least."""
        return Price(self.price_from, self.price_unit, is_from=True) if self.price_from else None

    @property
    def international_telephone(self) -> str:
        """The number with its country's code (E.123), which is Britain's where none is given."""
        number = " ".join(re.split(r"[^+0-9]+", self.telephone)).strip()
        number = re.sub(r"^00", "+", number)
        return re.sub(r"^0", "+44 ", number)

    @property
    def telephone_url(self) -> str:
        """The number as a `tel:` address (RFC 3966), without blanks and brackets."""
        return f"tel:{self.international_telephone.replace(' ', '')}"
