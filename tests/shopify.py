"""A caller of the Shopify simulator: an app with a token in a shop, in the same process and without a socket."""

import json
from typing import Any
from urllib.parse import urlencode

from app.local.shopify_sim.simulator import Simulator
from app.local.shopify_sim.store import Store
from app.local.simulated.answer import Answer, Request

DOMAIN = "north.myshopify.com"

PRODUCT_SET = """
mutation Set($input: ProductSetInput!, $identifier: ProductSetIdentifiers, $synchronous: Boolean! = true) {
  productSet(input: $input, identifier: $identifier, synchronous: $synchronous) {
    product { id handle title status tags options { name values }
      variants(first: 100) { nodes { id sku price compareAtPrice inventoryItem { id tracked } } }
      media(first: 50) { nodes { id } } }
    productSetOperation { id status }
    userErrors { field message code }
  }
}"""

SET_QUANTITIES = """
mutation Stock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { reason changes { name delta quantityAfterChange } }
    userErrors { field message code }
  }
}"""


class Caller:
    """One app's way into one shop."""

    def __init__(self, simulator: Simulator, domain: str = DOMAIN) -> None:
        self.simulator, self.domain = simulator, domain
        self.token = json.loads(self.sign_in().body)["access_token"]

    @property
    def store(self) -> Store:
        return self.simulator.store(self.domain)

    def sign_in(self, client_id="client", client_secret="secret", **more: str) -> Answer:
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            **more,
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = Request("POST", "", {}, headers, urlencode(form).encode())
        return self.simulator.token(self.domain, request)

    def post(self, body: bytes, version="2026-07", **headers: str) -> Answer:
        named = {"content-type": "application/json", "x-shopify-access-token": self.token}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.simulator.graphql(self.domain, version, Request("POST", "", {}, named, body))

    def ask(self, query: str, operation: str | None = None, /, **variables: Any) -> dict[str, Any]:
        """The whole answer."""
        body = {"query": query, "variables": variables, "operationName": operation}
        answer = self.post(json.dumps(body).encode())
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def data(self, query: str, /, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def set(self, given: dict[str, Any], identifier: dict[str, Any] | None = None) -> dict[str, Any]:
        """The payload of a productSet."""
        return self.data(PRODUCT_SET, input=given, identifier=identifier)["productSet"]

    def made(self, given: dict[str, Any], identifier: dict[str, Any] | None = None) -> dict[str, Any]:
        """The product of one that went well."""
        payload = self.set(given, identifier)
        assert payload["userErrors"] == []
        return payload["product"]

    def refused(
        self, given: dict[str, Any], identifier: dict[str, Any] | None = None
    ) -> list[tuple[str, str]]:
        """The codes and fields of one that did not."""
        payload = self.set(given, identifier)
        assert payload["product"] is None
        return [(one["code"], ".".join(one["field"])) for one in payload["userErrors"]]

    def location(self, name: str) -> str:
        return next(one.gid for one in self.store.shop.locations.values() if one.name == name)

    def stock(
        self, item: str, location: str, quantity: int, change_from: int | None, key: str
    ) -> dict[str, Any]:
        """The payload of inventorySetQuantities."""
        row = {
            "inventoryItemId": item,
            "locationId": location,
            "quantity": quantity,
            "changeFromQuantity": change_from,
        }
        given = {"name": "available", "reason": "correction", "quantities": [row]}
        return self.data(SET_QUANTITIES, input=given, key=key)["inventorySetQuantities"]


def part(sku: str = "A-1", **more: Any) -> dict[str, Any]:
    """A product with one variant."""
    variant = {
        "sku": sku,
        "price": "10.00",
        "optionValues": [{"optionName": "Title", "name": "Default Title"}],
    }
    variant |= more.pop("variant", {})
    options = [{"name": "Title", "values": [{"name": "Default Title"}]}]
    return {"title": f"Part {sku}", "productOptions": options, "variants": [variant], **more}


def group(*values: str, **more: Any) -> dict[str, Any]:
    """A product with a variant per colour."""
    variants = [
        {"sku": f"G-{one}", "price": "5.00", "optionValues": [{"optionName": "Color", "name": one}]}
        for one in values
    ]
    options = [{"name": "Color", "values": [{"name": one} for one in values]}]
    return {"title": "Lever", "productOptions": options, "variants": variants, **more}
