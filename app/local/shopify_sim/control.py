"""The control API `/_sim/…`: what no Shopify has. JSON in, JSON out; 400 says what is wrong, 404 what is missing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from app.local.shopify_sim.faults import KINDS
from app.local.shopify_sim.simulator import NoSuchShopError, Simulator
from app.local.shopify_sim.state import Shop
from app.local.shopify_sim.store import Store, UnknownThingError
from app.local.simulated.answer import Answer, Request, of_json

Given = dict[str, Any]

_SHOP_FIELDS = {
    "name": "name",
    "plan": "plan",
    "currency": "currency",
    "restoreRate": "restore_rate",
    "locations": "locations",
    "publications": "publications",
    "clientId": "client_id",
    "clientSecret": "client_secret",
    "scopes": "scopes",
    "installed": "installed",
    "sameOrganisation": "same_organisation",
    "oauthErrors": "oauth_errors",
    "fileS": "file_s",
    "operationS": "operation_s",
    "variantsBeforeThrottle": "variants_before_throttle",
    "variantsADay": "variants_a_day",
}


class Control:
    """The routes.

    GET  /_sim/shops                          all
    POST /_sim/shops                          make one: domain and what else `Simulator.make_shop` takes
    GET|DELETE /_sim/shops/D                  what it contains; close it
    GET|POST|DELETE /_sim/shops/D/faults      what waits; order one; call all off
    GET|DELETE /_sim/shops/D/calls            the log with its sums; empty it
    POST /_sim/shops/D/merchant               {"do": a deed, …}, apps included
    GET|POST /_sim/shops/D/webhooks           attempts; {"lateS", "twice", "outOfOrder"}, {"release": true}
    POST /_sim/shops/D/bucket                 {"drain": points}, {"othersRate": points a second}, {"fill": true},
                                              {"restoreRate": points a second, as after a change of plan}
    GET|POST /_sim/clock                      {"advanceS"}, {"scale"}
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._of_shop: Mapping[tuple[str, str], Callable[[Store, Given], Any]] = {
            ("GET", ""): lambda store, _: contents(store),
            ("DELETE", ""): self._close,
            ("GET", "faults"): lambda store, _: {
                "kinds": KINDS,
                "waiting": [asdict(one) for one in store.faults.waiting],
            },
            ("POST", "faults"): lambda store, given: asdict(store.faults.order(given)),
            ("DELETE", "faults"): lambda store, _: store.faults.waiting.clear(),
            ("GET", "calls"): lambda store, _: calls(store),
            ("DELETE", "calls"): lambda store, _: store.calls.clear(),
            ("POST", "merchant"): self._act,
            ("GET", "webhooks"): self._mail,
            ("POST", "webhooks"): self._spoil_mail,
            ("POST", "bucket"): _bucket,
        }

    def answer(self, request: Request) -> Answer:
        """One call."""
        try:
            given = json.loads(request.body) if request.body else {}
            if not isinstance(given, dict):
                raise TypeError("the body is an object")
            done = self._done(request.method, request.path.strip("/").split("/")[1:], given)
            return of_json({} if done is None else done)
        except NoSuchShopError as error:
            return of_json({"error": f"no shop {error}"}, 404)
        except UnknownThingError as error:
            return of_json({"error": str(error)}, 404)
        except (ValueError, KeyError, TypeError) as error:
            return of_json({"error": f"{type(error).__name__}: {error}"}, 400)

    def _done(self, method: str, parts: list[str], given: Given) -> Any:
        match parts:
            case ["clock"]:
                return self._clock(given)
            case ["shops"] if method == "GET":
                return {"shops": [summary(one.shop) for one in self._simulator.stores.values()]}
            case ["shops"] if method == "POST":
                return self._make(given)
            case ["shops", domain, *rest] if len(rest) <= 1:
                store = self._simulator.store(domain)
                work = self._of_shop.get((method, "".join(rest)))
                if work:
                    self._simulator.settle(domain)
                    return work(store, given)
        raise ValueError(f"there is no {method} /_sim/{'/'.join(parts)}")

    def _clock(self, given: Given) -> Given:
        if "advanceS" in given:
            self._simulator.clock.advance(float(given["advanceS"]))
        if "scale" in given:
            self._simulator.clock.run_at(float(given["scale"]))
        return {"now": self._simulator.clock.now(), "scale": self._simulator.clock.scale}

    def _make(self, given: Given) -> Given:
        unknown = set(given) - set(_SHOP_FIELDS) - {"domain"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        named = {_SHOP_FIELDS[name]: value for name, value in given.items() if name != "domain"}
        return summary(self._simulator.make_shop(given["domain"], **named).shop)

    def _close(self, store: Store, _: Given) -> None:
        self._simulator.remove_shop(store.shop.domain)

    def _act(self, store: Store, given: Given) -> Given:
        return self._simulator.act(store.shop.domain, str(given.get("do")), given)

    def _mail(self, store: Store, _: Given) -> Given:
        post = self._simulator.post(store.shop.domain)
        return {"waiting": post.waiting, "deliveries": [asdict(one) for one in list(post.delivered)]}

    def _spoil_mail(self, store: Store, given: Given) -> Given:
        post = self._simulator.post(store.shop.domain)
        post.mischief.late_s = float(given.get("lateS", post.mischief.late_s))
        post.mischief.twice = int(given.get("twice", post.mischief.twice))
        post.mischief.out_of_order = int(given.get("outOfOrder", post.mischief.out_of_order))
        if given.get("release"):
            post.release()
        return {
            "lateS": post.mischief.late_s,
            "twice": post.mischief.twice,
            "outOfOrder": post.mischief.out_of_order,
        }


def _bucket(store: Store, given: Given) -> Given:
    buckets = [app.bucket for app in store.shop.apps.values() if app.bucket]
    with store.lock:
        for one in buckets:
            one.settle(store.now)
            one.restore_rate = float(given.get("restoreRate", one.restore_rate))
            one.drain(float(given.get("drain", 0)), store.now)
            one.others_rate = float(given.get("othersRate", one.others_rate))
            if given.get("fill"):
                one.available = one.maximum
    return {"throttleStatus": buckets[0].status() if buckets else None}


def summary(shop: Shop) -> Given:
    """A line about a shop."""
    return {
        "domain": shop.domain,
        "name": shop.name,
        "plan": shop.plan,
        "restoreRate": shop.restore_rate,
        "products": len(shop.products),
        "apps": [
            {
                "clientId": one.client_id,
                "scopes": one.scopes,
                "installed": one.installed,
                "revoked": one.revoked,
            }
            for one in shop.apps.values()
        ],
        "locations": [
            {"id": one.gid, "name": one.name, "isActive": one.is_active} for one in shop.locations.values()
        ],
        "publications": [{"id": one.gid, "name": one.name} for one in shop.publications.values()],
    }


def contents(store: Store) -> Given:
    """A shop with its products, for tests to compare with."""
    with store.lock:
        return {
            **summary(store.shop),
            "products": [_product(store, one) for one in store.shop.products.values()],
            "subscriptions": [
                {"id": one.gid, "topic": one.topic, "uri": one.uri}
                for one in store.shop.subscriptions.values()
            ],
        }


def _product(store: Store, one: Any) -> Given:
    values = {value.id: value.name for option in one.options for value in option.values}
    return {
        "id": one.gid,
        "title": one.title,
        "handle": one.handle,
        "status": one.status,
        "vendor": one.vendor,
        "productType": one.product_type,
        "descriptionHtml": one.description_html,
        "seo": {"title": one.seo_title, "description": one.seo_description},
        "tags": one.tags,
        "options": [
            {"name": each.name, "values": [value.name for value in each.values]} for each in one.options
        ],
        "files": [
            {"id": each.gid, "filename": each.filename, "source": each.source}
            for each in store.files_of(one.files)
        ],
        "metafields": {f"{each.namespace}.{each.key}": each.value for each in one.metafields},
        "collections": [store.shop.collections[each].title for each in one.collections],
        "published": [store.shop.publications[each].name for each in one.published],
        "variants": [_variant(store, each, values) for each in one.variants],
    }


def _variant(store: Store, one: Any, values: Mapping[int, str]) -> Given:
    item = one.item
    return {
        "id": one.gid,
        "sku": one.sku,
        "barcode": one.barcode,
        "price": one.price,
        "compareAtPrice": one.compare_at_price,
        "options": [values[each] for each in one.chosen.values()],
        "files": [each.filename for each in store.files_of(one.files)],
        "inventoryItemId": item.gid,
        "tracked": item.tracked,
        "cost": item.cost,
        "weight": {"value": item.weight, "unit": item.weight_unit},
        "harmonizedSystemCode": item.harmonized_system_code,
        "countryCodeOfOrigin": item.country_code_of_origin,
        "stock": {
            store.shop.locations[level.location].name: level.available
            for level in item.levels.values()
            if level.is_active
        },
    }


def calls(store: Store) -> Given:
    """The log, oldest first, with the sums that a benchmark wants."""
    with store.lock:
        logged = list(store.calls)
    return {
        "count": len(logged),
        "throttled": sum(1 for one in logged if "THROTTLED" in one.codes),
        "actualCost": sum(one.actual or 0 for one in logged),
        "calls": [asdict(one) for one in logged],
    }
