"""The mutations beside productSet: variants in bulk, products, files, publishing."""

import pytest

from tests.shopify import Caller, group, part

UPDATE = """
mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $id, variants: $variants) {
    product { id } productVariants { sku price compareAtPrice barcode }
    userErrors { field message code } } }"""
CREATE = """
mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkCreate(productId: $id, variants: $variants) {
    productVariants { sku title inventoryQuantity } userErrors { field message code } } }"""
DELETE = """
mutation ($id: ID!, $variants: [ID!]!) {
  productVariantsBulkDelete(productId: $id, variantsIds: $variants) { product { id } userErrors { code } } }"""
PRODUCT_UPDATE = """
mutation ($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { title tags vendor } userErrors { field message } } }"""
FILES = """
mutation ($files: [FileCreateInput!]!) {
  fileCreate(files: $files) { files { id alt fileStatus } userErrors { code } } }"""
FILES_UPDATE = """
mutation ($files: [FileUpdateInput!]!) {
  fileUpdate(files: $files) { files { alt } userErrors { code } } }"""


@pytest.fixture
def lever(shop: Caller) -> dict:
    return shop.made(group("Red", "Blue", tags=["kept"], handle="lever"))


def test_some_variants_are_updated_and_the_others_stay(shop: Caller, lever: dict):
    red = lever["variants"]["nodes"][0]["id"]
    change = {
        "id": red,
        "price": "7.5",
        "compareAtPrice": "9",
        "barcode": "1",
        "inventoryItem": {"cost": "3", "sku": "NEW"},
    }
    payload = shop.data(UPDATE, id=lever["id"], variants=[change])["productVariantsBulkUpdate"]

    assert payload["userErrors"] == []
    assert payload["productVariants"] == [
        {"sku": "NEW", "price": "7.50", "compareAtPrice": "9.00", "barcode": "1"}
    ]
    kept = shop.store.by_handle("lever")
    assert [one.sku for one in kept.variants] == ["NEW", "G-Blue"]
    assert kept.variants[0].item.cost == "3.00"
    assert kept.tags == ["kept"]


def test_a_bulk_update_is_all_or_none(shop: Caller, lever: dict):
    red, blue = (one["id"] for one in lever["variants"]["nodes"])
    changes = [{"id": red, "price": "7"}, {"id": blue, "price": "-1"}]
    payload = shop.data(UPDATE, id=lever["id"], variants=changes)["productVariantsBulkUpdate"]

    assert [(one["code"], one["field"]) for one in payload["userErrors"]] == [
        ("INVALID_INPUT", ["variants", "1", "price"])
    ]
    assert payload["product"] is None
    assert shop.store.by_handle("lever").variants[0].price == "5.00"


def test_a_bulk_update_names_its_variants_and_takes_no_quantities(shop: Caller, lever: dict):
    def code(**change: object) -> str:
        payload = shop.data(UPDATE, id=lever["id"], variants=[change])["productVariantsBulkUpdate"]
        return payload["userErrors"][0]["code"]

    assert code(price="1") == "PRODUCT_VARIANT_ID_MISSING"
    assert code(id="gid://shopify/ProductVariant/1") == "PRODUCT_VARIANT_DOES_NOT_EXIST"
    red = lever["variants"]["nodes"][0]["id"]
    rows = [{"locationId": shop.location("Oslo"), "availableQuantity": 1}]
    assert code(id=red, inventoryQuantities=rows) == "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
    assert code(id=red, optionValues=[{"optionName": "Color", "name": "Blue"}]) == "VARIANT_ALREADY_EXISTS"
    assert code(id=red, optionValues=[{"optionName": "Size", "name": "M"}]) == "OPTION_DOES_NOT_EXIST"
    assert code(id=red, mediaId="gid://shopify/MediaImage/1") == "MUST_BE_FOR_THIS_PRODUCT"


def test_a_product_that_is_gone_has_no_variants_to_change(shop: Caller):
    for query, variants in ((UPDATE, []), (CREATE, []), (DELETE, [])):
        payload = next(iter(shop.data(query, id="gid://shopify/Product/1", variants=variants).values()))
        assert payload["userErrors"][0]["code"] == "PRODUCT_DOES_NOT_EXIST"


def test_variants_are_added_with_their_stock(shop: Caller, lever: dict):
    green = {
        "optionValues": [{"optionName": "Color", "name": "Green"}],
        "price": "6",
        "inventoryItem": {"sku": "G-Green"},
        "inventoryQuantities": [{"locationId": shop.location("Oslo"), "availableQuantity": 4}],
    }
    payload = shop.data(CREATE, id=lever["id"], variants=[green])["productVariantsBulkCreate"]
    assert payload["productVariants"] == [{"sku": "G-Green", "title": "Green", "inventoryQuantity": 4}]
    assert len(shop.store.by_handle("lever").variants) == 3

    payload = shop.data(CREATE, id=lever["id"], variants=[green])["productVariantsBulkCreate"]
    assert payload["userErrors"][0]["code"] == "VARIANT_ALREADY_EXISTS"


def test_a_lone_default_variant_is_deleted_when_others_come(shop: Caller):
    made = shop.made(part())
    one = {"optionValues": [{"optionName": "Title", "name": "Red"}], "inventoryItem": {"sku": "R"}}
    shop.data(CREATE, id=made["id"], variants=[one])

    assert [each.sku for each in shop.store.by_handle("part-a-1").variants] == ["R"]


