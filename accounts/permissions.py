"""The roles of members and the scopes of API keys."""

from enum import StrEnum


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


def at_least(role: Role | None, minimum: Role) -> bool:
    """Return whether a member with `role` (None: no member) has the rights of `minimum`."""
    return role is not None and _RANK[role] >= _RANK[minimum]


def scope_opens(scopes: list[str], room: str, *, write: bool) -> bool:
    """Return whether a key with `scopes` may read, or write, the routes of `room`."""
    return room in scopes or (not write and f"{room}-read" in scopes)
