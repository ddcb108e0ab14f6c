"""How gunicorn serves Porte-voix: `gunicorn config.wsgi` reads this file; WEB_CONCURRENCY says how many processes."""

worker_class = "gthread"
threads = 16
"""As many requests at once in one process: an upload, a download or a search holds one thread, not the site."""

secure_scheme_headers: dict[str, str] = {}
"""None: TRUSTED_PROXIES alone decides whether `X-Forwarded-Proto` is believed, also of a client on this machine."""
