"""Brings one product into the shop: looks, decides, records what stock it will write, calls, and says what it became."""

from collections.abc import Mapping
from uuid import uuid4, uuid5

from app.domain.push.creation import creation
from app.domain.push.difference import paired, recognised, stock_of_new, update
from app.domain.push.errors import ShopGoneError, ShopRefusedError, StaleStockError
from app.domain.push.leaving import ARCHIVED, Left, leaving, untouched
from app.domain.push.lists import remaining
from app.domain.push.locate import Located, locate
from app.domain.push.plan import Action, Plan
from app.domain.push.ports import NextItem, PushRules, PushTransactions, Settled, Shop
from app.domain.push.product import Mapped, ProductInput, ShopProduct, VariantInput, WantedProduct
from app.domain.push.profile import Field
from app.domain.push.push import ItemOutcome, Refusal
from app.domain.work.dispatch import Claim

LOOKS_MAX = 4


def deliver(
    transactions: PushTransactions,
    claim: Claim,
    shop: Shop,
    item: NextItem,
    rules: PushRules,
    *,
    publish: bool,
) -> Settled:
    """What became of the product. Looks anew as often as the shop changes under our hands, within bounds.

    Raises ShopRefusedError, ShopClosedError, ShopUnavailableError, LeaseLostError.
    """
    if item.wanted is None:
        refusal = Refusal("unknown_part", "you sell no such part any more")
        return Settled(ItemOutcome.FAILED, item.together, refusal)
    delivery = _Delivery(transactions, claim, shop, item.wanted, rules, publish=publish)
    for last_look in (False,) * (LOOKS_MAX - 1) + (True,):
        try:
            return delivery.settled(item.together)
        except StaleStockError:
            if last_look:
                raise ShopRefusedError(
                    "stock_changing", "its stock in the shop kept changing meanwhile; push it again"
                ) from None
        except ShopGoneError:
            if last_look:
                raise
    raise AssertionError("unreachable")


class _Delivery:
    def __init__(
        self,
        transactions: PushTransactions,
        claim: Claim,
        shop: Shop,
        wanted: WantedProduct,
        rules: PushRules,
        *,
        publish: bool,
    ) -> None:
        self._transactions = transactions
        self._claim = claim
        self._shop = shop
        self._asked = wanted  # it knows the pictures of where its items come from
        self._wanted = wanted
        self._rules = rules
        self._publish = publish

    def settled(self, places: Mapping[int, str]) -> Settled:
        """One look and what follows from it."""
        wanted = self._wanted
        located = locate(self._shop, wanted, self._rules)
        left = [leaving(wanted, old) for old in located.moved]
        for stray in located.strays:  # before anything else is on its way
            self._take_out(stray)
        if located.product is None:
            plan, product = self._create()
        else:
            plan, product = self._update(located.product)
        for one in left:
            self._take_out(one)
        if self._publish and _is_new(located, wanted):
            self._shop.publish(product.id)
        nothing = plan.action is Action.NONE and not left and not located.strays and located.known
        return Settled(
            ItemOutcome.SKIPPED if nothing else ItemOutcome.SUCCEEDED,
            places,
            mapped=self._mapped(plan, product),
            unmapped=[one.item_id for one in wanted.gone],
            key=wanted.key,
        )

    def _create(self) -> tuple[Plan, ShopProduct]:
        plan = creation(self._wanted, self._rules)
        self._record(plan)
        assert plan.product
        made = self._shop.create(self._wanted.key, plan.product)
        self._set_new_stock(made, plan)
        return plan, made

    def _update(self, product: ShopProduct) -> tuple[Plan, ShopProduct]:
        """The product as it is, its variants, then its stock."""
        self._wanted = recognised(self._wanted, product)
        plan = update(self._wanted, product, self._rules)
        self._record(plan)
        if product.key not in (None, self._wanted.key):
            self._shop.rekey(product.id, self._wanted.key)
        if plan.product is not None:
            product = self._shop.change(product.id, plan.product)
        if plan.variants:
            self._shop.change_variants(product.id, plan.variants)
        self._set_stock(plan)
        if plan.joined:
            self._set_new_stock(product, plan)
        return plan, product

    def _set_new_stock(self, product: ShopProduct, plan: Plan) -> None:
        self._set_stock(stock_of_new(self._wanted, product, self._rules, plan.joined))

    def _record(self, plan: Plan) -> None:
        """Before the call: the shop's webhook can be faster than a commit after it, and the commit may never come."""
        if not plan.quantities and not plan.joined and not plan.pictures:
            return
        with self._transactions.tenant(self._claim.tenant_id) as tx:
            if plan.quantities:
                tx.pushing_stock(self._claim, dict(plan.quantities))
            if plan.joined or plan.pictures:
                tx.sending(self._claim, self._wanted.key, plan.joined, dict(plan.pictures))

    def _set_stock(self, plan: Plan) -> None:
        # A key of its own for each call: what a repetition of it may do is nothing, but what another look finds to
        # be done must be done though the same was done before.
        if plan.levels:
            self._shop.set_stock(plan.levels, uuid4())
        for inventory_item_id, quantity in plan.unstocked:
            self._shop.stock_at_location(inventory_item_id, quantity, uuid4())

    def _take_out(self, left: Left) -> None:
        """Remove our variants from the product that they were in, or the product when nothing else is in it.

        As it is now: since it was looked at first, a merchant may have worked on it.
        """
        old = self._shop.product(left.product_id, variants=len(left.variants) + 1)
        kept = [] if old is None else [one for one in old.variants if one.id not in left.variants]
        if old is None or len(kept) == len(old.variants):
            return
        if kept:
            self._shop.change(old.id, remaining(old, kept, self._asked))
        elif untouched(old, self._asked, self._rules) and not self._shop.tended(old.id):
            self._shop.delete_product(old.id)
        else:
            self._put_away(old)

    def _put_away(self, old: ShopProduct) -> None:
        """Out of sight, with all that a merchant put into it, and no more ours: neither key nor SKU leads there.

        Our key goes last: by it, and by its being archived, the next worker knows what was begun here.
        """
        self._shop.change(old.id, ProductInput(values={Field.STATUS: ARCHIVED}))
        self._shop.change_variants(old.id, [VariantInput(one.id, "") for one in old.variants])
        self._shop.rekey(old.id, uuid5(self._wanted.key, old.id))

    def _mapped(self, plan: Plan, product: ShopProduct) -> list[Mapped]:
        """What is new of the items' ids, and of their pictures where one of ours is in the shop now."""
        pairs = paired(self._wanted, product)
        pictures = _pictures_sent(plan)
        found = []
        for one in self._wanted.variants:
            variant = pairs.get(one.item_id)
            if variant is None:
                raise ShopGoneError("variant_missing", f"the shop does not keep {one.sku} in the product")
            url = one.values.get(Field.IMAGE)
            sent = url is not None and url in pictures
            mapped = Mapped(
                one.item_id,
                self._wanted.key,
                product.id,
                variant.id,
                variant.inventory_item_id,
                variant.image_id if sent else one.mapping.image_id,
                url if sent else one.mapping.image_url,
            )
            if mapped != one.mapping:
                found.append(mapped)
        return found


def _is_new(located: Located, wanted: WantedProduct) -> bool:
    """Made now, or by a worker that broke off before it was published; not one that the merchant made."""
    found = located.product
    return found is None or (not located.known and found.key == wanted.key)


def _pictures_sent(plan: Plan) -> set[str]:
    variants = plan.product.variants if plan.product else None
    return {one.image for one in variants or () if one.image}
