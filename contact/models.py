"""The contact page and the enquiries that it stores."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Upper
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField, StreamField

from contact.blocks import EnquiryFormBlock
from contact.enquiring import receive_enquiry
from contact.forms import EnquiryForm
from vasite.content.models import ContentPage
from vasite.forms.answers import SeeOther, with_faults
from vasite.forms.attachments import NAME_LIMIT
from vasite.forms.submissions import Label, Submission


class Enquiry(Submission):
    """A message from somebody who may become a client."""

    class State(models.TextChoices):
        NEW = "new", "New"
        ANSWERED = "answered", "Answered"
        WAITING = "waiting", "Waiting for them"
        WON = "won", "Won"
        LOST = "lost", "Lost"
        SPAM = "spam", "Spam"

    state = models.CharField(max_length=10, choices=State, default=State.NEW, db_index=True)
    name = models.CharField(max_length=100)
    email = models.EmailField("e-mail")
    phone = models.CharField("telephone", max_length=40, blank=True)
    service = models.ForeignKey(
        "services.ServicePage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    message = models.TextField()
    came_from = models.CharField("came from", max_length=300, blank=True)
    # What the form asked, in its order: {"field", "question"} and, for the VA's own, {"answer"}
    asked = models.JSONField(default=list, editable=False)

    remind_on = models.DateField(
        "remind me on",
        null=True,
        blank=True,
        db_index=True,
        help_text="You get a mail about it in the morning of that day.",
    )
    # The Message-IDs of the mails that went to the person, for the next to join their thread
    mail_ids = models.JSONField(default=list, editable=False)

    lessons = dict.fromkeys(State, Label.HAM) | {State.SPAM: Label.SPAM}

    class Meta(Submission.Meta):
        abstract = False
        verbose_name = "enquiry"
        verbose_name_plural = "enquiries"
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(Upper("email"), name="enquiry_person"),
            models.Index(fields=["state", "-received_at"], name="enquiry_of_a_tab"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.received_at:%-d %B %Y}"

    @property
    def answers(self) -> list[dict[str, str]]:
        """What the form asked beyond the usual."""
        return [entry for entry in self.asked if "answer" in entry]

    @property
    def answer_text(self) -> str:
        return "\n".join(f"{entry['question']} {entry['answer']}" for entry in self.answers)

    @property
    def message_question(self) -> str:
        """What the message answers."""
        asked = {entry["field"]: entry["question"] for entry in self.asked}
        return asked.get("message", str(EnquiryForm.base_fields["message"].label))

    @property
    def words(self) -> str:
        return "\n".join([self.message, *(entry["answer"] for entry in self.answers)])

    def address_by_name(self, text: str) -> str:
        """Gives a text of the VA's with the person's first name filled in."""
        return text.replace("{name}", self.name.split()[0])

    @classmethod
    def untold(cls) -> models.QuerySet[Enquiry]:
        return cls.objects.filter(state=cls.State.NEW, told_at=None)


class EnquiryEvent(models.Model):
    """What was done with an enquiry, by whom and when."""

    class Kind(models.TextChoices):
        STATE = "state", "State"
        NOTE = "note", "Private note"
        REPLY = "reply", "Answer sent"
        REMINDER = "reminder", "Reminder"

    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    wagtail_reference_index_ignore = True

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"


class EnquiryFile(models.Model):
    """A file that came with an enquiry, in its transaction (docs/decisions/0014)."""

    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="files")
    question = models.CharField(max_length=120)
    name = models.CharField(max_length=NAME_LIMIT)
    content = models.BinaryField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class SavedReply(models.Model):
    """An answer that the VA gives often."""

    title = models.CharField(max_length=80)
    text = models.TextField(help_text="{name} becomes the person’s first name.")

    class Meta:
        verbose_name = "saved reply"
        verbose_name_plural = "saved replies"
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


def usual_form() -> list[dict[str, Any]]:
    """The fields of a form of which nothing was changed."""
    return [
        {"type": name, "value": {"label": field.label, "hint": field.help_text}}
        for name, field in EnquiryForm.base_fields.items()
    ]


class ContactPage(RoutablePageMixin, ContentPage):
    """The page with the enquiry form."""

    query_names = ("service",)

    thank_you_title = models.CharField(max_length=100, default="Thank you, your message is here")
    thank_you_text = RichTextField(
        blank=True,
        features=["bold", "italic", "link"],
        default="<p>I read every message myself.</p>",
    )
    acknowledgement = models.TextField(
        "mail that says it arrived",
        blank=True,
        max_length=2000,
        help_text="{name} becomes the person’s first name. What they wrote is quoted below it. "
        "Left empty: that you read every message, and how soon you answer.",
    )
    form_fields = StreamField(
        EnquiryFormBlock(),
        default=usual_form,
        help_text="Drag them into your order. The first five can be worded anew, not removed.",
    )

    max_count = 1
    parent_page_types = ["home.HomePage"]
    subpage_types: list[str] = []
    template = "contact/contact.html"
    page_description = "The page with your contact form"
    schema_type = "ContactPage"
    content_panels = [
        *ContentPage.content_panels,
        FieldPanel("thank_you_title"),
        FieldPanel("thank_you_text"),
        FieldPanel("acknowledgement"),
        FieldPanel("form_fields"),
    ]

    class Meta:
        verbose_name = "contact page"

    def make_form(self, *args: Any, **kwargs: Any) -> EnquiryForm:
        """Gives the form with its fields in her order and words."""
        return EnquiryForm(*args, arranged=self.form_fields, **kwargs)

    @path("")
    def form_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            form = self.make_form(initial={"service": request.GET.get("service", "")})
            return self.render(request, context_overrides={"form": form})
        form = self.make_form(request.POST, request.FILES)
        if not form.is_valid():
            return with_faults(self.render(request, context_overrides={"form": form}))
        receive_enquiry(request, form, self.acknowledgement)
        return SeeOther(self.get_url(request) + self.reverse_subpage("thank_you"))

    @path("thank-you/", name="thank_you")
    def thank_you(self, request: HttpRequest) -> HttpResponse:
        return self.render(request, template="contact/thank_you.html")
