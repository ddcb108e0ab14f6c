"""The letters with a link: an invitation to an organisation, a reminder of a password."""

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

from accounts.models import Invitation, User

logger = logging.getLogger(__name__)


def link_for(user: User) -> str:
    """Return the URL at which `user` chooses a password: once, within `PASSWORD_RESET_TIMEOUT` seconds."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("accounts:welcome", args=[uid, default_token_generator.make_token(user)])
    return f"{settings.PUBLIC_URL}{path}"


def send_invitation(invitation: Invitation) -> bool:
    """Send the link of `invitation`; return False when the e-mail could not be sent."""
    reader = User.objects.filter(email=invitation.email).first()
    account, by = invitation.account, invitation.invited_by
    path = reverse("accounts:invitation_link", args=[invitation.token])
    with translation.override((reader and reader.language) or account.language):
        subject = (
            _("%(name)s invites you to %(account)s on Porte-voix") % {"name": by, "account": account}
            if by
            else _("You are invited to %(account)s on Porte-voix") % {"account": account}
        )
        context = {"invitation": invitation, "subject": subject, "link": f"{settings.PUBLIC_URL}{path}"}
        return _send(invitation.email, subject, "accounts/invitation.txt", context)


def send_reminder(user: User) -> bool:
    """Send `user` a link for choosing another password; return False when the e-mail could not be sent."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        context = {"user": user, "link": link_for(user)}
        return _send(user.email, _("Your password on Porte-voix"), "accounts/reminder.txt", context)


def _send(email: str, subject: str, template: str, context: dict[str, object]) -> bool:
    body = render_to_string(template, context)
    try:
        return bool(send_mail(" ".join(subject.split()), body, None, [email]))
    except (OSError, SMTPException):
        logger.exception("an e-mail did not leave", extra={"template": template})
        return False
