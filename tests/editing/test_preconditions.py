"""ETag, If-Match and If-None-Match of every editable resource (RFC 9110 §13)."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.principal import WORKER
from datasets.models import Catalog, Dataset, Publication, Visualisation
from datasets.services import drawings
from datasets.services.datasets import replace_data
from datasets.services.publications import publish_dataset
from tests.factories import WebhookFactory
from webhooks.delivery.health import AttemptReport, update_health
from webhooks.models import Webhook
from webhooks.subscriptions import services
from webhooks.targets import Verdict

API = "/api/v1"
STALE = '"' + "0" * 20 + "." + "0" * 20 + '"'

pytestmark = pytest.mark.django_db


def ask(client, method, path, body=None, **headers):
    """Send a request; `if_match="…"` is the header If-Match."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.generic(
        method,
        f"{API}{path}",
        b"" if body is None else client._encode_json(body, "application/json"),
        content_type="application/json",
        headers=named,
    )


def put_file(browser, path, if_none_match=None, **headers):
    """Upload a file under an id."""
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n", content_type="text/csv")})
    if if_none_match is not None:
        headers["If-None-Match"] = if_none_match
    return browser.put(f"{API}{path}", body, content_type=MULTIPART_CONTENT, headers=headers)


def rows():
    """Return all that a writer could have written."""
    models = (Dataset, Visualisation, Catalog, Publication, Webhook, AuditEntry)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


def test_each_answer_bears_the_strong_tag_that_a_get_has_too(browser, edited):
    got = ask(browser, "GET", edited.path)
    method, body = edited.edit(1)
    written = ask(browser, method, edited.path, body)
    again = ask(browser, "GET", edited.path)

    assert (got.status_code, written.status_code) == (200, 200)
    assert got["ETag"][0] == got["ETag"][-1] == '"'
    assert written["ETag"] == again["ETag"]
    assert got["ETag"] != written["ETag"]
    assert ask(browser, "HEAD", edited.path)["ETag"] == again["ETag"]


def test_whoever_has_read_what_is_there_may_write_and_whoever_has_not_may_not(browser, edited):
    early = ask(browser, "GET", edited.path)["ETag"]
    (method, body), (_method, other) = edited.edit(1), edited.edit(2)
    first = ask(browser, method, edited.path, body, if_match=early)
    before = rows()

    second = ask(browser, method, edited.path, other, if_match=early)

    assert (first.status_code, second.status_code) == (200, 412)
    assert set(second.json()) == {"detail"}
    assert "Nothing was changed" in second.json()["detail"]
    assert rows() == before
    assert ask(browser, method, edited.path, other, if_match=f"{STALE}, {first['ETag']}").status_code == 200
    assert ask(browser, method, edited.path, body, if_match="*").status_code == 200


WEAK_AND_STRONG = {"W/{tag}": 412, STALE + ",W/{tag}": 412, STALE: 412, "W/{tag}, {tag}": 200, "*": 200, " * ": 200}


def test_weak_tags_match_no_if_match(browser, edited):
    for number, (header, status) in enumerate(WEAK_AND_STRONG.items()):
        tag = ask(browser, "GET", edited.path)["ETag"]
        method, body = edited.edit(number)
        answer = ask(browser, method, edited.path, body, if_match=header.format(tag=tag))
        assert (header, answer.status_code) == (header, status)


MALFORMED = ("abc", '"abc', '"a" "b"', "*, *", '*, "a"', "", ",", 'w/"a"', '"a";"b"', "W/*")


def test_a_header_that_is_none_is_refused_and_nothing_is_written(browser, edited):
    method, body = edited.edit(1)
    before = rows()

    for header in MALFORMED:
        for name in ("if_match", "if_none_match"):
            for asked in ((method, edited.path, body), ("GET", edited.path)):
                answer = ask(browser, *asked, **{name: header})
                assert (answer.status_code, "quotation marks" in answer.json()["detail"]) == (400, True)
    assert rows() == before


def test_what_a_client_has_already_is_not_sent_again(browser, edited):
    got = ask(browser, "GET", edited.path)

    for header in (got["ETag"], f"W/{got['ETag']}", f'"a", {got["ETag"]}', "*"):
        unchanged = ask(browser, "GET", edited.path, if_none_match=header)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert (unchanged["ETag"], unchanged["Cache-Control"]) == (got["ETag"], "private, no-cache")
    assert ask(browser, "GET", edited.path, if_none_match=STALE).content == got.content
    assert ask(browser, "GET", edited.path, if_match=STALE).status_code == 412
    assert ask(browser, "GET", edited.path, if_match=got["ETag"]).content == got.content


def test_if_none_match_keeps_a_writer_from_what_is_there(browser, edited):
    tag = ask(browser, "GET", edited.path)["ETag"]
    before = rows()

    for header in ("*", tag, f"W/{tag}", f"{STALE}, {tag}"):
        if edited.path.startswith("/datasets"):
            put = put_file(browser, edited.path, header)
        else:
            put = ask(browser, "PUT", edited.path, edited.document, if_none_match=header)
        method, body = edited.edit(1)
        edit = ask(browser, method, edited.path, body, if_none_match=header)
        assert (put.status_code, edit.status_code) == (412, 412)
    assert rows() == before


