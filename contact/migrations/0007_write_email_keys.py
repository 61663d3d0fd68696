from django.core.exceptions import ValidationError
from django.db import migrations

from vasite.email_addresses import email_key, normalise_email


def write_keys(apps, schema_editor):
    """Give each enquiry the key by which it is found; what is no address stays as it was typed."""
    enquiries = apps.get_model("contact", "Enquiry").objects
    for pk, email in list(enquiries.values_list("pk", "email")):
        try:
            email = normalise_email(email)
        except ValidationError:
            pass
        enquiries.filter(pk=pk).update(email=email, email_key=email_key(email))


class Migration(migrations.Migration):

    dependencies = [
        ('contact', '0006_email_key'),
    ]

    operations = [migrations.RunPython(write_keys, migrations.RunPython.noop)]
