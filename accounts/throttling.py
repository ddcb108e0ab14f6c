"""The throttles of the REST API, which count visitors by the address that the trusted proxies tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

from accounts.broker import unless_away
from accounts.client_address import client_network

if TYPE_CHECKING:
    from rest_framework.views import APIView


class ClientNetworkMixin(SimpleRateThrottle):
    """DRF alone would take the whole X-Forwarded-For, which a client changes at will, or whatever stands in it."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the call; let it pass when the cache is away: the rates spare the server, they guard no secret."""
        return unless_away(lambda: super(ClientNetworkMixin, self).allow_request(request, view), default=True)

    def get_ident(self, request: Request) -> str:
        return client_network(request)


class AnonymousThrottle(ClientNetworkMixin, AnonRateThrottle):
    """The limit of a visitor."""


class UserThrottle(ClientNetworkMixin, UserRateThrottle):
    """The limit of a person or a key."""
