"""The members' pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from kvitto.doors.member_web import views

urlpatterns = [
    path("", views.front, name="front"),
    path("sign-in", LoginView.as_view(template_name="sign_in.html", next_page="me"), name="sign-in"),
    path("sign-out", LogoutView.as_view(next_page="front"), name="sign-out"),
    path("me", views.me, name="me"),
]
