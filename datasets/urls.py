"""The URLs of the pages."""

from django.urls import path

from datasets.views import catalog, dataset, dataset_actions, publications, visualisation, visualisation_actions

app_name = "datasets"

visualisation_urls = [
    path("visualisations/", visualisation.visualisation_list, name="visualisations"),
    path("visualisations/new", visualisation_actions.visualisation_create, name="visualisation_create"),
    path("visualisations/preview", visualisation_actions.visualisation_preview, name="visualisation_preview"),
    path("visualisation/<slug:slug>", visualisation.visualisation_detail, name="visualisation"),
    path("visualisation/<slug:slug>/progress", visualisation.visualisation_progress, name="visualisation_progress"),
    path("visualisation/<slug:slug>/chart.svg", visualisation.visualisation_chart, name="visualisation_chart"),
    path(
        "visualisation/<slug:slug>/configure",
        visualisation_actions.visualisation_configure,
        name="visualisation_configure",
    ),
    path("visualisation/<slug:slug>/share", visualisation_actions.visualisation_share, name="visualisation_share"),
    path("visualisation/<slug:slug>/delete", visualisation_actions.visualisation_delete, name="visualisation_delete"),
    path("visualisation/<slug:slug>/publications", publications.publish_visualisation, name="publish_visualisation"),
]

catalog_urls = [
    path("catalogs/", catalog.catalog_list, name="catalogs"),
    path("catalogs/new", catalog.catalog_create, name="catalog_create"),
    path("catalogs/<slug:slug>/edit", catalog.catalog_edit, name="catalog_edit"),
    path("catalogs/<slug:slug>/delete", catalog.catalog_delete, name="catalog_delete"),
    path("catalog/<slug:slug>/", catalog.catalog_page, name="catalog"),
    path("dataset/<slug:slug>/publications", publications.publish_dataset, name="publish_dataset"),
]

dataset_urls = [
    path("datasets/", dataset.dataset_list, name="list"),
    path("datasets/new", dataset_actions.dataset_create, name="create"),
    path("dataset/<slug:slug>", dataset.dataset_detail, name="detail"),
    path("dataset/<slug:slug>/progress", dataset.dataset_progress, name="progress"),
    path("dataset/<slug:slug>/edit", dataset_actions.dataset_edit, name="edit"),
    path("dataset/<slug:slug>/share", dataset_actions.dataset_share, name="share"),
    path("dataset/<slug:slug>/replace", dataset_actions.dataset_replace, name="replace"),
    path("dataset/<slug:slug>/delete", dataset_actions.dataset_delete, name="delete"),
]

urlpatterns = [
    *dataset_urls,
    *visualisation_urls,
    *catalog_urls,
]
