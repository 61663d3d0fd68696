from django.apps import AppConfig


class ContactConfig(AppConfig):
    name = "contact"
    verbose_name = "Contact"

    def ready(self) -> None:
        from contact.people import EnquiryKeeper
        from vasite.forms.people import keepers

        keepers.append(EnquiryKeeper())
