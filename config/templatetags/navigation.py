"""The links of the site's menus, the one of the page shown marked."""

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("nav_link.html", takes_context=True)
def nav_link(context: Context, name: str, icon: str, label: str, *, starts: str = "") -> dict[str, object]:
    """Link to the page `name`, marked when the page shown is under it or its path begins with `/<starts>`."""
    url = reverse(name)
    request = context.get("request")
    path = request.path if isinstance(request, HttpRequest) else ""
    current = path.startswith(f"/{starts}") if starts else path == url or (url != "/" and path.startswith(url))
    return {"url": url, "icon": icon, "label": label, "current": current}
