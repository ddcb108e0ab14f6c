"""The description of the API is whole, valid and open to read."""

import json

import pytest
from django.core.management import call_command


def test_the_description_is_valid_and_nothing_is_left_to_guess(tmp_path):
    path = tmp_path / "openapi.json"

    call_command("spectacular", file=str(path), format="openapi-json", validate=True, fail_on_warn=True)

    assert json.loads(path.read_text())["openapi"] == "3.1.0"


def test_each_editable_resource_says_that_it_bears_a_tag_and_obeys_preconditions(client, db):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    described = {
        (path.removeprefix("/api/v1/"), method): operation
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "412" in operation["responses"]
    }

    editable = {
        "datasets/{slug}": "get patch put post delete",
        "applications/{slug}": "get patch put delete",
        "applications/{slug}/configuration": "get put",
        "catalogs/{slug}": "get patch put delete",
        "webhooks/{webhook_id}": "get patch put delete",
        "webhooks/{webhook_id}/_enable": "post",
        "webhooks/{webhook_id}/_disable": "post",
        "settings/{type}/{id}": "get patch put",
    }
    assert set(described) == {(path, method) for path, methods in editable.items() for method in methods.split()}
    for (_path, method), operation in described.items():
        asked = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
        tagged = [code for code, answer in operation["responses"].items() if "ETag" in answer.get("headers", {})]
        assert asked == {"If-Match", "If-None-Match"}
        expected = {"get": ["200", "304"], "delete": []}.get(method, ["200"])
        assert tagged == expected + (["201"] if "201" in operation["responses"] else [])
    for path in ("datasets", "applications", "catalogs", "webhooks"):
        assert "ETag" in paths[f"/api/v1/{path}"]["post"]["responses"]["201"]["headers"]


def test_anybody_can_read_the_description(client, db):
    answer = client.get("/api/v1/openapi.json", headers={"Accept": "text/html,*/*"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    paths = answer.json()["paths"]
    assert "/api/v1/settings/{type}/{id}" in paths
    assert set(paths["/api/v1/webhooks/{webhook_id}"]) == {"get", "put", "patch", "delete"}
    assert {"apiKey", "bearer", "session"} <= set(answer.json()["components"]["securitySchemes"])


@pytest.mark.parametrize("part", ["", "?script"])
def test_the_documentation_is_a_page_and_a_script_of_its_own(client, db, part):
    answer = client.get(f"/api/v1/docs/{part}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/javascript" if part else "text/html")


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
@pytest.mark.parametrize(
    "path", ["/api/", "/api/v2/datasets", "/api/v1/", "/api/v1/nothing", "/api/v1/datasets/", "/api/v1/webhooks/none"]
)
def test_what_is_no_route_is_told_so_in_json(client, db, path, method):
    answer = getattr(client, method)(path)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"
    if method != "head":
        assert "detail" in answer.json()
