"""How several couriers share out a limit that holds for all of them together."""


def share(limit: int, *, couriers: int, rank: int, key: int) -> int:
    """Give the part of `limit` (≥ 0) of the courier with `rank` among `couriers` (≥ 1), for the thing named `key`.

    The parts add up to `limit`. Which couriers have one more than the others, or any at all when there are more
    couriers than `limit`, turns with `key`, so that none is left out everywhere.
    """
    whole, rest = divmod(limit, couriers)
    return whole + (1 if (rank + key) % couriers < rest else 0)
