"""What a visualisation has beside itself in the API: its configuration, its status, its journal, reports of errors."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from datasets.api.application_serializers import (
    ConfigurationChange,
    ConfigurationSerializer,
    ErrorReport,
    configuration_of,
)
from datasets.api.applications import ApplicationView
from datasets.api.journal import entries
from datasets.api.serializers import JournalSerializer
from datasets.models import Visualisation
from datasets.services import drawings, editing
from datasets.services.visualisations import CHART_FIELDS

CONFIGURED_FIELDS = ("dataset_id", *CHART_FIELDS)


class ConfigurationView(ApplicationView):
    """The configuration of a visualisation, a resource with a tag of its own."""

    conditional: ClassVar[frozenset[str]] = frozenset({"GET", "PUT"})

    def configuration(self, visualisation: Visualisation) -> Response:
        """Return the configuration with its ETag."""
        body = configuration_of(visualisation, account=self.account)
        return self.tagged(body, edition=editing.edition(visualisation, CONFIGURED_FIELDS))

    @extend_schema(operation_id="applications_configuration", responses=ConfigurationChange, tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Return the configuration, or an empty object."""
        return self.configuration(self.get_object(slug))

    @extend_schema(
        operation_id="applications_configure",
        request=ConfigurationSerializer,
        responses=ConfigurationSerializer,
        tags=["applications"],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Replace the configuration and draw it; 400 when it cannot be drawn."""
        visualisation = self.get_owned(slug)
        context = {"account": self.account, "visualisation": visualisation}
        configuration = ConfigurationSerializer(data=request.data, context=context)
        configuration.is_valid(raise_exception=True)
        self.change(visualisation, {"configuration": configuration.validated_data}, of=CONFIGURED_FIELDS)
        return self.configuration(visualisation)


class ConfigView(ConfigurationView):
    """The same as `ConfigurationView`, under its short name."""

    schema = None


class StatusView(ApplicationView):
    """The status of a visualisation."""

    @extend_schema(operation_id="applications_status", responses=str, tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Return its status, a bare string."""
        return Response(self.get_object(slug).status)


class ApplicationJournalView(ApplicationView):
    """The journal of a visualisation."""

    permissions: ClassVar = {"GET": Permission.READ_VISUALISATION_JOURNAL}

    @extend_schema(operation_id="applications_journal", responses=JournalSerializer(many=True), tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Return its events, newest first, to contributors: a bare array, as in Data Fair."""
        return Response(entries(self.get_owned(slug), resource_type="visualisation"))


class ErrorView(ApplicationView):
    """Errors reported by pages that show a visualisation."""

    @extend_schema(operation_id="applications_error", request=ErrorReport, responses={204: None}, tags=["applications"])
    def post(self, request: Request, slug: str) -> Response:
        """Record an error; of a draft (`draft=true` in Referer) without an event."""
        visualisation = self.get_owned(slug)
        report = ErrorReport(data=request.data)
        report.is_valid(raise_exception=True)
        message = report.validated_data["message"]
        if "draft=true" in request.headers.get("Referer", ""):
            drawings.record_draft_error(visualisation, message=message)
        else:
            drawings.report_error(visualisation, message=message, by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)
