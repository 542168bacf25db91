from django.db import migrations, models

SOUND = models.Q(("guarantee_months", None), ("guarantee_months__range", (1, 360)), _connector="OR")


class Migration(migrations.Migration):
    dependencies = [("assortment", "0002_group_class")]

    operations = [
        migrations.AddField(
            model_name="group", name="guarantee_months", field=models.SmallIntegerField(null=True)
        ),
        migrations.AddField(
            model_name="product", name="guarantee_months", field=models.SmallIntegerField(null=True)
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.CheckConstraint(condition=SOUND, name="assortment_group_guarantee"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(condition=SOUND, name="assortment_product_guarantee"),
        ),
    ]
