import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('webhooks', '0011_changes_to_audit'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='change', name='change_to_tell'),
        migrations.AlterField(model_name='change', name='by_kind', field=models.CharField(default='worker', max_length=10)),
        migrations.AlterField(model_name='change', name='by_name', field=models.CharField(blank=True, default='Porte-voix', max_length=150)),
        migrations.RemoveField(model_name='change', name='by_kind'),
        migrations.RemoveField(model_name='change', name='by_id'),
        migrations.RemoveField(model_name='change', name='by_name'),
        migrations.RenameModel(old_name='Change', new_name='HealthChange'),
        migrations.AlterModelOptions(
            name='healthchange',
            options={'verbose_name': 'change of health', 'verbose_name_plural': 'changes of health'},
        ),
        migrations.RenameField(model_name='healthchange', old_name='detail', new_name='reason'),
        migrations.AlterField(
            model_name='healthchange',
            name='reason',
            field=models.CharField(
                blank=True,
                choices=[
                    ('', ''),
                    ('user', 'switched off by a person'),
                    ('gone', 'the receiver answered that it is gone (410)'),
                    ('failing', 'no delivery succeeded for days'),
                ],
                default='',
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name='healthchange',
            name='kind',
            field=models.CharField(choices=[('failing', 'started failing'), ('disabled', 'disabled')], max_length=20),
        ),
        migrations.AlterField(
            model_name='healthchange',
            name='webhook',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='health_changes', to='webhooks.webhook'),
        ),
        migrations.AddIndex(
            model_name='healthchange',
            index=models.Index(condition=models.Q(('told_at__isnull', True)), fields=['id'], name='health_change_to_tell'),
        ),
    ]
