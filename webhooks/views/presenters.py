"""What the pages show of webhooks and deliveries: their words, icons and colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import AuditEntry
from webhooks import targets
from webhooks.egress import ErrorClass
from webhooks.events import registry
from webhooks.models import Delivery, Webhook
from webhooks.subscriptions.audit import Action
from webhooks.subscriptions.spec import COLUMNS
from webhooks.templatetags.event_types import Unknown, event_type

State = Delivery.State

TONES = {State.PENDING: "info", State.DELIVERED: "ok", State.FAILED: "bad", State.CANCELLED: "", State.SKIPPED: "warn"}
ICONS = {
    State.PENDING: "clock",
    State.DELIVERED: "circle-check",
    State.FAILED: "circle-x",
    State.CANCELLED: "ban",
    State.SKIPPED: "skip-forward",
}

DETAILS = ("disabled_reason", "event_type", "event", "deliveries", "overlap")
"""What the history of a webhook shows of the changes in an entry of the audit."""

ERRORS: dict[str, str | Promise] = {
    ErrorClass.BLOCKED: gettext_lazy("address not allowed"),
    ErrorClass.DNS: gettext_lazy("host not found"),
    ErrorClass.CONNECT: gettext_lazy("no connection"),
    ErrorClass.TLS: gettext_lazy("insecure connection"),
    ErrorClass.TIMEOUT: gettext_lazy("no answer in time"),
    ErrorClass.PROTOCOL: gettext_lazy("not an HTTP answer"),
    ErrorClass.REDIRECT: gettext_lazy("redirect"),
    ErrorClass.STATUS: gettext_lazy("refused"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in one word; `tone` is a class of the style sheet, which gives it a colour."""

    tone: str
    icon: str
    label: str


def badge_of(webhook: Webhook) -> Badge:
    """Return the state of a webhook: active, failing, resting or disabled."""
    if webhook.state == Webhook.State.DISABLED:
        is_choice = webhook.disabled_reason == Webhook.DisabledReason.USER
        return Badge("" if is_choice else "bad", "power-off", _("disabled"))
    if webhook.state == Webhook.State.RESTING and webhook.resting_until is not None:
        until = date_format(localtime(webhook.resting_until), "H:i:s")
        return Badge("warn", "moon", _("resting until %(time)s") % {"time": until})
    if webhook.failing_since is not None:
        return Badge("warn", "triangle-alert", _("failing"))
    return Badge("ok", "circle-check", _("active"))


def badge_of_delivery(delivery: Delivery) -> Badge:
    """Return the state of a delivery; a pending one that failed before has a badge of its own."""
    state = State(delivery.state)
    if state == State.PENDING and delivery.failures:
        return Badge("warn", "refresh-cw", _("will try again"))
    return Badge(TONES[state], ICONS[state], str(state.label))


def outcome_of(*, status_code: int | None, error: str) -> str:
    """Return the result of the last attempt in a few words: the status, or else the error; empty before the first."""
    if status_code is not None:
        return f"HTTP {status_code}"
    return str(ERRORS.get(error, error))


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery in a list."""

    delivery: Delivery
    badge: Badge
    outcome: str

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """Return the row of `delivery`."""
        outcome = outcome_of(status_code=delivery.status_code, error=delivery.error)
        return cls(delivery, badge_of_delivery(delivery), outcome)

    @property
    def moment(self) -> datetime:
        """When it was settled, or else created."""
        return self.delivery.settled_at or self.delivery.created_at

    @property
    def sentence(self) -> str:
        """Time, state and result in one line."""
        when = date_format(localtime(self.moment), "SHORT_DATETIME_FORMAT")
        return " · ".join(filter(None, (when, self.badge.label, self.outcome)))


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the audit in the history of its webhook; `detail` says what was edited, or how many, or why."""

    label: str
    detail: str
    author: str
    at: datetime

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Return the line of `entry`: values are left to the audit itself."""
        if entry.action == Action.UPDATED:
            detail = ", ".join(entry.changes)
        else:
            detail = ", ".join(str(entry.changes[name][1]) for name in DETAILS if name in entry.changes)
        return cls(audit.label(entry.action), detail, entry.actor_name, entry.at)


@dataclass(frozen=True, slots=True)
class Card:
    """A webhook as the list and its own page show it; `history` holds its latest deliveries, the oldest first."""

    webhook: Webhook
    badge: Badge
    reason: str
    types: list[registry.EventType | Unknown]
    target_label: str
    target_icon: str
    facts: list[tuple[str, str]]
    notice: str
    is_signed: bool
    history: list[Row]

    @classmethod
    def of(cls, webhook: Webhook, recent: Sequence[Delivery] = ()) -> Self:
        """Return the card of `webhook` with its `recent` deliveries (newest first); secrets are masked."""
        try:
            target = targets.get(webhook.target_kind)
        except targets.UnknownTarget:
            label, icon, facts, notice = webhook.target_kind, "circle-question-mark", [], ""
            is_signed = False
        else:
            settings = webhook.readable_settings
            label, icon = str(target.label), target.icon
            facts, notice, is_signed = target.summary(settings), target.notice(settings), target.signs
        return cls(
            webhook=webhook,
            badge=badge_of(webhook),
            reason=str(Webhook.DisabledReason(webhook.disabled_reason).label),
            types=[event_type(key) for key in webhook.event_types],
            target_label=label,
            target_icon=icon,
            facts=facts,
            notice=notice,
            is_signed=is_signed,
            history=[Row.of(delivery) for delivery in reversed(recent)],
        )

    @property
    def last(self) -> Row | None:
        """The newest delivery."""
        return self.history[-1] if self.history else None

    @property
    def is_waiting(self) -> bool:
        """Whether one of the latest deliveries is pending."""
        return any(row.delivery.state == State.PENDING for row in self.history)

    @property
    def history_text(self) -> str:
        """In words what the small history shows in colours."""
        counts = Counter(row.delivery.state for row in self.history)
        parts = [f"{state.label}: {counts[state]}" for state in State if counts[state]]
        return _("Latest deliveries: %(counts)s") % {"counts": ", ".join(map(str, parts))}

    def matches(self, text: str) -> bool:
        """Return whether each word of `text` occurs in the webhook, its events' labels or its settings, in any case.

        Not a query: labels are translated, and SQLite does not know that É is é. The label of the target is left out:
        Slack is in that of every HTTP call.
        """
        values = [*(getattr(self.webhook, name) for name in COLUMNS), *self.webhook.config.values()]
        texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
        searched = "\n".join(map(str, texts + [one.label for one in self.types])).casefold()
        return all(word in searched for word in text.casefold().split())
