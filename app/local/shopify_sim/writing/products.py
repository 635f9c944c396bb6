"""productUpdate and productDelete."""

from typing import Any

from app.local.shopify_sim.gids import number
from app.local.shopify_sim.reading.metafields import by_custom_id
from app.local.shopify_sim.resolving import Arguments, Call, refused
from app.local.shopify_sim.state import Product
from app.local.shopify_sim.writing.draft import Draft
from app.local.shopify_sim.writing.metafields import add_metafields
from app.local.shopify_sim.writing.mutation import mutation, unsupported
from app.local.shopify_sim.writing.variants import add_media


@mutation("productUpdate", "product")
def product_update(call: Call, arguments: Arguments) -> dict[str, Any]:
    """The fields that are given; metafields and media are added to."""
    name = "product" if arguments.get("product") else "input"
    given = arguments.get(name)
    if given is None:
        raise refused(None, ["product"], "Product input is required")
    unsupported(
        given, "category", "claimOwnership", "collectionsToJoin", "collectionsToLeave", "combinedListingRole"
    )
    unsupported(
        given, "giftCard", "giftCardTemplateSuffix", "productOptions", "requiresSellingPlan", "publications"
    )
    unsupported(given, "productPublications", "publishDate", "publishOn", "publishedAt", "published")
    draft = Draft(call, _original(call, given, arguments.get("identifier")))
    draft.write(given, [name])
    add_metafields(draft, draft.product, given.get("metafields") or [], [name, "metafields"], "INVALID")
    add_media(draft, arguments.get("media") or [], ["media"])
    return {"product": draft.commit()}


def _original(call: Call, given: Arguments, identifier: Arguments | None) -> Product:
    named = identifier or given
    found: Product | None = None
    if named.get("id"):
        found = call.store.shop.products.get(number(named["id"], "Product") or 0)
    elif identifier and "handle" in identifier:
        found = call.store.by_handle(identifier["handle"])
    elif identifier:
        found = by_custom_id(call, identifier["customId"])
    if found is None:
        raise refused(None, ["id"], "Product does not exist")
    return found


@mutation("productDelete", "deletedProductId", "productDeleteOperation")
def product_delete(call: Call, arguments: Arguments) -> dict[str, Any]:
    """With its variants and their stock; its files stay."""
    gid = arguments["input"]["id"]
    found = call.store.shop.products.get(number(gid, "Product") or 0)
    if found is None:
        raise refused(None, ["id"], "Product does not exist")
    call.store.remove(found)
    return {"deletedProductId": gid}
