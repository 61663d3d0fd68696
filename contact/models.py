"""The contact page and the enquiries that it stores."""

from __future__ import annotations

from http import HTTPMethod
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField, StreamField

from contact.blocks import EnquiryFormBlock
from contact.enquiring import receive_enquiry
from contact.forms import EnquiryForm
from vasite.content.models import ContentPage
from vasite.content.optimistic_lock import OptimisticLockForm
from vasite.email_fields import EmailAddressField, EmailKeyField
from vasite.forms.answers import SeeOther, with_faults
from vasite.forms.attachment_quota import Refusal
from vasite.forms.attachments import NAME_LIMIT
from vasite.forms.submissions import Label, Submission
from vasite.mail.models import OutgoingMail, moment


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
    email = EmailAddressField("e-mail")
    email_key = EmailKeyField(db_index=True)
    phone = models.CharField("telephone", max_length=40, blank=True)
    service = models.ForeignKey(
        "services.ServicePage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    message = models.TextField()
    came_from = models.CharField("came from", max_length=300, blank=True)
    # What the form asked, in its order: {"field", "question"} and, for the VA's own, {"answer"}
    asked = models.JSONField(default=list, editable=False)

    # Why the attachments that came with it were not stored; empty if they were, or if none came
    files_refused = models.CharField(
        max_length=10, choices=Refusal, blank=True, default="", editable=False
    )

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

    @property
    def reply_text(self) -> str:
        """The replies to it, for an export."""
        replies = [event for event in self.events.all() if event.kind == EnquiryEvent.Kind.REPLY]
        return "\n\n".join(event.text for event in replies)

    def needs_email(self, purpose: str) -> bool:
        """Tell of it as long as nothing was done about it, and thank nobody for spam: of a flood,
        most acknowledgements are still held when the owner marks it."""
        if purpose == "thanks":
            return self.state != self.State.SPAM
        return purpose != "notice" or self.state == self.State.NEW

    @classmethod
    def untold(cls) -> models.QuerySet[Enquiry]:
        return cls.objects.filter(state=cls.State.NEW, told_at=None)


class EnquiryEvent(models.Model):
    """What was done with an enquiry, by whom and when."""

    class Kind(models.TextChoices):
        STATE = "state", "State"
        NOTE = "note", "Private note"
        REPLY = "reply", "Reply"
        REMINDER = "reminder", "Reminder"
        THANKS = "thanks", "Acknowledgement"

    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    # The email that it led to, and when a mail server took that: the outbox is cleared in time
    mail = models.ForeignKey(OutgoingMail, null=True, on_delete=models.SET_NULL, related_name="+")
    sent_at = models.DateTimeField(null=True)

    wagtail_reference_index_ignore = True

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"

    @property
    def mail_state(self) -> str:
        """What has become of its email; empty where there is none."""
        if self.mail:
            return self.mail.state_text
        if self.sent_at:
            return f"Sent on {moment(self.sent_at)}"
        has_mail = self.kind in {self.Kind.REPLY, self.Kind.REMINDER, self.Kind.THANKS}
        return "Its email is no longer in the outbox" if has_mail else ""


class EnquiryFileQuerySet(models.QuerySet["EnquiryFile"]):
    def count_bytes(self) -> int:
        """Return how many bytes the files have in all."""
        return self.aggregate(total=models.Sum(Length("content")))["total"] or 0


class EnquiryFile(models.Model):
    """A file that came with an enquiry, in its transaction (docs/decisions/0014)."""

    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="files")
    question = models.CharField(max_length=120)
    name = models.CharField(max_length=NAME_LIMIT)
    content = models.BinaryField()

    objects = EnquiryFileQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class SavedReply(models.Model):
    """An answer that the VA gives often."""

    title = models.CharField(max_length=80)
    text = models.TextField(help_text="{name} becomes the person’s first name.")

    base_form_class = OptimisticLockForm

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
    allowed_http_methods = [*ContentPage.allowed_http_methods, HTTPMethod.POST]

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
        help_text="It greets nobody by name and quotes nothing, because anybody can type anybody’s "
        "address. Leave blank to say that you read every message, and how soon you answer.",
    )
    form_fields = StreamField(
        EnquiryFormBlock(),
        default=usual_form,
        help_text="Drag them into your order. The first five can be worded anew, not removed.",
    )

    removal_warning = (
        "This is your contact page: while it is away nobody can send you an enquiry, and every "
        "“Get in touch” button leads to a page that isn’t there."
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
        # The address is in the form, so that it arrives from a saved page too
        action = self.get_url() or ""
        return EnquiryForm(*args, arranged=self.form_fields, action=action, **kwargs)

    @path("")
    def form_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            form = self.make_form(initial={"service": request.GET.get("service", "")})
            return self.render(request, context_overrides={"form": form})
        form = self.make_form(request.POST, request.FILES)
        if not form.is_valid():
            return with_faults(self.render(request, context_overrides={"form": form}))
        refusal = receive_enquiry(request, form, self.acknowledgement)
        if refusal:
            path = self.reverse_subpage("thank_you_without_files", args=[refusal])
        else:
            path = self.reverse_subpage("thank_you")
        return SeeOther(self.get_url(request) + path)

    @path("thank-you/", name="thank_you")
    def thank_you(self, request: HttpRequest) -> HttpResponse:
        return self.render(request, template="contact/thank_you.html")

    @path("thank-you/without-files/<slug:refusal>/", name="thank_you_without_files")
    def thank_you_without_files(self, request: HttpRequest, refusal: str) -> HttpResponse:
        """Say that the message arrived, and why its attachments did not."""
        if refusal not in Refusal:
            raise Http404
        return self.render(
            request,
            template="contact/thank_you_without_files.html",
            context_overrides={"reason": Refusal(refusal).label},
        )
