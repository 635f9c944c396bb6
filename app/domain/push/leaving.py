"""Products that items of ours leave for another one: nothing that a merchant put into them is lost."""

from dataclasses import dataclass
from typing import Final

from app.domain.push.difference import same
from app.domain.push.errors import ShopRefusedError
from app.domain.push.ports import PushRules
from app.domain.push.product import ShopProduct, WantedProduct
from app.domain.push.profile import Field

ARCHIVED: Final = "ARCHIVED"


@dataclass(frozen=True, slots=True)
class Left:
    """A product, and those of its variants whose items go into another one."""

    product_id: str
    variants: frozenset[str]


def leaving(wanted: WantedProduct, old: ShopProduct) -> Left:
    """What of a product the wanted one's items were.

    Raises ShopRefusedError where it is the merchant's own, which is not ours to take apart.
    """
    skus = {one.mapping.variant_id: one.sku for one in wanted.variants}
    ours = [one for one in old.variants if one.id in skus]
    if old.key is None:  # a variant that the merchant gave another SKU to is the item's no more
        ours = [one for one in ours if one.sku == skus[one.id]]
        if ours:
            raise ShopRefusedError(
                "sku_exists",
                f"it goes into another product now, but the shop has the SKU {ours[0].sku} in a product of the "
                "merchant's own; delete or rename it there, and push again",
            )
    return Left(old.id, frozenset(one.id for one in ours))


def untouched(old: ShopProduct, wanted: WantedProduct, rules: PushRules) -> bool:
    """Whether all that it shows is what we would write: of its items alone, or of the product that they go into."""
    written = [wanted.values, *(one.alone for one in wanted.variants)]
    pictures = {one.mapping.image_id for one in wanted.variants}
    return (
        old.values.get(Field.STATUS) == rules.new_product_status
        and pictures.issuperset(old.image_ids)
        and all(
            any(same(field, value, each[field]) for each in written if field in each)
            # Shops put their own name where no vendor was sent.
            or (field is Field.VENDOR and not any(field in each for each in written))
            for field, value in old.values.items()
            if field is not Field.STATUS
        )
    )
