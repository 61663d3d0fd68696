"""PostgreSQL: a search configuration like "english" that leaves no word out, so that "its" is found."""

from django.db import migrations

NAME = "vasite_english"
CREATE = f"""
CREATE TEXT SEARCH DICTIONARY {NAME}_stem (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION {NAME} (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION {NAME}
    ALTER MAPPING REPLACE english_stem WITH {NAME}_stem;
"""
DROP = f"""
DROP TEXT SEARCH CONFIGURATION {NAME};
DROP TEXT SEARCH DICTIONARY {NAME}_stem;
"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("content", "0003_private_documents")]

    operations = [migrations.RunPython(create, drop)]
