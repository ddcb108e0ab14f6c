"""Types of data that this app passes around and does not own."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object: an event's data, a target's settings, the body of a request to the API."""
