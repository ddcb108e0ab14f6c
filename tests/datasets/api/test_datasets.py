"""Datasets over the API, as a client written for Data Fair sees them."""

import pytest
from django.conf import settings as conf
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from datasets.files.ingest import ingest
from datasets.models import Dataset
from tests.datasets.api.conftest import API, TREES, events, file_of
from webhooks.models.event import Event

CITIES = "ville;habitants\nÉchirolles;37000\n".encode()


def test_a_key_uploads_a_file_and_follows_it_until_it_is_online(keyed):
    client = keyed("datasets")

    created = client.post(API, {"file": file_of(CITIES), "title": "Les villes"})

    assert (created.status_code, created["Location"]) == (201, f"{conf.PUBLIC_URL}/api/v1/datasets/les-villes")
    shown = created.json()
    assert shown["owner"] == {"type": "organization", "id": "ville", "name": "Ville"}
    assert shown["originalFile"] == {"name": "cities.csv", "size": 34, "mimetype": "text/csv"}
    assert (shown["id"], shown["status"], shown["file"], shown["count"]) == ("les-villes", "created", None, None)
    assert (shown["visibility"], shown["public"], shown["createdBy"]["name"]) == ("private", False, "Programme")
    assert (shown["page"], shown["errorMessage"]) == (f"{conf.PUBLIC_URL}/dataset/les-villes", "")

    ingest(Dataset.objects.get().pk)

    shown = client.get(f"{API}/les-villes").json()
    assert (shown["status"], shown["count"], shown["file"]["encoding"]) == ("finalized", 1, "UTF-8")
    assert client.get(f"{API}/les-villes/schema").json() == [
        {"key": "ville", "title": "ville", "x-originalName": "ville", "type": "string"},
        {"key": "habitants", "title": "habitants", "x-originalName": "habitants", "type": "integer"},
    ]
    assert events() == ["dataset.created", "dataset.finalized"]
    first = Event.objects.first()
    assert first is not None
    assert first.origin_kind == "apikey"


@pytest.mark.parametrize("part", ["file", "dataset"])
def test_the_file_may_come_in_either_of_two_parts(keyed, part):
    assert keyed("datasets").post(API, {part: file_of(CITIES)}).json()["id"] == "cities"


@pytest.mark.parametrize(
    ("parts", "status", "detail"),
    [
        ({}, 400, "A dataset starts with a file: send one in the part “file”."),
        ({"file": "text"}, 400, "A dataset starts with a file: send one in the part “file”."),
        ({"file": file_of(b"", "a.csv")}, 400, "The file is empty."),
        ({"file": file_of(b"x", "a.pdf")}, 400, "This kind of file is not accepted: upload a CSV, TSV or TXT file."),
        ({"file": file_of(b"a\n1\n"), "title": "x" * 301}, 400, "Ensure this field has no more than 300 characters."),
        ({"file": file_of(b"x" * 1_000_001)}, 413, "The file is too large: at most 1 MB are accepted."),
        ({"file": file_of(b"x" * 3_000_000)}, 413, "The file is too large: at most 1 MB are accepted."),
    ],
)
def test_what_is_no_upload_is_refused_with_a_sentence(keyed, settings, parts, status, detail):
    settings.UPLOAD_MAX_BYTES = 1_000_000

    refused = keyed("datasets").post(API, parts, headers={"Accept-Language": "en"})

    assert (refused.status_code, refused.json()["detail"]) == (status, detail)
    assert (Dataset.objects.count(), events()) == (0, [])


def test_a_person_whose_file_is_too_large_is_told_so_although_it_was_read_for_csrf(members, settings):
    settings.UPLOAD_MAX_BYTES = 1_000_000

    refused = members["carl"].post(API, {"file": file_of(b"x" * 2_500_000)})

    assert refused.status_code == 413


def test_a_file_too_large_leaves_nothing_on_the_disk(keyed, settings, media):
    settings.UPLOAD_MAX_BYTES = 1_000_000

    keyed("datasets").post(API, {"file": file_of(b"x" * 1_500_000)})

    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_json_body_cannot_make_a_dataset(keyed):
    refused = keyed("datasets").post(API, {"isRest": True, "title": "x"}, content_type="application/json")

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["file"])


