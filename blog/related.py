"""Which posts a reader of one may like: worked out when a post is published, by the worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count, QuerySet

from blog.models import BlogPostPage, Kin, PostTag
from vasite.content.vocabulary import rarest, words_of

MOST = 3
CANDIDATES = 30
TAG_WEIGHT, CATEGORY_WEIGHT, WORD_WEIGHT = 3, 2, 2
WORDS_COMPARED = 4


def relate(post: BlogPostPage) -> None:
    """Writes down the posts to read after a post."""
    kin = [Kin(post=post, other=other, rank=rank) for rank, other in enumerate(nearest(post))]
    with transaction.atomic():
        Kin.objects.filter(post=post).delete()
        Kin.objects.bulk_create(kin)


def nearest(post: BlogPostPage) -> list[BlogPostPage]:
    """Gives up to MOST public posts that share tags, categories or rare words with a post.

    Each kind of kinship proposes at most CANDIDATES, so the cost stays the same however many
    posts there are. Of posts that share as much, the newer comes first; where too few share
    anything, the newest fill up.
    """
    kinship = kinship_of(post)
    others = BlogPostPage.objects.published().exclude(pk=post.pk)
    kin = list(others.filter(pk__in=[key for key, _ in kinship.most_common(CANDIDATES)]))
    kin.sort(key=lambda other: kinship[other.pk], reverse=True)  # stable: newest first
    if len(kin) < MOST:
        kin += others.exclude(pk__in=[other.pk for other in kin])[: MOST - len(kin)]
    return kin[:MOST]


def kinship_of(post: BlogPostPage) -> Counter[int]:
    """Gives the keys of other posts, each with the weight of what it shares with a post."""
    categories, tags = post.topics
    tagged = PostTag.objects.filter(tag__in=tags)
    categorised = BlogPostPage.categories.through.objects.filter(category__in=categories)
    kinship: Counter[int] = Counter()
    for weight, keys in (
        (TAG_WEIGHT, sharing(tagged, "content_object_id")),
        (CATEGORY_WEIGHT, sharing(categorised, "blogpostpage_id")),
        (WORD_WEIGHT, sharing_rare_words(post)),
    ):
        for key in keys:
            kinship[key] += weight
    del kinship[post.pk]
    return kinship


def sharing(rows: QuerySet, owner: str) -> Iterable[int]:
    """Gives the posts' keys in the rows that tie them to tags or categories, once for each tie."""
    counted = rows.values_list(owner).annotate(ties=Count("pk")).order_by("-ties", f"-{owner}")
    for key, ties in counted[:CANDIDATES]:
        yield from [key] * ties


def sharing_rare_words(post: BlogPostPage) -> list[int]:
    """Gives the keys of posts that use the rarest words of a post's title and introduction."""
    words = rarest(words_of(f"{post.title} {post.introduction}"), WORDS_COMPARED)
    if not words:
        return []
    found = BlogPostPage.objects.live().search(" ".join(words), operator="or")
    return [other.pk for other in found[:CANDIDATES]]
