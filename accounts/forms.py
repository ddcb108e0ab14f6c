"""The forms of the accounts room: signing in, keys, members, the account itself."""

from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts import attempts, devices
from accounts.client_address import client_network
from accounts.models import Account, User
from accounts.models.account import ROLE_LABELS
from accounts.permissions import Role
from accounts.seen import SeenForm
from accounts.services.api_keys import SCOPE_LABELS

THROTTLED = "throttled"


def throttled(message: StrOrPromise) -> ValidationError:
    """Return the error of a form after too many attempts; `message` has a place for the `minutes` to wait."""
    return ValidationError(message, code=THROTTLED, params={"minutes": ceil(attempts.seconds_left() / 60)})


class SignInForm(AuthenticationForm):
    """E-mail address and password; the same answer whether the address is known or not."""

    username = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    error_messages = {
        "invalid_login": _("This e-mail address and this password do not go together."),
        "inactive": _("This e-mail address and this password do not go together."),
        "throttled": _(
            "Too many attempts. Try again in %(minutes)s min, or choose another password with a link by e-mail."
        ),
    }

    def clean(self) -> dict[str, Any]:
        """Check the password, unless too many wrong ones were given: see `attempts`."""
        email = self.cleaned_data.get("username")
        if not email or not self.cleaned_data.get("password"):
            return self.cleaned_data
        network = client_network(self.request) if self.request else ""
        device = devices.mark_of(self.request, email) if self.request else ""
        if not attempts.allow_sign_in(email, network, device=device):
            raise throttled(self.error_messages["throttled"])
        cleaned = super().clean()
        attempts.forget_sign_in(email, network, device=device)
        return cleaned


class OperatorSignInForm(SignInForm):
    """The sign-in form of the admin, with the same limit of attempts; for operators only."""

    required_css_class = "required"

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse a user who is no operator with the message of a wrong password."""
        super().confirm_login_allowed(user)
        if not user.is_staff:
            raise self.get_invalid_login_error()


class OwnPasswordForm(PasswordChangeForm):
    """Another password of one's own, after the old one."""

    def clean_old_password(self) -> str:
        """Check the old password, unless too many wrong ones were given."""
        if not attempts.allow(attempts.ON_PASSWORD, str(self.user.pk)):
            raise throttled(_("Too many attempts. Try again in %(minutes)s min."))
        return super().clean_old_password()


class ForgottenForm(forms.Form):
    """The e-mail address of someone who forgot their password."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class WelcomeForm(SetPasswordForm):  # type: ignore[type-arg]  # generic for type checkers only
    """A name and a password, chosen by the user themself."""

    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    field_order = ["name"]

    def __init__(self, user: User | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.initial.setdefault("name", user.name if user else "")  # None for a link that is not one of ours

    def save(self, commit: bool = True) -> User:
        """Store the password and the name."""
        self.user.name = self.cleaned_data["name"]
        user: User = super().save(commit=commit)
        return user


class KeyForm(forms.Form):
    """A new API key: its title, its scopes, its last day."""

    title = forms.CharField(
        label=_("Title"), max_length=150, help_text=_("The program that will use it: it tells the keys apart.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What the key opens"), choices=list(SCOPE_LABELS.items()), widget=forms.CheckboxSelectMultiple
    )
    expires_on = forms.DateField(
        label=_("Last day of validity"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Left empty, the key never expires."),
    )

    def clean_expires_on(self) -> date | None:
        """Refuse a day in the past."""
        day: date | None = self.cleaned_data["expires_on"]
        if day is not None and day < timezone.localdate():
            raise ValidationError(_("This day is over."), code="past")
        return day

    @property
    def expires_at(self) -> datetime | None:
        """The moment at which the key expires: midnight after its last day."""
        day: date | None = self.cleaned_data["expires_on"]
        return None if day is None else timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


class MemberForm(forms.Form):
    """A new member: their e-mail address and role."""

    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=ROLE_LABELS, initial=Role.READER)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=_("Role"), choices=ROLE_LABELS)


class GeneralForm(SeenForm, forms.ModelForm[Account]):
    """The account's name and the language of what is sent on its behalf."""

    class Meta:
        model = Account
        fields = ["name", "language"]
        help_texts = {
            "language": _("Of the messages sent by webhooks and of the e-mails; each person chooses that of the pages.")
        }
