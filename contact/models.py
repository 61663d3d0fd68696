"""The contact page and the enquiries that it stores."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Upper
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField
from wagtail.search import index

from contact.enquiring import receive_enquiry
from contact.forms import EnquiryForm
from vasite.content.models import ContentPage
from vasite.forms.answers import SeeOther, with_faults
from vasite.forms.submissions import Label, Submission


class Enquiry(Submission, index.Indexed):
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
    search_fields = [
        index.SearchField("name"),
        index.SearchField("message"),
        index.SearchField("email"),
        index.AutocompleteField("name"),
        index.AutocompleteField("email"),
        index.AutocompleteField("message"),
        index.FilterField("state"),
    ]

    class Meta(Submission.Meta):
        abstract = False
        verbose_name = "enquiry"
        verbose_name_plural = "enquiries"
        ordering = ["-received_at", "-pk"]
        indexes = [models.Index(Upper("email"), name="enquiry_person")]

    def __str__(self) -> str:
        return f"{self.name}, {self.received_at:%-d %B %Y}"

    @property
    def words(self) -> str:
        return self.message

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

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"


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

    def for_enquiry(self, enquiry: Enquiry) -> str:
        """Gives its text with the person's first name filled in."""
        return self.text.replace("{name}", enquiry.name.split()[0])


class ContactPage(RoutablePageMixin, ContentPage):
    """The page with the enquiry form."""

    thank_you_title = models.CharField(max_length=100, default="Thank you, your message is here")
    thank_you_text = RichTextField(
        blank=True,
        features=["bold", "italic", "link"],
        default="<p>I read every message myself.</p>",
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
    ]

    class Meta:
        verbose_name = "contact page"

    @path("")
    def form_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            initial = {"service": request.GET.get("service", "")}
            return self.render(request, context_overrides={"form": EnquiryForm(initial=initial)})
        form = EnquiryForm(request.POST)
        if not form.is_valid():
            return with_faults(self.render(request, context_overrides={"form": form}))
        receive_enquiry(request, form)
        return SeeOther(self.get_url(request) + self.reverse_subpage("thank_you"))

    @path("thank-you/", name="thank_you")
    def thank_you(self, request: HttpRequest) -> HttpResponse:
        return self.render(request, template="contact/thank_you.html")
