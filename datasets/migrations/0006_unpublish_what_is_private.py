from django.db import migrations
from django.db.models import Q
from django.utils import timezone


def request_removal(apps, schema_editor):
    """Request the removal of what was made private and stayed published: the next sweep of the worker does it."""
    private = Q(dataset__is_public=False) | Q(visualisation__is_public=False)
    current = apps.get_model("datasets", "Publication").objects.filter(status__in=["waiting", "published"])
    ids = list(current.filter(private).values_list("pk", flat=True))
    current.filter(pk__in=ids).update(status="deleted", requested_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0005_name_the_footnote"),
    ]

    operations = [
        migrations.RunPython(request_removal, migrations.RunPython.noop),
    ]
