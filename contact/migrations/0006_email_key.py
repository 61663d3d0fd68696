import vasite.email_fields
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('contact', '0005_files_refused'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='enquiry', name='enquiry_person'),
        migrations.AddField(
            model_name='enquiry',
            name='email_key',
            field=vasite.email_fields.EmailKeyField(db_index=True, default='', editable=False, max_length=254),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='enquiry',
            name='email',
            field=vasite.email_fields.EmailAddressField(max_length=254, verbose_name='e-mail'),
        ),
    ]
