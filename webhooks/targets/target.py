"""What a target is: it turns a message into a request, and a response into an outcome. Both are pure."""

from __future__ import annotations

import email.utils
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from webhooks.egress.exchange import ErrorClass, OutgoingRequest, Response
from webhooks.egress.tokens import mask_location
from webhooks.types import Json

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from webhooks.targets.form import TargetForm

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """An event in the language of its account, the same for every webhook it goes to (compared by identity).

    `id` is the event's UUID in hex, `type` our key, `event` Data Fair's name (`finalize-end`), `category` the type of
    the resource, `label` the sentence of the event's type.
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
    data: Json
    account: dict[str, str]
    sequence: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Config:
    """A webhook as its target sees it: the settings that its form validated, and the secrets to sign with now."""

    settings: Json
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
    """What a response means; `reason` is a short sentence for the account, `retry_after_s` what the receiver asked."""

    verdict: Verdict
    error: ErrorClass | None = None
    reason: str = ""
    retry_after_s: float | None = None


class Target(ABC):
    """One kind of target: a subclass holds its words, icon and form, what it sends and what a response means."""

    kind: ClassVar[str]
    data_fair_type: ClassVar[str]
    label: ClassVar[str | Promise]
    icon: ClassVar[str]
    rank: ClassVar[int] = 100
    form: ClassVar[type[TargetForm]]
    secret_fields: ClassVar[frozenset[str]]
    """The fields of the form that are stored encrypted and never shown: no default, so that none is forgotten."""
    address_fields: ClassVar[frozenset[str]] = frozenset()
    """The fields of the form that say whom the secret ones are for."""
    param_names: ClassVar[Mapping[str, str]] = {}
    """The names in `target.params` of Data Fair's settings of the fields that are named differently there."""
    signs: ClassVar[bool] = False
    """Whether its requests carry a signature made with the webhook's secret."""

    def __init_subclass__(cls) -> None:
        """Refuse a target that does not say which of its fields are secret, and whom they are for."""
        if not hasattr(cls, "secret_fields"):
            raise TypeError(f"{cls.__name__} must define secret_fields, be it an empty frozenset().")
        if cls.secret_fields and not cls.address_fields:
            raise TypeError(f"{cls.__name__} must define address_fields: whom its secret_fields are for.")

    @abstractmethod
    def prepare(self, message: Message, config: Config, *, now: datetime) -> OutgoingRequest:
        """Return the request that sends `message`; the same event has the same body at each attempt."""

    @abstractmethod
    def summary(self, settings: Json) -> list[tuple[str, str]]:
        """Return label and value of each setting, secrets masked, as the card shows them."""

    @abstractmethod
    def from_params(self, params: Json) -> Json:
        """Convert `target.params` of Data Fair's settings to the form's data."""

    @abstractmethod
    def to_params(self, settings: Json) -> Json:
        """Convert settings to `target.params` of Data Fair's settings, secrets masked."""

    def notice(self, settings: Json) -> str:
        """Return the warning that dialog and list show beside these settings, or nothing."""
        return ""

    def retry_horizon_s(self, settings: Json) -> float | None:
        """Return for how many seconds after an event it is still sent; None: as long as the schedule lasts."""
        return None

    def validation_request(self, message: Message, config: Config) -> OutgoingRequest | None:
        """Return the request that asks the target's own validation about `message`; None when it has none."""
        return None

    def validation_messages(self, response: Response) -> list[str]:
        """Return what the validation found wrong, in sentences; nothing when all is well."""
        return []

    def judge(self, response: Response, settings: Json) -> Outcome:
        """Return the outcome by the status alone: 2xx is delivered, 410 is gone, everything else is retried."""
        if response.error is not None:
            return Outcome(Verdict.RETRY, response.error, response.reason)
        status = response.status or 0
        if 200 <= status <= 299:
            return Outcome(Verdict.DELIVERED)
        if 300 <= status <= 399:
            return Outcome(Verdict.RETRY, ErrorClass.REDIRECT, _redirect_reason(response))
        verdict = Verdict.GONE if status == 410 else Verdict.RETRY
        return Outcome(verdict, ErrorClass.STATUS, f"HTTP {status}", retry_after_s(response))


_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
"""RFC 9110 has digits alone; some receivers add a fraction. Python would also read `1_000`, `1e3` and `nan`."""


def retry_after_s(response: Response) -> float | None:
    """Return the seconds that Retry-After asks for (RFC 9110 §10.2.3: seconds or a date), None when it is neither."""
    text = next((value for name, value in response.headers if name.lower() == "retry-after"), "").strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            date = email.utils.parsedate_to_datetime(text)
        except (ValueError, IndexError, TypeError, OverflowError):
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (date - response.started_at).total_seconds()
    return seconds if seconds >= 0 else None


def _redirect_reason(response: Response) -> str:
    """Return the status and where the redirect pointed, without what may be a secret of the receiver's in it.

    It is not cut here: what is known to be secret is masked before that, in the attempt that is kept.
    """
    location = response.header("location")
    return f"HTTP {response.status} → {mask_location(location)}" if location else f"HTTP {response.status}"
