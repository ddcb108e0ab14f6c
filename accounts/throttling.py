"""The throttles of the REST API, which count visitors by the address that the trusted proxies tell."""

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, BaseThrottle, UserRateThrottle

from accounts.client_address import client_network


class ClientNetworkMixin(BaseThrottle):
    """DRF alone would take the whole X-Forwarded-For, which a client changes at will, or whatever stands in it."""

    def get_ident(self, request: Request) -> str:
        return client_network(request)


class AnonymousThrottle(ClientNetworkMixin, AnonRateThrottle):
    """The limit of a visitor."""


class UserThrottle(ClientNetworkMixin, UserRateThrottle):
    """The limit of a person or a key."""
