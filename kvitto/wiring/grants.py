"""What the web role may do, table by table: the whole list.

It owns nothing, creates nothing but temporary tables, and has no privilege on partitions: only on their parents.
"""

from django.db import connections
from psycopg import sql

from kvitto.kernel.db import OWNER

READ = "SELECT"
APPEND = "SELECT, INSERT"
WRITE = "SELECT, INSERT, UPDATE, DELETE"

# table -> privileges. A table that is not listed is closed to the web role. Columns in brackets: the others are never changed.
TABLES: dict[str, str] = {
    "django_content_type": READ,
    "django_migrations": READ,
    "auth_permission": READ,
    "audit_entry": APPEND,
    "audit_waiting": APPEND,
    "audit_witness": "SELECT, INSERT, UPDATE",
    "audit_leaf": READ,
    "audit_node": READ,
    "audit_checkpoint": READ,
    "accounts_account": WRITE,
    "accounts_session": WRITE,
    "accounts_failure": WRITE,
    "accounts_factor": WRITE,
    "accounts_recovery_code": "SELECT, INSERT, DELETE",
    "accounts_token": "SELECT, INSERT, UPDATE (used_at, free_at), DELETE",
    "stores_company": WRITE,
    "stores_chain": WRITE,
    "stores_store": WRITE,
    "stores_till": WRITE,
    "stores_level": WRITE,
    "stores_profile": WRITE,
    "assortment_group": WRITE,
    "assortment_depth": WRITE,
    "assortment_product": WRITE,
    "assortment_sensitivity": WRITE,
    "assortment_version": WRITE,
    "members_person": WRITE,
    "members_contact": WRITE,
    "members_membership": WRITE,
    "members_card": WRITE,
    "members_code": WRITE,
    "notices_notice": "SELECT, INSERT, UPDATE (read_at, mail_at, mail_tries, mail_error, mailed_at), DELETE",
    "households_household": "SELECT, INSERT",
    "households_place": WRITE,
    "households_guardian": WRITE,
    "households_invitation": WRITE,
    "choices_statement": APPEND,
    "choices_letter": WRITE,
    "staff_person": "SELECT, INSERT, UPDATE (name)",
    "staff_duty": "SELECT, INSERT, UPDATE (period, approved_by_id, approved_at, ended_by_id, ended_at)",
    "staff_agreement": APPEND,
    "staff_signature": APPEND,
    "staff_case": "SELECT, INSERT, UPDATE (approved_by_id, approved_at, ends_at, closed_at)",
    "staff_glass": "SELECT, INSERT, UPDATE (reviewed_by_id, reviewed_at, finding)",
    "staff_change": "SELECT, INSERT, UPDATE (approved_by_id, approved_at, done_at)",
    "tills_key": "SELECT, INSERT, UPDATE (expires_at, revoked_at)",
    "tills_checks": "SELECT, INSERT, UPDATE",
    "vault_key": "SELECT, INSERT, DELETE",
    "vault_keyring": APPEND,
    "purchases_receipt": WRITE,
    "purchases_kept_back": "SELECT, INSERT, DELETE",
    "purchases_link": "SELECT, INSERT, DELETE",
    "purchases_superseded": "SELECT, INSERT, DELETE",
    "purchases_voiding": "SELECT, INSERT, DELETE",
    "archive_receipt": WRITE,
    "warranties_warranty": WRITE,
    "warranties_returned": WRITE,
    "bonus_plan": "SELECT, INSERT, DELETE",
    "bonus_campaign": "SELECT, INSERT, DELETE",
    "bonus_close": "SELECT, INSERT, UPDATE (last_key, done_at, paid_at)",
    "bonus_entry": APPEND,
    "bonus_cause": "SELECT, INSERT, DELETE",
    "bonus_late": "SELECT, INSERT, DELETE",
    "bonus_account": WRITE,
    "intake_delivery": "SELECT, INSERT, UPDATE",
    "intake_quarantine": WRITE,
    "intake_conflict": WRITE,
    "intake_unknown_card": WRITE,
    "intake_claim": "SELECT, INSERT, UPDATE (answered_at), DELETE",
    "intake_non_sale": "SELECT, INSERT, DELETE",
    "oversight_question": "SELECT, INSERT, UPDATE (answer, answered_at, answered_by_id), DELETE",
    "oversight_alert": "SELECT, INSERT, UPDATE (closed_at, closed_by_id, finding)",
    "oversight_day": "SELECT, INSERT, DELETE",
    "oversight_month": "SELECT, INSERT, DELETE",
    "intake_till_day": WRITE,
    "rights_processor": "SELECT, INSERT, DELETE",
    "rights_sweep": "SELECT, INSERT, UPDATE",
    "demo_load": WRITE,
}


def apply(*, web_role: str) -> None:
    """Revoke everything from the web role, then grant the list. Runs after every migration; safe to repeat."""
    role = sql.Identifier(web_role)
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        existing = {row[0] for row in cursor.fetchall()}
        statements = [
            sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}, PUBLIC").format(role),
            sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}, PUBLIC").format(role),
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role),
        ]
        statements += [
            sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(privileges), sql.Identifier(table), role)
            for table, privileges in TABLES.items()
            if table in existing
        ]
        statements += [  # the queue: the web role defers and runs jobs
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(sql.Identifier(table), role)
            for table in sorted(existing)
            if table.startswith("procrastinate_")
        ]
        for statement in statements:
            cursor.execute(statement)
