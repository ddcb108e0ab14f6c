"""Roles and scopes."""

import pytest

from accounts.permissions import Role, at_least, scope_opens


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.ADMIN, {Role.ADMIN, Role.CONTRIBUTOR, Role.READER}),
        (Role.CONTRIBUTOR, {Role.CONTRIBUTOR, Role.READER}),
        (Role.READER, {Role.READER}),
        (None, set()),
    ],
)
def test_a_role_has_the_rights_of_those_below_it(role, rights):
    assert {minimum for minimum in Role if at_least(role, minimum)} == rights


def test_a_scope_opens_its_own_routes_only():
    assert scope_opens(["datasets-read"], "datasets", write=False)
    assert not scope_opens(["datasets-read"], "datasets", write=True)
    assert scope_opens(["datasets"], "datasets", write=True)
    assert not scope_opens(["datasets"], "catalogs", write=False)
