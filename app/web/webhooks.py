"""`POST /api/webhooks/shopify/{connectionId}`: what a shop tells by itself, signed with its app's secret."""

from typing import Final
from uuid import UUID

from flask import request

from app.domain.shop.webhooks import Delivery, ForgedError
from app.web.api import Api, Body, Reply
from app.web.bodies import read_signed
from app.web.context import container
from app.web.errors import HttpError

BODY_BYTES_MAX: Final = 1024 * 1024
SIGNATURE: Final = "X-Shopify-Hmac-Sha256"
CHALLENGE: Final = f'Signature realm="shopify", header="{SIGNATURE}"'

api = Api("Webhooks", "Called by Shopify, never by you: `docs/shopify.md` tells how a shop is connected.")


@api.route(
    "POST",
    "/api/webhooks/shopify/<uuid:connection_id>",
    summary="What a shop tells",
    scope=None,
    body=Body({"type": "object"}, "As Shopify sends it; at most 1 MiB", example={"id": 788032119674292922}),
    responses={
        200: Reply(
            {"type": "object", "properties": {"received": {"const": True}}, "required": ["received"]},
            "It is kept, or was before, or is nothing that we listen to",
            example={"received": True},
        )
    },
    errors={
        401: ["invalid_signature"],
        404: ["not_found"],
        503: ["database_unavailable", "outcome_unknown", "temporarily_unavailable", "encryption_unavailable"],
    },
    request_headers={
        SIGNATURE: "HMAC-SHA256 of the body with the app's client secret, in base64",
        "X-Shopify-Topic": "Such as `inventory_levels/update`",
        "X-Shopify-Shop-Domain": "The connection's shop",
        "X-Shopify-Event-Id": "The same for each repetition; kept 7 days",
        "X-Shopify-Webhook-Id": "Taken for the event's id where there is none",
        "X-Shopify-Triggered-At": "When it happened",
    },
    parameters={"connection_id": "As the connection's webhookUrl has it"},
)
def receive_shopify_webhook(connection_id: UUID) -> dict[str, bool]:
    """Kept before the answer, once however often it comes, and done by workers. 401 unless the signature is right."""
    header = request.headers.get
    delivery = Delivery(
        connection_id=connection_id,
        shop=header("X-Shopify-Shop-Domain", ""),
        topic=header("X-Shopify-Topic", ""),
        signature=header(SIGNATURE, ""),
        ids=(header("X-Shopify-Event-Id"), header("X-Shopify-Webhook-Id")),
        triggered_at=header("X-Shopify-Triggered-At", ""),
        body=read_signed(BODY_BYTES_MAX),
    )
    try:
        container().webhooks.take(delivery)
    except ForgedError as error:
        raise HttpError(401, error.code, error.message, headers={"WWW-Authenticate": CHALLENGE}) from None
    return {"received": True}
