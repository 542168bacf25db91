"""The staff pages, all under `/staff/`. Which of them open before the second factor is given, `access` says."""

from django.urls import path

from kvitto.accounts.web import SignOut
from kvitto.doors.staff_web import cases, members, pages, people, processing, second_factor, security, single_sign_on

urlpatterns = [
    path("staff/", pages.home, name="front"),
    path("staff/still", pages.still, name="still"),
    path("staff/agreement", pages.agreement, name="agreement"),
    path("staff/sign-in", single_sign_on.StaffSignIn.as_view(next_page="front"), name="sign-in"),
    path("staff/sso", single_sign_on.start, name="sso"),
    path("staff/sso/back", single_sign_on.back, name="sso-back"),
    path("staff/sign-out", SignOut.as_view(next_page="sign-in"), name="sign-out"),
    path("staff/factor", second_factor.give, name="factor"),
    path("staff/factor/new", second_factor.new, name="factor-new"),
    path("staff/factor/new/app", second_factor.new_app, name="factor-app"),
    path("staff/factor/new/passkey", second_factor.new_passkey, name="factor-passkey"),
    path("staff/factor/remove", second_factor.remove, name="factor-remove"),
    path("staff/factor/codes", second_factor.new_codes, name="factor-codes"),
    path("staff/security", security.security, name="security"),
    path("staff/security/end", security.end_session, name="security-end"),
    path("staff/security/end-all", security.end_all_sessions, name="security-end-all"),
    path("staff/security/password", security.change_password, name="security-password"),
    path("staff/look-up", members.look_up, name="look-up"),
    path("staff/look-up/<int:case_id>", members.record, name="record"),
    path("staff/look-up/<int:case_id>/code", members.code, name="record-code"),
    path("staff/cases", cases.cases, name="cases"),
    path("staff/cases/new", cases.open_case, name="case-open"),
    path("staff/cases/danger", cases.glass, name="glass"),
    path("staff/cases/<int:case_id>", cases.case, name="case"),
    path("staff/cases/<int:case_id>/close", members.close, name="case-close"),
    path("staff/cases/<int:case_id>/<int:year>/<int:number>", cases.month, name="case-month"),
    path("staff/reviews", cases.glasses, name="glasses"),
    path("staff/reviews/<int:glass_id>", cases.review, name="glass-review"),
    path("staff/approvals", people.approvals, name="approvals"),
    path("staff/approvals/duty/<int:duty_id>", people.approve_duty, name="approve-duty"),
    path("staff/approvals/case/<int:case_id>", people.approve_case, name="approve-case"),
    path("staff/approvals/change/<int:change_id>", people.approve_change, name="approve-change"),
    path("staff/people", people.people, name="people"),
    path("staff/people/propose", people.propose, name="duty-propose"),
    path("staff/people/duty/<int:duty_id>/end", people.end_duty, name="duty-end"),
    path("staff/access", people.access, name="access"),
    path("staff/agreements", people.agreements, name="agreements"),
    path("staff/agreements/new", people.publish, name="agreement-publish"),
    path("staff/processing", processing.processing, name="processing"),
    path("staff/network", people.network, name="network"),
]
