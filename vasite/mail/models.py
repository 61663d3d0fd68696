"""The outbox: every mail of the site, before and after it is sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import models
from django.utils import timezone

# Pauses after each soft failure; they add up to a day, after which the mail has failed.
RETRY_PAUSES = [
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 180, 240, 360, 429)
]


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def waiting(self) -> OutgoingMailQuerySet:
        return self.filter(status=OutgoingMail.Status.WAITING)

    def due(self, now: datetime) -> OutgoingMailQuerySet:
        return self.waiting().filter(send_after__lte=now)


class OutgoingMail(models.Model):
    """A mail as it is sent: one envelope, a text part and an HTML part."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNSURE = "unsure", "Unsure: stopped while it was being sent"
        FAILED = "failed", "Failed"

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

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = "mail"
        verbose_name_plural = "outbox"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["status", "send_after"]),
            models.Index(fields=["-created_at"]),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def recipient_line(self) -> str:
        return ", ".join(self.recipients)

    def as_message(self) -> EmailMultiAlternatives:
        """Gives the mail as Django sends it; Date and Message-ID stay the same at each try."""
        message = EmailMultiAlternatives(
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
