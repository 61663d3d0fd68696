from django.apps import AppConfig


class SeoConfig(AppConfig):
    name = "vasite.seo"
    label = "seo"
    verbose_name = "Search engines"

    def ready(self) -> None:
        from vasite.seo import redirects, signal_handlers  # noqa: F401
        from vasite.seo.coach import (  # noqa: F401 - each adds its checks
            page_checks,
            picture_checks,
            site_checks,
            text_checks,
        )

        redirects.let_redirects_lead_to_paths()
