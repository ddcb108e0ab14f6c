"""The addresses of the webhooks' pages."""

from django.urls import path

from webhooks.views import inbox

app_name = "webhooks"
urlpatterns = [
    path("inbox/", inbox.inbox_list, name="inboxes"),
    path("inbox/<str:token>/messages/", inbox.inbox_messages, name="inbox_messages"),
    path("inbox/<str:token>/behaviour/", inbox.inbox_behave, name="inbox_behave"),
    path("inbox/<str:token>/empty/", inbox.inbox_empty, name="inbox_empty"),
    path("inbox/<str:token>/", inbox.receive, name="inbox"),
    path("inbox/<str:token>/<path:rest>", inbox.receive, name="inbox_below"),
]
