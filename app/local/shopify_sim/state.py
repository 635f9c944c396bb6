"""What a shop holds: plain objects, nothing of GraphQL or HTTP. Numbers are Shopify's ids without their prefix."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from app.local.shopify_sim.bucket import Bucket

DEFAULT_OPTION, DEFAULT_VALUE = "Title", "Default Title"


class Thing:
    """What has an id `gid://shopify/<kind>/<number>`."""

    kind: ClassVar[str]
    id: int

    @property
    def gid(self) -> str:
        """The global id."""
        return f"gid://shopify/{self.kind}/{self.id}"


@dataclass
class Location(Thing):
    """A place that stock lies at."""

    kind: ClassVar[str] = "Location"
    id: int
    name: str
    created_at: float
    updated_at: float
    is_active: bool = True
    deactivated_at: float | None = None


@dataclass
class Level(Thing):
    """The stock of one item at one location."""

    kind: ClassVar[str] = "InventoryLevel"
    id: int
    item: int
    location: int
    created_at: float
    updated_at: float
    available: int = 0
    committed: int = 0
    is_active: bool = True

    @property
    def gid(self) -> str:
        """With the item, as Shopify has it."""
        return f"{super().gid}?inventory_item_id={self.item}"

    def quantity(self, name: str) -> int:
        """By Shopify's name; on hand is what lies there, committed or not."""
        known = {
            "available": self.available,
            "committed": self.committed,
            "on_hand": self.available + self.committed,
        }
        return known.get(name, 0)


@dataclass
class Item(Thing):
    """What a variant is in the stock room."""

    kind: ClassVar[str] = "InventoryItem"
    id: int
    variant: int
    created_at: float
    updated_at: float
    tracked: bool = True
    cost: str | None = None
    requires_shipping: bool = True
    country_code_of_origin: str | None = None
    province_code_of_origin: str | None = None
    harmonized_system_code: str | None = None
    weight: float = 0.0
    weight_unit: str = "KILOGRAMS"
    levels: dict[int, Level] = field(default_factory=dict)


@dataclass
class Metafield(Thing):
    """A value of its own on a product or variant."""

    kind: ClassVar[str] = "Metafield"
    id: int
    namespace: str
    key: str
    type: str
    value: str
    created_at: float
    updated_at: float


@dataclass
class Definition(Thing):
    """What metafields of one name are."""

    kind: ClassVar[str] = "MetafieldDefinition"
    id: int
    name: str
    namespace: str
    key: str
    type: str
    owner_type: str
    description: str | None = None
    unique: bool = False


@dataclass
class File(Thing):
    """An image, or any other file. Images take their time until they are ready."""

    id: int
    media: str
    """MediaImage or GenericFile."""
    filename: str
    source: str
    alt: str
    created_at: float
    updated_at: float
    ready_at: float
    failed: bool = False

    @property
    def gid(self) -> str:
        """An image's or a file's."""
        return f"gid://shopify/{self.media}/{self.id}"

    def status(self, now: float) -> str:
        """As of now."""
        if now < self.ready_at:
            return "PROCESSING"
        return "FAILED" if self.failed else "READY"


@dataclass
class Value(Thing):
    """One of an option."""

    kind: ClassVar[str] = "ProductOptionValue"
    id: int
    name: str


@dataclass
class Option(Thing):
    """A way in which the variants of a product differ."""

    kind: ClassVar[str] = "ProductOption"
    id: int
    name: str
    values: list[Value] = field(default_factory=list)


@dataclass
class Variant(Thing):
    """What is sold."""

    kind: ClassVar[str] = "ProductVariant"
    id: int
    product: int
    chosen: dict[int, int]
    """By option, the value."""
    item: Item
    created_at: float
    updated_at: float
    sku: str = ""
    barcode: str | None = None
    price: str = "0.00"
    compare_at_price: str | None = None
    inventory_policy: str = "DENY"
    taxable: bool = True
    files: list[int] = field(default_factory=list)
    metafields: list[Metafield] = field(default_factory=list)