def test_a_request_that_is_no_multipart_is_400(keyed):
    broken = "multipart/form-data; boundary=x"

    assert keyed("datasets").post(API, b"--y\r\nnonsense", content_type=broken).status_code == 400


def test_a_new_file_replaces_the_old_one(keyed, trees):
    client = keyed("datasets")

    replaced = client.post(f"{API}/arbres", {"file": file_of(CITIES)})

    assert (replaced.status_code, replaced.json()["status"], replaced.json()["count"]) == (200, "created", 4)
    assert replaced.json()["originalFile"]["name"] == "cities.csv"
    assert replaced.json()["file"]["name"] == "arbres.csv"
    assert client.get(f"{API}/arbres/lines").json()["total"] == 4
    ingest(trees.pk)
    assert client.get(f"{API}/arbres/lines").json()["total"] == 1
    assert events()[-2:] == ["dataset.data_updated", "dataset.finalized"]


def test_a_new_id_may_be_chosen(keyed):
    created = keyed("datasets").put(f"{API}/mes-villes", *multipart({"file": file_of(CITIES)}))

    assert (created.status_code, created.json()["id"], created.json()["title"]) == (201, "mes-villes", "cities")


def multipart(parts):
    """Encode parts for the methods for which Django's client does not."""
    return encode_multipart(BOUNDARY, parts), MULTIPART_CONTENT


def test_title_description_and_visibility_can_be_changed(members, trees):
    changed = members["carl"].patch(
        f"{API}/arbres",
        {"title": "Arbres de la ville", "description": "Tous.", "public": False},
        content_type="application/json",
    )

    shown = changed.json()
    assert (shown["title"], shown["description"], shown["visibility"]) == ("Arbres de la ville", "Tous.", "private")
    assert (shown["id"], members["visitor"].get(f"{API}/arbres").status_code) == ("arbres", 404)


@pytest.mark.parametrize(
    "change", [{"slug": "x"}, {"status": "finalized"}, {"title": ""}, {"public": "perhaps"}, {"visibility": "x"}, []]
)
def test_a_change_that_makes_no_sense_is_400(members, trees, change):
    refused = members["alice"].patch(f"{API}/arbres", change, content_type="application/json")

    assert refused.status_code == 400
    trees.refresh_from_db()
    assert (trees.title, trees.slug, trees.is_public) == ("Arbres", "arbres", True)


ROLES = {
    # who: list private, show, lines, journal, upload, change, replace, delete
    "alice": (1, 200, 200, 200, 201, 200, 200, 204),
    "carl": (1, 200, 200, 200, 201, 200, 200, 403),
    "ursula": (1, 200, 200, 403, 403, 403, 403, 403),
    "bob": (0, 404, 404, 404, 201, 404, 404, 404),
    "visitor": (0, 404, 404, 404, 401, 401, 401, 401),
}


@pytest.mark.parametrize("who", ROLES)
def test_a_private_dataset_is_for_its_account_each_by_their_role(members, ingested, who):
    ingested(TREES.encode(), title="Arbres")
    client: Client = members[who]

    assert (
        client.get(API).json()["count"],
        client.get(f"{API}/arbres").status_code,
        client.get(f"{API}/arbres/lines").status_code,
        client.get(f"{API}/arbres/journal").status_code,
        client.post(API, {"file": file_of(CITIES)}).status_code,
        client.patch(f"{API}/arbres", {"title": "B"}, content_type="application/json").status_code,
        client.post(f"{API}/arbres", {"file": file_of(CITIES)}).status_code,
        client.delete(f"{API}/arbres").status_code,
    ) == ROLES[who]


@pytest.mark.parametrize(("who", "journal", "change"), [("bob", 403, 403), ("visitor", 403, 401), ("ursula", 403, 403)])
def test_a_public_dataset_can_be_read_by_all_and_changed_by_none_but_its_account(members, trees, who, journal, change):
    client = members[who]

    assert client.get(f"{API}/arbres").json()["title"] == "Arbres"
    assert client.get(f"{API}/arbres/journal").status_code == journal
    changed = client.patch(f"{API}/arbres", {"title": "B"}, content_type="application/json")
    assert changed.status_code == change
    assert client.delete(f"{API}/arbres").status_code == change


