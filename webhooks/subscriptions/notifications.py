"""Tell an account's administrators by e-mail when a webhook fails for good or was disabled, once each."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Role
from webhooks.models import Change

logger = logging.getLogger(__name__)

MAX_AT_ONCE = 100


def tell_administrators() -> int:
    """Send the e-mails that are not sent yet; give the number of changes told.

    A mail server that refuses leaves the change untold: the next call tries again.
    """
    untold = Change.objects.to_tell().select_related("webhook__account").order_by("id")[:MAX_AT_ONCE]
    return sum(_tell(change) for change in untold)


def _tell(change: Change) -> int:
    """Tell one change, unless another worker does already."""
    if not Change.objects.filter(pk=change.pk, told_at__isnull=True).update(told_at=timezone.now()):
        return 0
    try:
        for user in User.objects.filter(
            is_active=True, memberships__account=change.webhook.account, memberships__role=Role.ADMIN
        ):
            _mail(change, user).send()
    except (OSError, SMTPException):
        Change.objects.filter(pk=change.pk).update(told_at=None)
        logger.exception("the administrators could not be told of change %s", change.pk)
        return 0
    return 1


def _mail(change: Change, user: User) -> EmailMessage:
    webhook = change.webhook
    with translation.override(user.language or webhook.account.language):
        subject = {
            Change.Kind.FAILING: _("The webhook “%(title)s” fails"),
            Change.Kind.DISABLED: _("The webhook “%(title)s” was disabled"),
        }[Change.Kind(change.kind)] % {"title": " ".join(webhook.title.split())}
        url = settings.PUBLIC_URL + reverse("webhooks:detail", args=[webhook.pk])
        context = {"change": change, "webhook": webhook, "user": user, "url": url}
        body = render_to_string("webhooks/mail/change.txt", context)
    return EmailMessage(subject, body, to=[user.email])
