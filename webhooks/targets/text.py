"""Texts as receivers limit them: pure."""

from __future__ import annotations


def cut_bytes(text: str, max_bytes: int) -> str:
    """Return the beginning of `text` that fits in `max_bytes` of UTF-8, cut between two characters."""
    return text.encode()[:max_bytes].decode(errors="ignore")
