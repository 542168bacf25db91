from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                fields=["subject", "at"], name="audit_entry_subject", condition=models.Q(subject__isnull=False)
            ),
        )
    ]
