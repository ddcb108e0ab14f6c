"""The page that lists the datasets of an account."""

import pytest
from django.utils import timezone

from accounts.models import Account
from accounts.services.users import create_account
from datasets.models import Dataset


def _dataset(account, slug, **fields):
    values = {
        "title": slug.title(),
        "status": "finalized",
        "file_name": f"{slug}.csv",
        "file_size": 12,
        "file_mimetype": "text/csv",
        "version": 1,
        "row_count": 3,
        "data_updated_at": timezone.now(),
    }
    return Dataset.objects.create(account=account, slug=slug, **values | fields)


def _text(answer):
    return answer.content.decode()


def test_a_visitor_is_asked_to_sign_in(client, db):
    answer = client.get("/datasets/")

    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/datasets/")


def test_a_reader_sees_the_datasets_of_the_account_and_no_others(sign_in, ursula, account):
    _dataset(account, "trees")
    _dataset(create_account(Account.Kind.ORGANIZATION, name="Elsewhere", slug="elsewhere"), "secrets", is_public=True)

    page = _text(sign_in(ursula).get("/datasets/"))

    assert ("Trees" in page, "Secrets" in page) == (True, False)
    assert 'href="/dataset/trees"' in page
    assert "/datasets/new" not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_public": True}, ["online", "public", "3 rows"]),
        ({"row_count": 1}, ["online", "private", "1 row"]),
        ({"status": "created", "version": 0, "row_count": None}, ["received", "private"]),
        ({"status": "error", "error_code": "empty", "version": 0, "row_count": None}, ["in error", "private"]),
    ],
)
def test_a_dataset_shows_its_state_who_sees_it_and_its_size(sign_in, ursula, account, fields, words):
    _dataset(account, "trees", **fields)

    page = _text(sign_in(ursula).get("/datasets/"))

    assert [word for word in words if word not in page] == []


def test_a_title_of_a_stranger_is_shown_as_text(sign_in, ursula, account):
    _dataset(account, "x", title="<script>alert(1)</script>", description='"><img src=x onerror=alert(1)>')

    page = _text(sign_in(ursula).get("/datasets/"))

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<img src=x" not in page
    assert "<script>alert" not in page


def test_every_word_of_a_search_must_be_found(sign_in, ursula, account):
    _dataset(account, "trees", description="planted along the roads")
    _dataset(account, "treetops")

    page = _text(sign_in(ursula).get("/datasets/", {"q": "tree road"}))

    assert ('href="/dataset/trees"' in page, 'href="/dataset/treetops"' in page) == (True, False)
    assert 'value="tree road"' in page


def test_a_search_that_finds_nothing_says_so_and_leads_back(sign_in, ursula, account):
    _dataset(account, "trees")

    page = _text(sign_in(ursula).get("/datasets/", {"q": "zebra"}))

    assert "No dataset matches" in page


def test_htmx_gets_the_results_alone_and_caches_keep_them_apart(sign_in, ursula, account):
    _dataset(account, "trees")

    answer = sign_in(ursula).get("/datasets/", {"q": "tree"}, HTTP_HX_REQUEST="true")

    assert "<html" not in _text(answer)
    assert "Trees" in _text(answer)
    assert "HX-Request" in answer["Vary"]


def test_the_pages_of_a_long_list_keep_the_search(sign_in, ursula, account):
    for number in range(26):
        _dataset(account, f"trees-{number}")
    client = sign_in(ursula)

    first = _text(client.get("/datasets/", {"q": "trees"}))
    second = _text(client.get("/datasets/", {"q": "trees", "page": "2"}))

    assert 'href="?q=trees&amp;page=2"' in first
    assert second.count('href="/dataset/trees-') == 1


@pytest.mark.parametrize("rows", [1, 50])
def test_the_list_takes_as_many_queries_with_1_row_as_with_50(
    sign_in, ursula, account, rows, django_assert_num_queries
):
    for number in range(rows):
        _dataset(account, f"trees-{number}")
    client = sign_in(ursula)
    client.get("/datasets/")

    with django_assert_num_queries(5):
        client.get("/datasets/")
