"""Take people's names and addresses out of the lines of the admin's history."""

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat

NAMES = {
    ("contact", "enquiry"): "Enquiry ",
    ("newsletter", "comment"): "Comment ",
    ("newsletter", "subscriber"): "Subscriber ",
    ("newsletter", "authorrule"): "Author rule ",
    ("newsletter", "follow"): "Follow ",
    ("newsletter", "delivery"): "Delivery ",
    ("newsletter", "subscriberimport"): "Import ",
    ("mail", "outgoingmail"): "Mail ",
}


def leave_names_out(apps, schema_editor):
    content_types = apps.get_model("contenttypes", "ContentType").objects
    entries = apps.get_model("wagtailcore", "ModelLogEntry").objects
    for (app_label, model), name in NAMES.items():
        for kind in content_types.filter(app_label=app_label, model=model):
            found = entries.filter(content_type_id=kind.pk)
            found.update(label=Concat(Value(name), "object_id"), data={})


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0003_data_requests"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("wagtailcore", "0089_log_entry_data_json_null_to_object"),
    ]

    operations = [migrations.RunPython(leave_names_out, migrations.RunPython.noop)]
