"""A site with 10,000 posts, 100,000 comments and as many subscribers beside a small one.

The same post is asked for on both, kept and made anew, in turn, three rounds over, by wrk.
"""

from __future__ import annotations

from bench.kept import ROUNDS, loaded, median_rate, table
from bench.latency import FEW, MANY, UNCACHED, at_rest, seeded

POST = "/blog/post-5/"
ALLOWED = 0.85
CROWD = """
from django.utils import timezone
from blog.models import BlogPostPage
from newsletter.models import Comment, Subscriber
now = timezone.now()
posts = list(BlogPostPage.objects.exclude(slug="post-5"))
def comment(number):
    one = Comment(page=posts[number % len(posts)], name=f"Reader {number}",
                  email=f"r{number}@example.com", comment="Words of a reader. " * 8,
                  status="approved", told_at=now, received_at=now)
    one.set_content("crowd", str(number))
    return one
Comment.objects.bulk_create([comment(number) for number in range(100_000)], batch_size=2000)
Subscriber.objects.bulk_create(
    [Subscriber(email=f"r{number}@example.com", email_key=f"r{number}@example.com",
                status="confirmed", name=f"Reader {number}", confirmed_at=now)
     for number in range(100_000)], batch_size=2000)
"""


def measure() -> str:
    with seeded(FEW, "") as small, seeded(MANY, "") as large:
        large.run_code(CROWD)
        asked = {
            f"{kind}, {name}": (f"{site.url}{POST}", headers)
            for name, site in (("small", small), ("large", large))
            for kind, headers in (("kept", {}), ("made anew", UNCACHED))
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
        with at_rest(small), at_rest(large):
            for _ in range(ROUNDS):
                for name, (url, headers) in asked.items():
                    found[name].append(loaded(url, headers))
    lines = [*table(found), ""]
    for kind in ("kept", "made anew"):
        ratio = median_rate(found[f"{kind}, large"]) / median_rate(found[f"{kind}, small"])
        missed = " (missed)" if ratio < ALLOWED else ""
        lines.append(f"{kind}, large ÷ small: {ratio:.2f}{missed}, {ALLOWED} allowed.")
    return "\n".join(lines)
