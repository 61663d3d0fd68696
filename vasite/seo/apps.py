from django.apps import AppConfig


class SeoConfig(AppConfig):
    name = "vasite.seo"
    label = "seo"
    verbose_name = "Seo"
