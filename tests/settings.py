"""The settings of the tests: the project's own, on what `DATABASE_URL` names or a file of SQLite; no `.env` counts."""

import os
import re
import tempfile
from pathlib import Path

_folder = tempfile.TemporaryDirectory(prefix="porte-voix-tests-")
_var = Path(_folder.name)
_worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or -1) + 1


def _own_redis(url: str) -> str:
    """Return the URL with a database of this xdist worker: each has a pair, 0 and 1, 2 and 3, …"""
    return re.sub(r"/(\d+)$", lambda match: f"/{int(match[1]) + 2 * _worker}", url)


os.environ.update(
    SECRET_KEY="tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    SECRET_KEY_FALLBACKS="",
    FIELD_KEYS="",
    DEBUG="0",
    PUBLIC_URL="http://testserver",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    TRUSTED_PROXIES="0",
    MEDIA_ROOT=str(_var / "media"),
    STATIC_ROOT=str(_var / "static"),
    LANGUAGE_CODE="fr",
    EMAIL_URL="memorymail://",
    DATABASE_URL=os.environ.get("DATABASE_URL", f"sqlite:///{_var / 'unused.sqlite3'}"),
    CELERY_BROKER_URL=_own_redis(os.environ.get("CELERY_BROKER_URL", "memory://")),
    CACHE_URL=_own_redis(os.environ.get("CACHE_URL", "locmemcache://tests?max_entries=100000")),
    EGRESS_ALLOW="",
    EGRESS_HTTPS_ONLY="0",
    EGRESS_CA_FILE="",
    EGRESS_DNS_SERVERS="",
    WEBHOOK_TIMEOUT_S="15",
    WEBHOOK_RETRY_SCHEDULE_S="",
    GOOGLE_ANALYTICS_URL="https://www.google-analytics.com",
    EVENT_RETENTION_DAYS="400",
)

from config.settings import *  # noqa: E402, F403 -- the environment must be set first
from config.settings import DATABASES, STORAGES  # noqa: E402 -- as above

for _path in ("media", "static"):
    (_var / _path).mkdir()

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in use: in memory SQLite locks whole tables as soon as two threads meet.
    DATABASES["default"]["TEST"] = {"NAME": str(_var / "test.sqlite3")}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
# Argon2 is slow by design; no test is about its strength.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
