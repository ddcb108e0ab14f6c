"""The forms of pages, as a browser fills them in and sends them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any


def fields_of(page: Any) -> dict[str, Any]:
    """Return what the form of a page holds: inputs, text areas, what is chosen of lists; a list where several are."""
    html = page.content.decode()
    form = html[html.index('method="post"') :]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        attributes = {name: unescape(value) for name, value in re.findall(r'([a-z-]+)="([^"]*)"', tag)}
        is_chosen = attributes.get("type") not in {"radio", "checkbox"} or " checked" in tag
        if is_chosen and "name" in attributes:
            found.setdefault(attributes["name"], []).append(attributes.get("value", ""))
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\r?\n?([^<]*)</textarea>', form):
        found[name] = [unescape(text).replace("\n", "\r\n")]
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = [unescape(next(iter(re.findall(r'value="([^"]*)" selected', options)), ""))]
    found.pop("csrfmiddlewaretoken", None)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def save(client: Any, path: str, typed: dict[str, Any]) -> Callable[[], Any]:
    """Open the form now, and return the act that saves it with what was `typed` and must be acknowledged."""
    fields = fields_of(client.get(path))

    def act() -> Any:
        answer = client.post(path, fields | typed)
        assert answer.status_code == 302, answer.content.decode()
        return answer

    return act
