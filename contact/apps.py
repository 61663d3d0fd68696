from django.apps import AppConfig


class ContactConfig(AppConfig):
    name = "contact"
    verbose_name = "Contact"

    def ready(self) -> None:
        from contact.people import EnquiryKeeper
        from vasite.forms.people import keepers
        from vasite.pagecache.watching import UNSEEN_TABLES

        UNSEEN_TABLES.update({"contact_enquiry", "contact_enquiryevent", "contact_enquiryfile"})

        keepers.append(EnquiryKeeper())
