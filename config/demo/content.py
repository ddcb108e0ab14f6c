"""Create the content of the demo, as far as it does not exist yet."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.urls import reverse

from accounts.models import Account, User
from accounts.permissions import Role
from accounts.principal import Principal, command
from accounts.services.users import assign_role, create_account, create_user
from datasets.charts import spec
from datasets.files import ingest
from datasets.models import Catalog, Dataset, Visualisation
from datasets.services import publications
from datasets.services.catalogs import create_catalog
from datasets.services.datasets import create_dataset
from datasets.services.visualisations import VisualisationDetails, create_visualisation
from webhooks.events import registry
from webhooks.models import Inbox, Webhook
from webhooks.subscriptions.services import create_webhook
from webhooks.subscriptions.spec import WebhookSpec

FOLDER = Path(__file__).parent
PASSWORD = "demo"  # noqa: S105 -- the demo's own, which refuses to run in production
READ_TIMEOUT_S = 30.0
OPERATOR = command("demo")
"""Who makes the account and its members; what it contains is Alice's."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of the demo, and its chart."""

    slug: str
    title: str
    description: str
    chart_title: str
    chart: spec.Chart


SAMPLES = (
    Sample(
        "communes",
        "Communes de France",
        "Toutes les communes, leur département, leur région et leur population (INSEE, Code officiel géographique).",
        "Communes par région",
        spec.Chart(mark=spec.Mark.BAR, x="region", aggregate=spec.Aggregate.COUNT),
    ),
    Sample(
        "departements",
        "Départements",
        "Les départements, leur nombre de communes et leur population.",
        "Population des régions",
        spec.Chart(mark=spec.Mark.BAR, x="region", y="population", aggregate=spec.Aggregate.SUM),
    ),
    Sample(
        "intercommunalites",
        "Intercommunalités",
        "Les établissements publics de coopération intercommunale à fiscalité propre.",
        "Intercommunalités par type",
        spec.Chart(mark=spec.Mark.ARC, x="type", aggregate=spec.Aggregate.COUNT),
    ),
)


def make_people() -> tuple[Account, Principal]:
    """Create the people and a webhook; return the organisation and the author of its content."""
    ville, alice = _people()
    by = Principal(kind="user", id=str(alice.pk), name=str(alice))
    _webhooks(ville, by)
    return ville, by


def make_data(ville: Account, by: Principal) -> None:
    """Create the catalogue, the datasets and their charts; the webhook receives the events."""
    catalog = Catalog.objects.of(ville).first() or create_catalog(
        ville, title="Portail open data", description="Les données ouvertes de la ville.", by=by
    )
    for sample in SAMPLES:
        dataset = _dataset(ville, sample, by)
        _visualisation(ville, dataset, sample, catalog, by)


def _people() -> tuple[Account, User]:
    """Return the organisation `ville` and Alice, who administers it; Bob is not a member."""
    ville = Account.objects.filter(kind=Account.Kind.ORGANIZATION, slug="ville").first()
    ville = ville or create_account(Account.Kind.ORGANIZATION, name="Ville de Démonstration", slug="ville", by=OPERATOR)
    alice = _person("alice@ville.example", "Alice Martin")
    assign_role(ville, alice, role=Role.ADMIN, by=OPERATOR)
    assign_role(ville, _person("carl@ville.example", "Carl Petit"), role=Role.CONTRIBUTOR, by=OPERATOR)
    assign_role(ville, _person("ursula@ville.example", "Ursula Roche"), role=Role.READER, by=OPERATOR)
    _person("bob@ailleurs.example", "Bob Durand")
    return ville, alice


def _person(email: str, name: str) -> User:
    return User.objects.filter(email=email).first() or create_user(email, name=name, password=PASSWORD, by=OPERATOR)


def _webhooks(ville: Account, by: Principal) -> None:
    """Create a webhook for all events, to the built-in inbox."""
    if Webhook.objects.of(ville).exists():
        return
    inbox = Inbox.objects.of(ville).first() or Inbox.objects.create(account=ville)
    url = settings.PUBLIC_URL + reverse("webhooks:inbox", args=[inbox.token])
    everything = tuple(event_type.key for event_type in registry.all_types())
    target = {"url": url, "format": "standard", "headers": []}
    spec = WebhookSpec(title="Boîte de réception", event_types=everything, target_kind="http", settings=target)
    create_webhook(ville, spec=spec, by=by)


def _dataset(ville: Account, sample: Sample, by: Principal) -> Dataset:
    """Upload the file of a sample and read it, unless a worker is faster; return the dataset that serves it."""
    dataset = Dataset.objects.filter(account=ville, slug__startswith=sample.slug).first()
    if dataset is None:
        with (FOLDER / f"{sample.slug}.csv").open("rb") as file:
            dataset = create_dataset(
                account=ville,
                upload=File(file, name=f"{sample.slug}.csv"),
                by=by,
                title=sample.title,
                description=sample.description,
                is_public=True,
                slug=sample.slug,
            )
    until = time.monotonic() + READ_TIMEOUT_S
    while not dataset.has_data and time.monotonic() < until:
        if ingest.ingest(dataset.pk) == "nothing":
            time.sleep(0.05)
        dataset.refresh_from_db()
    return dataset


def _visualisation(ville: Account, dataset: Dataset, sample: Sample, catalog: Catalog, by: Principal) -> None:
    """Create the chart of a sample and publish it with its dataset."""
    if Visualisation.objects.filter(account=ville, dataset=dataset).exists():
        return
    details = VisualisationDetails(title=sample.chart_title, is_public=True)
    visualisation = create_visualisation(ville, details=details, dataset=dataset, chart=sample.chart, by=by)
    publications.publish_dataset(dataset, catalog=catalog, by=by)
    visualisation.refresh_from_db()
    publications.publish_visualisation(visualisation, catalog=catalog, by=by)
