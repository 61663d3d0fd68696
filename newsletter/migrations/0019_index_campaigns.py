from django.db import migrations


class Migration(migrations.Migration):
    """Changes nothing itself: once it is applied, `signal_handlers` has all campaigns indexed."""

    dependencies = [
        ('newsletter', '0018_minutes_before_posts'),
    ]

    operations = []
