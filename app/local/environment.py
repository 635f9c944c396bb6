"""What the system's processes find in their environment: ours, and the caller's over it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.local.credentials import encryption_keys, secret_key
from app.local.engines import Engines
from app.local.errors import LocalError
from app.local.options import Options
from app.local.ports import LOOPBACK, free_port, is_free
from app.local.record import MARK
from app.settings import Settings, SettingsError, load

# Like the demo's shops, so that two systems that start together want no port of each other's.
SIMULATOR_PORT_ABOVE = 160
_EMBEDDED = {"DATABASE_URL": "postgresql://embedded", "REDIS_URL": "redis://embedded"}


@dataclass(frozen=True)
class Wishes:
    """The caller's environment and options, checked before anything starts."""

    caller: Mapping[str, str]
    settings: Settings
    own: Mapping[str, str]
    simulator_port: int | None

    @property
    def needs_postgres(self) -> bool:
        """No real database was named."""
        return not self.caller.get("DATABASE_URL")

    @property
    def needs_valkey(self) -> bool:
        """No real Redis was named for the cache; a BROKER_URL alone does not serve for one."""
        return not self.caller.get("REDIS_URL")

    @property
    def port(self) -> int:
        """Where the web server listens."""
        return self.settings.port


def wishes(options: Options, caller: Mapping[str, str]) -> Wishes:
    """Options over the caller's environment over our defaults; one line when a value is wrong."""
    caller = {name: value for name, value in caller.items() if value or name not in _known()}
    own = {"METRICS_DIR": str(options.data_dir / "metrics"), MARK: str(options.data_dir.resolve())}
    flags = {"PORT": options.port, "WORKER_PROCESSES": options.workers}
    caller |= {name: str(value) for name, value in flags.items() if value is not None}
    settings = _checked({**_EMBEDDED, **own, **caller})
    port = settings.port or free_port()
    if not is_free(port):
        raise LocalError(f"port {port} is taken: name another with --port")
    caller["PORT"] = str(port)
    own["PUBLIC_URL"] = f"http://{LOOPBACK}:{port}"
    if not caller.get("ENCRYPTION_KEYS"):
        own["ENCRYPTION_KEYS"] = encryption_keys(options.data_dir)
    if not caller.get("SECRET_KEY"):
        own["SECRET_KEY"] = secret_key(options.data_dir)
    simulator_port = None
    if not caller.get("SHOPIFY_URL_TEMPLATE"):
        simulator_port = free_port(port + SIMULATOR_PORT_ABOVE)
        own["SHOPIFY_URL_TEMPLATE"] = f"http://{LOOPBACK}:{simulator_port}/{{shop}}"
    if options.demo and not caller.get("OUTBOUND_ALLOW_HOSTS"):
        own["OUTBOUND_ALLOW_HOSTS"] = LOOPBACK  # where the demo's suppliers are
    return Wishes(caller, settings.model_copy(update={"port": port}), own, simulator_port)


def _known() -> set[str]:
    return {name.upper() for name in Settings.model_fields}


def _checked(environ: Mapping[str, str]) -> Settings:
    try:
        return load(environ)
    except SettingsError as error:
        raise LocalError(f"bad configuration: {error}") from None


def resolved(wished: Wishes, engines: Engines | None) -> tuple[Settings, dict[str, str]]:
    """The settings with every address known, and the environment that says so to the processes."""
    addresses: dict[str, str] = {}
    if engines and wished.needs_postgres:
        addresses |= {"DATABASE_URL": engines.app_url, "DATABASE_OWNER_URL": engines.owner_url}
    if engines and wished.needs_valkey:
        addresses |= {"REDIS_URL": engines.redis_url}
    environ = {**wished.own, **addresses, **wished.caller, "PYTHONUNBUFFERED": "1"}
    return _checked(environ), environ


def of_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that is settings: what scripts/admin needs to be the same system."""
    return {name: environ[name] for name in sorted(_known()) if environ.get(name)}


def metrics_directory(data_dir: Path) -> Path:
    """Where the processes of this start keep their counters; emptied, since they belong to processes."""
    directory = data_dir / "metrics"
    directory.mkdir(parents=True, exist_ok=True)
    for leftover in directory.glob("*.db"):
        leftover.unlink(missing_ok=True)
    return directory
