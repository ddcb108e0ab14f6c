"""Signing in, and the password."""

from django.conf import settings
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy

from accounts import attempts, emails
from accounts.client_address import client_network
from accounts.forms import ForgottenForm, SignInForm, WelcomeForm
from accounts.models import User


class SignIn(auth.LoginView):
    """Sign in by e-mail address and password, then go on to the page that was asked for."""

    form_class = SignInForm
    authentication_form = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True


class PasswordChange(auth.PasswordChangeView):
    """Change one's own password; other sessions are signed out."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:password_done")


class PasswordChanged(auth.PasswordChangeDoneView):
    """Confirm that the password was changed."""

    template_name = "accounts/password_done.html"


def forgotten(request: HttpRequest) -> HttpResponse:
    """E-mail a link for choosing another password; the response is the same when nobody has the address."""
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    sent = form.is_valid()
    if sent:
        email = form.cleaned_data["email"].lower()
        user = User.objects.filter(email=email, is_active=True).first()
        if user is not None and attempts.allow(f"forgotten:{email}", client_network(request)):
            emails.send_reminder(user)
    return render(request, "accounts/forgotten.html", {"form": form, "sent": sent})


class Welcome(auth.PasswordResetConfirmView):
    """Choose a name and a password with the link of an e-mail, and be signed in."""

    form_class = WelcomeForm
    template_name = "accounts/welcome.html"
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = settings.LOGIN_REDIRECT_URL
