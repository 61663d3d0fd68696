"""`{% usages %}` and `{% is_usable %}`: where a thing is used, said before it is deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Any

from django import template
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.db.models.fields.reverse_related import ManyToManyRel, ManyToOneRel
from django.template import Context
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.views.generic import UnpublishView
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage
from wagtail.models import Page, ReferenceIndex, Revision

from vasite.serving.slices import in_batches

register = template.Library()
MAX_SHOWN = 20
# Under which Wagtail's templates know what is about to be deleted (read in 7.4)
NAMES = ("page", "object", "image", "document", "snippet", "item")
CHOSEN_IN_TEXTS = (AbstractDocument, AbstractImage)  # without a key of the database
Found = Iterator[tuple[models.Model, str, list[Any]]]  # what uses it, its kind, rules of deletion


@dataclass(frozen=True)
class Usage:
    """One page or entry that uses it, and what becomes of that one."""

    label: str
    kind: str
    url: str
    consequence: str


@register.simple_tag(takes_context=True)
def usages(context: Context) -> list[Usage]:
    """List where the thing that a template asks about is used."""
    finder = AdminURLFinder(context["request"].user)
    is_deleted = not isinstance(context.get("view"), UnpublishView)
    found = (
        Usage(str(source), kind, url, consequence)
        for source, kind, consequence in sources(subject_of(context), with_descendants=is_deleted)
        if (url := finder.get_edit_url(source))
    )
    return list(islice(found, MAX_SHOWN))


@register.filter
def is_cut_short(found: list[Usage]) -> bool:
    """Return whether there may be more usages than those listed."""
    return len(found) == MAX_SHOWN


@register.simple_tag(takes_context=True)
def is_usable(context: Context) -> bool:
    """Tell whether pages, settings or entries can use a thing of this kind at all."""
    subject = subject_of(context)
    if subject is None:
        return False
    return isinstance(subject, CHOSEN_IN_TEXTS) or any(
        isinstance(relation, ManyToOneRel | ManyToManyRel)
        and not relation.related_model._meta.auto_created
        and ReferenceIndex.model_is_indexable(relation.related_model)
        for relation in subject._meta.get_fields(include_hidden=True)
    )


def subject_of(context: Context) -> models.Model | None:
    candidates = [context.get(name) for name in NAMES]
    candidates += [one.get("item") for one in candidates if isinstance(one, dict)]
    candidates.append(getattr(context.get("view"), "object", None))
    return next((one for one in candidates if isinstance(one, models.Model)), None)


def sources(
    subject: models.Model | None, *, with_descendants: bool
) -> Iterator[tuple[models.Model, str, str]]:
    """Find what uses it, or one of the pages below it; not what is among these itself."""
    if subject is None or subject.pk is None:
        return
    subjects = [subject]
    if with_descendants and isinstance(subject, Page):
        subjects += subject.get_descendants().specific(defer=True)
    seen = {key_of(one) for one in subjects}
    for source, kind, rules in chain(indexed(subjects), drafted(subjects), related(subjects)):
        if key_of(source) not in seen:
            seen.add(key_of(source))
            yield source, kind, consequence_of(rules)


def indexed(subjects: list[models.Model]) -> Found:
    """Find what Wagtail's index of references knows: of a page, what is saved with it."""
    references = ReferenceIndex.get_references_to_in_bulk(subjects).order_by("base_content_type")
    for key, of_kind in groupby(references, attrgetter("base_content_type_id")):
        of_source = defaultdict(list)
        for reference in of_kind:
            of_source[reference.object_id].append(reference)
        model: Any = ContentType.objects.get_for_id(key).model_class()
        for source in in_use(model._default_manager.filter(pk__in=of_source)):
            found = of_source[str(source.pk)]
            yield source, found[0].model_name, [reference.on_delete for reference in found]


def drafted(subjects: list[models.Model]) -> Found:
    """Find the pages that use it in changes that are not public yet: the index leaves them out."""
    wanted = {key_of(one) for one in subjects}
    latest = Page.objects.filter(has_unpublished_changes=True).values("latest_revision")
    unpublished = Q(pk__in=latest) | Q(approved_go_live_at__isnull=False)
    for revision in in_batches(Revision.page_revisions.filter(unpublished)):
        page = revision.as_object()
        if not wanted.isdisjoint(references_of(page)):
            yield page, f"{page._meta.verbose_name}, in a draft", []


def references_of(page: Page) -> Iterator[tuple[int, str]]:
    """Yield the type and the key of each thing that a page uses."""
    # Wagtail has no public way to ask a revision (7.4; https://github.com/wagtail/wagtail/issues/13594)
    for type_of_one, key, *_ in ReferenceIndex._extract_references_from_object(page):
        yield type_of_one, key
    for field in page._meta.many_to_many:
        if isinstance(field, ParentalManyToManyField):
            yield from map(key_of, getattr(page, field.name).all())


def related(subjects: list[models.Model]) -> Found:
    """Find what has its key."""
    of_model = defaultdict(list)
    for one in subjects:
        of_model[type(one)].append(one)
    for subject_model, ones in of_model.items():
        for relation in subject_model._meta.get_fields(include_hidden=True):
            if not isinstance(relation, ManyToOneRel | ManyToManyRel) or relation.one_to_one:
                continue
            model = relation.related_model
            rules = [] if relation.many_to_many else [relation.on_delete]
            rows = model._default_manager.filter(**{f"{relation.field.name}__in": ones})
            for source in in_use(rows)[:MAX_SHOWN]:
                yield source, str(model._meta.verbose_name), rules


def in_use(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Leave out what is over, where a kind of thing tells that."""
    return rows.in_use() if hasattr(rows, "in_use") else rows


def key_of(source: models.Model) -> tuple[int, str]:
    """Return the type and the key of a thing as Wagtail's index does: each page is a Page."""
    topmost = (source._meta.get_parent_list() or [type(source)])[-1]
    return ContentType.objects.get_for_model(topmost).pk, str(source.pk)


def consequence_of(rules: list[Any]) -> str:
    if models.PROTECT in rules:
        return "prevents this"
    if models.CASCADE in rules:
        return "is deleted with it"
    return "stays, without it"
