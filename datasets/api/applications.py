"""Visualisations in the API, as Data Fair's applications."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from datasets.api.application_serializers import (
    ApplicationListSerializer,
    ApplicationSerializer,
    ApplicationWrite,
    ConfigurationChange,
    ConfigurationSerializer,
    ErrorReport,
    configuration_of,
)
from datasets.api.base import ResourceView, create_or_change
from datasets.api.datasets import LIST_PARAMETERS
from datasets.api.filters import filter_resources, select_fields
from datasets.api.journal import entries
from datasets.api.pagination import page_bounds
from datasets.api.publications import WITH_PUBLICATIONS, apply_changes
from datasets.api.serializers import JournalSerializer
from datasets.charts.spec import Chart
from datasets.models import Visualisation
from datasets.models.visualisation import VisualisationQuerySet
from datasets.services import drawings
from datasets.services.visualisations import (
    VisualisationChanges,
    VisualisationDetails,
    change_visualisation,
    create_visualisation,
    delete_visualisation,
)
from datasets.types import Json


class ApplicationView(ResourceView):
    """A view of visualisations."""

    permissions = {"GET": Permission.READ_VISUALISATIONS, "DELETE": Permission.DELETE_VISUALISATION} | dict.fromkeys(
        ("POST", "PUT", "PATCH"), Permission.EDIT_VISUALISATION
    )

    def get_queryset(self) -> VisualisationQuerySet:
        """Return the visualisations that the caller may see."""
        found = Visualisation.objects.visible_to(self.account).for_list()
        return found.select_related("account", "dataset").prefetch_related(WITH_PUBLICATIONS)

    def get_object(self, slug: str) -> Visualisation:
        """Return one that the caller may see, as it was last drawn, or raise 404."""
        visualisation = self.get_queryset().filter(slug=slug).first()
        if visualisation is None:
            raise Http404(_("There is no such visualisation."))
        return visualisation

    def get_owned(self, slug: str) -> Visualisation:
        """Return one of the caller's account, to which they may do what the request demands; else 404 or 403."""
        visualisation = self.get_object(slug)
        self.check(self.permission, owner=visualisation.account)
        return visualisation

    def serialize(self, visualisation: Visualisation) -> Json:
        """Return the visualisation as the caller may see it."""
        return dict(ApplicationSerializer(visualisation, context={"account": self.account}).data)

    def validated(self, visualisation: Visualisation | None = None) -> Json:
        """Return the validated body; raise 400."""
        context = {"account": self.account, "visualisation": visualisation}
        serializer = ApplicationWrite(data=self.request.data, context=context)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def create(self, *, slug: str = "") -> Response:
        """Create a visualisation of the caller's account; 201."""
        caller = self.member
        self.check(Permission.CREATE_VISUALISATION, owner=caller.account)
        data = self.validated()
        configuration = data.get("configuration", {})
        details = VisualisationDetails(
            data.get("title", _("Visualisation")), data.get("description", ""), data.get("public", False)
        )
        with transaction.atomic():
            created = create_visualisation(
                caller.account,
                details=details,
                by=caller.principal,
                slug=slug,
                dataset=configuration.pop("dataset", None),
                chart=Chart(**configuration),
            )
            apply_changes(data.get("publications", []), resource=created, by=caller.principal)
        body = self.serialize(self.get_object(created.slug))
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": body["href"]})

    def change(self, visualisation: Visualisation, data: Json) -> None:
        """Apply the validated changes `data`: all of them or none, and nothing that is not in it."""
        changes = VisualisationChanges(
            title=data.get("title"),
            description=data.get("description"),
            is_public=data.get("public"),
            **data.get("configuration", {}),
        )
        with transaction.atomic():
            change_visualisation(visualisation, changes=changes, by=self.principal)
            apply_changes(data.get("publications", []), resource=visualisation, by=self.principal)


class ApplicationListView(ApplicationView):
    """The list of visualisations, and the creation of new ones."""

    permissions = {"GET": Permission.READ_VISUALISATIONS, "POST": Permission.CREATE_VISUALISATION}

    @extend_schema(
        operation_id="applications_list",
        parameters=LIST_PARAMETERS,
        responses=ApplicationListSerializer,
        tags=["applications"],
    )
    def get(self, request: Request) -> Response:
        """Return a page of the caller's visualisations and of the public ones; `dataset=<id>`: those of a dataset."""
        parameters = request.query_params.dict()
        found = filter_resources(self.get_queryset(), parameters)
        if parameters.get("dataset"):
            found = found.filter(dataset__slug=parameters["dataset"].rstrip("/").rpartition("/")[2])
        size, skip = page_bounds(parameters)
        results = [self.serialize(visualisation) for visualisation in found[skip : skip + size]]
        return Response({"count": found.count(), "results": select_fields(results, parameters.get("select", ""))})

    @extend_schema(
        operation_id="applications_create",
        request=ApplicationWrite,
        responses={201: ApplicationSerializer},
        tags=["applications"],
    )
    def post(self, request: Request) -> Response:
        """Create one; with a configuration it is drawn at once."""
        return self.create()


class ApplicationDetailView(ApplicationView):
    """One visualisation."""

    @extend_schema(operation_id="applications_read", responses=ApplicationSerializer, tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Return it."""
        return Response(self.serialize(self.get_object(slug)))

    @extend_schema(
        operation_id="applications_change",
        request=ApplicationWrite,
        responses=ApplicationSerializer,
        tags=["applications"],
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change its title or description, its configuration, who may see it, or where it is published."""
        visualisation = self.get_owned(slug)
        self.change(visualisation, self.validated(visualisation))
        return Response(self.serialize(self.get_object(slug)))

    @extend_schema(
        operation_id="applications_put",
        request=ApplicationWrite,
        responses={200: ApplicationSerializer, 201: ApplicationSerializer},
        tags=["applications"],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Do the same as PATCH, or create one with this id when there is none."""
        return create_or_change(
            slug, Visualisation, create=lambda: self.create(slug=slug), change=lambda: self.patch(request, slug)
        )

    @extend_schema(operation_id="applications_delete", responses={204: None}, tags=["applications"])
    def delete(self, request: Request, slug: str) -> Response:
        """Take it off its catalogues and delete it; only administrators may, as in Data Fair."""
        delete_visualisation(self.get_owned(slug), by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConfigurationView(ApplicationView):
    """The configuration of a visualisation."""

    @extend_schema(operation_id="applications_configuration", responses=ConfigurationChange, tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Return the configuration, or an empty object."""
        return Response(configuration_of(self.get_object(slug), account=self.account))

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
        self.change(visualisation, {"configuration": configuration.validated_data})
        return Response(configuration_of(visualisation, account=self.account))


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

    permissions = {"GET": Permission.READ_VISUALISATION_JOURNAL}

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
