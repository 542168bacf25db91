import django.db.models.deletion
from django.db import migrations, models

import kvitto.intake.models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0003_claims'),
        ('stores', '0003_account_age'),
    ]

    operations = [
        migrations.CreateModel(
            name='TillDay',
            fields=[
                ('pk', models.CompositePrimaryKey('business_day', 'store', 'workstation', blank=True, editable=False, primary_key=True, serialize=False)),
                ('business_day', models.DateField()),
                ('workstation', models.TextField()),
                ('seen', kvitto.intake.models.NumberRanges()),
                ('late', kvitto.intake.models.NumberRanges()),
                ('filled', kvitto.intake.models.NumberRanges()),
                ('void', kvitto.intake.models.NumberRanges()),
                ('lost', kvitto.intake.models.NumberRanges()),
                ('last_at', models.DateTimeField()),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store')),
            ],
            options={
                'db_table': 'intake_till_day',
            },
        ),
    ]
