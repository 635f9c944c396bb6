"""What all mutations share: limits on lists, user errors, idempotency keys, nothing done when one is refused."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from graphql import GraphQLError

from app.local.shopify_sim.resolving import Arguments, Call, RefusedError, resolves, user_error
from app.local.shopify_sim.state import Answered

LIST_MAX = 250
VARIANTS_MAX = 2_048
KEYS_KEPT_S = 24 * 3600.0

Work = Callable[[Call, Arguments], dict[str, Any]]


def mutation(name: str, *outputs: str, keyed: bool = False) -> Callable[[Work], Work]:
    """Register a mutation with the outputs that are null when it is refused.

    `keyed` ones need the `@idempotent(key:)` directive, at run time only: the schema says nothing of it
    (https://shopify.dev/changelog/making-idempotency-mandatory-for-inventory-adjustments-and-refund-mutations).
    """

    def register(work: Work) -> Work:
        def resolve(_: Any, call: Call, arguments: Arguments) -> dict[str, Any]:
            for path, size, most in _oversized(arguments, [name]):
                raise GraphQLError(
                    f"The input array size of {size} is greater than the maximum allowed of {most}.",
                    path=path,
                    extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
                )
            if keyed:
                return _once(call, name, arguments, lambda: _done(call, arguments, work, outputs))
            return _done(call, arguments, work, outputs)

        resolves(f"Mutation.{name}")(resolve)
        return work

    return register


def _done(call: Call, arguments: Arguments, work: Work, outputs: tuple[str, ...]) -> dict[str, Any]:
    told = len(call.store.events)
    try:
        return {**dict.fromkeys(outputs), **work(call, arguments), "userErrors": []}
    except RefusedError as error:
        del call.store.events[told:]
        return {**dict.fromkeys(outputs), "userErrors": error.errors}
    except GraphQLError:
        del call.store.events[told:]
        raise


def _oversized(value: Any, path: list[Any]) -> Iterator[tuple[list[Any], int, int]]:
    if isinstance(value, list):
        most = VARIANTS_MAX if path[-1] in ("variants", "variantsIds") else LIST_MAX
        if len(value) > most:
            yield path, len(value), most
        for one in value:
            yield from _oversized(one, path)
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _oversized(one, [*path, name])


def _once(call: Call, name: str, arguments: Arguments, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The first call with a key does it; another one with the same arguments gets the first one's answer.

    A key whose first call was refused is spent: IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED. That is the strict reading of
    the code's name; Shopify does not say when exactly it answers so.
    """
    if call.key is None:
        raise GraphQLError(
            "The @idempotent directive is required for this mutation but was not provided.",
            extensions={"code": "BAD_REQUEST"},
        )
    if not call.key.strip():
        raise GraphQLError("The idempotency key can't be blank.", extensions={"code": "BAD_REQUEST"})
    place = f"{call.app.client_id} {call.key}"
    print_of = hashlib.sha256(json.dumps(arguments, sort_keys=True, default=str).encode()).hexdigest()
    kept = call.store.shop.answered.get(place)
    if kept and kept.at + KEYS_KEPT_S > call.now:
        return _replayed(kept, name, print_of)
    payload = work()
    call.store.shop.answered[place] = Answered(call.now, name, print_of, payload)
    call.store.touched = True
    return payload


def _replayed(kept: Answered, name: str, fingerprint: str) -> dict[str, Any]:
    outputs = {output: None for output in kept.payload if output != "userErrors"}
    if (kept.mutation, kept.fingerprint) != (name, fingerprint):
        code = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
        message = "The same idempotency key cannot be used with different operation parameters."
        return {**outputs, "userErrors": [user_error(code, ["input"], message)]}
    if kept.payload["userErrors"]:
        code = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
        message = "A previous request with this idempotency key failed. Use another key."
        return {**outputs, "userErrors": [user_error(code, ["input"], message)]}
    return kept.payload


def unsupported(given: Arguments, *names: str) -> None:
    """Refuse what Shopify takes and the simulator does not play."""
    for name in names:
        if given.get(name) not in (None, False, []):
            raise GraphQLError(
                f"The simulator does not play the input field {name}.",
                extensions={"code": "SIMULATOR_UNSUPPORTED"},
            )
