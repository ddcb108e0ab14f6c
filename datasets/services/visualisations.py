"""Make, change and delete visualisations."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from accounts.models import Account
from accounts.principal import Principal
from datasets import slugs
from datasets.charts.spec import Chart
from datasets.models import Dataset, Visualisation
from datasets.services import drawings, publications
from datasets.signals import visualisation_created


@dataclass(frozen=True, slots=True)
class Words:
    """What people read of a visualisation, and whether anybody may."""

    title: str
    description: str = ""
    is_public: bool = False


def create_visualisation(
    account: Account, *, words: Words, dataset: Dataset | None, chart: Chart, by: Principal, slug: str = ""
) -> Visualisation:
    """Create a visualisation of `dataset` and draw it if there is data; raise IntegrityError when `slug` is taken.

    Without a dataset, or a column for its x axis, it waits for a configuration.
    """
    _check_owner(account, dataset)

    visualisation = Visualisation(account=account, dataset=dataset, slug=slug)
    _fill(visualisation, words, chart)
    with transaction.atomic():
        if slug:
            visualisation.save(force_insert=True)
        else:
            slugs.insert(visualisation, wanted=words.title, fallback="visualisation")
        visualisation_created.send(sender=Visualisation, visualisation=visualisation, by=by)
    drawings.draw(visualisation)
    return visualisation


def change_visualisation(
    visualisation: Visualisation, *, words: Words, dataset: Dataset | None, chart: Chart, by: Principal
) -> None:
    """Change what it says and shows, draw it anew where needed, and renew its publications."""
    _check_owner(visualisation.account, dataset)
    with transaction.atomic():
        now = Visualisation.objects.select_for_update().get(pk=visualisation.pk)
        before = (now.title, now.description, now.chart, now.dataset_id)
        reconfigured = (now.chart, now.dataset_id) != (
            chart,
            dataset and dataset.pk,
        ) or now.status == Visualisation.Status.ERROR
        now.dataset = dataset
        now.revision += reconfigured
        _fill(now, words, chart)
        now.save()
        if (now.title, now.description, now.chart, now.dataset_id) != before:
            publications.renew(now, by=by)
    drawings.draw(visualisation)
    visualisation.refresh_from_db()


def share_visualisation(visualisation: Visualisation, *, public: bool) -> None:
    """Open it to everybody, or close it to all but its account: catalogues hide it for as long."""
    visualisation.is_public = public
    visualisation.save(update_fields=["is_public", "updated_at"])


def delete_visualisation(visualisation: Visualisation, *, by: Principal) -> None:
    """Take it off its catalogues, then delete it with its drawings."""
    with transaction.atomic():
        publications.withdraw(visualisation, by=by)
        visualisation.delete()


def _fill(visualisation: Visualisation, words: Words, chart: Chart) -> None:
    visualisation.title = words.title
    visualisation.description = words.description
    visualisation.is_public = words.is_public
    visualisation.mark = chart.mark
    visualisation.x = chart.x
    visualisation.y = chart.y
    visualisation.aggregate = chart.aggregate
    visualisation.colour = chart.colour


def _check_owner(account: Account, dataset: Dataset | None) -> None:
    if dataset is not None and dataset.account_id != account.pk:
        raise ValueError("A visualisation is of a dataset of its own account.")
