"""Whose look-up is next: places for so many in all, for so many of each owner, the owners in turn. Pure."""

from collections import Counter


class Shares:
    """Places for look-ups, one for each host, and the hosts that wait for one."""

    def __init__(self, *, most: int, most_per_owner: int) -> None:
        self._most, self._most_per_owner = most, most_per_owner
        self._waiting: dict[int, dict[str, None]] = {}
        self._owner_of: dict[str, int] = {}
        self._held: Counter[int] = Counter()

    def wait(self, host: str, owner: int) -> None:
        """Let `host` wait for a place of `owner`, at the end of its queue; once is enough."""
        if host not in self._owner_of:
            self._waiting.setdefault(owner, {})[host] = None

    def next(self) -> str | None:
        """Return the host that gets a place now, or None: the owners take turns, and none has more than its share."""
        while len(self._owner_of) < self._most:
            owner = next((owner for owner in self._waiting if self._held[owner] < self._most_per_owner), None)
            if owner is None:
                return None
            hosts = self._waiting.pop(owner)
            host = next(iter(hosts))
            del hosts[host]
            if hosts:
                self._waiting[owner] = hosts  # at the end: the other owners come first
            if host in self._owner_of:
                continue  # another owner's look-up is under way
            self._owner_of[host] = owner
            self._held[owner] += 1
            return host
        return None

    def holders(self) -> list[str]:
        """Return the hosts that hold a place."""
        return list(self._owner_of)

    def release(self, host: str) -> None:
        """Free the place of `host`, if it holds one."""
        owner = self._owner_of.pop(host, None)
        if owner is not None:
            self._held[owner] -= 1
            if not self._held[owner]:
                del self._held[owner]

    def clear(self) -> None:
        """Free every place and forget who waits."""
        self._waiting.clear()
        self._owner_of.clear()
        self._held.clear()
