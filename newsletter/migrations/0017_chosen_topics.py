from typing import Any

from django.db import migrations, models


def note_who_chose(apps: Any, schema_editor: Any) -> None:
    """Note who has chosen topics, as a category that they chose may be deleted."""
    subscribers = apps.get_model("newsletter", "Subscriber").objects
    subscribers.filter(topics__isnull=False).update(has_chosen_topics=True)


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0016_largest_numbers")]

    operations = [
        migrations.AddField(
            model_name="subscriber",
            name="has_chosen_topics",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.RunPython(note_who_chose, migrations.RunPython.noop),
    ]
