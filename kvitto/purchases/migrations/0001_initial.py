from django.db import migrations, models

# No index or constraint on a partition is made by hand: all of them belong to the parent.
TABLE = """
CREATE TABLE purchases_receipt (
    business_day date NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    store_id bigint NOT NULL REFERENCES stores_store (id),
    workstation text NOT NULL,
    sequence bigint NOT NULL,
    begin_time timestamptz NOT NULL,
    end_time timestamptz NOT NULL,
    person_id bigint NOT NULL REFERENCES members_person (id),
    delivery_id bigint NOT NULL,
    level smallint NOT NULL CHECK (level IN (1, 2, 3)),
    level_reason smallint NOT NULL CHECK (level_reason IN (1, 2, 3)),
    channel text NOT NULL CHECK (channel IN ('store', 'web')),
    kind text NOT NULL CHECK (kind IN ('sale', 'return')),
    total_cents bigint NOT NULL,
    currency text NOT NULL,
    bonus_basis jsonb NOT NULL,
    digest bytea NOT NULL,
    digest_version smallint NOT NULL,
    sealed bytea,
    PRIMARY KEY (business_day, id),
    CONSTRAINT purchases_receipt_key UNIQUE (business_day, store_id, workstation, sequence, begin_time),
    CONSTRAINT purchases_receipt_totals_only CHECK ((level = 1) = (sealed IS NULL))
) PARTITION BY RANGE (business_day);
ALTER TABLE purchases_receipt ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX purchases_receipt_person ON purchases_receipt (person_id, business_day);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("members", "0001_initial"), ("stores", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLE, "DROP TABLE purchases_receipt")],
            state_operations=[
                migrations.CreateModel(
                    name="Receipt",
                    fields=[
                        ("pk", models.CompositePrimaryKey("business_day", "id")),
                        ("business_day", models.DateField()),
                        ("id", models.BigIntegerField()),
                    ],
                    options={"db_table": "purchases_receipt", "managed": False},
                )
            ],
        )
    ]
