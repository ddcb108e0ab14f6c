"""The routes of the API for settings, webhooks, deliveries and events; without a final slash, as Data Fair's."""

from django.urls import path

from webhooks.api.deliveries import DeliveryActView, DeliveryListView, DeliveryView
from webhooks.api.events import EventListView, EventTypesView
from webhooks.api.settings import SettingsView
from webhooks.api.webhooks import (
    ReplayView,
    RotateSecretView,
    SwitchView,
    TestView,
    WebhookListView,
    WebhookView,
)
from webhooks.delivery import replay

urlpatterns = [
    path("settings/<str:type>/<str:id>", SettingsView.as_view(), name="settings"),
    path("webhooks", WebhookListView.as_view(), name="webhooks"),
    path("webhooks/<int:webhook_id>", WebhookView.as_view(), name="webhook"),
    path("webhooks/<int:webhook_id>/_test", TestView.as_view(), name="webhook-test"),
    path("webhooks/<int:webhook_id>/_rotate-secret", RotateSecretView.as_view(), name="webhook-rotate-secret"),
    path("webhooks/<int:webhook_id>/_enable", SwitchView.as_view(on=True), name="webhook-enable"),
    path("webhooks/<int:webhook_id>/_disable", SwitchView.as_view(on=False), name="webhook-disable"),
    path("webhooks/<int:webhook_id>/_replay", ReplayView.as_view(), name="webhook-replay"),
    path("deliveries", DeliveryListView.as_view(), name="deliveries"),
    path("deliveries/<int:delivery_id>", DeliveryView.as_view(), name="delivery"),
    path(
        "deliveries/<int:delivery_id>/_retry",
        DeliveryActView.as_view(act=replay.redeliver),
        name="delivery-retry",
    ),
    path(
        "deliveries/<int:delivery_id>/_cancel",
        DeliveryActView.as_view(act=replay.cancel),
        name="delivery-cancel",
    ),
    path("events", EventListView.as_view(), name="events"),
    path("event-types", EventTypesView.as_view(), name="event-types"),
]
