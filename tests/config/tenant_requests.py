"""What is sent to each route by the tenancy test: the smallest body that a caller who may is answered well for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.config.tenants import CSV, PASSWORD

_HTTP_FORM = {
    "title": "Chat",
    "event_types": ["dataset.finalized"],
    "target_kind": "http",
    "http-url": "https://chat.example/in",
    "http-format": "message",
}
_CHART_FORM = {"title": "Trees", "mark": "bar", "x": "area", "aggregate": "sum", "y": "height", "colour": ""}
_NEW_PASSWORDS = {"new_password1": f"{PASSWORD} 2", "new_password2": f"{PASSWORD} 2"}
_WEBHOOK = {
    "title": "Chat",
    "events": ["dataset-finalize-end"],
    "target": {"type": "http", "params": {"url": "https://chat.example/in"}},
}
_CONFIGURATION = {
    "datasets": [{"href": "http://testserver/api/v1/datasets/{dataset}"}],
    "mark": "bar",
    "x": "area",
    "aggregate": "sum",
    "y": "height",
}
_EVENT = {
    "type": "dataset.downloaded",
    "resource": {"type": "dataset", "id": "parcs"},
    "data": {"download": {"file": "original", "format": "csv"}},
}
_INLINES = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}

QUERY = "?"
"""The name of what stands after the address of a form."""

UPLOAD = "file"
"""The name of a field whose value is a file: `UPLOAD: ""` sends one."""

PAGES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("POST", "sign-in/"): {"username": "alice@example.org", "password": PASSWORD},
    ("POST", "password/"): {"old_password": PASSWORD} | _NEW_PASSWORDS,
    ("POST", "password/forgotten/"): {"email": "alice@example.org"},
    ("POST", "welcome/<uidb64>/<token>/"): {"name": "Dora"} | _NEW_PASSWORDS,
    ("POST", "account/"): {"account": "organization:ville"},
    ("POST", "language/"): {"language": "fr"},
    ("POST", "settings/keys/new/"): {"title": "Harvester", "scopes": ["datasets"]},
    ("POST", "settings/members/new/"): {"email": "other@example.org", "role": "reader"},
    ("POST", "invitation/"): {"name": "Dora"} | _NEW_PASSWORDS,
    ("POST", "settings/members/<int:pk>/role/"): {"role": "contributor"},
    ("POST", "settings/general/"): {"name": "Ville neuve", "language": "fr"},
    ("POST", "settings/webhooks/new/"): _HTTP_FORM,
    ("POST", "settings/webhooks/notice/"): _HTTP_FORM,
    ("POST", "settings/webhooks/<int:webhook_id>/edit/"): _HTTP_FORM,
    ("POST", "settings/webhooks/<int:webhook_id>/test/"): {"event_type": "dataset.finalized"},
    ("POST", "settings/webhooks/<int:webhook_id>/replay/"): {"what": "all", "confirmed": "yes"},
    ("POST", "settings/webhooks/<int:webhook_id>/secret/rotate/"): {"overlap_hours": 24},
    ("POST", "inbox/<str:token>/behaviour/"): {"behaviour": "gone"},
    ("POST", "datasets/new"): {UPLOAD: "", "title": "New"},
    ("POST", "dataset/<slug:slug>/edit"): {"title": "Renamed", "description": ""},
    ("POST", "dataset/<slug:slug>/share"): {"public": "{flipped}"},
    ("POST", "dataset/<slug:slug>/replace"): {UPLOAD: ""},
    ("POST", "dataset/<slug:slug>/publications"): {"catalog": "portail"},
    ("GET", "visualisations/new"): {"dataset": "parcs"},
    ("POST", "visualisations/new"): _CHART_FORM | {QUERY: "dataset=parcs"},
    ("GET", "visualisations/preview"): _CHART_FORM | {"dataset": "parcs"},
    ("POST", "visualisation/<slug:slug>/configure"): _CHART_FORM,
    ("POST", "visualisation/<slug:slug>/share"): {"public": "{flipped}"},
    ("POST", "visualisation/<slug:slug>/publications"): {"catalog": "portail", "action": "remove"},
    ("POST", "catalogs/new"): {"title": "New", "kind": "local"},
    ("POST", "catalogs/<slug:slug>/edit"): {"title": "Renamed"},
    ("POST", "admin/login/"): {"username": "ops@example.org", "password": PASSWORD},
    ("POST", "admin/password_change/"): {"old_password": PASSWORD} | _NEW_PASSWORDS,
    ("GET", "admin/autocomplete/"): {
        "term": "a",
        "app_label": "accounts",
        "model_name": "membership",
        "field_name": "user",
    },
    ("POST", "admin/webhooks/webhook/"): {"action": "disable", "_selected_action": "{webhook}"},
    ("POST", "admin/auth/group/add/"): {"name": "Readers"},
    ("POST", "admin/auth/group/<path:object_id>/change/"): {"name": "Readers"},
    ("POST", "admin/accounts/user/<id>/password/"): {
        "usable_password": "true",
        "password1": f"{PASSWORD} 2",
        "password2": f"{PASSWORD} 2",
    },
    ("POST", "admin/accounts/user/add/"): {
        "email": "new@example.org",
        "name": "New",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    },
    ("POST", "admin/accounts/user/<path:object_id>/change/"): {
        "email": "ursula@example.org",
        "name": "Renamed",
        "language": "en",
        "is_active": "on",
    },
    ("POST", "admin/accounts/account/add/"): {
        "kind": "organization",
        "slug": "new",
        "name": "New",
        "language": "fr",
    }
    | _INLINES,
    ("POST", "admin/accounts/account/<path:object_id>/change/"): {
        "kind": "organization",
        "slug": "ville",
        "name": "Renamed",
        "language": "fr",
    }
    | _INLINES,
    ("POST", "admin/accounts/membership/add/"): {"account": "{account}", "user": "{superuser}", "role": "reader"},
    ("POST", "admin/accounts/membership/<path:object_id>/change/"): {
        "account": "{account}",
        "user": "{reader}",
        "role": "admin",
    },
    ("POST", "admin/accounts/apikey/<path:object_id>/change/"): {"title": "Renamed"},
}
"""Forms, and the queries of GET. `{flipped}` and the ids in braces stand for what depends on the thing asked about."""

API: Mapping[tuple[str, str], Any] = {
    ("POST", "datasets"): {UPLOAD: "", "title": "New"},
    ("PATCH", "datasets/<slug:slug>"): {"title": "Renamed"},
    ("POST", "datasets/<slug:slug>"): {UPLOAD: ""},
    ("PUT", "datasets/<slug:slug>"): {UPLOAD: ""},
    ("POST", "applications"): {"title": "New"},
    ("PATCH", "applications/<slug:slug>"): {"title": "Renamed"},
    ("PUT", "applications/<slug:slug>"): {"title": "Renamed"},
    ("PUT", "applications/<slug:slug>/configuration"): _CONFIGURATION,
    ("PUT", "applications/<slug:slug>/config"): _CONFIGURATION,
    ("POST", "applications/<slug:slug>/error"): {"message": "It is broken."},
    ("POST", "catalogs"): {"title": "New"},
    ("PATCH", "catalogs/<slug:slug>"): {"title": "Renamed"},
    ("PUT", "catalogs/<slug:slug>"): {"title": "Renamed"},
    ("PUT", "settings/<str:type>/<str:id>"): {"webhooks": [_WEBHOOK]},
    ("PATCH", "settings/<str:type>/<str:id>"): {"webhooks": [_WEBHOOK]},
    ("POST", "webhooks"): _WEBHOOK,
    ("PATCH", "webhooks/<int:webhook_id>"): {"title": "Renamed"},
    ("PUT", "webhooks/<int:webhook_id>"): _WEBHOOK,
    ("POST", "webhooks/<int:webhook_id>/_test"): {"eventType": "dataset.finalized"},
    ("POST", "webhooks/<int:webhook_id>/_rotate-secret"): {"overlapHours": 1},
    ("POST", "webhooks/<int:webhook_id>/_replay"): {"status": ["delivered"]},
    ("POST", "events"): _EVENT,
}
"""JSON, by the route below `api/v1/`; with a file in it a form."""


class Body(NamedTuple):
    """What is sent: as JSON or as a form, and what stands in the query."""

    data: dict[str, Any]
    is_json: bool = False
    query: str = ""


def body_of(method: str, route: str, *, thing: str, ids: Mapping[str, Any]) -> Body:
    """Return what is sent to a route about its private or public thing."""
    is_api = route.startswith("api/v1/")
    found = API.get((method, route.removeprefix("api/v1/")), {}) if is_api else PAGES.get((method, route), {})
    words = {"flipped": "no" if thing == "public" else "yes", "dataset": "parcs" if thing == "public" else "arbres"}
    data = _filled(found, words | {name: str(part) for name, part in ids.items()})
    query = data.pop(QUERY, "")
    if UPLOAD in data:
        return Body(data | {UPLOAD: SimpleUploadedFile("new.csv", CSV, content_type="text/csv")})
    if is_api and method != "GET":
        return Body(data, is_json=True)
    return Body(data or ({"post": "yes"} if method == "POST" else {}), query=query)


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """Return `value` with the words in braces replaced."""
    if isinstance(value, Mapping):
        return {name: _filled(part, words) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, words) for part in value]
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(f"{{{name}}}", word)
    return value
