"""publishablePublish: products in the sales channels' lists."""

from typing import Any

from app.local.shopify_sim.gids import number
from app.local.shopify_sim.resolving import Arguments, Call, refused
from app.local.shopify_sim.writing.mutation import mutation, unsupported


@mutation("publishablePublish", "publishable")
def publish(call: Call, arguments: Arguments) -> dict[str, Any]:
    """Products only: other publishables are not played."""
    found = call.store.shop.products.get(number(arguments["id"], "Product") or 0)
    if found is None:
        raise refused(None, ["id"], "Resource does not exist")
    wanted: list[int] = []
    for place, one in enumerate(arguments["input"]):
        unsupported(one, "channelId", "publishDate")
        publication = call.store.shop.publications.get(number(one.get("publicationId"), "Publication") or 0)
        if publication is None:
            raise refused(
                None,
                ["input", str(place), "publicationId"],
                "Publication does not exist or is not publishable",
            )
        wanted.append(publication.id)
    for each in wanted:
        found.published.setdefault(each, call.now)
    call.store.happened("products/update", found)
    return {"publishable": found}
