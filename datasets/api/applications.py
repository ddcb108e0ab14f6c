"""Visualisations over the API, as Data Fair's applications."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Role, at_least
from datasets.api.application_serializers import (
    ApplicationListSerializer,
    ApplicationSerializer,
    ApplicationWrite,
    ConfigurationSerializer,
    ErrorReport,
    configuration_of,
)
from datasets.api.base import RoomView, free
from datasets.api.datasets import LIST_PARAMETERS
from datasets.api.journal import entries
from datasets.api.pagination import narrowed, selected, window
from datasets.api.publications import WITH_PUBLICATIONS, carry_out
from datasets.api.serializers import JournalSerializer
from datasets.charts.spec import Chart
from datasets.models import Visualisation
from datasets.models.visualisation import VisualisationQuerySet
from datasets.services import drawings
from datasets.services.visualisations import Words, change_visualisation, create_visualisation, delete_visualisation

Json = dict[str, Any]  # Any: JSON, or validated values


class ApplicationView(RoomView):
    """Find visualisations for whoever calls."""

    room = "applications"

    def visible(self) -> VisualisationQuerySet:
        """Give the visualisations that the caller may see."""
        found = Visualisation.objects.visible_to(self.account).listed()
        return found.select_related("account", "dataset").prefetch_related(WITH_PUBLICATIONS)

    def found(self, slug: str) -> Visualisation:
        """Give one that the caller may see, drawn as of now, or raise 404."""
        visualisation = self.visible().filter(slug=slug).first()
        if visualisation is None:
            raise Http404(_("There is no such visualisation."))
        if visualisation.is_stale:
            drawings.draw(visualisation)
        return visualisation

    def owned(self, slug: str) -> Visualisation:
        """Give one of the caller's account, which they contribute to; or raise 404 or 403."""
        visualisation = self.found(slug)
        caller = self.caller
        if caller is None or visualisation.account_id != caller.account.pk:
            raise exceptions.PermissionDenied
        if not at_least(caller.role, Role.CONTRIBUTOR):
            raise exceptions.PermissionDenied
        return visualisation

    def shown(self, visualisation: Visualisation) -> Json:
        """Give the JSON that the caller may see."""
        return dict(ApplicationSerializer(visualisation, context={"account": self.account}).data)

    def asked(self, visualisation: Visualisation | None = None) -> Json:
        """Give what the body asks for; raise 400."""
        context = {"account": self.account, "dataset": visualisation.dataset if visualisation else None}
        write = ApplicationWrite(data=self.request.data, context=context)
        write.is_valid(raise_exception=True)
        return dict(write.validated_data)

    def create(self, *, slug: str = "") -> Response:
        """Make a visualisation of the caller's account; 201."""
        caller = self.caller
        if caller is None:
            raise exceptions.NotAuthenticated
        asked = self.asked()
        configuration = asked.get("configuration", {"dataset": None, "chart": Chart()})
        words = Words(asked.get("title", _("Visualisation")), asked.get("description", ""), asked.get("public", False))
        with transaction.atomic():
            made = create_visualisation(
                caller.account, words=words, by=caller.principal, slug=free(slug, Visualisation), **configuration
            )
            carry_out(asked.get("publications", []), resource=made, by=caller.principal)
        shape = self.shown(self.found(made.slug))
        return Response(shape, status=status.HTTP_201_CREATED, headers={"Location": shape["href"]})

    def change(self, visualisation: Visualisation, asked: Json) -> None:
        """Change what is asked for, all of it or nothing."""
        words = Words(
            asked.get("title", visualisation.title),
            asked.get("description", visualisation.description),
            asked.get("public", visualisation.is_public),
        )
        kept = {"dataset": visualisation.dataset, "chart": visualisation.chart}
        with transaction.atomic():
            change_visualisation(visualisation, words=words, by=self.principal, **asked.get("configuration", kept))
            carry_out(asked.get("publications", []), resource=visualisation, by=self.principal)


