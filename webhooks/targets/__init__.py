"""The kinds of targets that a webhook can call: each is one file here that registers itself.

Anything may look targets up here (`get`, `all_targets`); a target knows `egress` and `signing`, and no other target.
Nothing here opens a socket or reads the database: a target makes a request of a message, an outcome of a response.
"""

from __future__ import annotations

import importlib
import pkgutil

from webhooks.targets.target import Config, Message, Outcome, Target, Verdict

__all__ = [
    "Config",
    "Message",
    "Outcome",
    "Target",
    "UnknownTarget",
    "Verdict",
    "all_targets",
    "get",
    "load",
    "register",
]


class UnknownTarget(KeyError):
    """No target has this kind."""


_targets: dict[str, Target] = {}


def register(target: type[Target]) -> type[Target]:
    """Register a target; raise ValueError when its kind, or its type in Data Fair's settings, is taken."""
    for other in _targets.values():
        if target.kind == other.kind or target.data_fair_type == other.data_fair_type:
            raise ValueError(f"The target {target.kind} is already registered.")
    _targets[target.kind] = target()
    return target


def get(kind: str) -> Target:
    """Return the target of our kind or of Data Fair's type (`ga`); raise `UnknownTarget`."""
    for target in _targets.values():
        if kind in {target.kind, target.data_fair_type}:
            return target
    raise UnknownTarget(kind)


def all_targets() -> tuple[Target, ...]:
    """Return every target, in the order in which the dialog offers them."""
    return tuple(sorted(_targets.values(), key=lambda target: target.rank))


def load() -> None:
    """Import every file of this folder, once: each registers its target."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
