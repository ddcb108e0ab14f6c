from django.db import migrations

HALF = 50


def leave_room(apps, schema_editor):
    """PostgreSQL fills half of each page of deliveries: a claim then changes its row in place, without touching an index."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE webhooks_delivery SET (fillfactor = {HALF})")


def fill_pages(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE webhooks_delivery RESET (fillfactor)")


class Migration(migrations.Migration):

    dependencies = [
        ('webhooks', '0006_find_unsuccessful_deliveries'),
    ]

    operations = [
        migrations.RunPython(leave_room, fill_pages),
    ]
