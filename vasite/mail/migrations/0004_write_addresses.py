from django.db import migrations

from vasite.email_addresses import email_key


def write_addresses(apps, schema_editor):
    """Store the addresses of the mails that are there, by which they are found."""
    mails = apps.get_model("mail", "OutgoingMail").objects
    address = apps.get_model("mail", "OutgoingMailAddress")
    rows = []
    for pk, *lists in list(mails.values_list("pk", "recipients", "cc", "bcc", "reply_to")):
        keys = {email_key(one) for addresses in lists for one in addresses}
        rows += [address(mail_id=pk, email_key=key) for key in keys]
    address.objects.bulk_create(rows, batch_size=1000)


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0003_addresses'),
    ]

    operations = [migrations.RunPython(write_addresses, migrations.RunPython.noop)]
