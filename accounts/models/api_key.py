"""A key with which a program acts for an account; only its HMAC is stored."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account

PREFIX_LENGTH = 8


def _digest(clear: str) -> str:
    return salted_hmac("accounts.ApiKey", clear, algorithm="sha256").hexdigest()


class ApiKeyManager(models.Manager["ApiKey"]):
    """Creates keys and finds them by their clear text."""

    def issue(
        self, account: Account, *, title: str, scopes: list[str], expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """Return a new key and its clear text `pv_<prefix>_<secret>`, which is stored nowhere."""
        prefix = secrets.token_hex(PREFIX_LENGTH // 2)
        clear = f"pv_{prefix}_{secrets.token_urlsafe(32)}"
        key = self.create(
            account=account, title=title, scopes=scopes, prefix=prefix, digest=_digest(clear), expires_at=expires_at
        )
        return key, clear

    def find(self, clear: str) -> ApiKey | None:
        """Return the key whose clear text is `clear`, expired or not, or None."""
        parts = clear.split("_", 2)
        if len(parts) != 3 or parts[0] != "pv":
            return None
        digest = _digest(clear)
        candidates = self.filter(prefix=parts[1]).select_related("account")
        return next((key for key in candidates if hmac.compare_digest(key.digest, digest)), None)


class ApiKey(models.Model):
    """A credential of a program: its scopes, when it expires, when it was last used."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_keys")
    title = models.CharField(_("title"), max_length=150)
    prefix = models.CharField(max_length=PREFIX_LENGTH, db_index=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(_("expires on"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ApiKeyManager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return self.title
