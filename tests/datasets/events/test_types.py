"""The types of events know where their resources are."""

import pytest

from datasets.events.types import TYPES
from datasets.models import Dataset, Visualisation


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.key)
def test_the_addresses_of_a_type_are_those_of_its_resources(kind):
    models: dict[str, type[Dataset | Visualisation]] = {"dataset": Dataset, "visualisation": Visualisation}
    resource = models[kind.category](slug="arbres")

    assert kind.page_path.format(id="arbres") == resource.get_absolute_url()
    assert kind.api_path.format(id="arbres") == resource.api_path
