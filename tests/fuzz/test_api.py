"""The API answers what its OpenAPI document says, whatever a caller of any role sends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.hostile import requested
from tests.fuzz.portal import Portal

KEPT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PORTE_VOIX = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer whole, and close what was read for it."""
    answer = PORTE_VOIX(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


DOCUMENT = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


def operations() -> Iterator[APIOperation]:
    """Return all operations of the document, each of which must be valid."""
    for result in DOCUMENT.get_all_operations():
        assert isinstance(result, Ok), result
        yield result.ok()


OPERATIONS = {operation.label: operation for operation in operations()}


@pytest.mark.parametrize("role", Portal.ROLES)
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_as_described(label: str, role: str, portal: Portal) -> None:
    operation = OPERATIONS[label]
    positive = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    negative = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    known = st.none() | st.sampled_from(portal.parameters(operation.path))

    @requested
    @given(case=positive | negative, path_parameters=known)
    def send(case: Case, path_parameters: dict[str, Any] | None) -> None:
        if path_parameters is not None:
            case.path_parameters = path_parameters
        cache.clear()  # the limits on calls are tested elsewhere
        with transaction.atomic():
            answer = case.call(headers=portal.headers(role), cookies=portal.cookies(role))
            case.validate_response(answer, checks=KEPT)
            transaction.set_rollback(True)

    send()
