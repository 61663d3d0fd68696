from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NewsletterConfig(AppConfig):
    name = "newsletter"
    verbose_name = "Newsletter"

    def ready(self) -> None:
        from newsletter import signal_handlers
        from newsletter.people import CommentKeeper, FollowKeeper, ReportKeeper, SubscriberKeeper
        from newsletter.structured_data import add_comments
        from vasite.forms import people
        from vasite.pagecache import watching
        from vasite.seo import structured_data

        # One that waits is on no page; a flood of them makes no page anew
        watching.SEEN_VALUES["newsletter_comment"] = "approved"
        watching.UNSEEN_TABLES.update({"newsletter_delivery", "newsletter_subscriberevent"})
        structured_data.contributors.append(add_comments)
        post_migrate.connect(signal_handlers.index_campaigns_after_migration, sender=self)
        people.keepers += [CommentKeeper(), FollowKeeper(), ReportKeeper(), SubscriberKeeper()]
