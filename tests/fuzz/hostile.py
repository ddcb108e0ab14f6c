"""What strangers send, made up, and how often: a few examples in the suites, thousands by `make fuzz`."""

from __future__ import annotations

import json
import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
"""Requests of each role to each route with each method: always the same few; `make fuzz` sends many, always others."""

PARSED = 20 * EXAMPLES
"""Inputs of each parser."""

_common = settings(
    # A suite that is to say whether a change is right does not find something else by chance.
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
parsed = settings(_common, max_examples=PARSED)
requested = settings(_common, max_examples=EXAMPLES, phases=[Phase.generate])

AWKWARD = [
    *("", " ", "0", "-1", "1_000", "1e999", "nan", "Infinity", "٣", "²", "9" * 19, "9" * 400, "9" * 5000),
    *("\0", "a\0b", "\ufeff", "\U0001f600", "\u202e", "%", "%00", "'", '"', "\\", ";--", "..", "/", "<b>", "=1+1"),
    *("true", "null", "2026-02-30", "0001-01-01", "9999-12-31T23:59:59-14:00", "a:b:c", ",", ",,,", "-", "*"),
    *("x" * 3000, "a " * 400, "a," * 400),
]

TEXTS = st.text(max_size=40) | st.sampled_from(AWKWARD)
"""Any text that UTF-8 holds, and what programs trip over."""

HEADERS = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60) | st.sampled_from(
    [text for text in AWKWARD if text.isascii()]
)
"""The value of a header as WSGI hands it over."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def bodies(documents: st.SearchStrategy[object]) -> st.SearchStrategy[bytes]:
    """Return bodies: of `documents`, of what is nearly JSON, and of any bytes."""
    written = documents.map(lambda document: json.dumps(document).encode())
    nearly = st.sampled_from(
        [
            *(b"[" * 4000, b'{"a":' * 2000, b"[" * 33 + b"]" * 33, b"9" * 5000, b"1e999", b"NaN", b'"\\ud800"'),
            *(b'"\xed\xa0\x80"', b"\xef\xbb\xbf{}", "{}".encode("utf-16"), "{}".encode("utf-32"), b"", b"{} {}"),
        ]
    )
    return written | nearly | st.binary(max_size=200) | st.tuples(written, st.binary(max_size=3)).map(b"".join)
