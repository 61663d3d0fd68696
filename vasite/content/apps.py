from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "vasite.content"
    label = "content"
    verbose_name = "Content"

    def ready(self) -> None:
        from vasite.content import signal_handlers  # noqa: F401
