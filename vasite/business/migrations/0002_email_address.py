import vasite.email_fields
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('business', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='businesssettings',
            name='email',
            field=vasite.email_fields.EmailAddressField(blank=True, help_text='Shown on the site; notices of enquiries go there, too.', max_length=254, verbose_name='e-mail'),
        ),
    ]
