"""Invitations to an organisation: who is asked by e-mail to become a member, and has not answered yet."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import ROLE_LABELS, Account

VALID_FOR = timedelta(days=7)
SALT = "accounts.invitation"


class BadLink(Exception):
    """The link opens no invitation: it was altered, replaced, declined, revoked, or is too old."""


class Accepted(BadLink):
    """The invitation was accepted already, perhaps a moment ago by the first click of two."""


def _expiry() -> datetime:
    return timezone.now() + VALID_FOR


def _nonce() -> str:
    return secrets.token_hex(8)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations by what has become of them."""

    def waiting(self) -> InvitationQuerySet:
        """Return those that can still be accepted."""
        return self.filter(accepted_at=None, expires_at__gt=timezone.now())

    def over(self) -> InvitationQuerySet:
        """Return those that were accepted, or that waited for too long."""
        return self.exclude(pk__in=self.waiting())

    def by_token(self, token: str) -> Invitation:
        """Return the invitation that the link with `token` opens; raise `Accepted` or `BadLink`."""
        try:
            pk, nonce = signing.loads(token, salt=SALT)
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise BadLink from error
        found = self.filter(pk=pk, nonce=nonce).select_related("account", "invited_by").first()
        if found is None or found.is_over:
            raise BadLink
        if found.accepted_at:
            raise Accepted
        return found


class Invitation(models.Model):
    """What an administrator asks of an e-mail address; the row goes when it is declined or revoked.

    Its link is signed, not stored: a copy of the database opens no invitation.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=12, choices=ROLE_LABELS)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    nonce = models.CharField(max_length=16, default=_nonce, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("valid until"), default=_expiry)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(fields=["account", "email"], name="invitation_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["admin", "contributor", "reader"]), name="invitation_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"

    @property
    def token(self) -> str:
        """What the link of the letter carries."""
        return signing.dumps([self.pk, self.nonce], salt=SALT)

    @property
    def is_over(self) -> bool:
        """Whether it can no longer be accepted."""
        return self.expires_at <= timezone.now()
