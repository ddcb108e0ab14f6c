"""The actions of this room in the audit."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import audit


@audit.register
class Action(models.TextChoices):
    """What was done to an account, its members or its keys."""

    ACCOUNT_CREATED = "account.created", _("account created")
    ACCOUNT_UPDATED = "account.updated", _("settings of the account changed")
    ACCOUNT_DELETED = "account.deleted", _("account deleted")
    INVITED = "member.invited", _("member invited")
    INVITED_AGAIN = "member.invited_again", _("invitation sent again")
    INVITATION_REVOKED = "member.invitation_revoked", _("invitation taken back")
    INVITATION_DECLINED = "member.invitation_declined", _("invitation declined")
    MEMBER_ADDED = "member.added", _("member added")
    MEMBER_ROLE_CHANGED = "member.role_changed", _("role of a member changed")
    MEMBER_REMOVED = "member.removed", _("member removed")
    KEY_ISSUED = "key.issued", _("API key created")
    KEY_UPDATED = "key.updated", _("API key changed")
    KEY_REVOKED = "key.revoked", _("API key deleted")
