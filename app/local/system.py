"""The whole system on one machine: engines, migrations, processes, demo, and an orderly end."""

import http.client
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from app.local import engines, record
from app.local.environment import Wishes, metrics_directory, of_settings, resolved, wishes
from app.local.errors import LocalError
from app.local.lock import sole_user_of
from app.local.options import Options
from app.local.ports import LOOPBACK, free_port
from app.local.processes import ROOT, programs, release, shop, simulator, suppliers
from app.local.program import Program
from app.local.supervisor import StopRequested, Supervisor, last_words
from app.settings import Settings

READY_S_MAX = 60.0
# The shops' port is this far above the web server's, or another that is free. Two systems that start together must
# not want the same one: granian would share it between them and say nothing.
SHOP_PORT_ABOVE = 80
SUPPLIERS_PORT_ABOVE = 90


def say(line: str) -> None:
    """Progress goes to stderr: stdout carries what a caller reads."""
    print(f"stockline: {line}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class System:
    """One start of the system."""

    options: Options
    settings: Settings
    environ: dict[str, str]
    simulator_port: int | None = None
    shop_port: int | None = None
    supplier_port: int | None = None

    @property
    def url(self) -> str:
        """The web server's address."""
        return f"http://{LOOPBACK}:{self.settings.port}"

    @property
    def shop_url(self) -> str | None:
        """The demo's shops' address, if there are any."""
        return f"http://{LOOPBACK}:{self.shop_port}" if self.shop_port else None

    @property
    def simulator_url(self) -> str | None:
        """The Shopify simulator's address, unless the caller named a Shopify."""
        return f"http://{LOOPBACK}:{self.simulator_port}" if self.simulator_port else None

    @property
    def facts(self) -> dict[str, Any]:
        """What the record says about this start."""
        return {
            "url": self.url,
            "portalUrl": f"{self.url}/portal",
            "shopUrl": self.shop_url,
            "shopifySimulatorUrl": self.simulator_url,
            "supplierSimulatorUrl": f"http://{LOOPBACK}:{self.supplier_port}" if self.supplier_port else None,
            "dataDir": str(self.options.data_dir),
            "databaseUrl": self.settings.database_url,
            "databaseOwnerUrl": self.settings.database_owner_url,
            "redisUrl": self.settings.redis_url,
            "brokerUrl": self.settings.broker_url,
            "settings": of_settings(self.environ),
        }

    def note(self, supervisor: Supervisor) -> None:
        """Keep the record true after each start of a process."""
        pids = {name: one.process.pid for name, one in supervisor.kept.items()}
        record.write(self.options.data_dir, self.facts, pids)

    def migrate(self, supervisor: Supervisor) -> None:
        """The release step, as a deployment runs it."""
        log = self.options.data_dir / "logs" / "release.log"
        program = Program("release", release(), ROOT, log, self.environ)
        if supervisor.run_once(program) != 0:
            raise LocalError(f"the migrations failed: {last_words(program)}")

    def start_processes(self, supervisor: Supervisor) -> None:
        """The simulator, web, workers and clock, until both servers say that they serve."""
        secret_free = {**self.environ}
        if self.settings.database_owner_url != self.settings.database_url:
            secret_free.pop("DATABASE_OWNER_URL")
        if port := self.simulator_port:
            self._simulate(supervisor, port)
        for program in programs(
            self.settings, self.settings.port, secret_free, self.options.data_dir / "logs"
        ):
            supervisor.keep(program)
        supervisor.wait_for(lambda: _serves(self.settings.port, "/readyz"), "the web server", READY_S_MAX)
        if port := self.simulator_port:
            supervisor.wait_for(lambda: _serves(port, "/"), "the Shopify simulator", READY_S_MAX)

    def _simulate(self, supervisor: Supervisor, port: int) -> None:
        """It is no part of the product: it gets nothing of its settings."""
        log = self.options.data_dir / "logs" / "shopify-simulator.log"
        command = simulator(port, self.options.data_dir / "shopify")
        supervisor.keep(Program("shopify-simulator", command, ROOT, log, self._strangers()))

    def _strangers(self) -> dict[str, str]:
        """The environment of a process that is told nothing of the system."""
        own = of_settings(self.environ)
        return {name: value for name, value in self.environ.items() if name not in own}

    def with_shop(self, supervisor: Supervisor) -> "System":
        """The same and the demo's shops, whose port is chosen when all others are taken.

        Their server needs to know nothing of the system but its record.
        """
        port = free_port(self.settings.port + SHOP_PORT_ABOVE)
        opened = replace(self, shop_port=port)
        supervisor.on_change = opened.note
        log = self.options.data_dir / "logs" / "shop.log"
        supervisor.keep(Program("shop", shop(port), ROOT, log, self._strangers()))
        return opened

    def with_suppliers(self, supervisor: Supervisor) -> "System":
        """The same and the demo's suppliers, whose stock is in memory: the demo makes them anew."""
        port = free_port(self.settings.port + SUPPLIERS_PORT_ABOVE)
        opened = replace(self, supplier_port=port)
        supervisor.on_change = opened.note
        log = self.options.data_dir / "logs" / "supplier-simulator.log"
        supervisor.keep(Program("supplier-simulator", suppliers(port), ROOT, log, self._strangers()))
        supervisor.wait_for(lambda: _serves(port, "/_sim/suppliers"), "the supplier simulator", READY_S_MAX)
        return opened

    def await_shop(self, supervisor: Supervisor) -> None:
        """Until its pages are there, which is after the demo made its tenants."""
        if port := self.shop_port:
            supervisor.wait_for(lambda: _serves(port, "/"), "the demo shop", READY_S_MAX)

    def announce(self) -> None:
        """The one line on stdout that a caller waits for."""
        line = {
            "ready": True,
            "url": self.url,
            "databaseUrl": self.settings.database_url,
            "redisUrl": self.settings.redis_url,
            "shopifySimulatorUrl": self.simulator_url,
        }
        print(json.dumps(line), flush=True)

    def demonstrate(self, supervisor: Supervisor) -> int:
        """The demo as a process of its own, so that the others are looked after meanwhile."""
        command = (sys.executable, "-m", "app.local.demo", "--data-dir", str(self.options.data_dir))
        return supervisor.run_once(Program("demo", command, ROOT, env=self.environ))


def _serves(port: int, path: str) -> bool:
    """Whether a server answers 200 now."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def run(options: Options) -> int:
    """Start, demonstrate, stay up, stop. The exit code of scripts/run."""
    with sole_user_of(options.data_dir):
        record.end_orphans(options.data_dir)
        wished = wishes(options, os.environ)
        metrics_directory(options.data_dir)
        with _supervised(options) as supervisor:
            try:
                return _live(start(wished, options, supervisor), supervisor)
            except StopRequested:
                return 0


@contextmanager
def _supervised(options: Options) -> Iterator[Supervisor]:
    supervisor = Supervisor(say=say)
    supervisor.listen()
    try:
        yield supervisor
    finally:
        say("stopping")
        supervisor.stop()
        record.forget(options.data_dir)


def start(wished: Wishes, options: Options, supervisor: Supervisor) -> System:
    """Everything up to the first answer of the web server."""
    pair = engines.prepare(options.data_dir) if wished.needs_postgres or wished.needs_valkey else None
    settings, environ = resolved(wished, pair)
    settings = settings.model_copy(update={"port": wished.port})
    system = System(options, settings, environ, wished.simulator_port)
    supervisor.on_change = system.note
    if pair:
        _start_engines(pair, wished, supervisor)
    system.migrate(supervisor)
    system.start_processes(supervisor)
    say(f"serves at {system.url}")
    return system


def _start_engines(pair: engines.Engines, wished: Wishes, supervisor: Supervisor) -> None:
    wanted: list[tuple[bool, Program, Callable[[], bool]]] = [
        (wished.needs_postgres, pair.postgres.program(), pair.postgres.accepts),
        (wished.needs_valkey, pair.valkey.program(), pair.valkey.accepts),
    ]
    for needed, program, _ in wanted:
        if needed:
            supervisor.keep(program)
    for needed, program, accepts in wanted:
        if needed:
            supervisor.wait_for(accepts, program.name, engines.READY_S_MAX)
    if wished.needs_postgres:
        pair.postgres.make_roles()


def _live(system: System, supervisor: Supervisor) -> int:
    if system.options.demo:
        system = system.with_suppliers(supervisor)
        system = system if system.options.once else system.with_shop(supervisor)
        code = system.demonstrate(supervisor)
        if code != 0:
            say("the demo failed: see above")
        if system.options.once:
            return code
        if code == 0:
            system.await_shop(supervisor)
    else:
        system.announce()
    if not system.options.once:
        supervisor.keep_until_stopped()
    return 0