@pytest.mark.parametrize(
    ("scopes", "read", "write"),
    [(["datasets"], 200, 200), (["datasets-read"], 200, 403), (["webhooks"], 404, 403), ([], 404, 403)],
)
def test_a_key_opens_what_its_scopes_say(keyed, ingested, scopes, read, write):
    ingested(TREES.encode(), title="Arbres")
    client = keyed(*scopes)

    assert client.get(f"{API}/arbres").status_code == read
    assert client.patch(f"{API}/arbres", {"title": "B"}, content_type="application/json").status_code == write


def test_an_unknown_key_is_401_even_for_what_is_public(trees):
    assert Client(headers={"x-apiKey": "pv_abcd_efgh"}).get(f"{API}/arbres").status_code == 401


def test_the_journal_is_a_bare_array_newest_first_in_data_fairs_words(members, upload):
    dataset = upload(b"a,a\n1,2\n", title="Cities")
    ingest(dataset.pk)

    journal = members["carl"].get(f"{API}/cities/journal").json()

    assert [entry["type"] for entry in journal] == ["error", "dataset-created"]
    assert journal[0]["data"] == "The file contains the column “a” several times."
    assert journal[1]["href"] == f"{conf.PUBLIC_URL}/dataset/cities"
    assert members["carl"].get(f"{API}/cities").json()["errorMessage"] == journal[0]["data"]


def test_a_dataset_that_takes_the_name_of_a_deleted_one_has_a_journal_of_its_own(members, upload):
    for _ in range(2):
        upload(CITIES, title="Cities")
        journal = members["alice"].get(f"{API}/cities/journal").json()
        members["alice"].delete(f"{API}/cities")

    assert [entry["type"] for entry in journal] == ["dataset-created"]


@pytest.fixture
def many(upload, bob):
    for title in ("Arbres", "Bancs", "Crèches"):
        upload(CITIES, title=title)
    upload(CITIES, title="Bob's arbres", account=bob.accounts.get(), is_public=True)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["bobs-arbres", "creches", "bancs", "arbres"]),
        ("?q=arbres", ["bobs-arbres", "arbres"]),
        ("?owner=organization:ville&sort=title:1", ["arbres", "bancs", "creches"]),
        ("?owner=-organization:ville", ["bobs-arbres"]),
        ("?owner=organization:ville,user:bob&sort=-title", ["creches", "bobs-arbres", "bancs", "arbres"]),
        ("?visibility=public", ["bobs-arbres"]),
        ("?visibility=private&sort=title:-1", ["creches", "bancs", "arbres"]),
        ("?status=finalized", []),
        ("?size=2&page=2&sort=title:1", ["bobs-arbres", "creches"]),
        ("?size=1&skip=3&sort=title:1", ["creches"]),
        ("?size=0", []),
        ("?ids=arbres,bancs&sort=createdAt:1", ["arbres", "bancs"]),
    ],
)
def test_a_list_is_searched_sorted_and_paged_as_in_data_fair(members, many, query, ids):
    assert [row["id"] for row in members["ursula"].get(API + query).json()["results"]] == ids


@pytest.mark.parametrize("query", ["size=x", "size=-1", "page=0", "sort=owner:1", "sort=title:2", "skip=1e3"])
def test_a_list_that_is_asked_for_in_nonsense_is_400(visitor, db, query):
    assert visitor.get(f"{API}?{query}").status_code == 400


def test_fields_can_be_chosen_or_left_out(members, many):
    rows = members["alice"].get(f"{API}?select=title&sort=title:1&size=1").json()
    assert (rows["count"], [sorted(row) for row in rows["results"]]) == (4, [["id", "owner", "title"]])
    rows = members["alice"].get(f"{API}?select=-schema&size=1").json()["results"]
    assert "schema" not in rows[0]
    assert "title" in rows[0]


@pytest.mark.parametrize("rows", [1, 30])
def test_a_list_costs_the_same_whatever_its_length(members, upload, django_assert_num_queries, rows):
    for _ in range(rows):
        upload(CITIES)

    with django_assert_num_queries(7):
        assert len(members["alice"].get(f"{API}?size=100").json()["results"]) == rows
