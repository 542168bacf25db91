import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A card that is attached afterwards: what a member claims, and receipts whose card is known now."""

    dependencies = [
        ('intake', '0002_non_sale'),
        ('members', '0003_register'),
        ('stores', '0003_account_age'),
    ]

    operations = [
        migrations.AddField(
            model_name='unknowncard',
            name='wanted_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business_day', models.DateField()),
                ('workstation', models.TextField(null=True)),
                ('sequence', models.BigIntegerField(null=True)),
                ('code', models.TextField(null=True)),
                ('total_cents', models.BigIntegerField()),
                ('made_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.person')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store')),
            ],
            options={
                'db_table': 'intake_claim',
                'constraints': [
                    models.UniqueConstraint(
                        fields=('person', 'store', 'business_day', 'workstation', 'sequence', 'code', 'total_cents'),
                        name='intake_claim_once',
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=Q(workstation__isnull=False, sequence__isnull=False, code=None)
                        | Q(workstation=None, sequence=None, code__isnull=False),
                        name='intake_claim_names',
                    ),
                ],
            },
        ),
    ]
