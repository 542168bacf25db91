"""Which act of the policy each page, command and job is. A test fails when one is missing here, or is no more.

Pages are named by their face and the name of their address.
"""

from django.http import HttpRequest

from kvitto.accounts.types import Kind
from kvitto.staff.types import Act

_MEMBER_PAGES: dict[str, Act] = {
    "front": Act.PUBLIC_FRONT,
    "sign-in": Act.PUBLIC_SIGN_IN,
    "sign-out": Act.PUBLIC_SIGN_OUT,
    "activate": Act.PUBLIC_ACTIVATE,
    "activate-set": Act.PUBLIC_ACTIVATE,
    "forgot": Act.PUBLIC_ACTIVATE,
    "levels": Act.PUBLIC_LEVELS,
    "what-we-record": Act.PUBLIC_WHAT_WE_RECORD,
    "set_language": Act.PUBLIC_LANGUAGE,
    "theme": Act.PUBLIC_LANGUAGE,
    "offline": Act.PUBLIC_APP,
    "manifest": Act.PUBLIC_APP,
    "worker": Act.PUBLIC_APP,
    "design": Act.PUBLIC_DESIGN,
    "demo": Act.DEMO_BECOME,
    "demo-sign-in": Act.DEMO_BECOME,
    "purchases": Act.OWN_VIEW_PURCHASES,
    "period": Act.OWN_VIEW_PURCHASES,
    "group": Act.OWN_VIEW_PURCHASES,
    "product": Act.OWN_VIEW_PURCHASES,
    "search": Act.OWN_SEARCH,
    "receipts": Act.OWN_RECEIPTS,
    "receipt": Act.OWN_RECEIPTS,
    "card": Act.OWN_CARD,
    "account": Act.OWN_ACCOUNT,
    "traces": Act.OWN_TRACES,
    "choices": Act.OWN_CHOICES,
    "choices-history": Act.OWN_CHOICES,
    "choice": Act.OWN_CHOICES,
    "choice-confirm": Act.OWN_CHOICES,
    "household": Act.OWN_HOUSEHOLD,
    "household-month": Act.OWN_HOUSEHOLD,
    "household-invite": Act.OWN_HOUSEHOLD,
    "household-join": Act.OWN_HOUSEHOLD,
    "household-minor": Act.OWN_HOUSEHOLD,
    "household-do": Act.OWN_HOUSEHOLD,
    "receipt-keep-back": Act.OWN_KEEP_BACK,
    "security": Act.OWN_SECURITY,
    "security-end": Act.OWN_SECURITY,
    "security-end-all": Act.OWN_SECURITY,
    "security-password": Act.OWN_SECURITY,
}

