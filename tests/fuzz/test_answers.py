"""What must hold of each parser of what receivers answer, whatever it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.hostile import HEADERS, JSON, bodies, parsed
from webhooks import targets
from webhooks.egress import Response, indented, text
from webhooks.egress.parsing import MAX_HEADER_BYTES, MAX_HEADERS, final_answer, has_certain_end, read_headers
from webhooks.targets.measurement_protocol import (
    MAX_VALIDATION_MESSAGE_CHARS,
    MAX_VALIDATION_MESSAGES,
    ga4_validation_messages,
)
from webhooks.targets.target import retry_after_s

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@parsed
@given(
    lines=st.lists(
        st.binary(max_size=80) | st.sampled_from([b"\r\n", b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"]), max_size=120
    )
)
def test_the_head_of_an_answer_is_read_within_bounds(lines):
    found = final_answer(lines) if lines else None
    if found is not None:
        assert 200 <= found[0] <= 599
        assert has_certain_end(*found, method="POST") in {True, False}
    headers = read_headers(lines)
    assert len(headers) <= MAX_HEADERS
    assert sum(len(name) + len(value) for name, value in headers) <= MAX_HEADER_BYTES


@parsed
@given(value=HEADERS | st.datetimes(timezones=st.timezones()).map(lambda at: at.strftime("%a, %d %b %Y %H:%M:%S %z")))
def test_retry_after_is_a_number_of_seconds_or_nothing(value):
    found = retry_after_s(Response(503, (("Retry-After", value),), b"", False, None, "", NOW, 1))
    assert found is None or 0 <= found < 1e13


@parsed
@given(seconds=st.integers(0, 10**9))
def test_retry_after_is_the_date_that_was_written(seconds):
    value = (NOW + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert retry_after_s(Response(503, (("Retry-After", value),), b"", False, None, "", NOW, 1)) == seconds


@parsed
@given(body=st.binary(max_size=200))
def test_a_body_of_a_receiver_is_text_that_can_be_stored_and_shown(body):
    assert "\0" not in text(body)
    assert len(text(body).encode()) <= 3 * len(body)


@parsed
@given(body=bodies(JSON))
@example(body=b'{"a": "\\ud800"}')
def test_a_body_of_a_receiver_can_be_shown_indented(body):
    assert "\0" not in indented(text(body)).encode().decode()


MESSAGES = st.fixed_dictionaries({}, optional={"fieldPath": JSON, "description": JSON, "validationCode": JSON})


@parsed
@given(body=bodies(JSON | st.fixed_dictionaries({"validationMessages": JSON | st.lists(MESSAGES | JSON, max_size=30)})))
@example(body=b'{"validationMessages": [{"description": "\\ud800"}]}')
@example(body=b"[" * 4000)
def test_a_validation_of_google_is_a_few_short_sentences(body):
    found = ga4_validation_messages(body)
    assert len(found) <= MAX_VALIDATION_MESSAGES
    assert all(len(one) <= MAX_VALIDATION_MESSAGE_CHARS and one.encode() for one in found)


@parsed
@given(body=bodies(JSON | st.fixed_dictionaries({"status": st.just("success") | JSON, "tracked": JSON})))
@example(body=b'{"status": "success", "tracked": Infinity}')
@example(body=b"[" * 4000)
def test_an_answer_of_matomo_is_judged(body):
    target = targets.get("matomo")
    outcome = target.judge(Response(200, (), body, False, None, "", NOW, 1), {"tracker_base": "https://m.example/"})
    assert outcome.verdict in targets.Verdict
    assert len(outcome.reason) <= 300


@parsed
@given(
    status=st.integers(200, 599),
    sent=st.lists(st.tuples(st.sampled_from(["Location", "Retry-After", "X"]), HEADERS), max_size=3),
    body=st.binary(max_size=100),
    url=st.sampled_from(["https://hooks.slack.com/services/T/B/x", "https://a.example/"]),
)
def test_an_answer_of_a_receiver_is_judged(status, sent, body, url):
    response = Response(status, tuple(sent), body, False, None, "", NOW, 1)
    outcome = targets.get("http").judge(response, {"url": url})
    assert (outcome.verdict == targets.Verdict.DELIVERED) == (status < 300)
