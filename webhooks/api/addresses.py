"""The addresses of targets in the JSON of a webhook: masked for who may not change them, and taken back as they are."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from webhooks import targets
from webhooks.api.fields import Errors
from webhooks.egress import mask_url, restored
from webhooks.models import Webhook
from webhooks.types import Json

MASKED = _("This address is masked, and not as the stored one is: write it whole.")


def find_target(kind: str) -> targets.Target | None:
    """Return the target of this kind, or None for one that is not registered."""
    try:
        return targets.get(kind)
    except targets.UnknownTarget:
        return None


def masked(target: targets.Target, params: Json) -> Json:
    """Return Data Fair's params with the tokens of addresses masked."""
    return params | {name: mask_url(params[name]) for name in _names(target) if "://" in params.get(name, "")}


def restore(attrs: Json, webhook: Webhook | None) -> Errors:
    """Put the stored address in place of one that came back masked; return the errors of those that are not it."""
    target = find_target(attrs["target_kind"])
    if target is None:
        return {}
    params, errors = attrs["settings"], Errors()
    is_same = webhook is not None and webhook.target_kind == target.kind
    stored = target.to_params(webhook.readable_settings) if webhook is not None and is_same else {}
    for name in _names(target):
        if isinstance(params.get(name), str):
            whole = restored(params[name], stored=stored.get(name, ""))
            if whole is None:
                errors[f"target.params.{name}"] = [str(MASKED)]
            else:
                params[name] = whole
    return errors


def _names(target: targets.Target) -> list[str]:
    """Return the params that say whom the target calls."""
    return [target.param_names.get(name, name) for name in sorted(target.address_fields)]
