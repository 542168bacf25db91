"""That an entry waits is written row by row: one entry at a time is what is written most, and that takes less so."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_witness")]

    operations = [
        migrations.RunSQL(
            """
            CREATE OR REPLACE FUNCTION audit_wait() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
                BEGIN
                    INSERT INTO public.audit_waiting (entry_id) VALUES (NEW.id);
                    RETURN NULL;
                END
            $$;
            DROP TRIGGER audit_wait ON audit_entry;
            CREATE TRIGGER audit_wait AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_wait();
            """,
            """
            CREATE OR REPLACE FUNCTION audit_wait() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
                BEGIN
                    INSERT INTO public.audit_waiting (entry_id) SELECT id FROM new;
                    RETURN NULL;
                END
            $$;
            DROP TRIGGER audit_wait ON audit_entry;
            CREATE TRIGGER audit_wait AFTER INSERT ON audit_entry REFERENCING NEW TABLE AS new
                FOR EACH STATEMENT EXECUTE FUNCTION audit_wait();
            """,
        )
    ]
