"""The routes of the API for datasets; without a final slash, as Data Fair's."""

from django.urls import path

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
]
