"""A catalogue of our own: a public page of this site, which shows what its publications say."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from datasets.catalogs.connector import Connector, register
from datasets.models import Publication


@register
class Local(Connector):
    """Nothing is copied: the page reads the rows, so that there is nothing to renew or to take away."""

    kind = "local"
    label = _("Public page")
    description = _("A page of this site that everybody can read, without signing in.")
    icon = "library"
    remote = False

    def publish(self, publication: Publication) -> str:
        """Give the address of the catalogue's page."""
        return f"{settings.PUBLIC_URL}{publication.catalog.get_absolute_url()}"

    def remove(self, publication: Publication) -> None:
        """Do nothing: the page shows what is published."""
