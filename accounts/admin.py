"""The accounts room in the operators' admin; a key's digest is never shown."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms import OperatorSignInForm
from accounts.models import Account, ApiKey, Membership, User
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
            create_personal_account(obj)


class MembershipInline(admin.TabularInline[Membership, Account]):
    """The members of an account, on its page."""

    model = Membership
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin[Account]):
    """Accounts with their members."""

    list_display = ["name", "kind", "slug", "language", "created_at"]
    list_filter = ["kind", "language"]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    readonly_fields = ["created_at"]
    inlines = [MembershipInline]
    show_full_result_count = False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin[Membership]):
    """Who belongs to which account."""

    list_display = ["user", "account", "role"]
    list_filter = ["role"]
    list_select_related = ["user", "account"]
    search_fields = ["user__email", "user__name", "account__name"]
    autocomplete_fields = ["user", "account"]
    show_full_result_count = False


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
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
