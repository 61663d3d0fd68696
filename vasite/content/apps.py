from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ContentConfig(AppConfig):
    name = "vasite.content"
    label = "content"
    verbose_name = "Content"

    def ready(self) -> None:
        from wagtail.contrib.routable_page.models import RoutablePageMixin
        from wagtail.models import get_page_models

        from vasite.content import signal_handlers
        from vasite.content.block_forms import register_block_field
        from vasite.content.choosers import refuse_odd_keys
        from vasite.content.datetimes import register_fields
        from vasite.content.search.colons import keep_words_in_admin_search

        register_fields()
        register_block_field()
        refuse_odd_keys()
        keep_words_in_admin_search()
        post_migrate.connect(signal_handlers.index_after_migration, sender=self)

        for model in get_page_models():
            if issubclass(model, RoutablePageMixin):
                model.get_resolver()  # now, as two threads that ask first trip over one another
