"""The accounts room in the operators' admin; a key's digest is never shown, and the audit is only read."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.admin_classes import ReadOnlyAdmin
from accounts.audited_admin import AuditedAccountAdmin, AuditedKeyAdmin, AuditedMembershipAdmin, record_removed
from accounts.forms import OperatorSignInForm
from accounts.http import principal_of
from accounts.models import Account, ApiKey, AuditEntry, Invitation, Membership, User
from accounts.services.users import create_personal_account

admin.site.site_header = "Porte-voix"
admin.site.site_title = "Porte-voix"
admin.site.index_title = _("For operators")
admin.site.login_form = OperatorSignInForm


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """People, by e-mail address."""

    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["email", "name", "language", "password"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "usable_password", "password1", "password2"]})]

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Store the user; a new one gets their personal account, as from `create_user`."""
        super().save_model(request, obj, form, change)
        if not change:
            create_personal_account(obj, by=principal_of(request))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete the user, who leaves every account they belong to."""
        with transaction.atomic():
            for membership in obj.memberships.select_related("account", "user"):
                record_removed(membership, request)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete the chosen users as if each had been chosen alone."""
        with transaction.atomic():
            for user in queryset:
                self.delete_model(request, user)


class MembershipInline(admin.TabularInline[Membership, Account]):
    """The members of an account, on its page."""

    model = Membership
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Account)
class AccountAdmin(AuditedAccountAdmin):
    """Accounts with their members."""

    list_display = ["name", "kind", "slug", "language", "created_at"]
    list_filter = ["kind", "language"]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    readonly_fields = ["created_at"]
    inlines = [MembershipInline]
    show_full_result_count = False


@admin.register(Membership)
class MembershipAdmin(AuditedMembershipAdmin):
    """Who belongs to which account."""

    list_display = ["user", "account", "role"]
    list_filter = ["role"]
    list_select_related = ["user", "account"]
    search_fields = ["user__email", "user__name", "account__name"]
    autocomplete_fields = ["user", "account"]
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        """Let only the role of a member be changed: another person, or another account, is another membership."""
        return ["user", "account"] if obj else []


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Who is invited where; the link is never shown."""

    list_display = ["email", "account", "role", "expires_at", "sent_at", "accepted_at"]
    list_select_related = ["account"]
    search_fields = ["email", "account__name"]
    fields = ["email", "account", "role", "invited_by", "created_at", "expires_at", "sent_at", "accepted_at"]


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedKeyAdmin):
    """Keys: listed and revoked here, issued in the account's settings or by `manage.py apikey`."""

    list_display = ["title", "account", "shown", "expires_at", "last_used_at"]
    list_select_related = ["account"]
    search_fields = ["title", "prefix", "account__name"]
    fields = ["title", "account", "shown", "scopes", "expires_at", "last_used_at", "created_at"]
    readonly_fields = ["account", "shown", "scopes", "last_used_at", "created_at"]
    show_full_result_count = False

    @admin.display(description=_("key"))
    def shown(self, key: ApiKey) -> str:
        """The public part of the key, by which it is looked up."""
        return f"pv_{key.prefix}_…"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody may: the clear text of a key created here would be lost."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Leave the digests in the database."""
        return super().get_queryset(request).defer("digest")


class ActionFilter(admin.SimpleListFilter):
    """A filter by action; the actions are the registered ones: finding those in the table would read all of it."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Return each action with its label."""
        return [(action, audit.label(action)) for action in audit.all_actions()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Return the entries of the chosen action."""
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The audit of all accounts, to be read and searched."""

    list_display = ["at", "account_key", "done", "object_type", "object_title", "actor_name", "actor_kind", "address"]
    list_filter = ["at", ActionFilter, "actor_kind"]
    search_fields = ["=account_key", "=address", "=object_id", "object_title", "actor_name"]
    search_help_text = _("An account such as organization:ville, an address, an id, a title or an author")
    ordering = ["-id"]
    fields = [
        *("at", "account_key", "account_id", "actor_kind", "actor_id", "actor_name", "address"),
        *("done", "object_type", "object_id", "object_title", "shown_changes"),
    ]

    @admin.display(description=_("action"), ordering="action")
    def done(self, entry: AuditEntry) -> str:
        """Return the label of the action."""
        return audit.label(entry.action)

    @admin.display(description=_("changes"))
    def shown_changes(self, entry: AuditEntry) -> str:
        """Return a line for each field that changed: before and after."""
        return "\n".join(f"{name}: {_text(before)} → {_text(after)}" for name, (before, after) in entry.changes.items())


def _text(value: object) -> str:
    return "–" if value in audit.EMPTY else str(value)
