"""The staff pages, all under `/staff/`."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path
from django.views.generic import TemplateView

urlpatterns = [
    path("staff/", login_required(TemplateView.as_view(template_name="staff/home.html")), name="front"),
    path("staff/sign-in", LoginView.as_view(template_name="sign_in.html", next_page="front"), name="sign-in"),
    path("staff/sign-out", LogoutView.as_view(next_page="sign-in"), name="sign-out"),
]
