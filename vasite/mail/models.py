"""The outbox: every mail of the site, before and after it is sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from vasite.email_addresses import MAX_LENGTH, email_key
from vasite.mail.mime import Email

# Pauses after each soft failure; they add up to a day, after which the mail has failed.
RETRY_PAUSES = [
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 180, 240, 360, 429)
]
# An email that nothing has tried to send for so long goes out only once the owner has said so
MAX_WAIT = timedelta(days=1)


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def waiting(self) -> OutgoingMailQuerySet:
        return self.filter(status=OutgoingMail.Status.WAITING)

    def of_person(self, email: str) -> OutgoingMailQuerySet:
        """Return the mails to an address, and those to which a reply would go there."""
        found = OutgoingMailAddress.objects.filter(email_key=email_key(email))
        return self.filter(pk__in=found.values("mail"))

    def due(self, now: datetime) -> OutgoingMailQuerySet:
        """Return the emails that may leave: those with a limit only within their hour."""
        is_counted = models.Q(counted_at__gt=now - timedelta(hours=1))
        return self.waiting().filter(models.Q(rate_limit="") | is_counted, send_after__lte=now)

    def open(self) -> OutgoingMailQuerySet:
        """Return the emails that may still go out."""
        return self.exclude(status__in=[OutgoingMail.Status.SENT, OutgoingMail.Status.CANCELLED])

    def about(self, subject: models.Model) -> OutgoingMailQuerySet:
        """Return the emails that a row of another app is the cause of."""
        kind = ContentType.objects.get_for_model(subject)
        return self.filter(about_type=kind, about_id=subject.pk)

    def release(self) -> int:
        """Let emails that were held, refused or broken off go out, and return their number."""
        return (
            self.exclude(status=OutgoingMail.Status.SENDING)
            .open()
            .update(
                status=OutgoingMail.Status.WAITING,
                attempts=0,
                answer="",
                send_after=timezone.now(),
                rate_limit="",  # the owner's word, whatever limit held them
            )
        )

    def cancel(self, reason: str = "") -> int:
        """Never send these emails, unless one is being sent already; return their number."""
        return (
            self.exclude(status=OutgoingMail.Status.SENDING)
            .open()
            .update(
                status=OutgoingMail.Status.CANCELLED,
                answer=reason,
                send_after=timezone.now(),  # from which its retention counts
            )
        )


class OutgoingMail(models.Model):
    """A mail as it is sent: one envelope, a text part and an HTML part."""

    names_people = True

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        HELD = "held", "Held: too many within an hour"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNSURE = "unsure", "Unsure: stopped while it was being sent"
        FAILED = "failed", "Refused"
        OVERDUE = "overdue", "Held: waited for too long"
        CANCELLED = "cancelled", "Not sent"

    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    subject = models.CharField(max_length=998)
    sender = models.CharField(max_length=320)
    recipients = models.JSONField(default=list)
    cc = models.JSONField(default=list)
    bcc = models.JSONField(default=list)
    reply_to = models.JSONField(default=list)
    headers = models.JSONField(default=dict)
    text = models.TextField()
    html = models.TextField(blank=True)
    created_at = models.DateTimeField("written", default=timezone.now)
    send_after = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField("sent", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.TextField("the server's answer", blank=True)
    # The name of the limit in EMAILS_PER_HOUR that it counts towards, and when it last did
    rate_limit = models.CharField(max_length=20, blank=True, editable=False)
    counted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What it is about: it is deleted together with that, and not sent when no longer of use
    about_type = models.ForeignKey(
        ContentType, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    about_id = models.BigIntegerField(null=True, editable=False)
    about = GenericForeignKey("about_type", "about_id")
    purpose = models.CharField(max_length=20, default="", editable=False)

    # No page uses an email: Wagtail need not look for references in it
    wagtail_reference_index_ignore = True

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = "mail"
        verbose_name_plural = "outbox"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["status", "send_after"]),
            models.Index(fields=["-created_at"]),
            models.Index(fields=["rate_limit", "counted_at"], name="email_limit"),
            models.Index(fields=["about_type", "about_id"], name="mail_about"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def recipient_line(self) -> str:
        return ", ".join(map(str, self.recipients))

    @property
    def is_overdue(self) -> bool:
        """Whether it has waited for so long untried that the owner is asked first."""
        return not self.attempts and self.send_after < timezone.now() - MAX_WAIT

    @property
    def is_needed(self) -> bool:
        """Whether it is still of use; what it is about may say otherwise (`needs_email`)."""
        if self.about_type_id is None:
            return True
        needs_email = getattr(self.about, "needs_email", None)
        return self.about is not None and (needs_email is None or needs_email(self.purpose))

    @property
    def state_text(self) -> str:
        """What has really become of it, in the owner's words."""
        status, answer = self.Status(self.status), self.answer
        if status == self.Status.SENT and self.sent_at:
            return f"Sent on {moment(self.sent_at)}"
        if status == self.Status.WAITING:
            if not settings.MAIL_TRANSPORT:
                return "Waiting – email isn’t connected yet"
            if answer:
                return f"Waiting: {answer}. Next try on {moment(self.send_after)}"
        return f"{status.label}: {answer}" if answer else str(status.label)

    @property
    def people(self) -> list[str]:
        """The addresses to which the mail goes, or a reply to it."""
        return [*self.recipients, *self.cc, *self.bcc, *self.reply_to]

    def address_of(self, email: str) -> str:
        """Return an address of a person as it stands in the mail."""
        key = email_key(email)
        return next(address for address in self.people if email_key(address) == key)

    def keep_addresses(self) -> None:
        """Store the keys of the mail's addresses, by which it is found."""
        keys = {email_key(address) for address in self.people}
        rows = [OutgoingMailAddress(mail=self, email_key=key) for key in sorted(keys)]
        OutgoingMailAddress.objects.bulk_create(rows)

    def as_message(self) -> Email:
        """Gives the mail as Django sends it; Date and Message-ID stay the same at each try."""
        message = Email(
            self.subject,
            self.text,
            self.sender,
            self.recipients,
            bcc=self.bcc,
            cc=self.cc,
            reply_to=self.reply_to,
            headers=self.headers,
        )
        if self.html:
            message.attach_alternative(self.html, "text/html")
        return message


class OutgoingMailAddress(models.Model):
    """An address to which a mail goes, or a reply to it, as its `email_key`."""

    mail = models.ForeignKey(OutgoingMail, on_delete=models.CASCADE, related_name="addresses")
    email_key = models.CharField(max_length=MAX_LENGTH, db_index=True)

    wagtail_reference_index_ignore = True
    names_people = True

    def __str__(self) -> str:
        return self.email_key


def moment(value: datetime) -> str:
    """Return a date and time as the admin shows them."""
    return date_format(timezone.localtime(value), "DATETIME_FORMAT")
