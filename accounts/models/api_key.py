"""A key with which a program acts for an account; only its hash is stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account

PREFIX_LENGTH = 8
HASHED = "sha256-"
"""How a digest begins that depends on no key of ours; written as in Subresource Integrity."""


def _digest(clear: str) -> str:
    """Return the hash that is stored; nobody guesses 256 random bits, so that it needs neither a key nor a salt."""
    return HASHED + base64.b64encode(hashlib.sha256(clear.encode()).digest()).decode()


def _digests(clear: str) -> Iterator[str]:
    """Yield what may be stored of a key: its hash, or an HMAC with the SECRET_KEY of then, as older versions did."""
    yield _digest(clear)
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac("accounts.ApiKey", clear, secret=secret, algorithm="sha256").hexdigest()


def _is_of(key: ApiKey, clear: str) -> bool:
    return any(hmac.compare_digest(key.digest, digest) for digest in _digests(clear))


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
        """Return the key whose clear text is `clear`, expired or not, or None; its HMAC becomes a hash at first use."""
        parts = clear.split("_", 2)
        if len(parts) != 3 or parts[0] != "pv":
            return None
        candidates = self.filter(prefix=parts[1]).select_related("account")
        key = next((key for key in candidates if _is_of(key, clear)), None)
        if key is not None and not key.digest.startswith(HASHED):
            keyed, key.digest = key.digest, _digest(clear)
            self.filter(pk=key.pk, digest=keyed).update(digest=key.digest)
        return key

    def with_keyed_digest(self) -> models.QuerySet[ApiKey]:
        """Return the keys that cannot be recognised without the SECRET_KEY under which they were made."""
        return self.exclude(digest__startswith=HASHED)


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
