"""The HTTP target: a POST of JSON, whose default format Slack, Mattermost and Rocket.Chat show as it is."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import ClassVar
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from webhooks import signing
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
from webhooks.targets import headers, register
from webhooks.targets.form import TargetForm
from webhooks.targets.formats import Chat, Format, body, content_type
from webhooks.targets.target import Config, Message, Outcome, Target, Verdict
from webhooks.types import Json

FORMAT_LABELS = [
    (str(Format.MESSAGE), gettext_lazy("Message, as Slack and Mattermost show it")),
    (str(Format.STANDARD), gettext_lazy("Standard Webhooks, the whole event")),
    (str(Format.CLOUDEVENTS), gettext_lazy("CloudEvents 1.0, the whole event")),
]

DEFAULT_PORTS = {"http": 80, "https": 443}

_SLACK = re.compile(r"https?://hooks\.slack(-gov)?\.com(:\d+)?/", re.IGNORECASE)
_MATTERMOST = re.compile(r"https?://[^/?#]+(/[^?#]*)?/hooks/[^/?#]+(/[^/?#]+)?/?([?#].*)?", re.IGNORECASE)
_SLACK_ERROR_CODE = re.compile(rb"[a-z0-9_]{1,60}")


class HttpForm(TargetForm):
    """The URL to call, the format of the body, the headers to add."""

    url = forms.CharField(
        label=gettext_lazy("URL of the target HTTP server"),
        max_length=2048,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off", "inputmode": "url"}),
    )
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=FORMAT_LABELS)
    headers = headers.HeadersField(
        label=gettext_lazy("Headers"),
        required=False,
        help_text=gettext_lazy(
            "One per line, such as “Authorization: Bearer abc”. Stored encrypted, never shown again."
        ),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocomplete": "off"}),
    )

    def shown(self, stored: Json) -> Json:
        """Return the settings with masks for the values of the headers."""
        return {
            "url": stored.get("url", ""),
            "format": stored.get("format", Format.MESSAGE),
            "headers": headers.masked_lines(stored.get("headers", [])),
        }

    def clean_url(self) -> str:
        """Return the URL normalised, or say why it may not be called."""
        try:
            return current_policy().check_url(self.whole_address("url"))
        except Blocked as blocked:
            raise forms.ValidationError(_(blocked.message), code=blocked.code) from blocked

    def clean_headers(self) -> list[list[str]]:
        """Return the headers with the stored values where the mask came back, for the same scheme, host and port only.

        Elsewhere they have to be typed again: whoever may change the URL must not learn them by sending them to a
        server of their own.
        """
        url, stored_url = self.cleaned_data.get("url"), self.stored.get("url", "")
        stored = self.stored.get("headers", []) if url is None or _origin(url) == _origin(stored_url) else []
        pairs = headers.keep_masked(self.cleaned_data["headers"], stored=stored)
        return [[name, value] for name, value in pairs]


@register
class Http(Target):
    """POST of JSON with the headers of Standard Webhooks and the user's own."""

    kind = "http"
    data_fair_type = "http"
    label = gettext_lazy("Simple HTTP call (compatible with Slack and Mattermost)")
    icon = "webhook"
    rank = 10
    form: ClassVar[type[TargetForm]] = HttpForm
    secret_fields: ClassVar[frozenset[str]] = frozenset({"headers"})
    address_fields: ClassVar[frozenset[str]] = frozenset({"url"})
    signs = True

    def prepare(self, message: Message, config: Config, *, now: datetime) -> OutgoingRequest:
        """Return the request, signed with every secret that is valid now."""
        settings = config.settings
        url: str = settings["url"]
        own_headers = settings.get("headers", ())
        body_format = Format(settings.get("format", Format.MESSAGE))
        content = body(message, body_format, chat_of(url) if body_format is Format.MESSAGE else Chat.NONE)
        timestamp = int(now.timestamp())
        signature = signing.sign(config.secrets, message_id=message.id, timestamp=timestamp, body=content)
        return OutgoingRequest(
            url=url,
            headers=(
                ("Content-Type", content_type(body_format)),
                ("User-Agent", USER_AGENT),
                ("webhook-id", message.id),
                ("webhook-timestamp", str(timestamp)),
                ("webhook-signature", signature),
                *((name, value) for name, value in own_headers),
            ),
            body=content,
            secret_headers=frozenset(name.lower() for name, _value in own_headers),
            signing_secrets=signing.texts_of(config.secrets),
            signatures=tuple(signature.split()),
        )

    def judge(self, response: Response, settings: Json) -> Outcome:
        """Judge by status; of Slack, some more say that a hook is gone for good (api.slack.com, incoming webhooks)."""
        outcome = super().judge(response, settings)
        if chat_of(settings.get("url", "")) is not Chat.SLACK or response.status not in {400, 403, 404, 410}:
            return outcome
        error_code = response.body.strip()
        if response.status == 400 and error_code != b"invalid_token":
            return outcome
        suffix = f" {error_code.decode()}" if _SLACK_ERROR_CODE.fullmatch(error_code) else ""
        return Outcome(Verdict.GONE, ErrorClass.STATUS, f"HTTP {response.status}{suffix}")

    def summary(self, settings: Json) -> list[tuple[str, str]]:
        """Return the URL without its secrets, the format, and the names of the headers."""
        labels = dict(FORMAT_LABELS)
        lines = [
            (_("URL of the target HTTP server"), mask_url(settings["url"])),
            (_("Format"), str(labels[settings.get("format", Format.MESSAGE)])),
        ]
        if settings.get("headers"):
            lines.append((_("Headers"), ", ".join(name for name, _value in settings["headers"])))
        return lines

    def from_params(self, params: Json) -> Json:
        """Read `{url[, format, headers: {name: value}]}`; a value of `•••` keeps the stored one."""
        return {
            "url": str(params.get("url") or ""),
            "format": str(params.get("format") or Format.MESSAGE),
            "headers": params.get("headers"),
        }

    def to_params(self, settings: Json) -> Json:
        """Write `{url}`, and format and headers when they are not Data Fair's."""
        params: Json = {"url": settings["url"]}
        if settings.get("format", Format.MESSAGE) != Format.MESSAGE:
            params["format"] = settings["format"]
        if settings.get("headers"):
            params["headers"] = {name: MASK for name, _value in settings["headers"]}
        return params


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of a URL that the policy has normalised."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)


@lru_cache(maxsize=4096)
def chat_of(url: str) -> Chat:
    """Return the chat whose incoming webhook this URL is: Slack's by host, Mattermost's and Rocket.Chat's by path."""
    if _SLACK.match(url):
        return Chat.SLACK
    return Chat.MATTERMOST if _MATTERMOST.fullmatch(url) else Chat.NONE
