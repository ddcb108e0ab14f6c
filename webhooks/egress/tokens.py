"""Finds the tokens in a URL that somebody typed, and shows the URL without them: pure."""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote, unquote_plus

MASK = "•••"
"""Stands for a secret wherever one would be shown; where it comes back from a form, the stored secret is kept."""

_MASKS = re.compile(r"•••|(?:%E2%80%A2){3}", re.IGNORECASE)

_URL = re.compile(
    r"(?:(?P<scheme>(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)(?P<user>[^/?#]*@)?(?P<host>[^/?#]*)|(?=/))"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?.*",
    re.DOTALL,
)
_TOKEN_PATHS: tuple[tuple[str, str], ...] = (
    (r"hooks\.slack(-gov)?\.com", r"/[^/]+/"),
    (r"([a-z]+\.)?discord(app)?\.com", r"/api/(v\d+/)?webhooks/"),
    (r"[^/]+\.webhook\.office\.com", r"/[^/]+/"),
    (r"outlook\.office(365)?\.com", r"/webhook/"),
    (r"webexapis\.com|api\.ciscospark\.com", r"/v1/webhooks/incoming/"),
    (r"api\.telegram\.org", r"/bot"),
    (r"maker\.ifttt\.com", r"/(trigger/[^/]+/(json/)?with/key|use)/"),
    (r"hook\.([a-z0-9]+\.)?(make|integromat|make\.celonis)\.com", r"/"),
    (r"hooks\.airtable\.com", r"/workflows/v1/genericWebhook/"),
    (r"([^/]+\.)?n8n\.[^/]+", r"/webhook(-test|-waiting)?/"),
    (r"([^/]+\.)?guilded\.gg", r"/webhooks/"),
    (r"\d+\.basecamp\.com", r"/\d+/integrations/"),
    (r"events\.([a-z]+\.)?pagerduty\.com", r"/(integration|x-ere)/"),
    (r"alert\.victorops\.com", r"/integrations/generic/\d+/alert/"),
    (r"[^/]+\.datadoghq\.(com|eu)", r"/(api/)?v\d+/(input|logs|webhooks)/"),
    (r"[^/]+\.loggly\.com", r"/(inputs|bulk)/"),
    (r"[^/]*\.squadcast\.com", r"/v\d+/incidents/[^/]+/"),
    (r"[^/]+\.better(uptime|stack)\.com", r"/api/v\d+/incoming-webhook/"),
    (r"(www\.)?ntfy\.[^/]+", r"/"),
    (r"webhook\.site|smee\.io|hc-ping\.com|hkdk\.events|[^/]+\.hookdeck\.com", r"/"),
    (r"play\.svix\.com|api(\.[a-z]+)?\.svix\.com", r"/(in|ingest/api/v1/source)/"),
    (r"[^/]*", r"/(.*/)?hooks/"),  # Mattermost, Rocket.Chat, Zapier, Flock
    (r"[^/]*", r"/(.*/)?api/(webhook|push)/"),  # Home Assistant, Uptime Kuma
)
"""Host and leading path of the hooks whose address is the password; what follows is hidden."""
_HOOKS = [
    re.compile(rf"(?:{host})(:\d+)?(?P<shown>{path})(?P<token>.+)", re.IGNORECASE | re.DOTALL)
    for host, path in _TOKEN_PATHS
]

_TOKEN_HOST = re.compile(
    r"[^.]+(?=\.(?:(?:m|x)\.pipedream\.net|webhook\.site|requestcatcher\.com|trayapp\.io|requestbin\.[a-z.]+"
    r"|(?:free\.)?beeceptor\.com|oast\.[a-z]+|interact\.sh|lambda-url\.[a-z0-9-]+\.on\.aws|hook\.events)(?::\d+)?$)",
    re.IGNORECASE,
)
"""The label of a host that is the password."""

_UUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE)
_MIN_RANDOM_CHARS = 16
_MIN_CHANGES = 3
_CHANGE = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
_ADDRESS = re.compile(r"\[.*|[0-9.]+(:\d+)?")

