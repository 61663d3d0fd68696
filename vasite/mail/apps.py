from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "vasite.mail"
    label = "mail"
    verbose_name = "Mail"
