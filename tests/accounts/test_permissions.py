"""The table of permissions: roles, scopes, its page in the docs, and that nothing beside it decides."""

import re

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from accounts.authentication import CallerPermission
from accounts.permissions import SCOPES, Permission, Role, rights_of
from tests.quality.files import ROOT, files, modules, name

DOCUMENT = (ROOT / "docs/permissions.md").read_text()
ROLES_ARE_GIVEN_IN = (
    "accounts/authentication.py",  # a key acts as an administrator within its scopes
    "accounts/forms",
    "accounts/middleware.py",
    "accounts/models/",
    "accounts/permissions.py",
    "accounts/services/",
    "accounts/views/members.py",
    "bench/",
    "config/demo/",
    "tests/",
)


@pytest.mark.parametrize(
    ("role", "has"),
    [
        (Role.ADMIN, {Role.ADMIN, Role.CONTRIBUTOR, Role.READER}),
        (Role.CONTRIBUTOR, {Role.CONTRIBUTOR, Role.READER}),
        (Role.READER, {Role.READER}),
        (None, set()),
    ],
)
def test_a_role_has_what_those_below_it_have(role, has):
    assert {permission.role for permission in Permission if permission.is_granted_to(role)} == has
    assert {permission for permission in Permission if rights_of(role)[permission.name.lower()]} == {
        permission for permission in Permission if permission.role in has
    }


def test_the_roles_of_a_permission_are_those_to_whom_it_is_granted():
    assert Permission.EDIT_DATASET.roles == [Role.ADMIN, Role.CONTRIBUTOR]


def test_a_scope_opens_what_it_names_and_the_one_that_writes_reads_too():
    assert Permission.READ_DATASETS.is_within(["datasets-read"])
    assert Permission.READ_DATASETS.is_within(["datasets"])
    assert Permission.EDIT_DATASET.is_within(["datasets"])
    assert not Permission.EDIT_DATASET.is_within(["datasets-read"])
    assert not Permission.READ_CATALOGS.is_within(["datasets"])


def test_no_key_has_what_has_no_scope():
    assert [permission for permission in Permission if permission.scope is None and permission.is_within(SCOPES)] == []


def test_every_scope_of_the_table_can_be_given_to_a_key():
    assert {permission.scope for permission in Permission} - {None} - set(SCOPES) == set()


def test_the_document_is_the_table():
    rows = re.findall(r"^\| ([^|]+) \| (✓|) ?\| (✓|) ?\| (✓|) ?\| (?:`([a-z-]+)`|none) \|$", DOCUMENT, re.MULTILINE)

    assert rows == [
        (
            permission.text,
            *("✓" if permission.is_granted_to(role) else "" for role in (Role.READER, Role.CONTRIBUTOR, Role.ADMIN)),
            permission.scope or "",
        )
        for permission in Permission
    ]


def test_nothing_beside_the_table_compares_roles():
    mentions = {name(path) for path in modules() if re.search(r"\bRole\.[A-Z]|\bRole\(", path.read_text())}

    assert sorted(path for path in mentions if not path.startswith(ROLES_ARE_GIVEN_IN)) == []


def test_no_template_names_a_role():
    words = re.compile(r"role\s*(?:==|!=)|[\"'](?:admin|contributor|reader)[\"']")

    assert [name(path) for path in files("templates/*.html") if words.search(path.read_text())] == []


def test_templates_ask_for_what_is_in_the_table():
    asked = {right for path in files("templates/*.html") for right in re.findall(r"\.may\.(\w+)", path.read_text())}

    assert {"manage_account", "create_dataset"} <= asked
    assert asked - rights_of(None).keys() == set()


class Forgetful(APIView):
    """A view that reads, and forgot to say what writing demands."""

    authentication_classes = []
    permission_classes = [CallerPermission]
    permissions = {"GET": Permission.READ_DATASETS}

    def post(self, request: Request) -> None:
        raise AssertionError


def test_a_method_that_the_view_forgot_to_name_is_refused():
    answer = Forgetful.as_view()(APIRequestFactory().post("/"))

    assert answer.status_code == 405
