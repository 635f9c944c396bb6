"""The simulator's addresses, and HTTP to them."""

from urllib.parse import unquote

from app.local.shopify_sim import pages
from app.local.shopify_sim.control import Control
from app.local.shopify_sim.oauth import no_such_shop
from app.local.shopify_sim.simulator import NoSuchShopError, Simulator
from app.local.simulated.answer import Answer, Request, of_json
from app.local.simulated.server import SimulatedServer


class Site:
    """What is at which address: `/{shop}/admin/…`, or `/admin/…` under the shop's own host name."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator, self._control = simulator, Control(simulator)

    def answer(self, request: Request) -> Answer:
        """Any call."""
        parts = [unquote(one) for one in request.path.split("/") if one]
        host = request.headers.get("host", "").partition(":")[0]
        if parts[:1] == ["admin"] and host.endswith(".myshopify.com"):
            parts = [host, *parts]
        match parts:
            case ["_sim", "shop.css"]:
                return pages.stylesheet()
            case ["_sim", *_]:
                return self._control.answer(request)
            case []:
                return pages.home(self._simulator)
            case [domain, "admin", *rest]:
                return self._admin(domain, rest, request)
            case [domain]:
                return self._shop(domain, request)
        return pages.missing()

    def _admin(self, domain: str, rest: list[str], request: Request) -> Answer:
        if domain not in self._simulator.stores:
            return no_such_shop()
        match rest:
            case ["oauth", "access_token"] if request.method == "POST":
                return self._simulator.token(domain, request)
            case ["api", version, "graphql.json"]:
                return self._simulator.graphql(domain, version, request)
        return of_json({"errors": "Not Found"}, 404)

    def _shop(self, domain: str, request: Request) -> Answer:
        try:
            store = self._simulator.store(domain)
        except NoSuchShopError:
            return pages.missing()
        self._simulator.settle(domain)
        number = request.query.get("page", "1")
        return pages.shop(store, int(number) if number.isdigit() else 1, request.query.get("q", ""))


class Server(SimulatedServer):
    """Shops, served."""

    def __init__(self, simulator: Simulator, port: int = 0) -> None:
        self.simulator = simulator
        super().__init__("shopify-sim", Site(simulator), port)

    @property
    def template(self) -> str:
        """For the setting SHOPIFY_URL_TEMPLATE."""
        return f"{self.url}/{{shop}}"

    def stop(self) -> None:
        """End serving, mail and snapshots."""
        super().stop()
        self.simulator.stop()
