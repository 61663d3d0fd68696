"""Bringing a list of subscribers along: the file, what it would come to, and how far it is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from wagtail.admin import messages
from wagtail.permission_policies import ModelPermissionPolicy

from newsletter.import_files import UnreadableError
from newsletter.importing import KIND_WORDS, MOST_BYTES, read
from newsletter.models import Subscriber, SubscriberImport
from newsletter.tasks import take_in
from vasite.serving.queue import enqueue_once

Status = SubscriberImport.Status


class FileForm(forms.Form):
    file = forms.FileField(
        label="The file with their addresses (CSV)",
        help_text="As Mailchimp, MailPoet, Substack or listmonk export it, or from Excel with a "
        "column called “Email”; “Name” and “Status” are understood, too.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                f"The file is over {filesizeformat(MOST_BYTES)}. Split it in two."
            )
        return file


class ConsentForm(forms.Form):
    """Without their yes nobody may be written to (PECR, regulation 22)."""

    consented = forms.BooleanField(
        label="They consented to get this newsletter from me",
        error_messages={"required": "Without their consent the law lets you write to nobody."},
    )
    source = forms.CharField(
        label="How they agreed",
        max_length=250,
        help_text="Kept with each of them as your proof: “Double opt-in by Mailchimp since 2021”.",
    )
    accepted = forms.MultipleChoiceField(
        label="Some entries don’t say clearly whether these people agreed to get your emails",
        help_text="Tick those that did. Everyone else is left out.",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, found: SubscriberImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not found.unclear:
            del self.fields["accepted"]
            return
        self.fields["accepted"].choices = [
            (str(number), question(column, value, count))
            for number, (column, value, count) in enumerate(found.unclear)
        ]


def question(column: str, value: str, count: int) -> str:
    """Return how an unclear entry is shown: its column, its value and how many rows have it."""
    people = "1 person" if count == 1 else f"{count} people"
    return f"{column}: “{value}” ({people})" if value else f"{column}: empty ({people})"


def require_add(request: HttpRequest) -> None:
    if not ModelPermissionPolicy(Subscriber).user_has_permission(request.user, "add"):
        raise PermissionDenied


def choose_file(request: HttpRequest) -> HttpResponse:
    """Takes a file and leads to what it would come to; nothing is taken in yet."""
    require_add(request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            found = read(file.name, file.read(), request.user)
        except UnreadableError as error:
            form.add_error("file", str(error))
        else:
            return redirect(reverse("subscribers:import_of", args=[found.pk]))
    return render_page(request, form=form)


def show_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows what a file comes to; POST takes it in, which the worker does."""
    require_add(request)
    found = get_object_or_404(SubscriberImport, pk=pk)
    form = ConsentForm(request.POST or None, found=found)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            ticked = map(int, form.cleaned_data.get("accepted", ()))
            accepted = [found.unclear[number][:2] for number in ticked]
            begun = SubscriberImport.objects.filter(pk=pk, status=Status.READ).update(
                status=Status.RUNNING,
                consent=form.cleaned_data["source"],
                accepted=accepted,
                user=request.user,
            )
            if begun:
                enqueue_once(take_in)
                messages.success(request, "The addresses are being taken in.")
        return redirect(request.path)
    counts = [(words, found.counts.get(kind, 0)) for kind, words in KIND_WORDS.items()]
    return render_page(request, form=form, found=found, counts=counts)


def render_page(request: HttpRequest, **context: Any) -> HttpResponse:
    faulty = context["form"].is_bound and context["form"].errors
    breadcrumbs = [
        {"url": reverse("subscribers:list"), "label": "Subscribers"},
        {"url": "", "label": "Bring a list along"},
    ]
    context |= {"breadcrumbs_items": breadcrumbs, "page_title": "Bring a list along"}
    return render(request, "admin/import.html", context, status=422 if faulty else 200)
