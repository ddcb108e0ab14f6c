"""The e-mails with a link for choosing a password: an invitation to an account, a reminder."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from accounts.models import Account, User

logger = logging.getLogger(__name__)


def link_for(user: User) -> str:
    """Return the URL at which `user` chooses a password: once, within `PASSWORD_RESET_TIMEOUT` seconds."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("accounts:welcome", args=[uid, default_token_generator.make_token(user)])
    return f"{settings.PUBLIC_URL}{path}"


def send_invitation(user: User, *, account: Account, by: User) -> bool:
    """Invite `user`, who has no password yet, to `account`; return False when the e-mail could not be sent."""
    with translation.override(user.language or account.language):
        subject = _("%(name)s invites you to %(account)s on Porte-voix") % {"name": by, "account": account}
        return _send(user, subject, "accounts/invitation.txt", {"account": account, "by": by, "link": link_for(user)})


def send_reminder(user: User) -> bool:
    """Send `user` a link for choosing another password; return False when the e-mail could not be sent."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        return _send(user, _("Your password on Porte-voix"), "accounts/reminder.txt", {"link": link_for(user)})


def _send(user: User, subject: str, template: str, context: dict[str, object]) -> bool:
    body = render_to_string(template, {"user": user, **context})
    try:
        return bool(send_mail(" ".join(subject.split()), body, None, [user.email]))
    except (OSError, SMTPException):
        logger.exception("an e-mail did not leave", extra={"template": template})
        return False
