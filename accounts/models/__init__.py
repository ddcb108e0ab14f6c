"""Users, the accounts that own everything, their members and their keys."""

from accounts.models.account import Account, Membership
from accounts.models.api_key import ApiKey
from accounts.models.user import User

__all__ = ["Account", "ApiKey", "Membership", "User"]
