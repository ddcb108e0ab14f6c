"""The people, keys and things of two accounts, and the requests by which the tenancy table is tried."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from accounts.emails import link_for
from accounts.models import Account, AuditEntry, Invitation, User
from accounts.permissions import SCOPES, Role
from accounts.principal import Principal
from accounts.services import api_keys, users
from datasets.charts.spec import Chart
from datasets.files.ingest import ingest
from datasets.models import Catalog, Dataset, Publication, Visualisation
from datasets.services.catalogs import create_catalog
from datasets.services.datasets import create_dataset
from datasets.services.publications import publish
from datasets.services.visualisations import VisualisationDetails, create_visualisation
from tests.factories import AttemptFactory, DeliveryFactory, EventFactory, WebhookFactory
from webhooks.models import Delivery, Inbox, Secret, Webhook

PEOPLE = ("anonymous", "outsider", "reader", "contributor", "admin", "staff", "superuser")
KEYS = ("key", "read_key", "scopeless_key", "expired_key", "revoked_key", "other_key")
CALLERS = (*PEOPLE, *KEYS)
"""Of the account Ville: reader, contributor, admin, and all keys but the last; staff and superuser have no account but
their own, the outsider administers another."""

MARK = "Zibeline"
"""Stands in whatever of Ville only its own members may read."""

PASSWORD = "une-phrase-bien-longue"
CSV = f"area,height\n{MARK},10.5\nNord,5\n".encode()
ALICE = Principal(kind="user", id="1", name="Alice")


@dataclass(frozen=True, slots=True)
class World:
    """A client for each caller, the cookies it begins with, the parts of addresses, and ids for bodies."""

    media: Path
    clients: dict[str, Client]
    cookies: dict[str, dict[str, str]]
    parts: dict[str, Any]
    ids: dict[str, Any]

    def client(self, caller: str) -> Client:
        """Return the client of a caller as it was at the beginning."""
        client = self.clients[caller]
        client.cookies.clear()
        client.cookies.load(self.cookies[caller])
        return client

    def address(self, route: str, thing: str) -> str:
        """Return the address of a route, about the private or the public one of its things."""
        if route.startswith("admin/^"):
            return "/admin/webhooks/"
        if route == "^api/":
            return "/api/nothing"
        if route.endswith("(?P<url>.*)$"):
            return "/admin/nothing"
        scope = next((name for name in SCOPED if route.startswith(name)), "")
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part: str(self._part(scope, part[1], route, thing)), route)

    def _part(self, scope: str, name: str, route: str, thing: str) -> Any:
        for key in (f"{route} {name}", f"{scope} {name} {thing}".rstrip(), f"{scope} {name}", name):
            if key in self.parts:
                return self.parts[key]
        raise KeyError(f"{route}: no part for {name}")


def holdings() -> dict[str, list[dict[str, Any]]]:
    """Return every row that Ville has, but for when its keys were last used."""
    ville = Account.objects.get(slug="ville")
    rows: dict[str, Any] = {
        "account": Account.objects.filter(pk=ville.pk),
        "members": ville.memberships.all(),
        "keys": ville.api_keys.all(),
        "invitations": ville.invitations.all(),
        "datasets": Dataset.objects.of(ville),
        "visualisations": Visualisation.objects.of(ville),
        "catalogs": Catalog.objects.of(ville),
        "publications": Publication.objects.filter(catalog__account=ville),
        "webhooks": Webhook.objects.of(ville),
        "secrets": Secret.objects.filter(webhook__account=ville),
        "deliveries": Delivery.objects.of(ville),
    }
    return {
        name: [
            {field: value for field, value in row.items() if field != "last_used_at"}
            for row in found.order_by("pk").values()
        ]
        for name, found in rows.items()
    }


SCOPED = (
    *("datasets", "dataset", "visualisations", "visualisation", "catalogs", "catalog"),
    *("api/v1/datasets", "api/v1/applications", "api/v1/catalogs"),
    *(
        "settings/keys",
        "settings/members",
        "settings/invitations",
        "invitation",
        "inbox",
        "welcome",
        "admin/r",
        "admin/accounts/user/<id>",
    ),
    *(f"admin/accounts/{model}" for model in ("user", "account", "membership", "apikey", "auditentry", "invitation")),
    *(f"admin/datasets/{model}" for model in ("dataset", "visualisation", "catalog", "publication")),
    *(f"admin/webhooks/{model}" for model in ("webhook", "event", "delivery")),
    "admin/auth/group",
)


def build(media: Path) -> World:
    """Make the accounts with everything in them, their files in `media`; the caller takes them back."""
    ville = users.create_account(Account.Kind.ORGANIZATION, name="Ville", slug="ville")
    ailleurs = users.create_account(Account.Kind.ORGANIZATION, name="Ailleurs", slug="ailleurs")
    people = {
        "reader": _person("ursula", ville, Role.READER),
        "contributor": _person("carl", ville, Role.CONTRIBUTOR),
        "admin": _person("alice", ville, Role.ADMIN),
        "outsider": _person("bob", ailleurs, Role.ADMIN),
        "staff": _person("stan", None, is_staff=True),
        "superuser": _person("ops", None, is_staff=True, is_superuser=True),
    }
    cookies: dict[str, dict[str, str]] = {}
    for name, user in people.items():
        client = Client()
        client.force_login(user)
        cookies[name] = {key: morsel.value for key, morsel in client.cookies.items()}
    clients = {name: Client(raise_request_exception=False) for name in PEOPLE}
    for name, (account, scopes, expires_in) in {
        "key": (ville, SCOPES, None),
        "read_key": (ville, [scope for scope in SCOPES if scope.endswith("-read")], None),
        "scopeless_key": (ville, ["stats"], None),
        "expired_key": (ville, SCOPES, timedelta(seconds=-1)),
        "revoked_key": (ville, SCOPES, None),
        "other_key": (ailleurs, SCOPES, None),
    }.items():
        expires_at = timezone.now() + expires_in if expires_in is not None else None
        title = f"{MARK} {name}" if account == ville else name
        key, clear = api_keys.issue_key(account, title=title, scopes=list(scopes), expires_at=expires_at, by=ALICE)
        if name == "revoked_key":
            api_keys.revoke_key(key, by=ALICE)
        clients[name] = Client(raise_request_exception=False, headers={"x-apiKey": clear})
    parts = _things(ville, people["reader"])
    ids = {name: user.pk for name, user in people.items()} | {"account": ville.pk, "webhook": parts["webhook_id"]}
    return World(media, clients, {name: cookies.get(name, {}) for name in CALLERS}, parts, ids)


def _person(name: str, account: Account | None, role: Role = Role.ADMIN, **rights: bool) -> User:
    user = users.create_user(f"{name}@example.org", name=f"{name.title()}", password=PASSWORD, language="en")
    if rights:
        User.objects.filter(pk=user.pk).update(**rights)
        user.refresh_from_db()
    if account is not None:
        users.assign_role(account, user, role=role)
    return user


def _things(ville: Account, reader: User) -> dict[str, Any]:
    """Return the parts of addresses: ids of one of everything that Ville has, private and public where that is said."""
    private, public = (_dataset(ville, slug, is_public=slug == "parcs") for slug in ("arbres", "parcs"))
    charts = {
        slug: create_visualisation(
            ville,
            details=VisualisationDetails(f"{MARK} {slug}" if slug == "chart" else slug, "", slug == "shown"),
            dataset=private if slug == "chart" else public,
            chart=Chart("bar", "area"),
            by=ALICE,
            slug=slug,
        )
        for slug in ("chart", "shown")
    }
    catalog = create_catalog(ville, title="Portail", slug="portail", by=ALICE)
    publication = publish(charts["shown"], catalog=catalog, by=ALICE)
    webhook = WebhookFactory.create(account=ville, title=f"{MARK} webhook")
    disabled = WebhookFactory.create(account=ville, title=f"{MARK} disabled", disabled=True)
    event = EventFactory.create(account=ville, resource_id="arbres", resource_title=f"{MARK} arbres")
    pending = DeliveryFactory.create(webhook=webhook, event=event)
    settled = DeliveryFactory.create(webhook=webhook, state=Delivery.State.DELIVERED)
    AttemptFactory.create(delivery=settled, response_body=MARK)
    key, _clear = api_keys.issue_key(ville, title=f"{MARK} spare", scopes=["datasets"], by=ALICE)
    invited = users.create_user("dora@example.org", name="Dora")
    uid, token = link_for(invited).rstrip("/").split("/")[-2:]
    invitation = Invitation.objects.create(account=ville, email="new@example.org", role="reader")
    membership = ville.memberships.get(user=reader)
    parts: dict[str, Any] = {
        **{f"{room} slug {thing}": slug for room in ("dataset", "api/v1/datasets") for thing, slug in _BOTH},
        **{f"visualisation slug {thing}": slug for thing, slug in _CHARTS},
        **{f"api/v1/applications slug {thing}": slug for thing, slug in _CHARTS},
        **{f"{room} slug": "portail" for room in ("catalogs", "catalog", "api/v1/catalogs")},
        "settings/keys pk": key.pk,
        "settings/members pk": membership.pk,
        "settings/invitations pk": invitation.pk,
        "invitation token": invitation.token,
        "webhook_id": webhook.pk,
        "delivery_id": settled.pk,
        "type": "organization",
        "id": "ville",
        "inbox token": Inbox.objects.create(account=ville).token,
        "rest": "below",
        "welcome uidb64": uid,
        "welcome token": token,
        "admin/r content_type_id": ContentType.objects.get_for_model(Dataset).pk,
        "admin/r object_id": public.pk,
        "admin/accounts/user/<id> id": reader.pk,
        "admin/auth/group object_id": Group.objects.create(name="Operators").pk,
    }
    for route in ("settings/webhooks/<int:webhook_id>/enable/", "api/v1/webhooks/<int:webhook_id>/_enable"):
        parts[f"{route} webhook_id"] = disabled.pk
    cancel = "deliveries/<int:delivery_id>"
    parts[f"settings/webhooks/<int:webhook_id>/{cancel}/cancel/ delivery_id"] = pending.pk
    parts[f"api/v1/{cancel}/_cancel delivery_id"] = pending.pk
    entry = AuditEntry.objects.filter(account_id=ville.pk).latest("pk")
    for row in (
        reader,
        ville,
        membership,
        key,
        entry,
        invitation,
        public,
        charts["shown"],
        catalog,
        publication,
        webhook,
        event,
        settled,
    ):
        parts[f"admin/{row._meta.app_label}/{row._meta.model_name} object_id"] = row.pk
    return parts


_BOTH = (("private", "arbres"), ("public", "parcs"))
_CHARTS = (("private", "chart"), ("public", "shown"))


def _dataset(account: Account, slug: str, *, is_public: bool) -> Dataset:
    dataset = create_dataset(
        account=account,
        upload=ContentFile(CSV if not is_public else CSV.replace(MARK.encode(), b"Centre"), name=f"{slug}.csv"),
        by=ALICE,
        title=slug if is_public else f"{MARK} {slug}",
        is_public=is_public,
        slug=slug,
    )
    ingest(dataset.pk)
    return dataset
