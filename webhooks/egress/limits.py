"""How many sockets the process may have open at once."""

import contextlib
import resource

WANTED_FILES = 8192
"""In flight, kept connections, and whatever else the process has open, with room to spare."""


def raise_open_files_limit(wanted: int = WANTED_FILES) -> int:
    """Let this process open `wanted` files, as far as the hard limit goes; return how many it may open now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < target:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