@dataclass
class Product(Thing):
    """What is shown."""

    kind: ClassVar[str] = "Product"
    id: int
    title: str
    handle: str
    created_at: float
    updated_at: float
    vendor: str = ""
    description_html: str = ""
    product_type: str = ""
    tags: list[str] = field(default_factory=list)
    status: str = "ACTIVE"
    seo_title: str | None = None
    seo_description: str | None = None
    template_suffix: str | None = None
    options: list[Option] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    metafields: list[Metafield] = field(default_factory=list)
    published: dict[int, float] = field(default_factory=dict)
    """By publication, since when."""
    collections: list[int] = field(default_factory=list)


@dataclass
class Collection(Thing):
    """A shelf of the shop, filled by hand or by rules."""

    kind: ClassVar[str] = "Collection"
    id: int
    title: str
    by_rules: bool = False


@dataclass
class Publication(Thing):
    """A sales channel's list of products."""

    kind: ClassVar[str] = "Publication"
    id: int
    name: str


@dataclass
class Subscription(Thing):
    """Where a topic's webhooks go."""

    kind: ClassVar[str] = "WebhookSubscription"
    id: int
    client_id: str
    topic: str
    uri: str
    created_at: float
    updated_at: float
    include_fields: list[str] = field(default_factory=list)
    name: str | None = None


@dataclass
class Operation(Thing):
    """A productSet that was asked to run later."""

    kind: ClassVar[str] = "ProductSetOperation"
    id: int
    client_id: str
    scopes: list[str]
    arguments: dict[str, Any]
    created_at: float
    due_at: float
    product: int | None = None
    user_errors: list[dict[str, Any]] = field(default_factory=list)
    done: bool = False

    def status(self, now: float) -> str:
        """CREATED, then ACTIVE, then COMPLETE."""
        if self.done:
            return "COMPLETE"
        return "CREATED" if now < (self.created_at + self.due_at) / 2 else "ACTIVE"


@dataclass
class Line:
    """Of an order."""

    id: int
    variant: int
    product: int
    item: int
    location: int
    sku: str
    title: str
    price: str
    quantity: int


@dataclass
class Order(Thing):
    """A sale."""

    kind: ClassVar[str] = "Order"
    id: int
    name: str
    created_at: float
    lines: list[Line]
    fulfilled_at: float | None = None
    cancelled_at: float | None = None


@dataclass
class App:
    """One of the Dev Dashboard, as this shop knows it."""

    client_id: str
    secrets: list[str]
    """Newest first; the second counts until `rotated_until` for what Shopify signs."""
    scopes: list[str]
    id: int
    installed: bool = True
    same_organisation: bool = True
    revoked: bool = False
    rotated_until: float = 0.0
    tokens: dict[str, float] = field(default_factory=dict)
    """Until when each is good."""
    bucket: Bucket | None = None

    def signing_secret(self, now: float) -> str:
        """What webhooks are signed with: the old one for a while after a rotation."""
        return self.secrets[-1] if now < self.rotated_until else self.secrets[0]


@dataclass
class Answered:
    """What a call with an idempotency key led to."""

    at: float
    mutation: str
    fingerprint: str
    payload: dict[str, Any]


@dataclass
class Shop(Thing):
    """A store with everything in it."""

    kind: ClassVar[str] = "Shop"
    id: int
    domain: str
    name: str
    created_at: float
    plan: str = "standard"
    currency: str = "EUR"
    restore_rate: float = 100
    oauth_errors: str = "real"
    """How the token endpoint words errors: real, json, html or text."""
    file_s: float = 0.0
    """How long an image is in processing."""
    operation_s: float = 1.0
    """How long an asynchronous productSet takes."""
    variants_before_throttle: int = 500_000
    variants_a_day: int = 10_000
    variant_day: int = 0
    variants_today: int = 0
    serial: int = 1_000
    apps: dict[str, App] = field(default_factory=dict)
    locations: dict[int, Location] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    files: dict[int, File] = field(default_factory=dict)
    definitions: dict[int, Definition] = field(default_factory=dict)
    publications: dict[int, Publication] = field(default_factory=dict)
    collections: dict[int, Collection] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    operations: dict[int, Operation] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    answered: dict[str, Answered] = field(default_factory=dict)
    """By app and idempotency key."""

    def number(self) -> int:
        """A new id."""
        self.serial += 1
        return self.serial
