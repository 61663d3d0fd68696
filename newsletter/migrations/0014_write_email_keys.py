from collections import defaultdict

from django.core.exceptions import ValidationError
from django.db import migrations

from vasite.email_addresses import email_key, normalise_email

# Of two rows for one address the one is kept whose state promises most to the person
KEPT_FIRST = [
    *("blocked", "complained", "unsubscribed", "confirmed", "bounced", "unconfirmed", "held"),
]


def tidy(email):
    try:
        return normalise_email(email)
    except ValidationError:
        return email  # no address: it stays as it was typed, with a key that nothing else has


def write_keys(apps, schema_editor):
    """Give each comment the key by which it is found."""
    comments = apps.get_model("newsletter", "Comment").objects
    for pk, email in list(comments.values_list("pk", "email")):
        comments.filter(pk=pk).update(email=tidy(email), email_key=email_key(email))


def write_keys_once(rows, place, keep):
    """Write the keys anew where only one row may have each, and delete the others.

    Takes the fields that say where a key stands once, and what returns the row to keep of several.
    """
    same = defaultdict(list)
    for row in rows.order_by("pk"):
        same[(*(getattr(row, field) for field in place), email_key(row.email))].append(row)
    kept = []
    for key, found in same.items():
        row = keep(found)
        kept.append((row, key[-1]))
        for other in found:
            if other is not row:
                other.delete()
    changed = [(row, key) for row, key in kept if (row.email, row.email_key) != (tidy(row.email), key)]
    for row, _ in changed:  # out of each other's way
        rows.filter(pk=row.pk).update(email_key=f"~{row.pk}")
    for row, key in changed:
        rows.filter(pk=row.pk).update(email=tidy(row.email), email_key=key)


def write_subscribers_keys(apps, schema_editor):
    subscribers = apps.get_model("newsletter", "Subscriber").objects

    def keep(found):
        row = min(found, key=lambda one: KEPT_FIRST.index(one.status))
        for other in found:
            if other is not row:
                other.events.update(subscriber=row)
                had = row.deliveries.values("campaign")
                other.deliveries.exclude(campaign__in=list(had.values_list("campaign", flat=True))).update(
                    subscriber=row
                )
        return row

    write_keys_once(subscribers.all(), (), keep)


def write_follows_keys(apps, schema_editor):
    follows = apps.get_model("newsletter", "Follow").objects

    def keep(found):
        return min(found, key=lambda one: one.confirmed_at is None)

    write_keys_once(follows.all(), ("thread_id",), keep)


def write_rules_keys(apps, schema_editor):
    """Keep one rule for each author, the stricter of two."""
    rules = apps.get_model("newsletter", "AuthorRule").objects
    same = defaultdict(list)
    for rule in rules.order_by("rule", "pk"):  # "blocked" before "trusted"
        same[email_key(tidy(rule.email_key))].append(rule)
    for key, (rule, *others) in same.items():
        for other in others:
            other.delete()
        if not key.startswith("no-address:"):
            rules.filter(pk=rule.pk).update(email_key=key)


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0013_email_key'),
    ]

    operations = [
        migrations.RunPython(write_keys, migrations.RunPython.noop),
        migrations.RunPython(write_subscribers_keys, migrations.RunPython.noop),
        migrations.RunPython(write_follows_keys, migrations.RunPython.noop),
        migrations.RunPython(write_rules_keys, migrations.RunPython.noop),
    ]
