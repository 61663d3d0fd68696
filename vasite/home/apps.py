from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "vasite.home"
    label = "home"
    verbose_name = "Home"
