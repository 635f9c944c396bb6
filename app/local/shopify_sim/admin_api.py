"""`/admin/api/2026-07/graphql.json`: who asks, what it costs, and what comes out.

Order, as Shopify's answers show it: token, version, body, document, cost of one operation, bucket, scopes, execution.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    execute,
    value_from_ast_untyped,
)

from app.local.shopify_sim import reading, writing
from app.local.shopify_sim.access import widened
from app.local.shopify_sim.bucket import Bucket
from app.local.shopify_sim.cost import COST_MAX, Estimate
from app.local.shopify_sim.faults import ANY, PREVENTING, Fault
from app.local.shopify_sim.resolving import Call, resolve_field, resolve_type
from app.local.shopify_sim.schema import VERSION, Document, Documents, admin
from app.local.shopify_sim.state import App
from app.local.shopify_sim.store import Logged, Store
from app.local.shopify_sim.wording import LIMITS, as_shopify, bad_variables, internal, too_dear, unclear
from app.local.shopify_sim.writing.product_set import settle
from app.local.simulated.answer import CUT, Answer, Request, of_json, of_text

PLAYED = (reading, writing)
"""Importing them registered their resolvers."""

_NO_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105 - a message
_WITHOUT_DATA = {"MAX_INPUT_SIZE_EXCEEDED"}


class AdminApi:
    """The endpoint, for all shops."""

    def __init__(self) -> None:
        self._documents = Documents()

    def answer(self, store: Store, version: str, request: Request) -> Answer:
        """One call. The shop's lock is held while it is worked on, never while it is late."""
        asked = _asked(request)
        document = self._documents.of(asked["query"]) if isinstance(asked, dict) else None
        named = asked["operationName"] if isinstance(asked, dict) else None
        operation = document.operation(named) if document and document.node else None
        names = _root_fields(operation)
        with store.lock:
            fault = store.faults.take(names)
            if fault and fault.kind in PREVENTING:
                return _prevented(store, fault, names)
        if fault and fault.kind == "slow_before":
            store.clock.wait_until(None, fault.seconds)
        with store.lock:
            answer = self._answer(store, version, request, asked, document, operation, fault)
        return _spoiled(answer, fault)

    def _answer(
        self,
        store: Store,
        version: str,
        request: Request,
        asked: dict[str, Any] | Answer,
        document: Document | None,
        operation: OperationDefinitionNode | None,
        fault: Fault | None,
    ) -> Answer:
        token = request.headers.get("x-shopify-access-token", "")
        if fault and fault.kind in ("expire_token", "revoke_app"):
            _end_token(store, token, fault)
        app = store.app_of_token(token)
        if app is None:
            _log(store, _root_fields(operation), 401, codes=("UNAUTHORIZED",), fault=fault)
            return of_json({"errors": _NO_TOKEN}, 401, X_Request_Id=str(uuid.uuid4()))
        if version != VERSION:
            return of_json({"errors": "Not Found"}, 404)
        if isinstance(asked, Answer):
            return asked
        assert document
        if document.errors:
            return _versioned({"errors": [as_shopify(one) for one in document.errors]})
        if operation is None:
            return _versioned({"errors": [{"message": unclear(asked["operationName"])}]})
        return _Execution(store, app, asked, document, operation, fault).answer()


