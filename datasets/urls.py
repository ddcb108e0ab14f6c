"""The addresses of this room's pages."""

from django.urls import path

from datasets.views import dataset

app_name = "datasets"

urlpatterns = [
    path("datasets/", dataset.dataset_list, name="list"),
]
