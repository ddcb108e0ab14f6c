"""What a target is: it turns a message into a request, and an answer into an outcome. Both are pure."""

from __future__ import annotations

import email.utils
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from webhooks.egress import ErrorClass, OutgoingRequest, Response

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from webhooks.targets.form import TargetForm

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """An event in the words of its account, the same for every webhook it goes to (compared by identity).

    `id` is the event's UUID in hex, `type` our key, `event` Data Fair's name (`finalize-end`), `category` the kind of
    resource, `label` the type's sentence and `language` the account's language.
    """

    id: str
    type: str
    event: str
    category: str
    label: str
    language: str
    resource_id: str
    title: str
    page_url: str
    api_url: str
    detail: str
    data: dict[str, Any]  # Any: JSON
    account: dict[str, str]
    sequence: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Config:
    """A webhook as its target sees it: the settings its form validated, and the secrets to sign with now."""

    settings: dict[str, Any]  # Any: the target's own
    secrets: tuple[bytes, ...] = ()
    webhook_id: int = 0
    created_at: datetime = EPOCH


class Verdict(StrEnum):
    """What to do after an attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    STOP = "stop"  # this delivery will never succeed
    GONE = "gone"  # nor will any other: the webhook is disabled


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer means; `reason` is a short sentence for the account, `retry_after_s` what the receiver asked."""

    verdict: Verdict
    error: ErrorClass | None = None
    reason: str = ""
    retry_after_s: float | None = None


class Target(ABC):
    """One kind of target. A subclass is its file's whole knowledge: words, icon, form, wire format, answers."""

    kind: ClassVar[str]
    data_fair_type: ClassVar[str]
    label: ClassVar[str | Promise]
    icon: ClassVar[str]
    rank: ClassVar[int] = 100
    form: ClassVar[type[TargetForm]]
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    param_names: ClassVar[Mapping[str, str]] = {}
    """How `target.params` of Data Fair's settings call a field of the form, where they do not call it the same."""
    signs: ClassVar[bool] = False
    """Whether its requests carry a signature made with the webhook's secret."""

    @abstractmethod
    def prepare(self, message: Message, config: Config, *, now: datetime) -> OutgoingRequest:
        """Give the request that tells the target of `message`; the same event gives the same body each time."""

    @abstractmethod
    def summary(self, settings: dict[str, Any]) -> list[tuple[str, str]]:  # Any: as in Config
        """Give label and value of each setting, secrets masked, as the card shows them."""

    @abstractmethod
    def from_params(self, params: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        """Turn `target.params` of Data Fair's settings into the form's data."""

    @abstractmethod
    def to_params(self, settings: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        """Turn settings into `target.params` of Data Fair's settings, secrets masked."""

    def notice(self, settings: dict[str, Any]) -> str:  # Any: as in Config
        """Give the sentence of warning that dialog and list show beside these settings, or nothing."""
        return ""

    def retry_horizon_s(self, settings: dict[str, Any]) -> float | None:  # Any: as in Config
        """Give how many seconds after it happened an event is still worth telling; None: as long as the schedule."""
        return None

    def rehearsal(self, message: Message, config: Config) -> OutgoingRequest | None:
        """Give the request that asks the target's own validation about `message`; None when it has none."""
        return None

    def remarks(self, response: Response) -> list[str]:
        """Give what the validation answered, in sentences; nothing when it is content."""
        return []

    def judge(self, response: Response, settings: dict[str, Any]) -> Outcome:  # Any: as in Config
        """Judge by status alone: 2xx is delivered, 410 is gone, everything else is tried again."""
        if response.error is not None:
            return Outcome(Verdict.RETRY, response.error, response.reason)
        status = response.status or 0
        if 200 <= status <= 299:
            return Outcome(Verdict.DELIVERED)
        if 300 <= status <= 399:
            return Outcome(Verdict.RETRY, ErrorClass.REDIRECT, _where(response))
        verdict = Verdict.GONE if status == 410 else Verdict.RETRY
        return Outcome(verdict, ErrorClass.STATUS, f"HTTP {status}", retry_after_s(response))


def retry_after_s(response: Response) -> float | None:
    """Give the seconds that Retry-After asks for (RFC 9110 §10.2.3: seconds or a date), None for nonsense."""
    text = next((value for name, value in response.headers if name.lower() == "retry-after"), "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            date = email.utils.parsedate_to_datetime(text)
        except (ValueError, IndexError, TypeError, OverflowError):
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (date - response.started_at).total_seconds()
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _where(response: Response) -> str:
    """Say where a redirect pointed, without its query, which may hold a secret."""
    location = next((value for name, value in response.headers if name.lower() == "location"), "")
    return f"HTTP {response.status} → {location.split('?', 1)[0][:200]}" if location else f"HTTP {response.status}"
