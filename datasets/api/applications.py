"""Visualisations in the API, as Data Fair's applications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.openapi import ETAG
from accounts.permissions import Permission
from datasets.api.application_serializers import (
    ApplicationListSerializer,
    ApplicationSerializer,
    ApplicationWrite,
)
from datasets.api.base import ResourceView, create_or_change
from datasets.api.datasets import LIST_PARAMETERS
from datasets.api.filters import filter_resources, select_fields
from datasets.api.pagination import page_bounds
from datasets.api.publications import WITH_PUBLICATIONS, apply_changes
from datasets.charts.spec import Chart
from datasets.models import Visualisation
from datasets.models.visualisation import VisualisationQuerySet
from datasets.services import editing
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
        self.demand(self.permission, owner=visualisation.account)
        return visualisation

    def serialize(self, visualisation: Visualisation) -> Json:
        """Return the visualisation as the caller may see it."""
        return dict(ApplicationSerializer(visualisation, context={"account": self.account}).data)

    def answer(self, visualisation: Visualisation, *, created: bool = False) -> Response:
        """Return the visualisation with its ETag."""
        body, edition = self.serialize(visualisation), editing.edition(visualisation)
        if not created:
            return self.tagged(body, edition=edition)
        where = {"Location": body["href"]}
        return self.tagged(body, edition=edition, status=status.HTTP_201_CREATED, headers=where)

    def validated(self, visualisation: Visualisation | None = None) -> Json:
        """Return the validated body; raise 400."""
        context = {"account": self.account, "visualisation": visualisation}
        serializer = ApplicationWrite(data=self.request.data, context=context)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def create(self, *, slug: str = "") -> Response:
        """Create a visualisation of the caller's account; 201."""
        caller = self.member
        self.demand(Permission.CREATE_VISUALISATION, owner=caller.account)
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
        return self.answer(self.get_object(created.slug), created=True)

    def change(self, visualisation: Visualisation, data: Json, *, of: Sequence[str] = ()) -> None:
        """Apply the validated changes `data`: all of them or none, and nothing that is not in it.

        `of` are the fields that the preconditions of the request are about, by default all.
        """
        changes = VisualisationChanges(
            title=data.get("title"),
            description=data.get("description"),
            is_public=data.get("public"),
            **data.get("configuration", {}),
        )
        with editing.checked(visualisation, self.check, of):
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
        parameters=[ETAG],
        request=ApplicationWrite,
        responses={201: ApplicationSerializer},
        tags=["applications"],
    )
    def post(self, request: Request) -> Response:
        """Create one; with a configuration it is drawn at once."""
        return self.create()


class ApplicationDetailView(ApplicationView):
    """One visualisation."""

    conditional: ClassVar[frozenset[str]] = frozenset({"GET", "PATCH", "PUT", "DELETE"})

    @extend_schema(operation_id="applications_read", responses=ApplicationSerializer, tags=["applications"])
    def get(self, request: Request, slug: str) -> Response:
        """Return it."""
        return self.answer(self.get_object(slug))

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
        return self.answer(self.get_object(slug))

    @extend_schema(
        operation_id="applications_put",
        request=ApplicationWrite,
        responses={200: ApplicationSerializer, 201: ApplicationSerializer},
        tags=["applications"],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Do the same as PATCH, or create one with this id when there is none."""
        return create_or_change(
            self, slug, Visualisation, create=lambda: self.create(slug=slug), change=lambda: self.patch(request, slug)
        )

    @extend_schema(operation_id="applications_delete", responses={204: None}, tags=["applications"])
    def delete(self, request: Request, slug: str) -> Response:
        """Take it off its catalogues and delete it; only administrators may, as in Data Fair."""
        visualisation = self.get_owned(slug)
        with editing.checked(visualisation, self.check):
            delete_visualisation(visualisation, by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)
