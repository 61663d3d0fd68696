from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "vasite.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from wagtail.admin.views.account import NameEmailSettingsPanel

        from vasite.accounts.forms import NameForm

        NameEmailSettingsPanel.form_class = NameForm
