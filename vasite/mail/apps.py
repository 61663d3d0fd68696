from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "vasite.mail"
    label = "mail"
    verbose_name = "Mail"

    def ready(self) -> None:
        from vasite.forms.people import keepers
        from vasite.mail.people import MailKeeper

        keepers.append(MailKeeper())
