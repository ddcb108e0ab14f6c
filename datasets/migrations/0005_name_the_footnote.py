from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0004_visualisation_caption"),
    ]

    operations = [
        # The column keeps its name: only the Python attribute changes.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("visualisation", "note", "footnote"),
                migrations.AlterField(
                    "visualisation", "footnote", models.TextField(blank=True, db_column="note")
                ),
            ],
        ),
    ]
