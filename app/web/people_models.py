"""What people, invitations, keys and the company's settings look like on the wire."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from app.domain.tenancy.tenant import Scope, TenantType
from app.domain.tenancy.users import EMAIL_MAX, NAME_MAX, Role

USER_EXAMPLE: Final = {"role": "operator", "active": True}


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class _Given(_Camel):
    """A field that is not known is refused, so that no slip lets somebody do more than was meant."""

    model_config = ConfigDict(extra="forbid")


class UserView(_Camel):
    """A person of the company."""

    user_id: UUID
    email: str
    name: str
    role: Role
    active: Annotated[bool, Field(description="false: shut out, signed out everywhere")]
    platform: Annotated[bool, Field(description="Also runs the platform itself")]
    created_at: datetime
    last_sign_in_at: datetime | None


class UserList(_Camel):
    """By e-mail, the shut out too."""

    data: list[UserView]
    next_cursor: str | None


class UserChanges(_Given):
    """What is left out stays."""

    role: Role | SkipJsonSchema[None] = None
    active: bool | SkipJsonSchema[None] = None
    name: Annotated[str | SkipJsonSchema[None], Field(max_length=NAME_MAX)] = None


class InvitationBody(_Given):
    """Whom to invite."""

    email: Annotated[str, Field(max_length=EMAIL_MAX)]
    role: Role


class InvitationView(_Camel):
    """A link that still opens. With `userId` it is for a new password of that user."""

    invitation_id: UUID
    email: str
    role: Role
    user_id: UUID | None
    invited_by: str
    created_at: datetime
    expires_at: datetime


class InvitationMadeView(InvitationView):
    """The link is told in this answer only."""

    url: Annotated[str, Field(description="For the invited person; whoever has it may choose the password")]


class InvitationList(_Camel):
    """Newest first; 200 at most."""

    data: list[InvitationView]


class KeyBody(_Given):
    """What the key is called, and what it may call."""

    name: Annotated[str, Field(max_length=NAME_MAX)] = ""
    scopes: Annotated[list[Scope], Field(min_length=1)]


class KeyView(_Camel):
    """An API key without its secret."""

    key_id: UUID
    prefix: Annotated[str, Field(description="The first letters of the key, by which it is recognized")]
    name: str
    scopes: list[Scope]
    created_at: datetime
    created_by: Annotated[str, Field(description="Empty: the platform's operator")]
    last_used_at: Annotated[datetime | None, Field(description="To the minute; null: never")]
    revoked_at: datetime | None


class KeyList(_Camel):
    """The live ones, then the revoked ones; each newest first."""

    data: list[KeyView]
    next_cursor: str | None


class KeyMadeView(_Camel):
    """The key itself, told in this answer only."""

    key_id: UUID
    api_key: str


class SettingView(_Camel):
    """One setting as text."""

    key: str
    title: str
    explanation: str
    value: Annotated[str, Field(description="Empty: the default holds")]
    default: Annotated[str, Field(description="What holds while the value is empty")]


class SettingList(_Camel):
    """All settings of the company."""

    data: list[SettingView]


class SettingsBody(_Given):
    """By key; an empty text brings the default back, what is left out stays."""

    settings: Annotated[dict[str, str], Field(min_length=1)]


class SessionTenant(_Camel):
    """The company that somebody works for."""

    tenant_id: UUID
    name: str
    type: TenantType


class SessionView(_Camel):
    """Who is signed in."""

    user_id: UUID
    email: str
    name: str
    role: Role
    platform: bool
    tenant: SessionTenant
    csrf_token: Annotated[str, Field(description="For the header X-CSRFToken of every change")]
