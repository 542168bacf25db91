"""The staff pages, all under `/staff/`. Which of them open before the second factor is given, `access` says."""

from django.urls import path
from django.views.generic import TemplateView

from kvitto.accounts.web import SignIn, SignOut
from kvitto.doors.staff_web import second_factor, security

urlpatterns = [
    path("staff/", TemplateView.as_view(template_name="staff/home.html"), name="front"),
    path("staff/sign-in", SignIn.as_view(next_page="front"), name="sign-in"),
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
]
