import vasite.email_fields
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0012_trusted_authors'),
    ]

    operations = [
        migrations.AddField(
            model_name='comment',
            name='email_key',
            field=vasite.email_fields.EmailKeyField(db_index=True, default='', editable=False, max_length=254),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='comment',
            name='email',
            field=vasite.email_fields.EmailAddressField(max_length=254, verbose_name='e-mail'),
        ),
        migrations.AlterField(
            model_name='follow',
            name='email',
            field=vasite.email_fields.EmailAddressField(max_length=254, verbose_name='e-mail'),
        ),
        migrations.AlterField(
            model_name='follow',
            name='email_key',
            field=vasite.email_fields.EmailKeyField(db_index=True, editable=False, max_length=254),
        ),
        migrations.AlterField(
            model_name='subscriber',
            name='email',
            field=vasite.email_fields.EmailAddressField(max_length=254, verbose_name='e-mail'),
        ),
        migrations.AlterField(
            model_name='subscriber',
            name='email_key',
            field=vasite.email_fields.EmailKeyField(editable=False, max_length=254, unique=True),
        ),
    ]
