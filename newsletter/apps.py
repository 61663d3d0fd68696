from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    name = "newsletter"
    verbose_name = "Newsletter"

    def ready(self) -> None:
        from newsletter.structured_data import add_comments
        from vasite.seo.structured_data import contributors

        contributors.append(add_comments)
