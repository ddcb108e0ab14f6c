"""Google Analytics: Universal Analytics hits or GA4's Measurement Protocol, depending on the tracker identifier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django import forms
from django.conf import settings as django_settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from webhooks.egress import MASK, USER_AGENT, OutgoingRequest, Response
from webhooks.targets import measurement_protocol, register
from webhooks.targets.form import TargetForm
from webhooks.targets.target import Config, Message, Target
from webhooks.targets.visitor import visitor_name
from webhooks.types import Json

GOOGLE_URL = "https://www.google-analytics.com"
GOOGLE_EU_URL = "https://region1.google-analytics.com"
"""GA4's collector for data that must stay in the EU."""

GA4_HORIZON_S = 48 * 3600
"""GA4 accepts events up to 72 hours old, but two business days for some uses: nothing older is worth sending."""

UNIVERSAL = re.compile(r"UA-\d{4,10}-\d{1,4}")
GA4 = re.compile(r"G-[A-Z0-9]{4,20}")

REGIONS = [("", gettext_lazy("Worldwide")), ("eu", gettext_lazy("European Union"))]


class GoogleAnalyticsForm(TargetForm):
    """The property, and the application that the events are said to come from."""

    tracking_id = forms.CharField(
        label=gettext_lazy("Tracker identifier"),
        max_length=40,
        help_text=gettext_lazy("G-XXXXXXXXXX (Google Analytics 4) or UA-XXXXXXXX-X (Universal Analytics)."),
        widget=forms.TextInput(attrs={"placeholder": "G-XXXXXXXXXX", "autocomplete": "off", "spellcheck": "false"}),
    )
    api_secret = forms.CharField(
        label=gettext_lazy("API secret"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "For Google Analytics 4 only: Admin › Data streams › Measurement Protocol API secrets. "
            "Stored encrypted, never shown again; leave blank to keep the stored one."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    app_name = forms.CharField(label=gettext_lazy("Application name"), required=False, max_length=100)
    app_version = forms.CharField(label=gettext_lazy("Application version"), required=False, max_length=100)
    region = forms.ChoiceField(
        label=gettext_lazy("Collection"),
        choices=REGIONS,
        required=False,
        help_text=gettext_lazy("Where Google Analytics 4 collects the events."),
    )

    def shown(self, stored: Json) -> Json:
        """Return the settings without the API secret."""
        return {name: value for name, value in stored.items() if name != "api_secret"}

    def clean_tracking_id(self) -> str:
        """Return the identifier in capitals; refuse what is not one."""
        tracking_id: str = self.cleaned_data["tracking_id"].strip().upper()
        if not UNIVERSAL.fullmatch(tracking_id) and not GA4.fullmatch(tracking_id):
            raise forms.ValidationError(
                _("This is not a tracker identifier: it looks like G-XXXXXXXXXX or UA-XXXXXXXX-X.")
            )
        return tracking_id

    def clean(self) -> Json:
        """Keep the stored secret of the same property; require one for GA4, drop it for Universal Analytics."""
        data: Json = self.cleaned_data
        tracking_id = data.get("tracking_id")
        if tracking_id is None or "api_secret" not in data:
            return data
        if not GA4.fullmatch(tracking_id):
            return {**data, "api_secret": "", "region": ""}
        if data["api_secret"] in {"", MASK}:
            same = self.stored.get("tracking_id") == tracking_id
            data["api_secret"] = self.stored.get("api_secret", "") if same else ""
        if not data["api_secret"]:
            self.add_error("api_secret", _("Google Analytics 4 needs the API secret of this property."))
        return data


@register
class GoogleAnalytics(Target):
    """One event per request; a success means that Google accepted the request, not that it counted the event."""

    kind = "google_analytics"
    data_fair_type = "ga"
    label = gettext_lazy("Google Analytics")
    icon = "chart-column"
    rank = 20
    form = GoogleAnalyticsForm
    secret_fields: ClassVar[frozenset[str]] = frozenset({"api_secret"})
    address_fields: ClassVar[frozenset[str]] = frozenset({"tracking_id"})
    param_names: ClassVar[Mapping[str, str]] = {
        "tracking_id": "trackingId",
        "app_name": "appName",
        "app_version": "appVersion",
        "api_secret": "apiSecret",
    }

    def prepare(self, message: Message, config: Config, *, now: datetime) -> OutgoingRequest:
        """Return the request of the protocol that the tracker identifier belongs to."""
        settings = config.settings
        if is_ga4(settings):
            return _ga4_request(message, config, path="/mp/collect")
        return OutgoingRequest(
            url=f"{django_settings.GOOGLE_ANALYTICS_URL}/collect",
            headers=(("Content-Type", "application/x-www-form-urlencoded"), ("User-Agent", USER_AGENT)),
            body=measurement_protocol.universal_body(
                message,
                tracking_id=settings["tracking_id"],
                client_id=measurement_protocol.universal_client(visitor_name(config)),
                app_name=settings.get("app_name", ""),
                app_version=settings.get("app_version", ""),
            ),
        )

    def validation_request(self, message: Message, config: Config) -> OutgoingRequest | None:
        """Return a request to GA4's validation server: it neither counts the event nor checks the API secret."""
        return _ga4_request(message, config, path="/debug/mp/collect", strict=True) if is_ga4(config.settings) else None

    def validation_messages(self, response: Response) -> list[str]:
        """Return the messages of the validation server, or why it could not be asked."""
        if response.status is None or not 200 <= response.status <= 299:
            reason = _(response.reason) if response.reason else f"HTTP {response.status}"
            return [_("The validation of Google Analytics could not be asked: %(reason)s") % {"reason": reason}]
        return measurement_protocol.ga4_validation_messages(response.body)

    def notice(self, settings: Json) -> str:
        """Warn that Universal Analytics is retired."""
        if not UNIVERSAL.fullmatch(settings.get("tracking_id", "")):
            return ""
        return _(
            "Google stopped processing Universal Analytics (UA-…) on 1 July 2024: nothing will show in its reports. "
            "Use a Google Analytics 4 identifier (G-…), unless another collector receives these calls."
        )

    def retry_horizon_s(self, settings: Json) -> float | None:
        """Stop after two days for GA4, which drops what is older."""
        return GA4_HORIZON_S if is_ga4(settings) else None

    def summary(self, settings: Json) -> list[tuple[str, str]]:
        """Return the fields of the user guide, the secret as a mask."""
        lines = [
            (_("Tracker identifier"), settings["tracking_id"]),
            (_("Application name"), settings.get("app_name", "")),
            (_("Application version"), settings.get("app_version", "")),
            (_("API secret"), MASK if settings.get("api_secret") else ""),
            (_("Collection"), str(dict(REGIONS)["eu"]) if settings.get("region") == "eu" else ""),
        ]
        return [(label, value) for label, value in lines if value]

    def from_params(self, params: Json) -> Json:
        """Read `{trackingId, appName, appVersion[, apiSecret, region]}`; a secret of `•••` keeps the stored one."""
        return {field: str(params.get(self.param_names.get(field, field)) or "") for field in self.form.base_fields}

    def to_params(self, settings: Json) -> Json:
        """Write Data Fair's names, and ours where they say something."""
        params = {
            "trackingId": settings["tracking_id"],
            "appName": settings.get("app_name", ""),
            "appVersion": settings.get("app_version", ""),
        }
        if settings.get("api_secret"):
            params["apiSecret"] = MASK
        if settings.get("region"):
            params["region"] = settings["region"]
        return params


def is_ga4(settings: Json) -> bool:
    """Return whether the tracker identifier is one of GA4."""
    return GA4.fullmatch(settings.get("tracking_id", "")) is not None


def _ga4_request(message: Message, config: Config, *, path: str, strict: bool = False) -> OutgoingRequest:
    settings = config.settings
    api_secret = settings.get("api_secret", "")
    query = measurement_protocol.ga4_query(measurement_id=settings["tracking_id"], api_secret=api_secret)
    return OutgoingRequest(
        url=f"{_ga4_base(settings)}{path}?{query}",
        headers=(("Content-Type", "application/json"), ("User-Agent", USER_AGENT)),
        body=measurement_protocol.ga4_body(
            message,
            client_id=measurement_protocol.ga4_client(visitor_name(config), created_at=config.created_at),
            app_name=settings.get("app_name", ""),
            app_version=settings.get("app_version", ""),
            strict=strict,
        ),
        secret_values=(api_secret,),
        is_query_public=True,
    )


def _ga4_base(settings: Json) -> str:
    """Return the collector: the operator's, or Google's in the chosen region."""
    base: str = django_settings.GOOGLE_ANALYTICS_URL
    return GOOGLE_EU_URL if base == GOOGLE_URL and settings.get("region") == "eu" else base
