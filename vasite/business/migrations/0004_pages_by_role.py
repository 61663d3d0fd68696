import django.db.models.deletion
from django.db import migrations, models


def name_pages(apps, schema_editor):
    """Choose the pages that were known by their slugs so far."""
    pages = apps.get_model("wagtailcore", "Page").objects.filter(depth=3)
    settings = apps.get_model("business", "BusinessSettings").objects
    settings.update(
        about_page=pages.filter(slug="about").first(),
        privacy_page=pages.filter(slug="privacy").first(),
    )


def page_key(verbose_name):
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name="+",
        to="wagtailcore.page",
        verbose_name=verbose_name,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("business", "0003_times_as_written"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
    ]

    operations = [
        migrations.AddField("businesssettings", "about_page", page_key("page about you")),
        migrations.AddField("businesssettings", "privacy_page", page_key("privacy page")),
        migrations.RunPython(name_pages, migrations.RunPython.noop),
    ]
