"""Make rows for tests: each factory gives a valid one, whatever is left unsaid."""

from datetime import timedelta

from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory
from factory.faker import Faker

from accounts.models import Account, Membership, User
from accounts.permissions import Role
from webhooks import targets
from webhooks.models import Attempt, Delivery, Event, Secret, Webhook
from webhooks.models.event import NextSequence
from webhooks.subscriptions.spec import FIELDS, WebhookSpec


class UserFactory(DjangoModelFactory[User]):
    """A user without a password (sign in with `client.force_login`) and without a personal account."""

    class Meta:
        model = User

    email = Sequence(lambda n: f"user{n}@ville.example")
    name = Sequence(lambda n: f"User {n}")
    password = "!"


class AccountFactory(DjangoModelFactory[Account]):
    class Meta:
        model = Account

    kind = Account.Kind.ORGANIZATION
    slug = Sequence(lambda n: f"account-{n}")
    name = Sequence(lambda n: f"Account {n}")
    language = "fr"


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    account = SubFactory(AccountFactory)
    user = SubFactory(UserFactory)
    role = str(Role.ADMIN)


class WebhookFactory(DjangoModelFactory[Webhook]):
    """An HTTP webhook on finalized datasets, with its first secret; takes every field of `WebhookSpec`.

    `url` says where to, `headers` what to add, instead of `settings`. Neither event types nor the kind of target need
    be registered.
    """

    class Meta:
        model = Webhook
        skip_postgeneration_save = True

    class Params:
        url = "https://hooks.example/in"
        format = "message"
        headers: tuple[tuple[str, str], ...] = ()
        disabled = Trait(enabled=False, disabled_reason="user", disabled_at=LazyFunction(timezone.now))

    account = SubFactory(AccountFactory)
    title = Sequence(lambda n: f"Webhook {n}")
    event_types = LazyFunction(lambda: ["dataset.finalized"])
    target_kind = "http"

    settings = LazyAttribute(
        lambda o: {"url": o.url, "format": o.format, "headers": [list(pair) for pair in o.headers]}
    )

    @classmethod
    def _create(cls, model_class, *args, **fields):
        described = {name: fields.pop(name) for name in FIELDS if name in fields}
        if described["target_kind"] not in {target.kind for target in targets.all_targets()}:
            fields["target_kind"], described["target_kind"] = described["target_kind"], "http"
        webhook = model_class(**WebhookSpec(**described).columns() | fields)
        webhook.save()
        Secret.generate(webhook).save()
        return webhook


class EventFactory(DjangoModelFactory[Event]):
    """A finalized dataset, fanned out already (no worker touches it); pass `fanned_out_at=None` for a new one."""

    class Meta:
        model = Event

    sequence = LazyFunction(NextSequence)
    type = "dataset.finalized"
    account = SubFactory(AccountFactory)
    resource_type = LazyAttribute(lambda o: o.type.split(".", 1)[0])
    resource_id = Sequence(lambda n: f"resource-{n}")
    resource_title = LazyAttribute(lambda o: o.resource_id.capitalize())
    resource_page_url = LazyAttribute(lambda o: f"http://127.0.0.1:8000/{o.resource_type}/{o.resource_id}")
    resource_api_url = LazyAttribute(
        lambda o: (
            "http://127.0.0.1:8000/api/v1/"
            + ("datasets" if o.resource_type == "dataset" else "applications")
            + f"/{o.resource_id}"
        )
    )
    data = LazyFunction(dict)
    fanned_out_at = LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class, *args, **fields):
        event = super()._create(model_class, *args, **fields)
        event.refresh_from_db(fields=["sequence"])
        return event


class DeliveryFactory(DjangoModelFactory[Delivery]):
    """A pending delivery, due now; `settled` or a final `state` makes it one of the past."""

    class Meta:
        model = Delivery

    webhook = SubFactory(WebhookFactory)
    event = SubFactory(EventFactory, account=SelfAttribute("..webhook.account"))
    state = Delivery.State.PENDING
    next_attempt_at = LazyAttribute(lambda o: timezone.now() if o.state == Delivery.State.PENDING else None)
    settled_at = LazyAttribute(lambda o: None if o.state == Delivery.State.PENDING else timezone.now())

    class Params:
        leased = Trait(
            lease_token=Faker("uuid4"),
            leased_until=LazyFunction(lambda: timezone.now() + timedelta(minutes=1)),
        )


class AttemptFactory(DjangoModelFactory[Attempt]):
    """A successful attempt; give `status_code` or `error` for another."""

    class Meta:
        model = Attempt

    delivery = SubFactory(DeliveryFactory, state=Delivery.State.DELIVERED)
    started_at = LazyFunction(timezone.now)
    duration_ms = 12
    url = "https://hooks.example/in"
    request_headers = LazyFunction(lambda: [["Content-Type", "application/json"]])
    status_code = 200
    response_headers = LazyFunction(lambda: [["Content-Type", "text/plain"]])
    response_body = "ok"
