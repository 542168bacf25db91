"""The list of processors; two periods of one name never overlap."""

import django.contrib.postgres.fields
from django.db import migrations, models


# Without btree_gist a name is compared as the range that holds only its hash
NO_OVERLAP = """
ALTER TABLE rights_processor
    ADD CONSTRAINT rights_processor_no_overlap EXCLUDE USING gist
        (int8range(hashtextextended(name, 0), hashtextextended(name, 0), '[]') WITH &&, daterange(valid_from, valid_to) WITH &&);
"""
OVERLAP = "ALTER TABLE rights_processor DROP CONSTRAINT rights_processor_no_overlap;"


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Processor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('purpose', models.JSONField()),
                ('country', models.CharField(max_length=2)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(null=True)),
                ('names', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
            ],
            options={
                'db_table': 'rights_processor',
                'constraints': [models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='rights_processor_country'), models.CheckConstraint(condition=models.Q(('valid_to__gt', models.F('valid_from'))), name='rights_processor_forward'), models.CheckConstraint(condition=models.Q(('names__len__gte', 1)), name='rights_processor_gets_something')],
            },
        ),
        migrations.RunSQL(NO_OVERLAP, OVERLAP),
    ]
