"""Signing in and out, the password, the account in use, the language."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts import emails, throttle
from accounts.forms import ForgottenForm, SignInForm, WelcomeForm
from accounts.http import AccountRequest, require_role
from accounts.middleware import choose
from accounts.models import User
from accounts.permissions import Role


class SignIn(auth.LoginView):
    """Sign in by e-mail address and password, then go on to where one was going."""

    form_class = SignInForm
    authentication_form = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True


class PasswordChange(auth.PasswordChangeView):
    """Change one's own password; other sessions are signed out."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:password_done")


class PasswordChanged(auth.PasswordChangeDoneView):
    """Say that the password was changed."""

    template_name = "accounts/password_done.html"


def forgotten(request: HttpRequest) -> HttpResponse:
    """Send the link with which a person chooses another password; the answer is the same for a stranger."""
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    sent = form.is_valid()
    if sent:
        email = form.cleaned_data["email"].lower()
        user = User.objects.filter(email=email, is_active=True).first()
        if user is not None and throttle.attempt(f"forgotten:{email}", request.META.get("REMOTE_ADDR", "")):
            emails.send_reminder(user)
    return render(request, "accounts/forgotten.html", {"form": form, "sent": sent})


class Welcome(auth.PasswordResetConfirmView):
    """Choose a name and a password by the link of an e-mail, and be signed in."""

    form_class = WelcomeForm
    template_name = "accounts/welcome.html"
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = settings.LOGIN_REDIRECT_URL


@require_POST
@require_role(Role.READER)
def switch(request: AccountRequest) -> HttpResponse:
    """Act for another account of the signed-in person: `account=organization:ville`."""
    named = request.POST.get("account")
    account = next((m.account for m in request.memberships if m.account.key == named), None)
    if account is None:
        raise Http404
    choose(request, account)
    messages.info(request, _("You now act for %(account)s.") % {"account": account.name})
    return redirect(resolve_url(settings.LOGIN_REDIRECT_URL))


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Show the site in another language from now on, on this browser and for the signed-in person."""
    answer = set_language(request)
    chosen = request.POST.get("language")
    if isinstance(request.user, User) and chosen in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    return answer
