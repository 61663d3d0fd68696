import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0002_rate_limit'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutgoingMailAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email_key', models.CharField(db_index=True, max_length=254)),
                ('mail', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='mail.outgoingmail')),
            ],
        ),
    ]
