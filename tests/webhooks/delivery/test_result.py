"""Results: what follows from an answer for its delivery, and what is kept of the attempt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.delivery.conftest import NOW, make_job
from webhooks.delivery.result import MAX_HEADERS_CHARS, Result, result_of
from webhooks.delivery.retry import JITTER
from webhooks.egress import ErrorClass, OutgoingRequest, Response
from webhooks.targets import Outcome, Verdict

SCHEDULE_S = (10, 100)
REQUEST = OutgoingRequest("https://hooks.example/in", (("Content-Type", "application/json"),), b"{}")
RESPONSE = Response(200, (("Content-Type", "text/plain"),), b"ok", False, None, "", NOW, 250)
DELIVERED = Outcome(Verdict.DELIVERED)
RETRY = Outcome(Verdict.RETRY, ErrorClass.STATUS, "HTTP 503")

texts = st.text(max_size=40) | st.text(min_size=300, max_size=400) | st.just("a\0b")
headers = st.lists(st.tuples(st.text(max_size=20), texts | st.just("x" * 9000)), max_size=5).map(tuple)


def result(outcome, response=RESPONSE, *, horizon=None, spread=0.0, request=REQUEST, **job) -> Result:
    made = make_job(request=request, **job)
    return result_of(made, outcome, response, now=NOW, spread=spread, schedule_s=SCHEDULE_S, horizon=horizon)


@given(failures=st.integers(0, 9), trigger=st.sampled_from(["automatic", "manual", "replay", "test"]))
def test_a_success_settles_the_delivery_and_leaves_its_failures(failures, trigger):
    found = result(DELIVERED, failures=failures, trigger=trigger)

    assert (found.state, found.failures, found.next_attempt_at) == ("delivered", failures, None)
    assert found.trigger == trigger


@given(
    failures=st.integers(0, 9),
    spread=st.floats(-1, 1),
    trigger=st.sampled_from(["automatic", "manual", "replay"]),
)
def test_a_failure_is_retried_as_long_as_the_schedule_lasts(failures, spread, trigger):
    found = result(RETRY, failures=failures, spread=spread, trigger=trigger)

    assert found.failures == failures + 1
    if failures < len(SCHEDULE_S):
        assert found.next_attempt_at is not None
        wait_s = (found.next_attempt_at - NOW).total_seconds()
        assert found.state == "pending"
        assert abs(wait_s - SCHEDULE_S[failures]) <= JITTER * SCHEDULE_S[failures] + 1e-3
    else:
        assert (found.state, found.next_attempt_at) == ("failed", None)


@pytest.mark.parametrize("verdict", [Verdict.STOP, Verdict.GONE])
def test_a_failure_that_is_final_is_not_retried(verdict):
    found = result(Outcome(verdict, ErrorClass.STATUS, "HTTP 410"))

    assert (found.state, found.failures, found.next_attempt_at) == ("failed", 1, None)


def test_a_test_is_not_retried():
    assert (result(RETRY, trigger="test").state, result(RETRY).state) == ("failed", "pending")


@pytest.mark.parametrize(("horizon_s", "state"), [(11, "pending"), (9, "failed")])
def test_nothing_is_retried_after_the_horizon_of_its_target(horizon_s, state):
    assert result(RETRY, horizon=NOW + timedelta(seconds=horizon_s)).state == state


def test_a_receiver_can_ask_for_a_longer_wait():
    found = result(replace(RETRY, retry_after_s=60))

    assert found.next_attempt_at == NOW + timedelta(seconds=60)


def test_the_attempt_keeps_request_and_answer():
    found = result(RETRY, replace(RESPONSE, status=503, body=b"busy", truncated=True))

    assert (found.url, found.request_headers) == (REQUEST.url, REQUEST.headers)
    assert (found.status_code, found.response_body, found.truncated) == (503, "busy", True)
    assert (found.error, found.reason) == ("status", "HTTP 503")
    assert (found.started_at, found.duration_ms) == (NOW - timedelta(milliseconds=250), 250)


def test_the_attempt_keeps_no_secret():
    request = OutgoingRequest(
        "https://hooks.example/in?token=s3cret", (("Authorization", "s3cret"), ("X-Plain", "told")), b"s3cret"
    )
    request.secret_headers, request.secret_values = frozenset({"authorization"}), ("s3cret",)

    found = result(DELIVERED, request=request)

    assert "s3cret" not in repr(found)
    assert ("X-Plain", "told") in found.request_headers


def test_a_job_without_a_request_has_an_attempt_that_says_why():
    found = result(Outcome(Verdict.RETRY, ErrorClass.PROTOCOL, "It could not be prepared."), None, request=None)

    assert (found.state, found.error, found.reason) == ("pending", "protocol", "It could not be prepared.")
    assert (found.url, found.request_headers, found.status_code, found.response_body) == ("", (), None, "")
    assert (found.started_at, found.duration_ms) == (NOW, 0)


@given(reason=texts, body=st.binary(max_size=200) | st.just(b"a\0b\xff"), sent=headers)
def test_whatever_a_receiver_sends_fits_into_the_database(reason, body, sent):
    found = result(replace(RETRY, reason=reason), replace(RESPONSE, headers=sent, body=body))

    kept = "".join(name + value for name, value in found.response_headers)
    assert (len(found.reason) <= 300, len(kept) <= MAX_HEADERS_CHARS) == (True, True)
    assert "\0" not in found.reason + found.response_body + kept
    assert [len(name) for name, _ in found.response_headers] == [
        len(name) for name, _ in sent[: len(found.response_headers)]
    ]


def test_a_url_is_cut_to_what_its_column_holds():
    assert len(result(DELIVERED, request=replace(REQUEST, url="https://hooks.example/" + "a" * 5000)).url) == 2100
