"""Rows as JSON: pages, filters, order, search."""

import pytest
from django.conf import settings

from tests.datasets.api.conftest import API


def essences(client, query):
    answer = client.get(f"{API}/arbres/lines?{query}")
    assert answer.status_code == 200, answer.json()
    return [row["essence"].split()[0] for row in answer.json()["results"]]


def test_rows_have_the_types_of_their_columns(visitor, trees):
    page = visitor.get(f"{API}/arbres/lines?size=3").json()

    assert page["total"] == 4
    assert page["results"][1:] == [
        {"_i": 2, "essence": "Érable", "hauteur_m": 8.0, "plante_le": "1999-11-30", "remarquable": False,
         "code_postal": "38130"},
        {"_i": 3, "essence": "Chêne", "hauteur_m": None, "plante_le": "1850-01-01", "remarquable": True,
         "code_postal": "38130"},
    ]  # fmt: skip
    assert page["next"] == f"{settings.PUBLIC_URL}/api/v1/datasets/arbres/lines?size=3&page=2"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Tilleul", "Érable", "Chêne", "Orme"]),
        ("essence_eq=Tilleul", ["Tilleul"]),
        ("essence_neq=Tilleul", ["Érable", "Chêne", "Orme"]),
        ("essence_in=Tilleul,Érable", ["Tilleul", "Érable"]),
        ("hauteur_m_nin=8,12.5", ["Chêne", "Orme"]),
        ("hauteur_m_gt=8", ["Tilleul", "Orme"]),
        ("hauteur_m_gte=8&hauteur_m_lte=12.5", ["Tilleul", "Érable"]),
        ("hauteur_m_lt=8,5", ["Érable"]),
        ("plante_le_lt=1900-01-01", ["Chêne"]),
        ("plante_le_gte=1999-11-30", ["Tilleul", "Érable"]),
        ("remarquable_eq=true", ["Tilleul", "Chêne"]),
        ("essence_starts=er", ["Érable"]),
        ("essence_contains=CHAMPETRE", ["Orme"]),
        ("hauteur_m_exists=1", ["Tilleul", "Érable", "Orme"]),
        ("hauteur_m_nexists=1", ["Chêne"]),
        ("code_postal_eq=01000", ["Tilleul"]),
        ("q=chene", ["Chêne"]),
        ("q=38130", ["Érable", "Chêne"]),
        ("q=38130 erable", ["Érable"]),
        ("q=1999", ["Érable"]),
        ("q=12,5", ["Tilleul"]),
        ("q=%25", []),
        ("sort=essence:1", ["Chêne", "Orme", "Tilleul", "Érable"]),
        ("sort=-hauteur_m", ["Orme", "Tilleul", "Érable", "Chêne"]),
        ("sort=hauteur_m:1", ["Érable", "Tilleul", "Orme", "Chêne"]),
        ("sort=remarquable:-1,essence:1", ["Chêne", "Tilleul", "Orme", "Érable"]),
        ("sort=_i:-1", ["Orme", "Chêne", "Érable", "Tilleul"]),
        ("size=2&page=2", ["Chêne", "Orme"]),
        ("size=1&skip=2", ["Chêne"]),
        ("size=0", []),
        ("unknown=1&collapse=x", ["Tilleul", "Érable", "Chêne", "Orme"]),
    ],
)
def test_rows_are_filtered_searched_and_sorted(visitor, trees, query, expected):
    assert essences(visitor, query) == expected


def test_the_total_counts_all_that_answer(visitor, trees):
    page = visitor.get(f"{API}/arbres/lines?code_postal_eq=38130&size=1").json()

    assert (page["total"], len(page["results"])) == (2, 1)
    following = visitor.get(page["next"].removeprefix(settings.PUBLIC_URL)).json()
    assert [row["essence"] for row in following["results"]] == ["Chêne"]
    assert "next" not in following


def test_columns_can_be_chosen(visitor, trees):
    rows = visitor.get(f"{API}/arbres/lines?select=code_postal,essence&size=1").json()["results"]

    assert [list(row) for row in rows] == [["_i", "code_postal", "essence"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("nothing_eq=1", "nothing_eq"),
        ("hauteur_m_gt=tall", "hauteur_m_gt"),
        ("hauteur_m_gt=nan", "hauteur_m_gt"),
        ("hauteur_m_lt=1e999", "hauteur_m_lt"),
        ("plante_le_gt=yesterday", "plante_le_gt"),
        ("remarquable_eq=maybe", "remarquable_eq"),
        ("sort=nothing", "sort"),
        ("sort=essence:2", "sort"),
        ("select=essence,nothing", "select"),
        ("size=many", "size"),
        ("format=xlsx", "format"),
        ("qs=essence:Tilleul", "qs"),
        ("essence%22;DROP_eq=1", 'essence";DROP_eq'),
    ],
)
def test_a_question_that_makes_no_sense_is_400_and_named(visitor, trees, query, field):
    answer = visitor.get(f"{API}/arbres/lines?{query}")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.parametrize("value", ["' OR 1=1 --", '"; DROP TABLE x; --', "\\", "%", "'" * 1000, "🌳"])
def test_no_value_is_ever_sql(visitor, trees, value):
    for operator in ("eq", "contains", "in", "starts"):
        answer = visitor.get(f"{API}/arbres/lines", {f"essence_{operator}": value})
        assert (answer.status_code, answer.json()["total"]) == (200, 0)


def test_only_the_first_ten_thousand_rows_are_paged(visitor, trees):
    answer = visitor.get(f"{API}/arbres/lines?size=1000&page=11", headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.json()["detail"]) == (404, "You can only access the first 10 000 elements.")
    assert visitor.get(f"{API}/arbres/lines?size=10000").json()["total"] == 4


def test_reading_rows_asks_the_database_once_for_the_dataset(visitor, trees, django_assert_num_queries):
    with django_assert_num_queries(1):
        visitor.get(f"{API}/arbres/lines")
