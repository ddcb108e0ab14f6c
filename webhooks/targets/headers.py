"""The headers that a user adds to each request: which ones may be sent, and how they are typed and shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from webhooks.egress import MASK

Pairs = list[tuple[str, str]]

MAX_HEADERS = 64
MAX_NAME_CHARS = 256
MAX_VALUE_CHARS = 4096

RESERVED = frozenset(
    {
        # what makes the request: ours or the client's (RFC 9110, RFC 9112)
        *("host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "te"),
        *(
            "trailer",
            "upgrade",
            "keep-alive",
            "expect",
            "user-agent",
            "accept-encoding",
            "cookie",
            "cookie2",
            "http2-settings",
        ),
        *("forwarded", "via", "x-real-ip"),
        # what opens a cloud's metadata service
        *("metadata", "metadata-flavor", "x-google-metadata-request"),
    }
)
RESERVED_PREFIXES = ("webhook-", "proxy-", "x-forwarded-", "x-aws-ec2-metadata-", "x-porte-voix-", "porte-voix-")

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]+")


class HeadersField(forms.Field):
    """A field of one `Name: value` a line, or of a JSON object; a value of `•••` stands for the stored one."""

    widget = forms.Textarea

    def to_python(self, value: object) -> Pairs:
        """Return name and value of each header, in order; raise ValidationError for what may not be sent."""
        pairs = list(_read(value))
        if len(pairs) > MAX_HEADERS:
            raise ValidationError(_("At most %(count)s headers can be added.") % {"count": MAX_HEADERS})
        names = [name.lower() for name, _value in pairs]
        for name, text in pairs:
            _check(name, text)
            if names.count(name.lower()) > 1:
                raise ValidationError(_("The header %(name)s is given twice.") % {"name": name})
        return pairs

    def has_changed(self, initial: object, data: object) -> bool:
        """Return whether the two say something else, however they are written; what cannot be read is a change."""
        try:
            return list(_read(initial)) != list(_read(data))
        except ValidationError:
            return True


def keep_masked(pairs: Pairs, *, stored: Iterable[Iterable[str]]) -> Pairs:
    """Replace each mask by the stored value; raise ValidationError when there is none."""
    known = {name.lower(): value for name, value in stored}
    kept = [(name, known.get(name.lower(), MASK) if value == MASK else value) for name, value in pairs]
    for name, value in kept:
        if value == MASK:
            raise ValidationError(_("Enter the value of the header %(name)s.") % {"name": name})
    return kept


def masked_lines(stored: Iterable[Iterable[str]]) -> str:
    """Return the text of the field for stored headers: the names, each with a mask for a value."""
    return "\n".join(f"{name}: {MASK}" for name, _value in stored)


def _read(value: object) -> Iterable[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for name, text in value.items():
            if not isinstance(text, str):
                raise ValidationError(_("The value of the header %(name)s must be a text.") % {"name": name})
            yield str(name).strip(), text.strip(" \t")
        return
    if not isinstance(value, str):
        raise ValidationError(_("Enter one header per line, such as “Authorization: Bearer abc”."))
    for line in filter(None, (line.strip() for line in re.split(r"\r\n|\r|\n", value))):
        name, colon, text = line.partition(":")
        if not colon:
            raise ValidationError(_("Enter one header per line, such as “Authorization: Bearer abc”."))
        yield name.strip(), text.strip()


def _check(name: str, value: str) -> None:
    shown = {"name": name[:60]}
    if len(name) > MAX_NAME_CHARS or not _NAME.fullmatch(name):
        raise ValidationError(_("“%(name)s” cannot be the name of a header.") % shown)
    if name.lower() in RESERVED or name.lower().startswith(RESERVED_PREFIXES):
        raise ValidationError(_("The header %(name)s is reserved.") % shown)
    if not value:
        raise ValidationError(_("Enter the value of the header %(name)s.") % shown)
    if len(value) > MAX_VALUE_CHARS:
        raise ValidationError(
            _("The value of the header %(name)s is longer than %(count)s characters.")
            % {**shown, "count": MAX_VALUE_CHARS}
        )
    if value != MASK and not _VALUE.fullmatch(value):
        raise ValidationError(_("The value of the header %(name)s contains characters that cannot be sent.") % shown)
