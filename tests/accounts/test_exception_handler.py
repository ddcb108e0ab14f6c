"""The shape of the API's errors."""

import pytest
from rest_framework.exceptions import NotFound, ValidationError

from accounts.exception_handler import exception_handler


@pytest.mark.parametrize(
    ("raised", "data"),
    [
        (ValidationError({"title": ["Too long."]}), {"detail": "Too long.", "errors": {"title": ["Too long."]}}),
        (
            ValidationError({"target": {"url": ["Not a URL."]}}),
            {"detail": "Not a URL.", "errors": {"target": {"url": ["Not a URL."]}}},
        ),
        (ValidationError(["No."]), {"detail": "No.", "errors": {"non_field_errors": ["No."]}}),
        (NotFound("Nothing here."), {"detail": "Nothing here."}),
    ],
)
def test_the_detail_of_an_error_is_its_first_message(raised, data):
    answer = exception_handler(raised, {})

    assert answer is not None
    assert (answer.status_code, answer.data) == (raised.status_code, data)


def test_an_unknown_exception_is_left_to_django():
    assert exception_handler(RuntimeError("broken"), {}) is None
