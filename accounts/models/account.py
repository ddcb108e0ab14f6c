"""The tenant: a person's own account or an organisation's, and who belongs to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Role

ROLE_LABELS = [
    (str(Role.ADMIN), _("administrator")),
    (str(Role.CONTRIBUTOR), _("contributor")),
    (str(Role.READER), _("reader")),
]


class Account(models.Model):
    """The owner of everything; `(kind, slug)` is its public name: `organization:ville`."""

    class Kind(models.TextChoices):
        USER = "user", _("personal account")
        ORGANIZATION = "organization", _("organisation")

    kind = models.CharField(max_length=12, choices=Kind)
    slug = models.SlugField(max_length=80)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="fr")
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="accounts")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(fields=["kind", "slug"], name="account_kind_slug_unique"),
            models.CheckConstraint(condition=models.Q(kind__in=["user", "organization"]), name="account_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The account's name in the API: `organization:ville`."""
        return f"{self.kind}:{self.slug}"

    @property
    def as_owner(self) -> dict[str, str]:
        """The owner object of Data Fair's API: type, id, name."""
        return {"type": self.kind, "id": self.slug, "name": self.name}


class Membership(models.Model):
    """A person's role in an account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=ROLE_LABELS)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["account", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["admin", "contributor", "reader"]), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
