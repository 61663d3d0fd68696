from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    name = "newsletter"
    verbose_name = "Newsletter"

    def ready(self) -> None:
        from newsletter import signal_handlers  # noqa: F401
        from newsletter.people import CommentKeeper, FollowKeeper, SubscriberKeeper
        from newsletter.structured_data import add_comments
        from vasite.forms import people
        from vasite.seo import structured_data

        structured_data.contributors.append(add_comments)
        people.keepers += [CommentKeeper(), FollowKeeper(), SubscriberKeeper()]