_STAFF_PAGES: dict[str, Act] = {
    "front": Act.STAFF_HOME,
    "sign-in": Act.STAFF_SIGN_IN,
    "sso": Act.STAFF_SIGN_IN,
    "sso-back": Act.STAFF_SIGN_IN,
    "sign-out": Act.PUBLIC_SIGN_OUT,
    "set_language": Act.PUBLIC_LANGUAGE,
    "theme": Act.PUBLIC_LANGUAGE,
    "demo": Act.DEMO_BECOME,
    "demo-sign-in": Act.DEMO_BECOME,
    "still": Act.STAFF_HOME,
    "agreement": Act.STAFF_SIGN_AGREEMENT,
    "factor": Act.STAFF_SECOND_FACTOR,
    "factor-new": Act.STAFF_SECOND_FACTOR,
    "factor-app": Act.STAFF_SECOND_FACTOR,
    "factor-passkey": Act.STAFF_SECOND_FACTOR,
    "factor-remove": Act.STAFF_SECOND_FACTOR,
    "factor-codes": Act.STAFF_SECOND_FACTOR,
    "security": Act.STAFF_OWN_SESSIONS,
    "security-end": Act.STAFF_OWN_SESSIONS,
    "security-end-all": Act.STAFF_OWN_SESSIONS,
    "security-password": Act.STAFF_OWN_SESSIONS,
    "look-up": Act.MEMBER_FIND,
    "record": Act.MEMBER_VIEW_IDENTITY,
    "record-code": Act.MEMBER_ISSUE_CODE,
    "record-choices": Act.MEMBER_VIEW_CHOICES,
    "record-choice": Act.MEMBER_REGISTER_CHOICE,
    "case-close": Act.STAFF_OWN_CASES,
    "cases": Act.STAFF_OWN_CASES,
    "case-open": Act.CASE_OPEN,
    "case": Act.STAFF_OWN_CASES,
    "case-month": Act.LINES_OPEN,
    "glass": Act.LINES_BREAK_GLASS,
    "glasses": Act.GLASS_REVIEW,
    "glass-review": Act.GLASS_REVIEW,
    "approvals": Act.APPROVALS_VIEW,
    "approve-duty": Act.DUTY_APPROVE,
    "approve-case": Act.CASE_APPROVE,
    "approve-change": Act.CHANGE_APPROVE,
    "people": Act.ACCESS_VIEW_TABLE,
    "duty-propose": Act.DUTY_PROPOSE,
    "duty-end": Act.DUTY_END,
    "access": Act.ACCESS_VIEW_TABLE,
    "processing": Act.ACCESS_VIEW_TABLE,
    "agreements": Act.AGREEMENT_VIEW,
    "agreement-publish": Act.AGREEMENT_PUBLISH,
    "network": Act.NETWORK_VIEW,
}

URLS: dict[tuple[Kind, str], Act] = {
    **{(Kind.MEMBER, name): act for name, act in _MEMBER_PAGES.items()},
    **{(Kind.STAFF, name): act for name, act in _STAFF_PAGES.items()},
}


def act_of(request: HttpRequest) -> Act | None:
    """The act of the page that was found for a request; None where there is none."""
    match = request.resolver_match
    face = getattr(request, "face", None)
    return URLS.get((face.kind, match.url_name)) if face and match and match.url_name else None


COMMANDS: dict[str, Act] = {
    "migrate": Act.DB_OPERATE,
    "demo": Act.DEMO_LOAD,
    "serve": Act.SERVE_RUN,
    "worker": Act.JOBS_WORK,
    "receipts import": Act.RECEIPTS_IMPORT,
    "receipts schema": Act.RECEIPTS_SHOW_FORMAT,
    "receipts inspect": Act.RECEIPTS_INSPECT,
    "receipts conflicts": Act.RECEIPTS_VIEW_QUARANTINE,
    "receipts refused": Act.RECEIPTS_VIEW_QUARANTINE,
    "receipts decide": Act.RECEIPTS_DECIDE_CONFLICT,
    "network load": Act.NETWORK_LOAD,
    "assortment load": Act.ASSORTMENT_LOAD,
    "processors load": Act.PROCESSORS_LOAD,
    "members code": Act.MEMBER_ISSUE_CODE,
    "members death": Act.HOUSEHOLD_CHANGE,
    "members main": Act.HOUSEHOLD_CHANGE,
    "retention run": Act.RETENTION_RUN,
    "staff add": Act.DUTY_ADD_PERSON,
    "staff reset": Act.DUTY_RESET_SIGN_IN,
    "staff duties": Act.ACCESS_VIEW_TABLE,
    "staff agreement publish": Act.AGREEMENT_PUBLISH,
    "db start": Act.DB_OPERATE,
    "db stop": Act.DB_OPERATE,
    "db status": Act.DB_OPERATE,
    "bench intake": Act.BENCH_RUN,
    "bench purge": Act.BENCH_RUN,
    "bench pages": Act.BENCH_RUN,
    "bench formats": Act.BENCH_RUN,
}

JOBS: dict[str, Act] = {
    "retention": Act.RETENTION_RUN,
}
