"""Companies, chains, stores, tills, levels by date, and the one row of the profile."""

import django.db.models.deletion
from django.db import migrations, models


# Without btree_gist an id is compared as the range that holds only it; a channel has a constraint of its own.
NO_OVERLAP = """
ALTER TABLE stores_level
    ADD CONSTRAINT stores_level_no_overlap_store EXCLUDE USING gist
        (int8range(chain_id, chain_id, '[]') WITH &&, daterange(valid_from, valid_to) WITH &&) WHERE (channel = 'store'),
    ADD CONSTRAINT stores_level_no_overlap_web EXCLUDE USING gist
        (int8range(chain_id, chain_id, '[]') WITH &&, daterange(valid_from, valid_to) WITH &&) WHERE (channel = 'web');
"""
OVERLAP = """
ALTER TABLE stores_level
    DROP CONSTRAINT stores_level_no_overlap_store,
    DROP CONSTRAINT stores_level_no_overlap_web;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Chain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=100)),
            ],
            options={
                'db_table': 'stores_chain',
            },
        ),
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('business_id', models.CharField(max_length=32)),
                ('kind', models.CharField(max_length=8)),
            ],
            options={
                'db_table': 'stores_company',
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['co-op', 'partner'])), name='stores_company_kind')],
            },
        ),
        migrations.CreateModel(
            name='NetworkProfile',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('profile', models.CharField(max_length=8)),
                ('version', models.IntegerField()),
            ],
            options={
                'db_table': 'stores_profile',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='stores_profile_single'), models.CheckConstraint(condition=models.Q(('profile__in', ['default', 'strict'])), name='stores_profile_known')],
            },
        ),
        migrations.CreateModel(
            name='Store',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('town', models.CharField(max_length=100)),
                ('zone', models.CharField(max_length=64)),
                ('opened_on', models.DateField(null=True)),
                ('closed_on', models.DateField(null=True)),
                ('chain', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.chain')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.company')),
            ],
            options={
                'db_table': 'stores_store',
            },
        ),
        migrations.CreateModel(
            name='Till',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store')),
            ],
            options={
                'db_table': 'stores_till',
            },
        ),
        migrations.CreateModel(
            name='ChainLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(max_length=8)),
                ('level', models.SmallIntegerField()),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(null=True)),
                ('note', models.CharField(max_length=200)),
                ('chain', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.chain')),
            ],
            options={
                'db_table': 'stores_level',
                'constraints': [models.CheckConstraint(condition=models.Q(('channel__in', ['store', 'web'])), name='stores_level_channel'), models.CheckConstraint(condition=models.Q(('level__in', [1, 2, 3])), name='stores_level_known'), models.CheckConstraint(condition=models.Q(('valid_to__gt', models.F('valid_from'))), name='stores_level_forward')],
            },
        ),
        migrations.AddConstraint(
            model_name='store',
            constraint=models.CheckConstraint(condition=models.Q(('closed_on__gt', models.F('opened_on'))), name='stores_store_open_before_closed'),
        ),
        migrations.AddConstraint(
            model_name='till',
            constraint=models.UniqueConstraint(fields=('store', 'code'), name='stores_till_once'),
        ),
        migrations.RunSQL(NO_OVERLAP, OVERLAP),
    ]
