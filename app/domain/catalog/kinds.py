"""The kinds of import file that make up the catalog: which columns each may have."""

from app.domain.imports import values
from app.domain.imports.kinds import Field, Kind

_KEY = {"partNumber": Field("part_number", values.part_number, clearable=False)}
_CONTENT = {
    "name": Field("name", values.text(255), clearable=False),
    "description": Field("description", values.text(524_288, trimmed=False)),
    "brand": Field("brand", values.text(255)),
    "category": Field("category", values.text(255)),
    "oemPartNumber": Field("oem_part_number", values.text(values.PART_NUMBER_LENGTH_MAX)),
    "ean": Field("ean", values.digits(8, 12, 13, 14)),
    "weightKg": Field("weight_kg", values.weight),
    "hsCode": Field("hs_code", values.digits(*range(6, 14))),
    "countryOfOrigin": Field("country_of_origin", values.country),
    "imageUrl": Field("image_url", values.url),
    "manualUrl": Field("manual_url", values.url),
}
_GROUP = {
    "variantGroup": Field("variant_group", values.text(128)),
    "variantGroupName": Field("variant_group_name", values.text(255)),
    "option1Name": Field("option1_name", values.text(255)),
    "option1Value": Field("option1_value", values.text(255)),
    "position": Field("position", values.whole, cleared=0),
}
_SALE = {
    "price": Field("price", values.money),
    "compareAtPrice": Field("compare_at_price", values.money),
    "costPrice": Field("cost_price", values.money),
    "stock": Field("stock", values.whole, cleared=0),
    "seoTitle": Field("seo_title", values.text(255)),
    "seoDescription": Field("seo_description", values.text(5_000)),
    "tags": Field("tags", values.tags),
}

CATALOG = Kind("partNumber", {**_KEY, **_CONTENT, **_GROUP}, ("partNumber",), _GROUP)
OWN_PARTS = Kind("partNumber", {**_KEY, **_CONTENT, **_GROUP, **_SALE}, ("partNumber",), _GROUP)
ITEMS = Kind("partNumber", {**_KEY, **_SALE}, ("partNumber",))
ALIASES = Kind(
    "alias",
    {"alias": Field("alias", values.part_number, clearable=False), **_KEY},
    ("alias", "partNumber"),
)
