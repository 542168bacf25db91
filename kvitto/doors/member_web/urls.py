"""The members' pages."""

from django.urls import path, register_converter

from kvitto.accounts.web import SignOut
from kvitto.doors.member_web import (
    access,
    api,
    bonus,
    card,
    choices,
    converters,
    everything,
    export,
    household,
    live,
    notices,
    own,
    pages,
    pwa,
    removal,
)
from kvitto.doors.member_web.language import choose_language
from kvitto.doors.member_web.theme import set_theme

register_converter(converters.PeriodConverter, "period")
register_converter(converters.GroupConverter, "group")
register_converter(converters.DayConverter, "day")
register_converter(converters.RowConverter, "row")

urlpatterns = [
    path("", pages.front, name="front"),
    path("sign-in", access.SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(next_page="front"), name="sign-out"),
    path("activate", access.activate, name="activate"),
    path("activate/set", access.activate_set, name="activate-set"),
    path("forgot", access.forgot, name="forgot"),
    path("confirm", choices.confirm_by_letter, name="confirm"),
    path("account/notices", notices.notices, name="notices"),
    path("account/choices", choices.choices, name="choices"),
    path("account/choices/history", choices.history, name="choices-history"),
    path("account/choices/decide", choices.decide, name="choice"),
    path("account/choices/confirm", choices.confirm, name="choice-confirm"),
    path("account/removal", removal.removal, name="removal"),
    path("account/removal/do", removal.remove, name="removal-do"),
    path("bonus", bonus.bonus, name="bonus"),
    path("bonus/<period:period>", bonus.month_page, name="bonus-month"),
    path("household", household.household, name="household"),
    path("household/<period:period>", household.month_page, name="household-month"),
    path("household/invite", household.invite, name="household-invite"),
    path("household/join", household.join, name="household-join"),
    path("household/minor", household.add_minor, name="household-minor"),
    path("household/do", household.do, name="household-do"),
    path("receipts/<day:day>/<row:receipt_id>/keep-back", own.keep_back, name="receipt-keep-back"),
    path("account/security", access.security, name="security"),
    path("account/security/end", access.end_session, name="security-end"),
    path("account/security/end-all", access.end_all_sessions, name="security-end-all"),
    path("account/security/password", access.change_password, name="security-password"),
    path("levels", pages.levels, name="levels"),
    path("what-we-record", pages.what_we_record, name="what-we-record"),
    path("purchases", own.purchases, name="purchases"),
    path("purchases/<period:period>", own.period, name="period"),
    path("purchases/<period:period>/groups/<group:group_id>", own.group, name="group"),
    path("products/<slug:key>", own.product, name="product"),
    path("search", own.search, name="search"),
    path("receipts", own.receipts, name="receipts"),
    path("receipts/<day:day>/<row:receipt_id>", own.receipt, name="receipt"),
    path("receipts/<day:day>/<row:receipt_id>/pdf", own.receipt_pdf, name="receipt-pdf"),
    path("receipts/<day:day>/<row:receipt_id>/remove", removal.receipt, name="receipt-remove"),
    path("receipts/<day:day>/<row:receipt_id>/remove/do", removal.remove_receipt, name="receipt-remove-do"),
    path("live", live.live, name="live"),
    path("account", pages.account, name="account"),
    path("account/export", export.export, name="export"),
    path("account/export/receipts.<slug:kind>", export.file, name="export-file"),
    path("account/export/token", export.make_token, name="export-token"),
    path("account/export/token/end", export.revoke_token, name="export-token-revoke"),
    path("api/me/receipts", api.receipts, name="api-receipts"),
    path("api/openapi.json", api.description, name="api-description"),
    path("account/everything", everything.everything, name="everything"),
    path("account/traces", pages.traces, name="traces"),
    path("design", pages.design, name="design"),
    path("language", choose_language, name="set_language"),
    path("theme", set_theme, name="theme"),
    path("card", card.card, name="card"),
    path("offline", pwa.offline, name="offline"),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("sw.js", pwa.worker, name="worker"),
]
