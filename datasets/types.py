"""Type aliases that the whole app uses."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object: a column of a schema, an event's data, the body of a request to the API."""
