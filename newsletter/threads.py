"""What stands under a post: threads of comments, a page at a time, and whether more may come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.functional import cached_property

from blog.models import BlogPostPage
from newsletter.models import Comment, CommentQuerySet, CommentSettings
from vasite.pagecache.remembering import remembered

THREADS_A_PAGE = 50


@dataclass(frozen=True)
class Thread:
    """A comment and the answers to it, which stand one level below, oldest first."""

    comment: Comment
    answers: list[Comment]


class Discussion:
    """The public comments of a post, as one page of it shows them.

    Takes the number of the page of comments, from 1, and the id of the comment that the reader
    wants to answer; what does not exist is left out.
    """

    def __init__(self, post: BlogPostPage, number: int = 1, answered: int = 0) -> None:
        self.post = post
        self.number = number
        self.answered_id = answered
        self.settings = comment_settings()

    @cached_property
    def public(self) -> CommentQuerySet:
        """All public comments of the post, oldest first."""
        return Comment.objects.public().for_page(self.post)

    @cached_property
    def threads(self) -> list[Thread]:
        if self.post.pk is None:
            return []
        first = (self.number - 1) * THREADS_A_PAGE
        begun = self.public.filter(parent=None)
        if self.settings.newest_first:
            begun = begun.reverse()
        threads = {
            comment.pk: Thread(comment, []) for comment in begun[first : first + THREADS_A_PAGE]
        }
        if threads:
            for answer in self.public.filter(parent__in=threads):
                threads[answer.thread_id].answers.append(answer)
        return list(threads.values())

    @cached_property
    def counts(self) -> tuple[int, int]:
        """How many comments are public, and how many of them begin a thread."""
        if self.number == 1 and len(self.threads) < THREADS_A_PAGE:
            return len(self.comments), len(self.threads)
        return self.public.count_threads()

    @property
    def total(self) -> int:
        return self.counts[0]

    @property
    def page_count(self) -> int:
        return max(1, -(-self.counts[1] // THREADS_A_PAGE))

    @property
    def comments(self) -> list[Comment]:
        """All that this page of the post shows."""
        return [comment for thread in self.threads for comment in (thread.comment, *thread.answers)]

    @cached_property
    def answered(self) -> Comment | None:
        """The comment that the form is set to answer."""
        if not self.answered_id:
            return None
        return self.public.filter(pk=self.answered_id).first()

    @cached_property
    def state(self) -> str:
        """Open, closed or off: what the post says, else what the site says; off on a private one,
        from which a browser sends nothing that would prove the visitor's right to it."""
        if self.post.get_view_restrictions():
            return CommentSettings.State.OFF
        if self.post.commenting:
            return self.post.commenting
        days = self.settings.close_after_days
        published = self.post.first_published_at
        if (
            self.settings.state == CommentSettings.State.OPEN
            and days
            and published
            and published < timezone.now() - timedelta(days=days)
        ):
            return CommentSettings.State.CLOSED
        return self.settings.state

    @property
    def is_open(self) -> bool:
        return self.state == CommentSettings.State.OPEN

    @property
    def is_shown(self) -> bool:
        return self.state != CommentSettings.State.OFF


def comment_settings() -> CommentSettings:
    """Gives what she set for all posts; nobody changes what all are given."""
    return remembered("comment settings", CommentSettings.load)


def discussion_of(post: BlogPostPage) -> Discussion:
    """Gives the discussion under a post, read once for each time the post is shown."""
    if not hasattr(post, "_discussion"):
        post._discussion = Discussion(post)
    return post._discussion


def page_of(comment: Comment) -> int:
    """Gives the number of the page of comments on which a public comment stands."""
    begin = comment.parent or comment
    threads = Comment.objects.public().for_page(comment.page).filter(parent=None)
    if comment_settings().newest_first:
        earlier = threads.filter(received_at__gt=begin.received_at)
    else:
        earlier = threads.filter(received_at__lt=begin.received_at)
    return earlier.count() // THREADS_A_PAGE + 1


def url_of(comment: Comment) -> str:
    """Gives the path that shows a public comment."""
    number = page_of(comment)
    query = f"?comments={number}" if number > 1 else ""
    return f"{comment.page.get_url()}{query}#comment-{comment.pk}"
