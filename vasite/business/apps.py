from django.apps import AppConfig


class BusinessConfig(AppConfig):
    name = "vasite.business"
    label = "business"
    verbose_name = "Business"
