"""What a merchant does in the admin and at the counter."""

from collections.abc import Callable, Mapping
from typing import Any

from app.local.shopify_sim import dashboard
from app.local.shopify_sim.state import (
    Collection,
    File,
    Item,
    Line,
    Location,
    Option,
    Order,
    Product,
    Value,
    Variant,
)
from app.local.shopify_sim.store import Store, UnknownThingError

Given = Mapping[str, Any]


def product_of(store: Store, given: Given) -> Product:
    """By `handle`, `productId` or a variant's `sku`."""
    if "handle" in given:
        found = store.by_handle(given["handle"])
    elif "sku" in given:
        found = next((owner for owner, one in store.variants() if one.sku == given["sku"]), None)
    else:
        found = store.shop.products.get(int(str(given["productId"]).rpartition("/")[2]))
    if found is None:
        raise UnknownThingError("no such product")
    return found


def variant_of(store: Store, given: Given) -> Variant:
    """By `sku`."""
    for _, one in store.variants():
        if one.sku == given["sku"]:
            return one
    raise UnknownThingError(f"no variant with the SKU {given['sku']}")


def location_of(store: Store, given: Given) -> Location:
    """By `location`, its name; else the oldest active one."""
    if "location" not in given:
        primary = store.primary_location()
        if primary is None:
            raise UnknownThingError("no active location")
        return primary
    for one in store.shop.locations.values():
        if one.name == given["location"]:
            return one
    raise UnknownThingError(f"no location {given['location']}")


def edit_product(store: Store, given: Given) -> dict[str, Any]:
    """Change fields: `set` with the names of the simulator's state (title, vendor, tags, status, description_html …)."""
    product = product_of(store, given)
    store.unindex(product)
    for name, value in given["set"].items():
        if not hasattr(product, name) or name == "id":
            raise ValueError(f"a product has no {name}")
        setattr(product, name, value)
    product.updated_at = store.now
    store.index(product)
    store.happened("products/update", product)
    return {"id": product.gid}


def edit_variant(store: Store, given: Given) -> dict[str, Any]:
    """Change fields of the variant with that SKU."""
    variant = variant_of(store, given)
    for name, value in given["set"].items():
        target = variant if hasattr(variant, name) else variant.item
        if not hasattr(target, name) or name == "id":
            raise ValueError(f"a variant has no {name}")
        setattr(target, name, value)
    store.touched = True
    store.happened("products/update", store.shop.products[variant.product])
    return {"id": variant.gid}


def create_product(store: Store, given: Given) -> dict[str, Any]:
    """A product of the merchant's own with one variant: title, sku, price."""
    shop, now = store.shop, store.now
    option = Option(shop.number(), "Title", [Value(shop.number(), "Default Title")])
    product = Product(
        shop.number(), given["title"], store.free_handle(given["title"]), now, now, vendor=shop.name
    )
    variant = _variant(store, product, {option.id: option.values[0].id}, given)
    product.options, product.variants = [option], [variant]
    store.index(product)
    store.happened("products/create", product)
    return {"id": product.gid, "variantId": variant.gid}


def _variant(store: Store, product: Product, choice: dict[int, int], given: Given) -> Variant:
    shop, now = store.shop, store.now
    number = shop.number()
    made = Variant(
        number, product.id, choice, Item(shop.number(), number, now, now), now, now, sku=given["sku"]
    )
    made.price = str(given.get("price", "10.00"))
    level = store.stock(made.item, location_of(store, given).id)
    level.available = int(given.get("stock", 0))
    return made


def add_variant(store: Store, given: Given) -> dict[str, Any]:
    """One more: `newSku`, a value of the first option."""
    product = product_of(store, given)
    option = product.options[0]
    value = Value(store.shop.number(), given["value"])
    option.values.append(value)
    rest = {one.id: one.values[0].id for one in product.options[1:]}
    made = _variant(store, product, {option.id: value.id, **rest}, {**given, "sku": given["newSku"]})
    product.variants.append(made)
    store.index(product)
    store.happened("products/update", product)
    return {"id": made.gid}


def add_photo(store: Store, given: Given) -> dict[str, Any]:
    """A picture of the merchant's own."""
    product, now = product_of(store, given), store.now
    name = given.get("filename", "photo.jpg")
    file = File(
        store.shop.number(), "MediaImage", name, f"upload://{name}", given.get("alt", ""), now, now, now
    )
    store.shop.files[file.id] = file
    product.files.append(file.id)
    store.happened("products/update", product)
    return {"id": file.gid}


def collect(store: Store, given: Given) -> dict[str, Any]:
    """Put a product into a `collection`, made where there is none of that title; `byRules`: its rules do."""
    product, shop = product_of(store, given), store.shop
    found = next((one for one in shop.collections.values() if one.title == given["collection"]), None)
    if found is None:
        found = Collection(shop.number(), given["collection"], bool(given.get("byRules", False)))
        shop.collections[found.id] = found
    product.collections.append(found.id)
    store.happened("products/update", product)
    return {"id": found.gid}


