from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "vasite.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from wagtail.admin.views.account import AvatarSettingsPanel, NameEmailSettingsPanel

        from vasite.accounts.forms import NameForm, ProfilePictureForm

        NameEmailSettingsPanel.form_class = NameForm
        AvatarSettingsPanel.form_class = ProfilePictureForm