class _Execution:
    """One operation that is understood."""

    def __init__(
        self,
        store: Store,
        app: App,
        asked: Mapping[str, Any],
        document: Document,
        operation: OperationDefinitionNode,
        fault: Fault | None,
    ) -> None:
        self.store, self.app, self.document, self.operation, self.fault = (
            store,
            app,
            document,
            operation,
            fault,
        )
        self.variables = asked["variables"]
        self.names = _root_fields(operation)
        assert document.node
        fragments = {
            one.name.value: one
            for one in document.node.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self.estimate = Estimate(
            admin().schema, fragments, operation, _with_defaults(operation, self.variables)
        )
        if app.bucket is None:
            app.bucket = Bucket.full(store.shop.restore_rate, store.now)
        self.bucket = app.bucket

    def answer(self) -> Answer:
        """Refused for its cost or the bucket's, or executed."""
        requested = self.estimate.requested()
        if requested > COST_MAX:
            self._log(requested, None, ("MAX_COST_EXCEEDED",))
            return _versioned({"errors": [too_dear(requested)]})
        forced = self.fault is not None and self.fault.kind == "throttle"
        self.bucket.settle(self.store.now)
        if forced or not self.bucket.admit(requested, self.store.now):
            self._log(requested, None, ("THROTTLED",))
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": LIMITS}}
            return _versioned({"errors": [error], "extensions": self._cost(requested, None)})
        if self.fault is not None and self.fault.kind == "internal":
            self._log(requested, requested, ("INTERNAL_SERVER_ERROR",))
            return _versioned({"errors": [internal()], "extensions": self._cost(requested, requested)})
        return self._executed(requested)

    def _executed(self, requested: int) -> Answer:
        result = self._execute()
        actual = min(requested, self.estimate.actual(result.data))
        self.bucket.refund(requested - actual)
        errors = [as_shopify(one) for one in result.errors or ()]
        if result.data is None and errors and any("path" not in one for one in errors):
            errors = bad_variables(self.operation, self.variables) or errors
        body: dict[str, Any] = {"data": result.data}
        if errors:
            body["errors"] = errors
        codes = tuple(one.get("extensions", {}).get("code", "") for one in errors)
        if _WITHOUT_DATA & set(codes) or (result.data is None and all("path" not in one for one in errors)):
            del body["data"]
        body["extensions"] = self._cost(requested, actual)
        self._log(requested, actual, codes + _refusals(result.data))
        return _versioned(body)

    def _execute(self) -> ExecutionResult:
        assert self.document.node
        call = Call(self.store, self.app, widened(self.app.scopes), self.store.now)
        name = self.operation.name.value if self.operation.name else None
        result = execute(
            admin().schema,
            self.document.node,
            context_value=call,
            variable_values=self.variables,
            operation_name=name,
            field_resolver=resolve_field,
            type_resolver=resolve_type,
        )
        assert isinstance(result, ExecutionResult)
        return result

    def _cost(self, requested: int, actual: int | None) -> dict[str, Any]:
        return {
            "cost": {
                "requestedQueryCost": requested,
                "actualQueryCost": actual,
                "throttleStatus": self.bucket.status(),
            }
        }

    def _log(self, requested: int, actual: int | None, codes: tuple[str, ...]) -> None:
        _log(
            self.store,
            self.names,
            200,
            requested,
            actual,
            int(self.bucket.available),
            codes=codes,
            fault=self.fault,
        )


def settle_operations(store: Store) -> None:
    """Run what was to run later and is due. The shop's lock is held."""
    for one in list(store.shop.operations.values()):
        app = store.shop.apps.get(one.client_id)
        if not one.done and one.due_at <= store.now and app:
            settle(Call(store, app, frozenset(one.scopes), store.now), one)


def _asked(request: Request) -> dict[str, Any] | Answer:
    """The body, or why there is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST":
        return of_json({"errors": "Not Found"}, 404)
    if kind == "application/graphql":
        return {"query": request.body.decode("utf-8", "replace"), "variables": {}, "operationName": None}
    if kind != "application/json":
        return of_json({"errors": "Unsupported Media Type"}, 415)
    try:
        given = json.loads(request.body)
    except ValueError:
        return of_json({"errors": {"base": "Failed to parse JSON"}}, 400)
    return _parameters(given)


def _parameters(given: Any) -> dict[str, Any] | Answer:
    if not isinstance(given, dict) or not isinstance(given.get("query"), str) or not given["query"].strip():
        return of_json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
    variables = given.get("variables") or {}
    if not isinstance(variables, dict):
        return of_json({"errors": {"variables": "Required parameter missing or invalid"}}, 400)
    return {"query": given["query"], "variables": variables, "operationName": given.get("operationName")}


def _root_fields(operation: OperationDefinitionNode | None) -> list[str]:
    if operation is None:
        return []
    return [one.name.value for one in operation.selection_set.selections if isinstance(one, FieldNode)]


def _end_token(store: Store, token: str, fault: Fault) -> None:
    for app in store.shop.apps.values():
        if app.tokens.pop(token, None) and fault.kind == "revoke_app":
            app.revoked, app.tokens = True, {}


def _prevented(store: Store, fault: Fault, names: list[str]) -> Answer:
    """A fault that lets nothing be done."""
    status = {"drop_before": 0, "rate_limit": 429, "garbage": 200}.get(fault.kind, fault.status)
    _log(store, names, status, fault=fault)
    if fault.kind == "drop_before":
        return CUT
    if fault.kind == "garbage":
        return of_text("<html><body>Something went wrong</body></html>", 200, "text/html")
    if fault.kind == "rate_limit":
        message = "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."
        return of_json({"errors": message}, 429, Retry_After=fault.retry_after)
    return _broken(fault)


def _broken(fault: Fault) -> Answer:
    return of_text(f"<html><head><title>{fault.status}</title></head></html>", fault.status, "text/html")


def _spoiled(answer: Answer, fault: Fault | None) -> Answer:
    """A fault that comes after the work was done."""
    if fault is None:
        return answer
    if fault.kind == "drop_after":
        return CUT
    if fault.kind == "status_after":
        return _broken(fault)
    return replace(answer, after_s=fault.seconds) if fault.kind == "slow" else answer


def _versioned(body: Mapping[str, Any]) -> Answer:
    return of_json(body, X_Request_Id=str(uuid.uuid4()), X_Shopify_API_Version=VERSION)


def _with_defaults(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in operation.variable_definitions or ()
        if one.default_value
    }
    return {**defaults, **variables}


def _refusals(data: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The codes of user errors, for the log."""
    return tuple(
        str(one.get("code") or "USER_ERROR")
        for payload in (data or {}).values()
        if isinstance(payload, dict)
        for one in payload.get("userErrors") or ()
    )


def _log(
    store: Store,
    names: list[str],
    status: int,
    requested: int | None = None,
    actual: int | None = None,
    available: int | None = None,
    codes: tuple[str, ...] = (),
    fault: Fault | None = None,
) -> None:
    operation = ",".join(names) or ANY
    kind = fault.kind if fault else None
    store.calls.append(Logged(store.now, operation, status, requested, actual, available, codes, kind))
