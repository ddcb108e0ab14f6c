"""What operators change in the admin of accounts, members and keys, recorded in the audit like everything else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest

from accounts import audit
from accounts.http import principal_of
from accounts.models import Account, ApiKey, Membership
from accounts.services.accounts import account_values, delete_account
from accounts.services.actions import Action
from accounts.services.api_keys import key_values, revoke_key
from accounts.services.users import member_values


class AuditedAdmin(admin.ModelAdmin[Any]):
    """An admin that records what it saves and deletes; one by one also when many are chosen."""

    created: Action
    updated: Action

    def audit_values(self, obj: Any) -> audit.Values:
        """Return what the audit says of `obj`."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm[Any] | None, change: bool) -> None:
        """Store the row, and record in what it differs."""
        with transaction.atomic():
            stored = type(obj)._default_manager.select_for_update().get(pk=obj.pk) if change else None
            before = self.audit_values(stored) if stored else None
            obj.save()
            changes = audit.difference(before, self.audit_values(obj))
            if changes:
                action = self.updated if change else self.created
                audit.record(action, account=account_of(obj), about=obj, by=principal_of(request), changes=changes)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the chosen rows as if each had been chosen alone."""
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)


class AuditedAccountAdmin(AuditedAdmin):
    """Accounts, with their members as an inline."""

    created, updated = Action.ACCOUNT_CREATED, Action.ACCOUNT_UPDATED

    def audit_values(self, obj: Account) -> audit.Values:
        """Return key, name and language."""
        return {"key": obj.key, **account_values(obj)}

    def delete_model(self, request: HttpRequest, obj: Account) -> None:
        """Delete an account."""
        delete_account(obj, by=principal_of(request))

    def save_formset(self, request: HttpRequest, form: Any, formset: BaseModelFormSet[Any, Any], change: bool) -> None:
        """Store the members as the admin of members does."""
        formset.save(commit=False)
        members = AuditedMembershipAdmin(Membership, self.admin_site)
        for membership in formset.deleted_objects:
            members.delete_model(request, membership)
        for membership, _fields in formset.changed_objects:
            members.save_model(request, membership, None, change=True)
        for membership in formset.new_objects:
            members.save_model(request, membership, None, change=False)


class AuditedMembershipAdmin(AuditedAdmin):
    """Members."""

    created, updated = Action.MEMBER_ADDED, Action.MEMBER_ROLE_CHANGED

    def audit_values(self, obj: Membership) -> audit.Values:
        """Return who it is, and their role."""
        return member_values(obj)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Remove a member, be it the last administrator: an operator may."""
        with transaction.atomic():
            record_removed(obj, request)
            obj.delete()


class AuditedKeyAdmin(AuditedAdmin):
    """API keys."""

    updated = Action.KEY_UPDATED

    def audit_values(self, obj: ApiKey) -> audit.Values:
        """Return title, scopes, and when it expires."""
        return key_values(obj)

    def delete_model(self, request: HttpRequest, obj: ApiKey) -> None:
        """Revoke a key."""
        revoke_key(obj, by=principal_of(request))


def account_of(obj: Any) -> Account:
    """Return the account that `obj` belongs to, or is."""
    account: Account = obj if isinstance(obj, Account) else obj.account
    return account


def record_removed(membership: Membership, request: HttpRequest) -> None:
    """Record that an operator removes a member."""
    changes = audit.difference(member_values(membership), None)
    by = principal_of(request)
    audit.record(Action.MEMBER_REMOVED, account=membership.account, about=membership, by=by, changes=changes)
