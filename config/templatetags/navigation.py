"""The links of the menus, with the current page marked."""

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("nav_link.html", takes_context=True)
def nav_link(context: Context, name: str, icon: str, label: str, *, starts: str = "") -> dict[str, object]:
    """Link to the URL `name`, marked as current on every page below it or whose path begins with `/<starts>`."""
    url = reverse(name)
    request = context.get("request")
    path = request.path if isinstance(request, HttpRequest) else ""
    current = path.startswith(f"/{starts}") if starts else path == url or (url != "/" and path.startswith(url))
    return {"url": url, "icon": icon, "label": label, "current": current}
