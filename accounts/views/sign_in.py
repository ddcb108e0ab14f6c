"""Signing in, and the password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import attempts, devices, letters
from accounts.client_address import client_network
from accounts.forms import THROTTLED, ForgottenForm, OperatorSignInForm, OwnPasswordForm, SignInForm, WelcomeForm
from accounts.models import User


def told_to_wait(answer: HttpResponse, form: BaseForm) -> HttpResponse:
    """Return the page of a refused form, as 429 if there were too many attempts."""
    if any(error.code == THROTTLED for errors in form.errors.as_data().values() for error in errors):
        answer.status_code = 429
        answer.headers["Retry-After"] = str(attempts.seconds_left())
    return answer


class SignIn(auth.LoginView):
    """Sign in by e-mail address and password, then go on to the page that was asked for."""

    form_class = SignInForm
    authentication_form = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and remember the browser."""
        answer = super().form_valid(form)
        devices.remember(self.request, answer, form.cleaned_data["username"])
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show what is wrong, or how long to wait."""
        return told_to_wait(super().form_invalid(form), form)


@never_cache
def operator_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in to the operators' admin, with the same limits."""
    answer = admin.site.login(request)
    form = getattr(answer, "context_data", {}).get("form")
    if isinstance(form, OperatorSignInForm) and form.is_bound:
        return told_to_wait(answer, form)
    if request.method == "POST" and isinstance(request.user, User):
        devices.remember(request, answer, request.user.email)
    return answer


class PasswordChange(auth.PasswordChangeView):
    """Change one's own password; other sessions are signed out."""

    form_class = OwnPasswordForm
    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:password_done")

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        """Show what is wrong, or how long to wait."""
        return told_to_wait(super().form_invalid(form), form)


class PasswordChanged(auth.PasswordChangeDoneView):
    """Confirm that the password was changed."""

    template_name = "accounts/password_done.html"


def forgotten(request: HttpRequest) -> HttpResponse:
    """Have a link for choosing another password e-mailed; the answer is the same when nobody has the address.

    Who has it is looked up by the worker that sends the letter, so that not even the time to answer tells.
    """
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    sent = False
    if form.is_valid():
        email = form.cleaned_data["email"].lower()
        sent = not attempts.allow_letter(email, client_network(request)) or letters.ask_for_reminder(email)
        if not sent:
            form.add_error(None, _("No e-mail can be sent just now: try again in a few minutes."))
    return render(request, "accounts/forgotten.html", {"form": form, "sent": sent})


class Welcome(auth.PasswordResetConfirmView):
    """Choose a name and a password with the link of an e-mail, and be signed in."""

    form_class = WelcomeForm
    template_name = "accounts/welcome.html"
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = settings.LOGIN_REDIRECT_URL

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        """Store the password, sign in, and remember the browser."""
        answer = super().form_valid(form)
        devices.remember(self.request, answer, form.user.email)
        return answer
