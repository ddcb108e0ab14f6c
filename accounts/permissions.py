"""Who may do what: the roles of members, the scopes of API keys, and the one table that pages and API ask.

`docs/permissions.md` shows the table.
"""

from collections.abc import Collection
from enum import Enum, StrEnum


class Role(StrEnum):
    """The three roles of a member, from the most to the least powerful."""

    ADMIN = "admin"
    CONTRIBUTOR = "contributor"
    READER = "reader"


_RANK = {Role.READER: 1, Role.CONTRIBUTOR: 2, Role.ADMIN: 3}

SCOPES = tuple(
    f"{room}{suffix}"
    for room in ("datasets", "applications", "catalogs", "webhooks", "events", "stats")
    for suffix in ("", "-read")
)
"""Every scope of an API key: a bare name reads and writes, `-read` only reads."""


class Permission(Enum):
    """What may be done: in words, the least role of a member who may, and the scope of a key that may.

    It is about what belongs to the account that the caller acts for. Without a scope no key may, and where a scope
    that ends in `-read` is enough, the one that also writes is too.
    """

    SEE_DASHBOARD = "See the dashboard, and choose the account to act for", Role.READER, None

    READ_DATASETS = "Find, see and download the private datasets", Role.READER, "datasets-read"
    READ_DATASET_JOURNAL = "Read the journal of a dataset", Role.CONTRIBUTOR, "datasets-read"
    CREATE_DATASET = "Upload a new dataset", Role.CONTRIBUTOR, "datasets"
    EDIT_DATASET = "Change a dataset: words, file, who sees it, where it is published", Role.CONTRIBUTOR, "datasets"
    DELETE_DATASET = "Delete a dataset with its files", Role.ADMIN, "datasets"

    READ_VISUALISATIONS = "Find and see the private visualisations", Role.READER, "applications-read"
    READ_VISUALISATION_JOURNAL = "Read the journal of a visualisation", Role.CONTRIBUTOR, "applications-read"
    CREATE_VISUALISATION = "Make a new visualisation", Role.CONTRIBUTOR, "applications"
    EDIT_VISUALISATION = (
        "Change a visualisation: words, chart, who sees it, where it is published, its errors",
        Role.CONTRIBUTOR,
        "applications",
    )
    DELETE_VISUALISATION = "Delete a visualisation", Role.ADMIN, "applications"

    READ_CATALOGS = "Find and see the catalogues", Role.READER, "catalogs-read"
    MANAGE_CATALOGS = "Create, change and delete catalogues", Role.ADMIN, "catalogs"

    READ_EVENTS = "Read the journal of the account", Role.CONTRIBUTOR, "events-read"
    REPORT_EVENTS = "Report events that happened elsewhere", Role.CONTRIBUTOR, "events"

    READ_WEBHOOKS = "Find and see webhooks and deliveries", Role.ADMIN, "webhooks-read"
    MANAGE_WEBHOOKS = (
        "Create, change, test, switch and delete webhooks; send deliveries again or cancel them",
        Role.ADMIN,
        "webhooks",
    )
    REVEAL_SECRETS = "See the signing secret of a webhook again", Role.ADMIN, None
    USE_INBOXES = "Use the built-in inboxes of development", Role.ADMIN, None

    MANAGE_ACCOUNT = "See and change the settings: name, language, and the whole document of the API", Role.ADMIN, None
    MANAGE_MEMBERS = "See, add, change and remove members", Role.ADMIN, None
    MANAGE_KEYS = "See, create and revoke API keys", Role.ADMIN, None

    def __init__(self, text: str, role: Role, scope: str | None) -> None:
        self.text = text
        self.role = role
        self.scope = scope

    @property
    def roles(self) -> list[Role]:
        """Every role that has it."""
        return [role for role in Role if self.is_granted_to(role)]

    def is_granted_to(self, role: Role | None) -> bool:
        """Return whether a member with `role` (None: no member) may."""
        return role is not None and _RANK[role] >= _RANK[self.role]

    def is_within(self, scopes: Collection[str]) -> bool:
        """Return whether a key with `scopes` may."""
        return self.scope is not None and (self.scope in scopes or self.scope.removesuffix("-read") in scopes)


def rights_of(role: Role | None) -> dict[str, bool]:
    """Return whether a member with `role` may, by the name of each permission in small letters, for templates."""
    return {permission.name.lower(): permission.is_granted_to(role) for permission in Permission}
