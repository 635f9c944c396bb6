"""Which fields a push writes, when it makes a product and when it changes one: the tenant's policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from app.domain.errors import InvalidInputError


class Field(StrEnum):
    """What a push can write; the values are the contract's names."""

    TITLE = "title"
    DESCRIPTION_HTML = "descriptionHtml"
    VENDOR = "vendor"
    PRODUCT_TYPE = "productType"
    TAGS = "tags"
    STATUS = "status"
    SEO_TITLE = "seoTitle"
    SEO_DESCRIPTION = "seoDescription"
    IMAGE = "image"
    PRICE = "price"
    COMPARE_AT_PRICE = "compareAtPrice"
    COST_PRICE = "costPrice"
    WEIGHT = "weight"
    EAN = "ean"
    HS_CODE = "hsCode"
    COUNTRY_OF_ORIGIN = "countryOfOrigin"
    STOCK = "stock"


CONTENT: Final = frozenset(list(Field)[: list(Field).index(Field.PRICE)])
"""What merchants tend by hand in the shop: left alone by default once the product is there."""
OPERATIONAL: Final = frozenset(Field) - CONTENT
"""What Stockline tends: overwritten by default."""
PRODUCT_FIELDS: Final = CONTENT - {Field.IMAGE}
"""Of the product; all others are of each variant."""

OVERWRITE: Final = "overwrite"
LEAVE_ALONE: Final = "leave-alone"


@dataclass(frozen=True, slots=True)
class Profile:
    """The fields written into a new product or variant, and those overwritten in one that is there."""

    create: frozenset[Field] = frozenset(Field)
    overwrite: frozenset[Field] = OPERATIONAL

    def shown(self) -> dict[str, dict[str, Any]]:
        """As the contract has it: a flat object keyed by field."""
        return {
            field.value: {
                "create": field in self.create,
                "update": OVERWRITE if field in self.overwrite else LEAVE_ALONE,
            }
            for field in Field
        }


DEFAULT: Final = Profile()


def profile_of(given: Mapping[str, Any]) -> Profile:
    """A profile from the contract's object, which names every field; raises InvalidInputError."""
    missing, unknown = sorted(set(Field) - set(given)), sorted(set(given) - set(Field))
    if missing:
        raise InvalidInputError(f"the profile lacks {', '.join(missing)}; send it as a whole")
    if unknown:
        raise InvalidInputError(f"{', '.join(unknown)[:200]}: no such field; there are {', '.join(Field)}")
    for name, rule in given.items():
        if not isinstance(rule, dict) or set(rule) != {"create", "update"}:
            raise InvalidInputError(f'{name}: wants {{"create": true or false, "update": …}}')
        if not isinstance(rule["create"], bool):
            raise InvalidInputError(f"{name}: create is true or false")
        if rule["update"] not in (OVERWRITE, LEAVE_ALONE):  # a list too: no hash
            raise InvalidInputError(f"{name}: update is {OVERWRITE} or {LEAVE_ALONE}")
    return Profile(
        create=frozenset(Field(name) for name, rule in given.items() if rule["create"]),
        overwrite=frozenset(Field(name) for name, rule in given.items() if rule["update"] == OVERWRITE),
    )