class ApplicationListView(ApplicationView):
    """The visualisations that the caller may see, and a place for new ones."""

    @extend_schema(
        operation_id="applications_list",
        parameters=LIST_PARAMETERS,
        responses=ApplicationListSerializer,
        tags=["applications"],
    )
    def get(self, request: Request) -> Response:
        """Give a page of the caller's visualisations and of the public ones; `dataset=<id>` those of a dataset."""
        query = request.query_params.dict()
        found = narrowed(self.visible(), query)
        if query.get("dataset"):
            found = found.filter(dataset__slug=query["dataset"].rstrip("/").rpartition("/")[2])
        size, skip = window(query)
        results = [self.shown(visualisation) for visualisation in found[skip : skip + size]]
        return Response({"count": found.count(), "results": selected(results, query.get("select", ""))})

    @extend_schema(
        operation_id="applications_create",
        request=ApplicationWrite,
        responses={201: ApplicationSerializer},
        tags=["applications"],
    )
    def post(self, request: Request) -> Response:
        """Create one, with its configuration or without; with one it is drawn at once."""
        return self.create()


class ApplicationDetailView(ApplicationView):
    """One visualisation."""

    @extend_schema(operation_id="applications_read", responses=ApplicationSerializer, tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Show it."""
        return Response(self.shown(self.found(slug)))

    @extend_schema(
        operation_id="applications_change",
        request=ApplicationWrite,
        responses=ApplicationSerializer,
        tags=["applications"],
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change its words, its configuration, who may see it, or where it is published."""
        visualisation = self.owned(slug)
        self.change(visualisation, self.asked(visualisation))
        return Response(self.shown(self.found(slug)))

    @extend_schema(
        operation_id="applications_put",
        request=ApplicationWrite,
        responses=ApplicationSerializer,
        tags=["applications"],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Do as PATCH does; or make one of this id when there is none."""
        if not Visualisation.objects.filter(slug=slug).exists():
            return self.create(slug=slug)
        return self.patch(request, slug)

    @extend_schema(operation_id="applications_delete", responses={204: None}, tags=["applications"])
    def delete(self, request: Request, slug: str) -> Response:
        """Take it off its catalogues and delete it."""
        delete_visualisation(self.owned(slug), by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConfigurationView(ApplicationView):
    """What a visualisation draws."""

    @extend_schema(operation_id="applications_configuration", responses=ConfigurationSerializer, tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Give the configuration, or an empty object."""
        return Response(configuration_of(self.found(slug), account=self.account))

    @extend_schema(
        operation_id="applications_configure",
        request=ConfigurationSerializer,
        responses=ConfigurationSerializer,
        tags=["applications"],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Replace the configuration and draw; what the data does not allow is 400."""
        visualisation = self.owned(slug)
        context = {"account": self.account, "dataset": visualisation.dataset}
        configuration = ConfigurationSerializer(data=request.data, context=context)
        configuration.is_valid(raise_exception=True)
        self.change(visualisation, {"configuration": configuration.validated_data})
        return Response(configuration_of(visualisation, account=self.account))


class ConfigView(ConfigurationView):
    """The same under its short name."""

    schema = None


class StatusView(ApplicationView):
    """How far a visualisation is."""

    @extend_schema(operation_id="applications_status", responses=str, tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Give its status, a bare string."""
        return Response(self.found(slug).status)


class ApplicationJournalView(ApplicationView):
    """What happened to a visualisation."""

    @extend_schema(operation_id="applications_journal", responses=JournalSerializer(many=True), tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Give its events, newest first, to contributors: a bare array, as Data Fair does."""
        return Response(entries(self.owned(slug), resource_type="visualisation"))


class ErrorView(ApplicationView):
    """Where a page that shows a visualisation says that it does not work."""

    @extend_schema(operation_id="applications_error", request=ErrorReport, responses={204: None}, tags=["applications"])
    def post(self, request: Request, slug: str) -> Response:
        """Put it in error, which is told once; from a draft (`draft=true` in Referer) it is only noted."""
        visualisation = self.owned(slug)
        report = ErrorReport(data=request.data)
        report.is_valid(raise_exception=True)
        message = report.validated_data["message"]
        if "draft=true" in request.headers.get("Referer", ""):
            drawings.note_draft_error(visualisation, message=message)
        else:
            drawings.report_error(visualisation, message=message, by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)
