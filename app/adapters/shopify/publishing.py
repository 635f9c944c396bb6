"""Shows products in the online store."""

from typing import Final

from app.adapters.shopify.client import Client
from app.adapters.shopify.documents import PUBLICATIONS, PUBLISH
from app.adapters.shopify.errors import refused
from app.domain.push.errors import ShopRefusedError

_ONLINE_STORE: Final = "Online Store"
_PUBLICATIONS_MAX: Final = 50


def publish(client: Client, product_id: str) -> None:
    """Put the product into the online store's list, which is remembered."""
    session = client.session
    session.publication = session.publication or _online_store(client)
    data = client.ask(PUBLISH, id=product_id, publication=session.publication)
    if told := data["publishablePublish"]["userErrors"]:
        session.publication = None
        raise refused(told)


def _online_store(client: Client) -> str:
    data = client.ask(PUBLICATIONS, _PUBLICATIONS_MAX, first=_PUBLICATIONS_MAX)
    for one in data["publications"]["nodes"]:
        if one["name"] == _ONLINE_STORE:
            return str(one["id"])
    raise ShopRefusedError(
        "no_online_store",
        "the product is in the shop but not published: the shop has no online store; switch publishing off",
    )