_TELLING_NAME = re.compile(r"key|token|secret|sig|pass|pwd|auth|cred|code|cookie|session|hmac|bearer", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{0,11}")


@lru_cache(maxsize=4096)
def mask_url(url: str, *, is_query_public: bool = False) -> str:
    """Return `url` without its user, its tokens and, unless it is public, any value of its query.

    It is for URLs that somebody typed: which of their parameters are secret is not known. Tokens are what follows the
    path of a known hook, the label of a known host, and whatever looks random.
    """
    return _masked(url, is_query_public=is_query_public)


def mask_location(location: str) -> str:
    """Return where a receiver redirects to as `mask_url` does, without remembering what a stranger wrote."""
    return _masked(location[:2048], is_query_public=False)


def restored(typed: str, *, stored: str) -> str | None:
    """Return `stored` when `typed` is what `mask_url` shows of it, `typed` when it has no mask, else None."""
    if _MASKS.search(typed) is None:
        return typed
    return stored if stored and _MASKS.sub(MASK, typed.strip()) == mask_url(stored) else None


def url_secrets(url: str, *, is_query_public: bool = False) -> Iterator[str]:
    """Yield what `mask_url` hides of `url` and may be a secret, as it is written there and decoded."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return
    host = parts["host"] or ""
    yield from (label for label in host.split(".") if _is_token_host(label, host))
    hook = _hook(parts)
    segments = (hook["token"] if hook else parts["path"]).split("/")
    for segment in segments:
        if hook or looks_random(segment):
            yield from {segment, unquote(segment)}
    for name, equals, value in (pair.partition("=") for pair in (parts["query"] or "")[1:].split("&")):
        secret = value if equals else name
        if not is_query_public and may_be_secret(name if equals else "", secret):
            yield from {secret, unquote(secret), unquote_plus(secret)}


def may_be_secret(name: str, value: str) -> bool:
    """Return whether `value` is worth hiding where it is echoed: not a mere word, unless `name` speaks of a secret."""
    return _WORD.fullmatch(value) is None or (bool(value) and _TELLING_NAME.search(name) is not None)


def looks_random(text: str) -> bool:
    """Return whether `text` is a token rather than words: a UUID, or long with letters and digits in turn."""
    text = unquote(text)
    if len(text) < _MIN_RANDOM_CHARS:
        return False
    return _UUID.search(text) is not None or len(_CHANGE.findall(text)) >= _MIN_CHANGES


def _masked(url: str, *, is_query_public: bool) -> str:
    parts = _URL.fullmatch(url)
    if parts is None:
        return MASK
    user = f"{MASK}@" if parts["user"] else ""
    query = parts["query"] or ""
    return (
        (parts["scheme"] or "")
        + user
        + _masked_host(parts["host"] or "")
        + _masked_path(parts)
        + (query if is_query_public else _masked_query(query))
    )


def _masked_host(host: str) -> str:
    if "." not in host or _ADDRESS.fullmatch(host):
        return host
    return ".".join(MASK if _is_token_host(label, host) else label for label in host.split("."))


def _is_token_host(label: str, host: str) -> bool:
    """Return whether `label` is a token in `host`; the name that somebody registered is none."""
    found = _TOKEN_HOST.match(host)
    if found and label == found[0]:
        return True
    return looks_random(label) and not label.lower().startswith("xn--") and label not in host.split(".")[-2:]


def _hook(parts: re.Match[str]) -> re.Match[str] | None:
    place = (parts["host"] or "") + parts["path"]
    return next(filter(None, (hook.fullmatch(place) for hook in _HOOKS)), None)


def _masked_path(parts: re.Match[str]) -> str:
    if hook := _hook(parts):
        return hook["shown"] + MASK
    path: str = parts["path"]
    return "/".join(MASK if looks_random(segment) else segment for segment in path.split("/"))


def _masked_query(query: str) -> str:
    return "?" + "&".join(_masked_pair(pair) for pair in query[1:].split("&")) if query else ""


def _masked_pair(pair: str) -> str:
    """Mask the value, or the whole of a bare word, which may be one."""
    name, equals, _ = pair.partition("=")
    return f"{name}={MASK}" if equals else MASK
