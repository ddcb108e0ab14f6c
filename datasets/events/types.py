"""The ten types of events of this app."""

from functools import partial

from django.utils.translation import gettext_lazy

from datasets.events import payloads as shapes
from webhooks.events.registry import EventType

dataset_event = partial(EventType, page_path="/dataset/{id}", api_path="/api/v1/datasets/{id}")
visualisation_event = partial(EventType, page_path="/visualisation/{id}", api_path="/api/v1/applications/{id}")

TYPES = (
    dataset_event(
        key="dataset.created",
        data_fair_key="dataset-dataset-created",
        label=gettext_lazy("A new dataset was created"),
        description=gettext_lazy("When the first file of a dataset is accepted, before it is read."),
        icon="circle-plus",
        schema=shapes.DATASET_SCHEMA,
        sample=shapes.SAMPLE_DATASET | {"status": "created", "count": None},
    ),
    dataset_event(
        key="dataset.data_updated",
        data_fair_key="dataset-data-updated",
        label=gettext_lazy("The file of a dataset was updated"),
        description=gettext_lazy("When a new file is accepted for an existing dataset, before it is read."),
        icon="file-up",
        schema=shapes.DATASET_SCHEMA,
        sample=shapes.SAMPLE_DATASET | {"status": "created"},
    ),
    dataset_event(
        key="dataset.error",
        data_fair_key="dataset-error",
        label=gettext_lazy("A dataset met an error"),
        description=gettext_lazy("When a file cannot be read, or a publication on a catalog fails."),
        icon="triangle-alert",
        schema=shapes.DATASET_ERROR_SCHEMA,
        sample=shapes.SAMPLE_DATASET | {"status": "error", "count": None},
    ),
    dataset_event(
        key="dataset.finalized",
        data_fair_key="dataset-finalize-end",
        label=gettext_lazy("A dataset was finalized and put online"),
        description=gettext_lazy("When a file was read whole and its rows can be consulted."),
        icon="circle-check",
        schema=shapes.DATASET_SCHEMA,
        sample=shapes.SAMPLE_DATASET,
    ),
    dataset_event(
        key="dataset.published",
        data_fair_key="dataset-publication",
        label=gettext_lazy("A dataset was published on a catalog"),
        description=gettext_lazy("When a catalog took a dataset, its update or its removal."),
        icon="megaphone",
        schema=shapes.DATASET_PUBLISHED_SCHEMA,
        sample=shapes.SAMPLE_DATASET | {"publication": shapes.SAMPLE_PUBLICATION},
    ),
    dataset_event(
        key="dataset.downloaded",
        data_fair_key="dataset-downloaded",
        label=gettext_lazy("A dataset was downloaded as a file"),
        description=gettext_lazy("When a visitor starts to download the original file or the full data."),
        icon="download",
        schema=shapes.DATASET_DOWNLOADED_SCHEMA,
        sample=shapes.SAMPLE_DATASET | {"download": {"file": "original", "format": "csv"}},
    ),
    dataset_event(
        key="dataset.downloaded_filter",
        data_fair_key="dataset-downloaded-filter",
        label=gettext_lazy("A filtered extract of a dataset was downloaded as a file"),
        description=gettext_lazy("When a visitor starts to download the rows that answer a search."),
        icon="funnel",
        schema=shapes.DATASET_DOWNLOADED_SCHEMA,
        sample=shapes.SAMPLE_DATASET
        | {"download": {"file": "lines", "format": "csv", "filters": {"quartier_eq": "Centre"}}},
    ),
    visualisation_event(
        key="visualisation.created",
        data_fair_key="application-application-created",
        label=gettext_lazy("A new visualisation was created"),
        description=gettext_lazy("When a visualisation is created."),
        icon="chart-column",
        schema=shapes.VISUALISATION_SCHEMA,
        sample=shapes.SAMPLE_VISUALISATION,
    ),
    visualisation_event(
        key="visualisation.error",
        data_fair_key="application-error",
        label=gettext_lazy("A visualisation met an error"),
        description=gettext_lazy("When a visualisation cannot be drawn, or its publication on a catalog fails."),
        icon="circle-alert",
        schema=shapes.VISUALISATION_ERROR_SCHEMA,
        sample=shapes.SAMPLE_VISUALISATION | {"status": "error"},
    ),
    visualisation_event(
        key="visualisation.published",
        data_fair_key="application-publication",
        label=gettext_lazy("A visualisation was published on a catalog"),
        description=gettext_lazy("When a catalog took a visualisation, its update or its removal."),
        icon="send",
        schema=shapes.VISUALISATION_PUBLISHED_SCHEMA,
        sample=shapes.SAMPLE_VISUALISATION | {"publication": shapes.SAMPLE_PUBLICATION},
    ),
)
