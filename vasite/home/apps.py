from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "vasite.home"
    label = "home"
    verbose_name = "Home"

    def ready(self) -> None:
        from django.contrib.auth import get_user_model

        from vasite.home.accounts import validate_email_address
        from vasite.pagecache.watching import UNSEEN_TABLES

        UNSEEN_TABLES.update({"home_datarequest", "home_trouble"})
        # Everywhere at once: the admin forms of users, one account, createsuperuser
        get_user_model()._meta.get_field("email").validators.append(validate_email_address)
