import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

COLUMNS = "ALTER TABLE purchases_receipt ADD COLUMN code text, ADD COLUMN version bigint, ADD COLUMN voided_at timestamptz"
BACK = "ALTER TABLE purchases_receipt DROP COLUMN code, DROP COLUMN version, DROP COLUMN voided_at"


class Migration(migrations.Migration):
    """What a till says of a receipt afterwards: goods came back, this is the corrected one, it was taken back."""

    dependencies = [
        ('members', '0003_register'),
        ('purchases', '0003_removed'),
        ('stores', '0003_account_age'),
    ]

    operations = [
        migrations.RunSQL(COLUMNS, BACK),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business_day', models.DateField()),
                ('receipt_id', models.BigIntegerField()),
                ('sold_on', models.DateField(null=True)),
                ('workstation', models.TextField(null=True)),
                ('sequence', models.BigIntegerField(null=True)),
                ('begin_time', models.DateTimeField(null=True)),
                ('code', models.TextField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.person')),
                ('store', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store')),
            ],
            options={
                'db_table': 'purchases_link',
                'indexes': [models.Index(fields=['business_day', 'receipt_id'], name='purchases_link_receipt')],
                'constraints': [
                    models.CheckConstraint(
                        condition=Q(store__isnull=False, sold_on__isnull=False, workstation__isnull=False, sequence__isnull=False)
                        & Q(code=None)
                        | Q(store=None, sold_on=None, workstation=None, sequence=None, begin_time=None, code__isnull=False),
                        name='purchases_link_names',
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name='Superseded',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business_day', models.DateField()),
                ('receipt_id', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('total_cents', models.BigIntegerField()),
                ('digest', models.BinaryField()),
                ('version', models.BigIntegerField(null=True)),
                ('delivery_id', models.BigIntegerField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.person')),
            ],
            options={
                'db_table': 'purchases_superseded',
            },
        ),
        migrations.CreateModel(
            name='Voiding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business_day', models.DateField()),
                ('workstation', models.TextField()),
                ('sequence', models.BigIntegerField()),
                ('begin_time', models.DateTimeField(null=True)),
                ('at', models.DateTimeField()),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store')),
            ],
            options={
                'db_table': 'purchases_voiding',
                'constraints': [
                    models.UniqueConstraint(
                        fields=('business_day', 'store', 'workstation', 'sequence', 'begin_time', 'at'),
                        name='purchases_voiding_once',
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
    ]