def delete_product(store: Store, given: Given) -> dict[str, Any]:
    """As it says."""
    product = product_of(store, given)
    store.remove(product)
    return {"id": product.gid}


def set_stock(store: Store, given: Given) -> dict[str, Any]:
    """Count the shelf: `sku`, `quantity`, and maybe `location`."""
    item = variant_of(store, given).item
    level = store.stock(item, location_of(store, given).id)
    store.set_available(level, int(given["quantity"]))
    return {"id": level.gid, "available": level.available}


def sell(store: Store, given: Given) -> dict[str, Any]:
    """An order of `lines` ({sku, quantity}) from one location: what is available becomes committed."""
    location, lines = location_of(store, given), []
    for one in given["lines"]:
        variant = variant_of(store, one)
        level = store.stock(variant.item, location.id)
        count = int(one.get("quantity", 1))
        level.committed += count
        store.set_available(level, level.available - count)
        owner = store.shop.products[variant.product]
        lines.append(
            Line(
                id=store.shop.number(),
                variant=variant.id,
                product=owner.id,
                item=variant.item.id,
                location=location.id,
                sku=variant.sku,
                title=owner.title,
                price=variant.price,
                quantity=count,
            )
        )
    number = store.shop.number()
    order = Order(number, f"#{number}", store.now, lines)
    store.shop.orders[order.id] = order
    store.happened("orders/create", order)
    return {"id": order.gid, "orderId": order.id}


def fulfil(store: Store, given: Given) -> dict[str, Any]:
    """The order leaves the house: what was committed is no longer on hand."""
    order = _open_order(store, given)
    for line in order.lines:
        if level := _level(store, line):
            level.committed -= line.quantity
    order.fulfilled_at = store.now
    store.happened("orders/fulfilled", order)
    return {"id": order.gid}


def cancel(store: Store, given: Given) -> dict[str, Any]:
    """The order is called off and restocked."""
    order = _open_order(store, given)
    for line in order.lines:
        if level := _level(store, line):
            level.committed -= line.quantity
            store.set_available(level, level.available + line.quantity)
    order.cancelled_at = store.now
    store.happened("orders/cancelled", order)
    return {"id": order.gid}


def _open_order(store: Store, given: Given) -> Order:
    found = store.shop.orders.get(int(given["orderId"]))
    if found is None or found.fulfilled_at or found.cancelled_at:
        raise UnknownThingError("no such open order")
    return found


def _level(store: Store, line: Line) -> Any:
    item = store.item(line.item)
    return item.levels.get(line.location) if item else None


def add_location(store: Store, given: Given) -> dict[str, Any]:
    """Another place."""
    made = Location(store.shop.number(), given["name"], store.now, store.now)
    store.shop.locations[made.id] = made
    store.touched = True
    return {"id": made.gid}


def rename_location(store: Store, given: Given) -> dict[str, Any]:
    """`to` is the new name, which may move it in the order."""
    location = location_of(store, given)
    location.name, location.updated_at, store.touched = given["to"], store.now, True
    return {"id": location.gid}


def deactivate_location(store: Store, given: Given) -> dict[str, Any]:
    """No more stock lies there."""
    location = location_of(store, given)
    location.is_active, location.deactivated_at, store.touched = False, store.now, True
    for _, variant in store.variants():
        if level := variant.item.levels.get(location.id):
            level.is_active = False
    return {"id": location.gid}


def activate_location(store: Store, given: Given) -> dict[str, Any]:
    """Open it again; the items have to be stocked anew."""
    location = location_of(store, given)
    location.is_active, location.deactivated_at, store.touched = True, None, True
    return {"id": location.gid}


DEEDS: Mapping[str, Callable[[Store, Given], dict[str, Any]]] = {
    "activateLocation": activate_location,
    "addLocation": add_location,
    "addPhoto": add_photo,
    "addVariant": add_variant,
    "cancelOrder": cancel,
    "collect": collect,
    "createProduct": create_product,
    "deactivateLocation": deactivate_location,
    "deleteProduct": delete_product,
    "editProduct": edit_product,
    "editVariant": edit_variant,
    "expireTokens": dashboard.expire_tokens,
    "fulfilOrder": fulfil,
    "installApp": dashboard.install_app,
    "leaveOrganisation": dashboard.leave_organisation,
    "renameLocation": rename_location,
    "revokeApp": dashboard.revoke_app,
    "rotateSecret": dashboard.rotate_secret,
    "sell": sell,
    "setStock": set_stock,
    "uninstallApp": dashboard.uninstall_app,
}
