from django.db import migrations

CHECK = """
ALTER TABLE purchases_receipt DROP CONSTRAINT purchases_receipt_level_reason_check,
    ADD CONSTRAINT purchases_receipt_level_reason_check CHECK (level_reason IN ({}))
"""


class Migration(migrations.Migration):
    """A fourth reason for a level: the member had what was recorded removed."""

    dependencies = [("purchases", "0002_kept_back")]

    operations = [migrations.RunSQL(CHECK.format("1, 2, 3, 4"), CHECK.format("1, 2, 3"))]
