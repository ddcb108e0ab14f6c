"""The reasons of refusals and failures: English source strings, translated where they are shown.

None contains an address, a banner or a name that was found: they are safe to store and to show to an account.
"""


def _(message: str) -> str:
    """Mark a string for makemessages; Django's `gettext_noop` would need its settings."""
    return message


TOO_LONG = _("The URL is longer than 2,048 characters.")
CHARACTERS = _("The URL contains a blank or an invisible character.")
INCOMPLETE = _("This is not a complete URL such as https://example.com/path.")
SCHEME = _("Only https:// and http:// URLs can be called.")
USERINFO = _("A user name or password cannot be part of the URL.")
AUTHORITY = _("The host or the port of the URL is not valid.")
HOST = _("The host name of the URL is not valid.")

HTTPS_ONLY = _("Only https:// URLs can be called: see the setting EGRESS_HTTPS_ONLY.")
PRIVATE = _("This address is not on the public internet. An operator can open it with the setting EGRESS_ALLOW.")
METADATA = _("This address is closed, even to the setting EGRESS_ALLOW.")
PORT = _("This port may not be called. An operator can open it, host and port, with the setting EGRESS_ALLOW.")

HEADERS = _("A header contains characters that cannot be sent.")
DNS = _("The host name could not be resolved.")
CONNECT = _("The connection could not be established.")
RESET = _("The connection was closed before the answer was complete.")
TLS = _("The secure connection failed: the certificate or the protocol was not accepted.")
TIMEOUT = _("No complete answer came in time.")
CONNECT_TIMEOUT = _("The connection was not established in time.")
PROTOCOL = _("The answer was not a valid HTTP response.")
TRUNCATED = _("The answer was too long or ended too early.")
