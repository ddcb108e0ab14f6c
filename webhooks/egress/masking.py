"""How a URL is shown without the secrets in it: pure."""

import re
from functools import lru_cache

MASK = "•••"

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^/?#]*@)?(?P<host>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?.*",
    re.DOTALL,
)
_TOKEN_PATHS: tuple[tuple[str, str], ...] = (
    (r"hooks\.slack(-gov)?\.com", r"/[^/]+/"),
    (r"([a-z]+\.)?discord(app)?\.com", r"/api/(v\d+/)?webhooks/"),
    (r"[^/]+\.webhook\.office\.com", r"/[^/]+/"),
    (r"api\.telegram\.org", r"/bot"),
    (r"maker\.ifttt\.com", r"/trigger/[^/]+/(json/)?with/key/"),
    (r"hook\.([a-z0-9]+\.)?make\.com", r"/"),
    (r"[^/]+", r"/(.*/)?hooks/"),  # Mattermost, Rocket.Chat, Zapier
)
"""Host and leading path of the hooks whose address is the password; what follows is hidden."""
_HOOKS = [re.compile(rf"{host}(:\d+)?(?P<shown>{path}).+", re.IGNORECASE | re.DOTALL) for host, path in _TOKEN_PATHS]


@lru_cache(maxsize=4096)
def mask_url(url: str, *, secret_params: frozenset[str] = frozenset()) -> str:
    """Give `url` fit for lists, logs and exports: no user, no token path of a known hook, no value of the query.

    With `secret_params` only the values of these parameters are hidden: for URLs that a target builds itself.
    """
    parts = _URL.fullmatch(url)
    if parts is None:
        return MASK
    user = f"{MASK}@" if parts["user"] else ""
    return parts["scheme"] + user + parts["host"] + _masked_path(parts) + _masked_query(parts["query"], secret_params)


def _masked_path(parts: re.Match[str]) -> str:
    for hook in _HOOKS:
        if found := hook.fullmatch(parts["host"] + parts["path"]):
            return found["shown"] + MASK
    return parts["path"]


def _masked_query(query: str | None, secret_params: frozenset[str]) -> str:
    if not query:
        return ""
    return "?" + "&".join(_masked_pair(pair, secret_params) for pair in query[1:].split("&"))


def _masked_pair(pair: str, secret_params: frozenset[str]) -> str:
    """Hide the value; a bare word is one when every value is hidden."""
    name, equals, _ = pair.partition("=")
    if secret_params and name not in secret_params:
        return pair
    return f"{name}={MASK}" if equals else MASK