@pytest.mark.parametrize("kind", ["dataset", "application", "catalog", "webhook"])
def test_a_delete_obeys_as_well(browser, kinds, kind):
    edited = kinds[kind]()
    early = ask(browser, "GET", edited.path)["ETag"]
    ask(browser, "PATCH", edited.path, {"title": "Other"})

    assert ask(browser, "DELETE", edited.path, if_match=early).status_code == 412
    tag = ask(browser, "GET", edited.path)["ETag"]
    assert ask(browser, "DELETE", edited.path, if_match=f"W/{tag}").status_code == 412
    assert ask(browser, "DELETE", edited.path, if_match=tag).status_code == 204
    assert ask(browser, "GET", edited.path).status_code == 404
    assert ask(browser, "DELETE", edited.path, if_match="*").status_code == 404


@pytest.mark.parametrize("room", ["datasets", "applications", "catalogs"])
@pytest.mark.parametrize("header", ["*", STALE])
def test_nothing_is_created_where_if_match_asks_for_something(browser, account, room, header):
    headers = {"If-Match": header}
    if room == "datasets":
        answer = put_file(browser, f"/{room}/new", **headers)
        there = put_file(browser, f"/{room}/new", if_none_match="*")
        again = put_file(browser, f"/{room}/new", if_none_match="*")
    else:
        answer = ask(browser, "PUT", f"/{room}/new", {"title": "New"}, **headers)
        there = ask(browser, "PUT", f"/{room}/new", {"title": "New"}, if_none_match="*")
        again = ask(browser, "PUT", f"/{room}/new", {"title": "New"}, if_none_match="*")

    assert (answer.status_code, "does not exist" in answer.json()["detail"]) == (412, True)
    assert (there.status_code, again.status_code) == (201, 412)
    assert there["ETag"] == ask(browser, "GET", f"/{room}/new")["ETag"]


@pytest.mark.parametrize("header", ["*", STALE])
def test_what_others_own_does_not_exist_whatever_the_header(sign_in, bob, browser, account, header):
    webhook = WebhookFactory.create(account=account)
    tag = ask(browser, "GET", f"/webhooks/{webhook.pk}")["ETag"]

    for value in (header, tag):
        for name in ("if_match", "if_none_match"):
            for method in ("GET", "PATCH", "DELETE"):
                answer = ask(sign_in(bob), method, f"/webhooks/{webhook.pk}", {"title": "X"}, **{name: value})
                assert answer.status_code == 404


def test_a_new_webhook_comes_with_the_tag_under_which_it_can_be_changed(browser, kinds):
    item = kinds["webhook"]().document | {"target": {"type": "http", "params": {"url": "https://a.example/"}}}

    created = ask(browser, "POST", "/webhooks", item)
    path = f"/webhooks/{created.json()['id']}"

    assert created["ETag"] == ask(browser, "GET", path)["ETag"]
    assert ask(browser, "PATCH", path, {"title": "B"}, if_match=created["ETag"]).status_code == 200


def test_a_switch_obeys_and_makes_other_tags_stale(browser, kinds):
    path = kinds["webhook"]().path
    tag = ask(browser, "GET", path)["ETag"]

    off = ask(browser, "POST", f"{path}/_disable", if_match=tag)

    assert (off.status_code, off["ETag"]) == (200, ask(browser, "GET", path)["ETag"])
    assert ask(browser, "POST", f"{path}/_enable", if_match=tag).status_code == 412
    assert ask(browser, "PATCH", path, {"title": "B"}, if_match=tag).status_code == 412


def test_a_delivery_makes_no_editors_tag_stale_and_yet_no_304_hides_it(browser, kinds):
    edited = kinds["settings"]()
    paths = (f"/webhooks/{edited.row.pk}", edited.path)
    tags = [ask(browser, "GET", path)["ETag"] for path in paths]
    bodies = [ask(browser, "GET", path).json() for path in paths]

    failed = AttemptReport(Verdict.RETRY, silent=True)
    update_health({edited.row.pk: [failed] * 20}, now=timezone.now())

    for path, tag, body in zip(paths, tags, bodies, strict=True):
        seen = ask(browser, "GET", path, if_none_match=tag)
        assert (seen.status_code, seen.json() == body) == (200, False)
    assert ask(browser, "PATCH", paths[0], {"description": "B"}, if_match=tags[0]).status_code == 200
    assert ask(browser, "PATCH", edited.path, edited.document, if_match=tags[1]).status_code == 412


