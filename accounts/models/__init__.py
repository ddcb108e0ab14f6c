"""The tables of this app: users, the accounts that own everything, their members, invitations and keys, the audit.

Every app imports it. It holds fields, constraints and querysets.
It sends no mail and decides nothing about permissions.
"""

from accounts.models.account import Account, Membership
from accounts.models.api_key import ApiKey
from accounts.models.audit import AuditEntry, Immutable
from accounts.models.invitation import Invitation
from accounts.models.user import User

__all__ = ["Account", "ApiKey", "AuditEntry", "Immutable", "Invitation", "Membership", "User"]
