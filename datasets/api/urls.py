"""The routes of the API; without a trailing slash, as in Data Fair."""

from django.urls import path

from datasets.api.application_parts import (
    ApplicationJournalView,
    ConfigurationView,
    ConfigView,
    ErrorView,
    StatusView,
)
from datasets.api.applications import ApplicationDetailView, ApplicationListView
from datasets.api.catalogs import CatalogDetailView, CatalogListView, CatalogTypesView
from datasets.api.datasets import DatasetDetailView, DatasetListView, JournalView, SchemaView
from datasets.api.files import FullView, LinesView, RawView

urlpatterns = [
    path("datasets", DatasetListView.as_view(), name="datasets"),
    path("datasets/<slug:slug>", DatasetDetailView.as_view(), name="dataset"),
    path("datasets/<slug:slug>/schema", SchemaView.as_view(), name="dataset-schema"),
    path("datasets/<slug:slug>/journal", JournalView.as_view(), name="dataset-journal"),
    path("datasets/<slug:slug>/lines", LinesView.as_view(), name="dataset-lines"),
    path("datasets/<slug:slug>/raw", RawView.as_view(), name="dataset-raw"),
    path("datasets/<slug:slug>/full", FullView.as_view(), name="dataset-full"),
    path("applications", ApplicationListView.as_view(), name="applications"),
    path("applications/<slug:slug>", ApplicationDetailView.as_view(), name="application"),
    path("applications/<slug:slug>/configuration", ConfigurationView.as_view(), name="application-configuration"),
    path("applications/<slug:slug>/config", ConfigView.as_view(), name="application-config"),
    path("applications/<slug:slug>/status", StatusView.as_view(), name="application-status"),
    path("applications/<slug:slug>/journal", ApplicationJournalView.as_view(), name="application-journal"),
    path("applications/<slug:slug>/error", ErrorView.as_view(), name="application-error"),
    path("catalogs", CatalogListView.as_view(), name="catalogs"),
    path("catalogs/_types", CatalogTypesView.as_view(), name="catalog-types"),
    path("catalogs/<slug:slug>", CatalogDetailView.as_view(), name="catalog"),
]