def test_a_receiver_that_is_gone_does_make_it_stale_because_enabled_can_be_edited(browser, kinds):
    edited = kinds["webhook"]()
    tag = ask(browser, "GET", edited.path)["ETag"]

    update_health({edited.row.pk: [AttemptReport(Verdict.GONE)]}, now=timezone.now())

    assert ask(browser, "PATCH", edited.path, {"title": "B"}, if_match=tag).status_code == 412


def test_a_renewed_signing_secret_is_no_edit(browser, kinds):
    edited = kinds["webhook"]()
    tag = ask(browser, "GET", edited.path)["ETag"]

    services.rotate_secret(edited.row, by=WORKER)

    assert ask(browser, "PATCH", edited.path, {"title": "B"}, if_match=tag).status_code == 200


def test_another_value_of_a_masked_header_is_an_edit_that_no_answer_shows(browser, kinds):
    edited = kinds["webhook"]()
    got = ask(browser, "GET", edited.path)
    target = {"type": "http", "params": {"url": "https://hooks.example/in", "headers": {"X-Key": "other"}}}

    ask(browser, "PATCH", edited.path, {"target": target})

    again = ask(browser, "GET", edited.path)
    assert again.json()["target"] == got.json()["target"]
    assert ask(browser, "PATCH", edited.path, {"title": "B"}, if_match=got["ETag"]).status_code == 412


def test_what_workers_do_to_a_dataset_is_no_edit_and_a_new_file_is(browser, kinds, account):
    edited = kinds["dataset"]()
    tag = ask(browser, "GET", edited.path)["ETag"]

    Dataset.objects.update(row_count=4, status="error", error_code="failed", updated_at=timezone.now())

    assert ask(browser, "GET", edited.path, if_none_match=tag).status_code == 200
    renamed = ask(browser, "PATCH", edited.path, {"title": "B"}, if_match=tag)
    assert renamed.status_code == 200
    replace_data(edited.row, upload=SimpleUploadedFile("a.csv", b"a\n1\n"), by=WORKER)
    assert ask(browser, "PATCH", edited.path, {"title": "C"}, if_match=renamed["ETag"]).status_code == 412


def test_where_a_dataset_is_published_is_part_of_its_edition(browser, kinds, account):
    edited, catalog = kinds["dataset"](), kinds["catalog"]().row
    Dataset.objects.update(is_public=True)
    tag = ask(browser, "GET", edited.path)["ETag"]

    edited.row.refresh_from_db()
    publish_dataset(edited.row, catalog=catalog, by=WORKER)

    assert ask(browser, "PATCH", edited.path, {"title": "B"}, if_match=tag).status_code == 412


def test_a_drawing_is_no_edit_and_a_title_no_edit_of_the_configuration(browser, kinds, serve, dataset):
    edited = kinds["application"]()
    tag = ask(browser, "GET", edited.path)["ETag"]
    configured = ask(browser, "GET", f"{edited.path}/configuration")["ETag"]

    serve(dataset, "SELECT * FROM (VALUES ('Centre', 'A'), ('Sud', 'B')) t(area, kind)")
    drawings.redraw(dataset)
    Visualisation.objects.update(caption="Otherwise")
    renamed = ask(browser, "PATCH", edited.path, {"title": "B"}, if_match=tag)

    assert renamed.status_code == 200
    document = {"datasets": [{"id": "cities"}], "x": "kind"}
    assert ask(browser, "PUT", f"{edited.path}/configuration", document, if_match=configured).status_code == 200
    assert ask(browser, "PATCH", edited.path, {"title": "C"}, if_match=renamed["ETag"]).status_code == 412


def test_who_sees_less_has_a_tag_of_their_own(browser, client, kinds):
    edited, catalog = kinds["dataset"](), kinds["catalog"]().row
    Dataset.objects.update(is_public=True)
    edited.row.refresh_from_db()
    publish_dataset(edited.row, catalog=catalog, by=WORKER)
    mine = ask(browser, "GET", edited.path)

    theirs = ask(client, "GET", edited.path, if_none_match=mine["ETag"])

    assert (theirs.status_code, theirs.json()["publications"]) == (200, [])


def test_the_name_of_the_account_is_shown_by_the_settings_and_not_edited_there(browser, kinds, account):
    edited = kinds["settings"]()
    got = ask(browser, "GET", edited.path)
    account.name = "Ville de Valbourg"
    account.save()

    assert ask(browser, "GET", edited.path, if_none_match=got["ETag"]).status_code == 200
    assert ask(browser, "PUT", edited.path, edited.document, if_match=got["ETag"]).status_code == 200


def test_a_new_webhook_makes_the_tag_of_the_settings_stale(browser, kinds, account):
    edited = kinds["settings"]()
    tag = ask(browser, "GET", edited.path)["ETag"]
    WebhookFactory.create(account=account)

    for method in ("PUT", "PATCH"):
        assert ask(browser, method, edited.path, edited.document, if_match=tag).status_code == 412
    assert ask(browser, "PATCH", edited.path, {}, if_match=tag).status_code == 412
    assert Webhook.objects.of(account).count() == 2
