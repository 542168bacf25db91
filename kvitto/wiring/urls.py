"""The member face's addresses: the demo's page in front of the members' own."""

from django.urls import include, path

from kvitto.demo import chooser

urlpatterns = [
    path("demo", chooser.choose, name="demo"),
    path("demo/sign-in", chooser.sign_in, name="demo-sign-in"),
    path("", include("kvitto.doors.member_web.urls")),
]
