"""The preconditions of HTTP: what headers say, and what they ask of a resource."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.preconditions import Condition, EntityTag, Malformed, Preconditions, entity_tag, fingerprint

ETAGC = "".join(map(chr, [0x21, *range(0x23, 0x7F), *range(0x80, 0x100)]))
tags = st.builds(EntityTag, st.text(ETAGC, max_size=12), st.booleans())
editions = st.text("0123456789abcdef", min_size=20, max_size=20)
blank = st.sampled_from(["", " ", "\t", " \t "])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def lists(draw):
    """Tags, and a header that lists them, with blanks and empty elements wherever they may stand."""
    listed = draw(st.lists(tags, min_size=1, max_size=5))
    elements = [str(tag) for tag in listed]
    for _ in range(draw(st.integers(0, 3))):
        elements.insert(draw(st.integers(0, len(elements))), "")
    return listed, ",".join(draw(blank) + element + draw(blank) for element in elements)


@given(lists())
def test_every_list_is_read_as_it_was_written(pair):
    listed, header = pair
    assert Condition.parse(header) == Condition(tuple(listed))


@given(blank, blank)
def test_a_star_is_any_resource_that_exists(before, after):
    condition = Condition.parse(f"{before}*{after}")
    assert condition == Condition(any=True)
    assert condition.names_edition("0" * 20, strong=True)
    assert not condition.names_edition(None, strong=False)


@given(st.text(max_size=40) | st.text('W/"*, \tab', max_size=16))
def test_whatever_is_sent_is_read_or_refused(header):
    try:
        condition = Condition.parse(header)
    except Malformed:
        return
    listed = ", ".join(map(str, condition.tags)) or "*"
    assert Condition.parse(listed) == condition
    outside = re.sub(r'"[^"]*"', "", header)
    assert set(outside) <= set(" \t,W/*")


@pytest.mark.parametrize(
    "header", ["", ",", " , ", "a", '"', '"a', 'a"', '"a""b"', '"a"b', 'w/"a"', "W/", '*, "a"', "**", '"a"\n']
)
def test_what_is_no_list_of_tags_is_refused(header):
    with pytest.raises(Malformed):
        Condition.parse(header)


@given(st.text(ETAGC, max_size=2000))
def test_a_long_header_is_read_in_one_go(opaque):
    assert Condition.parse(f'"{opaque}",' * 30).tags == (EntityTag(opaque),) * 30


@given(editions, editions, st.binary(max_size=5).map(lambda b: b.hex().encode()), st.booleans())
def test_a_writer_is_compared_by_the_edition_and_strongly(mine, other, body, weak):
    tag = entity_tag(edition=mine, body=body)
    sent = Preconditions.read(if_match=f'"x", {"W/" if weak else ""}{tag}', if_none_match=None)

    assert tag.edition == mine
    assert sent.allow_write(mine) == sent.allow_read(mine) == (not weak)
    assert sent.allow_write(other) == (not weak and mine == other)
    assert not sent.allow_write(None)


@given(editions, st.booleans())
def test_if_none_match_is_compared_weakly(mine, weak):
    tag = entity_tag(edition=mine, body=b"{}")
    sent = Preconditions.read(if_match=None, if_none_match=f"{'W/' if weak else ''}{tag}")

    assert sent.is_known(tag)
    assert not sent.is_known(entity_tag(edition=mine, body=b"[]"))
    assert not sent.allow_write(mine)
    assert sent.allow_write(None)


@given(editions | st.none())
def test_who_asks_nothing_is_let_in(edition):
    sent = Preconditions.read(if_match=None, if_none_match=None)
    assert sent.allow_write(edition)
    assert not sent.is_known(EntityTag("x"))


def test_if_match_star_wants_a_resource_and_if_none_match_star_wants_none():
    there, new = (Preconditions.read(if_match=m, if_none_match=n) for m, n in (("*", None), (None, "*")))
    assert [there.allow_write("0" * 20), there.allow_write(None)] == [True, False]
    assert [new.allow_write("0" * 20), new.allow_write(None)] == [False, True]


@given(tags)
def test_a_tag_that_is_not_ours_names_no_edition(tag):
    assert tag.edition == "" or re.fullmatch(r"[0-9a-f]{20}\.[0-9a-f]{20}", tag.opaque)
    assert not Condition((tag,)).names_edition("f" * 20, strong=True)


@pytest.mark.parametrize("added", ["x", "0", ".", "-gzip"])
def test_a_tag_that_something_was_added_to_is_not_ours(added):
    tag = entity_tag(edition="0" * 20, body=b"{}")
    assert EntityTag(tag.opaque + added).edition == ""


@given(JSON, JSON)
def test_fingerprints_are_alike_when_the_values_are(one, other):
    assert re.fullmatch(r"[0-9a-f]{20}", fingerprint(one))
    if str(one) != str(other) and one != other:
        assert fingerprint(one) != fingerprint(other)
    assert fingerprint({"a": one, "b": other}) == fingerprint({"b": other, "a": one})


def test_a_fingerprint_cannot_be_made_without_our_key(settings):
    before = fingerprint("s3cret")
    settings.SECRET_KEY = "another-" * 8
    assert fingerprint("s3cret") != before
