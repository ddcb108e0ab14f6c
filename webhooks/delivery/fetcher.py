"""Fill the lanes: fan new events out, see which webhooks have something due, claim what they can take."""

from __future__ import annotations

from datetime import datetime, timedelta

from webhooks.delivery import claim
from webhooks.delivery.claim import Claimed, Due
from webhooks.delivery.fanout import fan_out
from webhooks.delivery.heartbeat import Crew, share
from webhooks.delivery.loading import Cargo
from webhooks.delivery.queue import MAX_IN_FLIGHT, Lane, Parcel

MAX_HELD = 2000
"""Deliveries that one courier holds at the most, in flight or waiting for their turn."""

PROBE_MARGIN = timedelta(seconds=5)


class Intake:
    """The claiming half of a courier: the lanes, and all it reads from the database to fill them."""

    def __init__(self, crew: Crew, *, timeout_s: float) -> None:
        self.crew = crew
        self.lanes: dict[int, Lane] = {}
        self._cargo = Cargo()
        self._after = 0
        self._deadline = timedelta(seconds=timeout_s)

    def refill(self, *, now: datetime, held: int) -> tuple[list[Lane], bool]:
        """Claim what is due at `now`; give the lanes that got something, and whether there may be more at once.

        `held` is the number of deliveries that this courier holds already.
        """
        self.crew.beat(now)
        events = fan_out(now)
        dues = claim.look(self._after)
        more = events > 0 or len(dues) >= claim.WEBHOOKS_PER_ROUND
        self._after = dues[-1].webhook_id if len(dues) >= claim.WEBHOOKS_PER_ROUND else 0
        wants = self._wants(dues, now=now, budget=MAX_HELD - held)
        until = now + self._deadline + claim.LEASE_MARGIN
        claimed = claim.claim(wants, token=self.crew.token, now=now, until=until)
        filled = self._load(claimed, now=now, until=until)
        for webhook_id, want in wants.items():
            lane = self.lanes[webhook_id]
            lane.more = len(lane.waiting) >= want
        self._forget_idle_lanes()
        return filled, more

    def _wants(self, dues: list[Due], *, now: datetime, budget: int) -> dict[int, int]:
        """Give how many deliveries to claim for each webhook."""
        wants: dict[int, int] = {}
        for due in dues:
            lane = self.lanes.get(due.webhook_id)
            if lane is not None and lane.waiting and lane.revision != due.revision:
                claim.give_back(lane.give_up(), token=self.crew.token)  # it waits anew, with the new settings or not
            if not due.alive or not due.enabled:
                claim.withdraw(due, now=now)  # all but tests, which a disabled webhook still gets
                if not due.alive:
                    continue
            idle = lane is None or not (lane.in_flight or lane.waiting)
            most = max(budget, 1) if idle else budget  # what others hold leaves nobody with nothing
            if due.due_at > now or most <= 0:
                continue
            want = min(self._room(due, now=now), most)
            if want > 0:
                wants[due.webhook_id] = want
                budget -= want
        return wants

    def _room(self, due: Due, *, now: datetime) -> int:
        """Give how many deliveries a webhook can take: none while it rests, one when its rest is over."""
        lane = self.lanes.setdefault(due.webhook_id, Lane(due.webhook_id))
        limit = share(MAX_IN_FLIGHT, couriers=self.crew.size, rank=self.crew.rank, key=due.webhook_id)
        lane.follow(due, limit=limit)
        if due.resting_until is not None and due.resting_until > now:
            return 0
        if not due.probing:
            return lane.room()
        if lane.in_flight or lane.waiting or not limit:
            return 0
        until = now + self._deadline + PROBE_MARGIN
        return 1 if claim.begin_probe(due.webhook_id, now=now, until=until) else 0

    def _load(self, claimed: list[Claimed], *, now: datetime, until: datetime) -> list[Lane]:
        """Put what was claimed into its lanes, ready to be prepared."""
        if not claimed:
            return []
        webhook_ids = {c.webhook_id for c in claimed}
        found = self._cargo.subscribers({pk: self.lanes[pk].revision for pk in webhook_ids})
        messages = self._cargo.messages(c.event_id for c in claimed)
        for each in claimed:
            lane = self.lanes[each.webhook_id]
            message = messages.get(each.event_id)
            subscriber = found.get(each.webhook_id)
            if subscriber is not lane.subscriber:
                lane.adopt(subscriber, message, now=now)
            lane.waiting.append(Parcel(each, message, until))
        return [self.lanes[webhook_id] for webhook_id in webhook_ids]

    def empty(self) -> list[int]:
        """Empty the lanes; give the ids of the deliveries that waited there."""
        return [delivery_id for lane in self.lanes.values() for delivery_id in lane.give_up()]

    def _forget_idle_lanes(self) -> None:
        """Keep no more lanes than there are deliveries to hold: what is learnt of quiet webhooks is learnt again."""
        if len(self.lanes) > 2 * MAX_HELD:
            for pk in [pk for pk, lane in self.lanes.items() if not lane.in_flight and not lane.waiting]:
                del self.lanes[pk]
