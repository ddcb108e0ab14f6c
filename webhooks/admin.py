"""Webhooks, events and deliveries in the operators' admin: read only, but webhooks can be enabled and disabled.

No secret is shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_classes import ReadOnly, ReadOnlyAdmin
from accounts.http import principal_of
from webhooks import targets
from webhooks.errors import Conflict
from webhooks.events import registry
from webhooks.models import Attempt, Delivery, Event, Webhook
from webhooks.subscriptions import services
from webhooks.subscriptions.spec import FIELDS


class TypeFilter(admin.SimpleListFilter):
    """A filter by event type; the types are the registry's, since finding those in the table would read all of it."""

    title = _("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Return each type with its label."""
        return registry.choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Return the events of the chosen type."""
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Webhooks, their health, and the actions that enable and disable them."""

    list_display = ["title", "account", "target", "health", "failing_since", "created_at"]
    list_filter = ["enabled", "disabled_reason"]
    list_select_related = ["account"]
    search_fields = ["title", "account__name"]
    ordering = ["-id"]
    fields = [
        "account",
        *("target" if name == "target_kind" else name for name in FIELDS),
        *("health", "disabled_reason", "disabled_at", "resting_until", "failures", "failed_attempts", "failing_since"),
        *("revision", "created_at", "updated_at", "deleted_at", "history"),
    ]
    actions = ["enable", "disable"]

    @admin.display(description=_("target type"))
    def target(self, webhook: Webhook) -> str:
        """Return the label of the target's kind."""
        try:
            return str(targets.get(webhook.target_kind).label)
        except targets.UnknownTarget:
            return webhook.target_kind

    @admin.display(description=_("settings"))
    def settings(self, webhook: Webhook) -> str:
        """Return the settings as the account's own page shows them, secrets masked."""
        try:
            lines = targets.get(webhook.target_kind).summary(webhook.readable_settings)
        except targets.UnknownTarget:
            return ""
        return "\n".join(f"{label}: {value}" for label, value in lines)

    @admin.display(description=_("state"))
    def health(self, webhook: Webhook) -> str:
        """Return the label of its state: active, resting, disabled or deleted."""
        return str(_("deleted") if webhook.deleted_at else webhook.state.label)

    @admin.display(description=_("audit"))
    def history(self, webhook: Webhook) -> str:
        """Return a link to who did what to it."""
        query = urlencode({"object_type": "webhook", "object_id": webhook.pk})
        return format_html('<a href="{}?{}">{}</a>', reverse("admin:accounts_auditentry_changelist"), query, webhook)

    @admin.action(description=_("Enable the chosen webhooks"), permissions=["switch"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Enable the webhooks as their administrators would."""
        self._switch(request, queryset, services.enable_webhook)

    @admin.action(description=_("Disable the chosen webhooks"), permissions=["switch"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Disable the webhooks as their administrators would."""
        self._switch(request, queryset, services.disable_webhook)

    def has_switch_permission(self, request: HttpRequest) -> bool:
        """Return whether the operator may change webhooks."""
        return request.user.has_perm("webhooks.change_webhook")

    def _switch(self, request: HttpRequest, queryset: QuerySet[Webhook], act: Callable[..., None]) -> None:
        done = 0
        for webhook in queryset:
            try:
                act(webhook, by=principal_of(request))
                done += 1
            except Conflict as conflict:
                self.message_user(request, f"{webhook}: {conflict}", messages.WARNING)
        self.message_user(request, ngettext("%(count)s webhook.", "%(count)s webhooks.", done) % {"count": done})


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events of all accounts."""

    list_display = ["occurred_at", "type", "resource_title", "account", "origin_name", "is_test", "fanned_out_at"]
    list_filter = [TypeFilter, "is_test"]
    list_select_related = ["account"]
    search_fields = ["id", "resource_id"]
    search_help_text = _("The id of an event or of a resource")
    ordering = ["-id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Search the columns that have an index."""
        return _search(queryset, search_term, event="pk", resource="resource_id"), False


class AttemptInline(ReadOnly, admin.StackedInline[Attempt, Delivery]):
    """The requests of a delivery and their responses, as the account sees them."""

    model = Attempt
    ordering = ["id"]
    extra = 0


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Deliveries of all accounts."""

    list_display = ["id", "webhook", "event", "state", "trigger", "attempt_count", "status_code", "error", "created_at"]
    list_filter = ["state", "trigger"]
    list_select_related = ["webhook", "event"]
    search_fields = ["event__id"]
    search_help_text = EventAdmin.search_help_text
    ordering = ["-id"]
    inlines = [AttemptInline]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """Search the columns that have an index."""
        return _search(queryset, search_term, event="event", resource="event__resource_id"), False


def _search(queryset: QuerySet[Any], term: str, *, event: str, resource: str) -> QuerySet[Any]:
    """Return the rows of an event by its id, or else of a resource by its id."""
    term = term.strip()
    if not term:
        return queryset
    try:
        return queryset.filter(**{event: uuid.UUID(term)})
    except ValueError:
        return queryset.filter(**{resource: term})
