from django.apps import AppConfig


class ServingConfig(AppConfig):
    name = "vasite.serving"
    verbose_name = "Serving"
