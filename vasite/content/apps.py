from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "vasite.content"
    label = "content"
    verbose_name = "Content"

    def ready(self) -> None:
        from wagtail.contrib.routable_page.models import RoutablePageMixin
        from wagtail.models import get_page_models

        from vasite.content import signal_handlers  # noqa: F401

        for model in get_page_models():
            if issubclass(model, RoutablePageMixin):
                model.get_resolver()  # now, as two threads that ask first trip over one another
