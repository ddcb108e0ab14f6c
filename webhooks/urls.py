"""The URLs of the webhooks' pages and inboxes."""

from django.urls import path

from webhooks.inbox import views
from webhooks.views import actions, deliveries, detail, home, settings

app_name = "webhooks"
_webhook = "settings/webhooks/<int:webhook_id>/"
_delivery = f"{_webhook}deliveries/<int:delivery_id>/"
urlpatterns = [
    path("", home.home, name="home"),
    path("settings/webhooks/", settings.webhook_list, name="list"),
    path("settings/webhooks/new/", settings.webhook_create, name="create"),
    path("settings/webhooks/notice/", settings.webhook_notice, name="notice"),
    path(_webhook, detail.webhook_detail, name="detail"),
    path(f"{_webhook}edit/", settings.webhook_edit, name="edit"),
    path(f"{_webhook}delete/", settings.webhook_delete, name="delete"),
    path(f"{_webhook}enable/", actions.webhook_enable, name="enable"),
    path(f"{_webhook}disable/", actions.webhook_disable, name="disable"),
    path(f"{_webhook}test/", actions.webhook_test, name="test"),
    path(f"{_webhook}replay/", actions.webhook_replay, name="replay"),
    path(f"{_webhook}cancel/", actions.webhook_cancel, name="cancel"),
    path(f"{_webhook}secret/", detail.secret_reveal, name="reveal"),
    path(f"{_webhook}secret/rotate/", actions.secret_rotate, name="rotate"),
    path(_delivery, deliveries.delivery_detail, name="delivery"),
    path(f"{_delivery}retry/", deliveries.delivery_retry, name="retry"),
    path(f"{_delivery}cancel/", deliveries.delivery_cancel, name="cancel_one"),
    path("inbox/", views.inbox_list, name="inboxes"),
    path("inbox/<str:token>/messages/", views.inbox_messages, name="inbox_messages"),
    path("inbox/<str:token>/behaviour/", views.inbox_behave, name="inbox_behave"),
    path("inbox/<str:token>/empty/", views.inbox_empty, name="inbox_empty"),
    path("inbox/<str:token>/", views.receive, name="inbox"),
    path("inbox/<str:token>/<path:rest>", views.receive, name="inbox_below"),
]
