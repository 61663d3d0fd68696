from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "vasite.forms"
    label = "forms"
    verbose_name = "Forms"

    def ready(self) -> None:
        from vasite.forms import log_entries  # noqa: F401
        from vasite.forms.exports import protect_exports

        protect_exports()
