"""Two edits of one webhook at once: each keeps what it changed, or one of them is refused."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.errors import Conflict
from webhooks.subscriptions.editions import merge
from webhooks.subscriptions.spec import WebhookSpec

HTTP = {"url": "https://a.example/in", "format": "message", "headers": [["X-Key", "s3cret"]]}
BASE = WebhookSpec(title="A", event_types=("dataset.finalized",), target_kind="http", settings=HTTP)
GA: dict[str, Any] = {"target_kind": "google_analytics", "settings": {"tracking_id": "G-ABCDEF1234", "api_secret": "s"}}

own_changes = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from("ABC"),
        "description": st.sampled_from(["", "D", "E"]),
        "event_types": st.sampled_from([("dataset.finalized",), ("dataset.error",)]),
        "resources": st.sampled_from([(), ("dataset:a",), ("dataset:b",)]),
    },
)
target_changes = st.fixed_dictionaries(
    {},
    optional={
        "url": st.sampled_from(["https://a.example/in", "https://b.example/in"]),
        "format": st.sampled_from(["message", "standard", "cloudevents"]),
        "headers": st.sampled_from([[], [["X-Key", "s3cret"]], [["X-Key", "other"]]]),
    },
)


@st.composite
def edits(draw):
    """An edit of BASE: of its own fields and of its target's settings, or to another kind of target."""
    if draw(st.integers(0, 5)) == 0:
        return replace(BASE, **draw(own_changes), **GA)
    return replace(BASE, **draw(own_changes), settings=HTTP | draw(target_changes))


def flat(spec):
    """Return the fields of a spec, its settings among them one by one."""
    own = {name: getattr(spec, name) for name in ("title", "description", "event_types", "resources", "target_kind")}
    return own | {f"settings.{name}": value for name, value in spec.settings.items()}


def changed(spec):
    new, old = flat(spec), flat(BASE)
    return {name for name in new.keys() | old.keys() if new.get(name) != old.get(name)}


@given(edits(), edits())
def test_a_merge_has_both_edits_and_nothing_else(mine, theirs):
    try:
        merged = merge(mine, base=BASE, current=theirs)
    except Conflict:
        assert changed(mine)
        assert changed(theirs)
        return
    for name in changed(mine) | changed(theirs) | changed(merged):
        wanted = mine if name in changed(mine) else theirs
        assert flat(merged).get(name) == flat(wanted).get(name)


@given(edits(), edits())
def test_a_conflict_is_one_whoever_comes_first(mine, theirs):
    outcomes: list[WebhookSpec | None] = []
    for one, other in ((mine, theirs), (theirs, mine)):
        try:
            outcomes.append(merge(one, base=BASE, current=other))
        except Conflict:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]


@given(edits(), edits())
def test_no_secret_goes_where_its_owner_did_not_send_it(mine, theirs):
    try:
        merged = merge(mine, base=BASE, current=theirs)
    except Conflict:
        return
    meant = [(spec.settings.get("url"), spec.settings.get("headers")) for spec in (BASE, mine, theirs)]
    if merged.settings.get("headers"):
        assert (merged.settings["url"], merged.settings["headers"]) in meant


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"title": "B"}, {"title": "C"}),
        ({"settings": HTTP | {"format": "standard"}}, {"settings": HTTP | {"format": "cloudevents"}}),
        ({"settings": HTTP | {"url": "https://b.example/"}}, {"settings": HTTP | {"headers": [["X-Key", "n"]]}}),
        ({"settings": HTTP | {"headers": []}}, {"settings": HTTP | {"url": "https://b.example/"}}),
        (GA, {"settings": HTTP | {"format": "standard"}}),
        ({"settings": HTTP | {"format": "standard"}}, GA),
        ({"resources": ("dataset:a",)}, {"resources": ("dataset:b",)}),
    ],
)
def test_the_same_field_and_what_belongs_together_are_conflicts(mine, theirs):
    with pytest.raises(Conflict):
        merge(replace(BASE, **mine), base=BASE, current=replace(BASE, **theirs))


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"title": "B"}, {"title": "B", "description": "D"}),
        ({"title": "B"}, GA),
        ({"settings": HTTP | {"url": "https://b.example/"}}, {"settings": HTTP | {"format": "standard"}}),
        ({"settings": HTTP | {"headers": []}}, {"settings": HTTP | {"format": "standard"}}),
        (GA, GA | {"title": "B"}),
    ],
)
def test_different_fields_and_the_same_wish_are_none(mine, theirs):
    merged = merge(replace(BASE, **mine), base=BASE, current=replace(BASE, **theirs))

    assert changed(merged) == changed(replace(BASE, **mine)) | changed(replace(BASE, **theirs))


def test_a_kind_that_is_known_no_more_is_one_field():
    base = replace(BASE, target_kind="pigeon", settings={"a": 1, "b": 1})
    with pytest.raises(Conflict):
        merge(replace(base, settings={"a": 2, "b": 1}), base=base, current=replace(base, settings={"a": 1, "b": 2}))
