"""What Matomo's bulk API receives, what its answer means, and what the form takes."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from webhooks import targets
from webhooks.egress import ErrorClass, Response
from webhooks.targets import Config, Verdict

NOW = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)
MATOMO = targets.get("matomo")
TOKEN = "0123456789abcdef0123456789abcdef"
SETTINGS = {"tracker_base": "https://stats.example/", "site_id": 3}


def sent(message, settings=SETTINGS, webhook_id=7):
    return MATOMO.prepare(message, Config(settings=settings, webhook_id=webhook_id), now=NOW)


def params(request):
    [one] = json.loads(request.body)["requests"]
    assert one.startswith("?")
    return {name: values[0] for name, values in parse_qs(one[1:]).items()}


def answer(body=b'{"status":"success","tracked":1,"invalid":0}', status=200):
    return Response(status, (), body, False, None, "", NOW, 5)


def test_an_event_is_a_bulk_of_one_byte_for_byte(message):
    request = sent(message(label="Téléchargé", title="Arbres", page_url="https://pv.example/d"))

    assert request.url == "https://stats.example/matomo.php"
    assert request.body.decode() == (
        '{"requests":["?idsite=3&rec=1&apiv=1&_id=7bc33c00883b980b&e_c=dataset&e_a=T%C3%A9l%C3%A9charg%C3%A9'
        '&e_n=Arbres&url=https%3A%2F%2Fpv.example%2Fd&ca=1&bots=1"]}'
    )
    assert dict(request.headers)["Content-Type"] == "application/json"


def test_with_a_token_an_event_keeps_its_own_time_and_the_token_stays_out_of_the_address(message):
    request = sent(message(), {**SETTINGS, "token_auth": TOKEN})

    assert json.loads(request.body)["token_auth"] == TOKEN
    assert params(request)["cdt"] == "2026-03-04 05:06:07"
    assert TOKEN not in request.url
    assert "cdt" not in params(sent(message()))


def test_texts_are_cut_to_what_matomo_keeps(message):
    told = params(sent(message(title="é" * 900, detail="x")))

    assert told["e_n"] == "é" * 512


def test_a_detail_follows_the_title(message):
    assert params(sent(message(title="", detail="Ligne 3")))["e_n"] == "arbres - Ligne 3"


def test_a_webhook_is_always_the_same_visitor_and_never_another_ones(message):
    first, again, other = (params(sent(message(), webhook_id=n))["_id"] for n in (1, 1, 2))

    assert first == again != other
    assert len(first) == 16


@pytest.mark.parametrize(
    ("response", "verdict", "error"),
    [
        (answer(), Verdict.DELIVERED, None),
        (answer(b'{"status":"success","tracked":0,"invalid":1}'), Verdict.STOP, ErrorClass.STATUS),
        (answer(b'{"status":"error","tracked":0}'), Verdict.RETRY, ErrorClass.PROTOCOL),
        (answer(b"GIF89a"), Verdict.RETRY, ErrorClass.PROTOCOL),
        (answer(b"[]"), Verdict.RETRY, ErrorClass.PROTOCOL),
        (answer(b"", status=400), Verdict.STOP, ErrorClass.STATUS),
        (answer(b"", status=503), Verdict.RETRY, ErrorClass.STATUS),
        (answer(b"", status=410), Verdict.GONE, ErrorClass.STATUS),
    ],
)
def test_an_answer_is_judged_by_what_was_taken(response, verdict, error):
    outcome = MATOMO.judge(response, SETTINGS)

    assert (outcome.verdict, outcome.error) == (verdict, error)


def bound(stored=None, **data):
    return MATOMO.form({"tracker_base": "https://stats.example/", "site_id": "3", **data}, stored=stored)


@pytest.mark.parametrize(
    "typed",
    [
        "https://stats.example/m",
        "https://stats.example/m/",
        " https://STATS.example/m/matomo.php ",
        "https://stats.example/m/piwik.php?idsite=1",
        "https://stats.example/m//#x",
    ],
)
def test_the_address_is_the_folder_of_matomo_however_it_is_typed(typed):
    form = bound(tracker_base=typed)

    assert form.is_valid()
    assert form.cleaned_data == {"tracker_base": "https://stats.example/m/", "site_id": 3, "token_auth": ""}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tracker_base": "http://10.0.0.1/"}, "tracker_base"),
        ({"tracker_base": ""}, "tracker_base"),
        ({"site_id": "0"}, "site_id"),
        ({"site_id": "x"}, "site_id"),
        ({"token_auth": "anonymous"}, "token_auth"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(change, field):
    assert list(bound(**change).errors) == [field]


def test_the_stored_token_is_never_shown_and_kept_on_the_same_server_only():
    stored = {**SETTINGS, "token_auth": TOKEN}
    assert TOKEN not in MATOMO.form(stored=stored).as_p()

    same, other = bound(stored, token_auth="•••"), bound(stored, tracker_base="https://other.example/")

    assert same.is_valid()
    assert same.cleaned_data["token_auth"] == TOKEN
    assert other.is_valid()
    assert other.cleaned_data["token_auth"] == ""


@pytest.mark.usefixtures("in_english")
def test_params_and_summary_show_no_token():
    stored = {**SETTINGS, "token_auth": TOKEN}

    params = MATOMO.to_params(stored)

    assert params == {"trackerBase": "https://stats.example/", "siteId": 3, "tokenAuth": "•••"}
    assert MATOMO.form(MATOMO.from_params(params), stored=stored).is_valid()
    assert MATOMO.summary(stored) == [
        ("Matomo address", "https://stats.example/"),
        ("Site identifier", "3"),
        ("Authentication token", "•••"),
    ]
