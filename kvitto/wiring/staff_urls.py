"""The staff face's addresses: the preferences of the common page frame in front of the staff's own."""

from django.urls import include, path

from kvitto.demo import chooser
from kvitto.doors.member_web.language import choose_language
from kvitto.doors.member_web.theme import set_theme

urlpatterns = [
    path("staff/language", choose_language, name="set_language"),
    path("staff/theme", set_theme, name="theme"),
    path("staff/demo", chooser.choose_staff, name="demo"),
    path("staff/demo/sign-in", chooser.sign_in_staff, name="demo-sign-in"),
    path("", include("kvitto.doors.staff_web.urls")),
]
