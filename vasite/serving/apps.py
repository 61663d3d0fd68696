from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created
from django.db.models import IntegerField
from django.urls import register_converter

from vasite.serving.content_types import pass_over_unreadable_parts
from vasite.serving.middleware import apply_lock_timeout
from vasite.serving.numbers import IntegerFieldIn, NumberConverter


class ServingConfig(AppConfig):
    name = "vasite.serving"
    verbose_name = "Serving"

    def ready(self) -> None:
        register_converter(NumberConverter, "number")
        IntegerField.register_lookup(IntegerFieldIn)
        connection_created.connect(apply_lock_timeout)
        pass_over_unreadable_parts()
        if settings.SENTRY_DSN:
            from vasite.serving.error_reports import start_error_reports  # needs an extra

            start_error_reports()
