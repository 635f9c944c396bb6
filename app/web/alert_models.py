"""What alerts and their channels look like on the wire."""

from datetime import datetime, time
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from app.domain.alerts.alert import AlertKind
from app.domain.alerts.channel import ChannelKind
from app.domain.alerts.delivery import DeliveryState
from app.web.paging import Page

TARGET_MAX: Final = 2_000
_WALL: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Wall = Annotated[str, Field(pattern=_WALL, description="HH:MM on the clock of the channel's time zone")]
Kinds = Annotated[list[AlertKind], Field(max_length=50)]


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class AlertView(_Camel):
    """A change of state that somebody should see."""

    alert_id: str
    kind: AlertKind
    subject: Annotated[str, Field(description="What is in another state now; one string for each such thing")]
    message: str
    details: Annotated[dict[str, Any], Field(description="By kind: `docs/alerts.md`")]
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class AlertList(_Camel):
    """A page of them, newest first."""

    data: list[AlertView]
    next_cursor: str | None


class AlertsQuery(Page):
    """Which; all without."""

    kind: AlertKind | None = None
    acknowledged: bool | None = None
    supplier_id: Annotated[UUID | None, Field(alias="supplierId")] = None


class AcknowledgeQuery(BaseModel):
    """Which; all without."""

    kind: AlertKind | None = None
    until: Annotated[
        datetime | None,
        Field(description="`createdAt` of the newest that was seen: what came since stays open. RFC 3339"),
    ] = None


class AcknowledgedView(_Camel):
    """How many were open."""

    acknowledged: int


class QuietHours(_Camel):
    """Nothing but what is urgent is delivered from then until then, over midnight or not."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    begin: Annotated[str, Field(alias="from", pattern=_WALL)]
    until: Annotated[str, Field(pattern=_WALL)]


class ChannelView(_Camel):
    """Where alerts go; a webhook's secret is not shown."""

    channel_id: str
    kind: ChannelKind
    target: str
    alerts: list[AlertKind]
    urgent_alerts: list[AlertKind]
    quiet_hours: QuietHours | None
    timezone: str
    daily_report_at: str | None
    next_report_at: datetime | None
    active: bool
    stopped_because: Annotated[
        str | None, Field(description="Why it was deactivated; null unless its receiver said so")
    ]
    created_at: datetime


class ChannelMadeView(ChannelView):
    """A channel with the secret that signs, shown this once."""

    secret: Annotated[str | None, Field(description="Of a webhook; null for mail")]


class ChannelList(_Camel):
    """A page of them, oldest first."""

    data: list[ChannelView]
    next_cursor: str | None


class ChannelChanges(_Camel):
    """What is left out stays."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    target: Annotated[str, Field(min_length=1, max_length=TARGET_MAX)] | SkipJsonSchema[None] = None
    alerts: Kinds | SkipJsonSchema[None] = None
    urgent_alerts: (
        Annotated[list[AlertKind], Field(max_length=50, description="Delivered in quiet hours too")]
        | SkipJsonSchema[None]
    ) = None
    quiet_hours: Annotated[QuietHours | None, Field(description="null for none")] = None
    timezone: (
        Annotated[str, Field(min_length=1, max_length=64, description="Such as Europe/Berlin")]
        | SkipJsonSchema[None]
    ) = None
    daily_report_at: Annotated[Wall | None, Field(description="By mail; null for none")] = None
    active: bool | SkipJsonSchema[None] = None

    def wanted(self) -> dict[str, Any]:
        """What was given, as the use case takes it."""
        given = {name: getattr(self, name) for name in self.model_fields_set - {"kind"}}
        wanted = {name: value for name, value in given.items() if name in {"target", "timezone", "active"}}
        if self.alerts is not None:
            wanted["alerts"] = tuple(self.alerts)
        if self.urgent_alerts is not None:
            wanted["urgent"] = tuple(self.urgent_alerts)
        if "quiet_hours" in given:
            quiet = self.quiet_hours
            wanted["quiet_from"] = quiet and time.fromisoformat(quiet.begin)
            wanted["quiet_until"] = quiet and time.fromisoformat(quiet.until)
        if "daily_report_at" in given:
            wanted["daily_report_at"] = self.daily_report_at and time.fromisoformat(self.daily_report_at)
        return {name: value for name, value in wanted.items() if value is not None or name not in _NEVER_NULL}


_NEVER_NULL: Final = frozenset({"target", "timezone", "active"})


class ChannelBody(ChannelChanges):
    """A channel to be. It wants every kind of alert unless it says which."""

    kind: ChannelKind
    target: Annotated[
        str, Field(min_length=1, max_length=TARGET_MAX, description="The webhook's URL, or the mail address")
    ]


class TestedView(_Camel):
    """What came of a test."""

    ok: bool
    message: str


class DeliveryView(_Camel):
    """Alerts, or a daily report, on their way to a channel."""

    delivery_id: str
    kind: Literal["alerts", "report"]
    state: DeliveryState
    alerts: Annotated[int, Field(description="How many it carries")]
    tries: int
    due_at: datetime
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None


class DeliveryList(_Camel):
    """A page of them, newest first."""

    data: list[DeliveryView]
    next_cursor: str | None
