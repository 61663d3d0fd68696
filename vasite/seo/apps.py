from django.apps import AppConfig


class SeoConfig(AppConfig):
    name = "vasite.seo"
    label = "seo"
    verbose_name = "Search engines"

    def ready(self) -> None:
        from vasite.seo import signal_handlers  # noqa: F401
