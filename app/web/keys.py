"""`/api/app/keys*` and `/api/app/settings`: a company's API keys and settings, for its owners."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import Response

from app.domain.tenancy.keys import LIVE
from app.domain.tenancy.ports import KeyPlace, ShownKey
from app.domain.tenancy.settings_shown import ShownSetting, require_own, shown_settings
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web import people_models as models
from app.web.api import Api, Body, Reply, no_content
from app.web.bodies import read_model
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_key
from app.web.people import runs_the_platform

api = Api("Company", "API keys and settings of a company. For people only: no key may call this.")

_KEYS: Final = "/api/app/keys"
_SETTINGS: Final = "/api/app/settings"


@api.route(
    "GET",
    _KEYS,
    summary="The company's API keys",
    scope=Scope.INTEGRATIONS,
    query=Page,
    responses={200: Reply(models.KeyList)},
    role=Role.OWNER,
    keys=False,
)
def list_keys(query: Page) -> dict[str, Any]:
    """Without their secrets, which nobody can show again."""
    page, more = keys_page(query)
    return {"data": [_key(one) for one in page], "nextCursor": more}


@api.route(
    "POST",
    _KEYS,
    summary="Make an API key",
    scope=Scope.INTEGRATIONS,
    body=Body(models.KeyBody, example={"name": "The ERP", "scopes": ["integrations"]}),
    responses={201: Reply(models.KeyMadeView)},
    role=Role.OWNER,
    keys=False,
)
def make_key() -> tuple[dict[str, Any], int]:
    """Told in this answer only."""
    given = read_model(models.KeyBody)
    made = container().tenancy.create_key(
        principal().tenant.id, given.scopes, name=given.name, created_by=principal().name
    )
    return {"keyId": made.key_id, "apiKey": made.text}, 201


@api.route(
    "DELETE",
    f"{_KEYS}/<uuid:key_id>",
    summary="Revoke an API key",
    scope=Scope.INTEGRATIONS,
    responses={204: None},
    errors={404: ["not_found"]},
    role=Role.OWNER,
    keys=False,
)
def revoke_key(key_id: UUID) -> Response:
    """For ever, live everywhere within a second; again changes nothing."""
    container().tenancy.revoke_key(key_id, principal().tenant.id)
    return no_content()


@api.route(
    "GET",
    _SETTINGS,
    summary="The company's settings",
    scope=Scope.INTEGRATIONS,
    responses={200: Reply(models.SettingList)},
    role=Role.OWNER,
    keys=False,
)
def get_settings() -> dict[str, Any]:
    """Each with what it is for and its default."""
    return _settings()


@api.route(
    "PUT",
    _SETTINGS,
    summary="Change settings",
    scope=Scope.INTEGRATIONS,
    body=Body(models.SettingsBody, example={"settings": {"lowStockThreshold": "5", "safetyStock": ""}}),
    responses={200: Reply(models.SettingList)},
    role=Role.OWNER,
    keys=False,
)
def put_settings() -> dict[str, Any]:
    """All of those that are named, or none; an empty text brings the default back. Answers with all."""
    change_settings(read_model(models.SettingsBody).settings)
    return _settings()


def keys_page(query: Page) -> tuple[Sequence[ShownKey], str | None]:
    """A page of the company's keys, and the cursor of the next."""
    after = KeyPlace(*decode_key(query.cursor)) if query.cursor else None
    found = container().tenancy.keys(principal().tenant.id, query.limit + 1, after)
    return cut(found, query.limit, lambda one: one.place)


def change_settings(given: Mapping[str, str]) -> None:
    """Set what is given, for the company of who asks."""
    require_own(given, platform=runs_the_platform())
    assignments = [f"{key}={value}" for key, value in given.items()]
    container().tenancy.set_settings(principal().tenant.id, assignments)


def settings_now() -> list[ShownSetting]:
    """As they stand, with the platform's own defaults."""
    here = container()
    defaults = {
        "feedWaitS": f"{here.settings.feed_wait_s:g}",
        "rateLimitPerS": f"{here.settings.rate_limit_per_s:g}",
        "rateLimitBurst": str(here.settings.rate_limit_burst),
    }
    return shown_settings(here.tenancy.tenant(principal().tenant.id), defaults)


def _settings() -> dict[str, Any]:
    return {"data": [one._asdict() for one in settings_now()]}


def _key(one: ShownKey) -> dict[str, Any]:
    return {
        "keyId": one.id,
        "prefix": f"{LIVE}{one.prefix}",
        "name": one.name,
        "scopes": one.scopes,
        "createdAt": one.created_at,
        "createdBy": one.created_by,
        "lastUsedAt": one.last_used_at,
        "revokedAt": one.revoked_at,
    }
