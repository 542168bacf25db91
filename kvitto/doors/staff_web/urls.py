"""The staff pages, all under `/staff/`."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import TemplateView

from kvitto.accounts.web import SignIn, SignOut

urlpatterns = [
    path("staff/", login_required(TemplateView.as_view(template_name="staff/home.html")), name="front"),
    path("staff/sign-in", SignIn.as_view(next_page="front"), name="sign-in"),
    path("staff/sign-out", SignOut.as_view(next_page="sign-in"), name="sign-out"),
]
