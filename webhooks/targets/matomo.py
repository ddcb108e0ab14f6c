"""Matomo: an event by the bulk API, because it alone answers how many events it took."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from webhooks.egress import (
    MASK,
    USER_AGENT,
    Blocked,
    ErrorClass,
    OutgoingRequest,
    Response,
    current_policy,
    mask_url,
)
from webhooks.targets import register
from webhooks.targets.form import TargetForm
from webhooks.targets.target import Config, Message, Outcome, Target, Verdict
from webhooks.targets.text import cut_bytes
from webhooks.targets.visitor import visitor_name
from webhooks.types import Json

MAX_BYTES = 1024
"""Bytes that Matomo keeps of a text (its page_maximum_length)."""

NOT_MATOMO = gettext_noop("The answer is not one of Matomo's bulk API.")
NOT_ACCEPTED = gettext_noop("Matomo did not take the event: is the site identifier right?")

TOKEN = re.compile(r"[0-9a-f]{32}")


class MatomoForm(TargetForm):
    """The server, the site, and the token that lets an event keep its own time."""

    tracker_base = forms.CharField(
        label=gettext_lazy("Matomo address"),
        max_length=2000,
        help_text=gettext_lazy("Where matomo.php is, such as https://stats.example.com/."),
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off", "inputmode": "url"}),
    )
    site_id = forms.IntegerField(label=gettext_lazy("Site identifier"), min_value=1, max_value=2**31 - 1)
    token_auth = forms.CharField(
        label=gettext_lazy("Authentication token"),
        required=False,
        help_text=gettext_lazy(
            "Optional, of a user with write access: events that arrive late then keep the time at which they happened. "
            "Stored encrypted, never shown again; leave blank to keep the stored one."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def shown(self, stored: Json) -> Json:
        """Return the settings without the token."""
        return {name: value for name, value in stored.items() if name != "token_auth"}

    def clean_tracker_base(self) -> str:
        """Return the folder of matomo.php with its final slash, or say why it may not be called."""
        text = self.whole_address("tracker_base").strip()
        folder = re.sub(r"/*((matomo|piwik)\.php)?([?#].*)?$", "", text) + "/"
        try:
            return current_policy().check_url(folder)
        except Blocked as blocked:
            raise forms.ValidationError(_(blocked.message), code=blocked.code) from blocked

    def clean_token_auth(self) -> str:
        """Keep the stored token when none is typed, on the same server only."""
        token: str = self.cleaned_data["token_auth"]
        if token in {"", MASK}:
            same = self.stored.get("tracker_base") == self.cleaned_data.get("tracker_base")
            return str(self.stored.get("token_auth", "")) if same else ""
        if not TOKEN.fullmatch(token):
            raise forms.ValidationError(_("A token of Matomo is 32 digits and letters from a to f."))
        return token


@register
class Matomo(Target):
    """One event a call; Matomo says whether it took it."""

    kind = "matomo"
    data_fair_type = "matomo"
    label = gettext_lazy("Matomo")
    icon = "chart-pie"
    rank = 30
    form = MatomoForm
    secret_fields: ClassVar[frozenset[str]] = frozenset({"token_auth"})
    address_fields: ClassVar[frozenset[str]] = frozenset({"tracker_base"})
    param_names: ClassVar[Mapping[str, str]] = {
        "tracker_base": "trackerBase",
        "site_id": "siteId",
        "token_auth": "tokenAuth",
    }

    def prepare(self, message: Message, config: Config, *, now: datetime) -> OutgoingRequest:
        """Return a bulk request of one event (developer.matomo.org/api-reference/tracking-api, "Bulk tracking")."""
        settings = config.settings
        token = settings.get("token_auth", "")
        body: Json = {"requests": ["?" + urlencode(_event(message, config, dated=bool(token)))]}
        if token:
            body["token_auth"] = token
        return OutgoingRequest(
            url=f"{settings['tracker_base']}matomo.php",
            headers=(("Content-Type", "application/json"), ("User-Agent", USER_AGENT)),
            body=json.dumps(body, separators=(",", ":")).encode(),
            secret_values=(token,) if token else (),
        )

    def judge(self, response: Response, settings: Json) -> Outcome:
        """Judge by the count of events that Matomo accepted; 400 means that it never will."""
        outcome = super().judge(response, settings)
        if response.status == 400:
            return Outcome(Verdict.STOP, ErrorClass.STATUS, "HTTP 400")
        if outcome.verdict is not Verdict.DELIVERED:
            return outcome
        tracked = _tracked(response.body)
        if tracked is None:
            return Outcome(Verdict.RETRY, ErrorClass.PROTOCOL, NOT_MATOMO)
        return outcome if tracked else Outcome(Verdict.STOP, ErrorClass.STATUS, NOT_ACCEPTED)

    def summary(self, settings: Json) -> list[tuple[str, str]]:
        """Return server and site, the token as a mask."""
        lines = [
            (_("Matomo address"), mask_url(settings["tracker_base"])),
            (_("Site identifier"), str(settings["site_id"])),
            (_("Authentication token"), MASK if settings.get("token_auth") else ""),
        ]
        return [(label, value) for label, value in lines if value]

    def from_params(self, params: Json) -> Json:
        """Read `{trackerBase, siteId[, tokenAuth]}`, named as the portals of Data Fair name them."""
        return {field: str(params.get(name) or "") for field, name in self.param_names.items()}

    def to_params(self, settings: Json) -> Json:
        """Write what `from_params` reads, the token as a mask."""
        params = {"trackerBase": settings["tracker_base"], "siteId": settings["site_id"]}
        return params | ({"tokenAuth": MASK} if settings.get("token_auth") else {})


def _event(message: Message, config: Config, *, dated: bool) -> dict[str, str]:
    """Return the parameters of one event; only with a token does Matomo accept the time of an old one (`dated`)."""
    label = message.title or message.resource_id
    params = {
        "idsite": str(config.settings["site_id"]),
        "rec": "1",
        "apiv": "1",
        "_id": hashlib.sha256(visitor_name(config).encode()).hexdigest()[:16],
        "e_c": message.category,
        "e_a": message.label,
        "e_n": label + (f" - {message.detail}" if message.detail else ""),
        "url": message.page_url,
        "ca": "1",
        "bots": "1",
    }
    if dated:
        params["cdt"] = f"{message.occurred_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return {key: cut_bytes(value, MAX_BYTES) for key, value in params.items() if value}


def _tracked(body: bytes) -> int | None:
    """Return how many events Matomo says it accepted; None when it does not say."""
    try:
        answer = json.loads(body)
        return int(answer["tracked"]) if answer["status"] == "success" else None
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None
