"""The preconditions of HTTP (RFC 9110 §13): what If-Match and If-None-Match ask of a resource, and whether it is so.

An entity tag of ours has two halves: `"edition.view"`. The edition is the fingerprint of what can be edited, the view
that of the whole answer. If-Match compares the edition alone, so that what the service itself does to a resource (a
delivery, a drawing) makes no writer's tag stale; a GET with If-None-Match compares both, so that a 304 hides nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

FINGERPRINT_CHARS = 20
"""80 bits, in hexadecimal."""

_ELEMENT = re.compile(r'[ \t]*(?:(?P<weak>W/)?"(?P<opaque>[\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|\Z)')
"""An element of a list of entity tags, which may be empty (RFC 9110 §5.6.1, §8.8.3)."""

_OURS = re.compile(rf"(?P<edition>[0-9a-f]{{{FINGERPRINT_CHARS}}})\.[0-9a-f]{{{FINGERPRINT_CHARS}}}")


class Malformed(ValueError):
    """The header is neither `*` nor a list of entity tags."""


@dataclass(frozen=True, slots=True)
class EntityTag:
    """An entity tag as a header writes it: `"opaque"`, or `W/"opaque"` when it is weak."""

    opaque: str
    weak: bool = False

    def __str__(self) -> str:
        return f'{"W/" if self.weak else ""}"{self.opaque}"'

    @property
    def edition(self) -> str:
        """The edition that it names; empty when it is no tag of ours."""
        found = _OURS.fullmatch(self.opaque)
        return found["edition"] if found else ""


@dataclass(frozen=True, slots=True)
class Condition:
    """The value of If-Match or If-None-Match: `*` (any resource that exists), or tags."""

    tags: tuple[EntityTag, ...] = ()
    any: bool = False

    @classmethod
    def parse(cls, header: str) -> Condition:
        """Read the header; raise `Malformed`, also when it names no tag at all."""
        if header.strip(" \t") == "*":
            return cls(any=True)
        tags: list[EntityTag] = []
        position = 0
        while position < len(header):
            found = _ELEMENT.match(header, position)
            if found is None:
                raise Malformed(header)
            if found["opaque"] is not None:
                tags.append(EntityTag(found["opaque"], weak=found["weak"] is not None))
            position = found.end()
        if not tags:
            raise Malformed(header)
        return cls(tuple(tags))

    def names_edition(self, edition: str | None, *, strong: bool) -> bool:
        """Return whether it names this edition (None: there is no resource); `strong` lets no weak tag count."""
        if edition is None:
            return False
        return self.any or any(tag.edition == edition and not (strong and tag.weak) for tag in self.tags)

    def names(self, tag: EntityTag) -> bool:
        """Return whether it names `tag`, by the weak comparison of §8.8.3.2."""
        return self.any or any(one.opaque == tag.opaque for one in self.tags)


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What a request asks of the resource before anything is done; None where it asks nothing."""

    if_match: Condition | None = None
    if_none_match: Condition | None = None

    @classmethod
    def read(cls, *, if_match: str | None, if_none_match: str | None) -> Preconditions:
        """Read the two headers; raise `Malformed`."""
        return cls(*(None if header is None else Condition.parse(header) for header in (if_match, if_none_match)))

    def allow_write(self, edition: str | None) -> bool:
        """Return whether a resource of this edition (None: there is none) may be created, changed or deleted."""
        if self.if_match is not None and not self.if_match.names_edition(edition, strong=True):
            return False
        return self.if_none_match is None or not self.if_none_match.names_edition(edition, strong=False)

    def allow_read(self, edition: str) -> bool:
        """Return whether a resource of this edition may be shown: §13.2.2 has If-Match count for GET as well."""
        return self.if_match is None or self.if_match.names_edition(edition, strong=True)

    def is_known(self, tag: EntityTag) -> bool:
        """Return whether the client has this very answer already (304)."""
        return self.if_none_match is not None and self.if_none_match.names(tag)


def fingerprint(value: object) -> str:
    """Return a short text that is the same for the same JSON (other objects: by their text), and tells nothing of it.

    It is keyed: from the fingerprint of a secret nobody can find the secret by trying.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return salted_hmac("accounts.preconditions", text, algorithm="sha256").hexdigest()[:FINGERPRINT_CHARS]


def entity_tag(*, edition: str, body: bytes) -> EntityTag:
    """Return the strong tag of an answer: the edition of its resource, and the fingerprint of what it says."""
    return EntityTag(f"{edition}.{fingerprint(body.decode())}")
