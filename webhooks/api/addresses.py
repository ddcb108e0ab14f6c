"""The addresses of targets in the JSON of a webhook: masked for who may not change them."""

from __future__ import annotations

from webhooks import targets
from webhooks.egress import mask_url
from webhooks.types import Json


def find_target(kind: str) -> targets.Target | None:
    """Return the target of this kind, or None for one that is not registered."""
    try:
        return targets.get(kind)
    except targets.UnknownTarget:
        return None


def masked(target: targets.Target, params: Json) -> Json:
    """Return Data Fair's params with the tokens of addresses masked."""
    return params | {name: mask_url(params[name]) for name in _names(target) if "://" in params.get(name, "")}


def _names(target: targets.Target) -> list[str]:
    """Return the params that say whom the target calls."""
    return [target.param_names.get(name, name) for name in sorted(target.address_fields)]
