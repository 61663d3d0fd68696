from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "vasite.forms"
    label = "forms"
    verbose_name = "Forms"
