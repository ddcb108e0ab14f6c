"""The account in use: which one, its name and language; the language of the pages."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts.forms import GeneralForm
from accounts.http import AccountRequest, principal_of, require_permission
from accounts.middleware import use_account
from accounts.models import User
from accounts.permissions import Permission
from accounts.services.accounts import change_account


@require_POST
@require_permission(Permission.SEE_DASHBOARD)
def switch(request: AccountRequest) -> HttpResponse:
    """Act for another account of the signed-in user: `account=organization:ville`."""
    named = request.POST.get("account")
    account = next((m.account for m in request.memberships if m.account.key == named), None)
    if account is None:
        raise Http404
    use_account(request, request.user, account)
    messages.info(request, _("You now act for %(account)s.") % {"account": account.name})
    return redirect(resolve_url(settings.LOGIN_REDIRECT_URL))


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Change the language of the pages, in this browser and for the signed-in user."""
    answer = set_language(request)
    chosen = request.POST.get("language")
    if isinstance(request.user, User) and chosen in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    return answer


@require_permission(Permission.MANAGE_ACCOUNT)
def settings_home(request: AccountRequest) -> HttpResponse:
    """Redirect to the first section of the settings."""
    return redirect("webhooks:list")


@require_permission(Permission.MANAGE_ACCOUNT)
def general(request: AccountRequest) -> HttpResponse:
    """Change the account's name and language."""
    form = GeneralForm(request.POST if request.method == "POST" else None, instance=request.account)
    if form.is_valid():
        change_account(request.account, **form.changes, by=principal_of(request))
        messages.success(request, _("The settings were saved."))
        return redirect("accounts:general")
    return render(request, "accounts/general.html", {"form": form}, status=422 if form.is_bound else 200)