def test_variants_are_deleted_but_never_the_last(shop: Caller, lever: dict):
    red, blue = (one["id"] for one in lever["variants"]["nodes"])
    assert shop.data(DELETE, id=lever["id"], variants=[red])["productVariantsBulkDelete"]["userErrors"] == []
    payload = shop.data(DELETE, id=lever["id"], variants=[blue])["productVariantsBulkDelete"]
    assert payload["userErrors"] == [{"code": "CANNOT_DELETE_LAST_VARIANT"}]
    payload = shop.data(DELETE, id=lever["id"], variants=[red])["productVariantsBulkDelete"]
    assert payload["userErrors"] == [{"code": "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"}]


def test_a_product_is_updated_without_touching_the_rest(shop: Caller, lever: dict):
    payload = shop.data(PRODUCT_UPDATE, product={"id": lever["id"], "title": "New"})["productUpdate"]
    assert payload["product"] == {"title": "New", "tags": ["kept"], "vendor": "North"}

    payload = shop.data(PRODUCT_UPDATE, product={"id": lever["id"], "title": ""})["productUpdate"]
    assert payload["userErrors"] == [{"field": ["product", "title"], "message": "Title can't be blank"}]
    payload = shop.data(PRODUCT_UPDATE, product={"id": "gid://shopify/Product/1"})["productUpdate"]
    assert payload["userErrors"] == [{"field": ["id"], "message": "Product does not exist"}]


def test_a_product_is_deleted_with_its_variants(shop: Caller, lever: dict):
    query = "mutation ($id: ID!) { productDelete(input: {id: $id}) { deletedProductId shop { name } userErrors { field message } } }"
    assert shop.data(query, id=lever["id"])["productDelete"]["deletedProductId"] == lever["id"]
    assert shop.store.count_variants() == 0

    payload = shop.data(query, id=lever["id"])["productDelete"]
    assert payload["deletedProductId"] is None
    assert payload["userErrors"] == [{"field": ["id"], "message": "Product does not exist"}]


def test_files_are_created_by_the_three_modes(shop: Caller):
    shop.store.shop.apps["client"].scopes += ["write_files"]
    one = {"originalSource": "https://cdn.test/a.jpg", "alt": "A"}

    def codes(**more: object) -> list[str]:
        return [
            each["code"] for each in shop.data(FILES, files=[{**one, **more}])["fileCreate"]["userErrors"]
        ]

    assert codes() == []
    assert codes(duplicateResolutionMode="RAISE_ERROR") == ["FILENAME_ALREADY_EXISTS"]
    assert codes(duplicateResolutionMode="REPLACE") == ["MISSING_FILENAME_FOR_DUPLICATE_MODE_REPLACE"]
    assert codes(duplicateResolutionMode="REPLACE", filename="a.jpg") == []
    assert codes(originalSource="a.jpg") == ["INVALID_IMAGE_SOURCE_URL"]
    assert codes(alt="x" * 513) == ["ALT_VALUE_LIMIT_EXCEEDED"]
    assert len(shop.store.shop.files) == 1
    assert codes() == []
    assert len(shop.store.shop.files) == 2


def test_a_file_is_updated_once_it_is_ready(shop: Caller, clock):
    shop.store.shop.apps["client"].scopes += ["write_files"]
    shop.store.shop.file_s = 5
    made = shop.made(part(files=[{"originalSource": "https://cdn.test/a.jpg"}]))
    file = made["media"]["nodes"][0]["id"]

    def update(**more: object) -> dict:
        return shop.data(FILES_UPDATE, files=[{"id": file, **more}])["fileUpdate"]

    assert update(alt="New")["userErrors"] == [{"code": "NON_READY_STATE"}]
    clock.advance(5)
    assert update(alt="New")["files"] == [{"alt": "New"}]
    assert update(referencesToAdd=["gid://shopify/Product/1"])["userErrors"] == [
        {"code": "REFERENCE_TARGET_DOES_NOT_EXIST"}
    ]
    update(referencesToRemove=[made["id"]])
    assert shop.store.by_handle("part-a-1").files == []
    file = "gid://shopify/MediaImage/1"
    assert update()["userErrors"] == [{"code": "FILE_DOES_NOT_EXIST"}]


def test_a_product_is_published_where_it_is_told_and_nowhere_by_itself(shop: Caller, lever: dict):
    places = shop.data("{ publications(first: 5) { nodes { id } } }")["publications"]["nodes"]
    query = "mutation ($id: ID!, $input: [PublicationInput!]!) { publishablePublish(id: $id, input: $input) { publishable { publishedOnPublication(publicationId: $place) } userErrors { field message } } }"
    query = query.replace("$input: [PublicationInput!]!)", "$input: [PublicationInput!]!, $place: ID!)", 1)
    shown = "query ($id: ID!) { product(id: $id) { publishedAt resourcePublicationsV2(first: 5) { nodes { publication { id } } } } }"
    assert shop.data(shown, id=lever["id"])["product"]["publishedAt"] is None

    place = places[0]["id"]
    payload = shop.data(query, id=lever["id"], input=[{"publicationId": place}], place=place)[
        "publishablePublish"
    ]
    assert payload["publishable"] == {"publishedOnPublication": True}
    found = shop.data(shown, id=lever["id"])["product"]["resourcePublicationsV2"]["nodes"]
    assert found == [{"publication": {"id": place}}]

    nowhere = [{"publicationId": "gid://shopify/Publication/1"}]
    payload = shop.data(query, id=lever["id"], input=nowhere, place=place)["publishablePublish"]
    assert payload["userErrors"][0]["field"] == ["input", "0", "publicationId"]
