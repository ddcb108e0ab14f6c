"""The local catalogue: a public page of this site."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from datasets.catalogs.connector import Connector, register
from datasets.models import Publication


@register
class Local(Connector):
    """A public page that reads the publications from the database: there is nothing to copy, update or remove."""

    kind = "local"
    label = _("Public page")
    description = _("A page of this site that everybody can read, without signing in.")
    icon = "library"
    remote = False

    def publish(self, publication: Publication) -> str:
        """Return the URL of the catalogue's page."""
        return f"{settings.PUBLIC_URL}{publication.catalog.get_absolute_url()}"

    def remove(self, publication: Publication) -> None:
        """Do nothing: the page shows only what is published."""
