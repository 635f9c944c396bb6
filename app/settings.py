"""The environment, read once: every setting, its default and its check."""

import base64
import os
import sys
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

POSTGRES_SCHEMES = ("postgresql://", "postgres://")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
FERNET_KEY_BYTES = 32
START_CALL_S = 0.5
"""What a push's lease leaves, after one whole call, for starting it."""
BROKER_SCHEMES = (*REDIS_SCHEMES, "amqp://", "amqps://")


class SettingsError(Exception):
    """A setting is missing or malformed; the text is the one line the operator needs."""


class Settings(BaseModel):
    """One process's settings. Field names in upper case are the environment variables."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: str
    database_owner_url: str = ""
    redis_url: str
    broker_url: str = ""

    encryption_keys: str = Field(default="", repr=False)
    secret_key: str = Field(default="", repr=False)
    public_url: str = ""
    shopify_url_template: str = "https://{shop}"
    shopify_api_version: str = Field(default="2026-07", pattern=r"^20\d\d-(01|04|07|10)$")
    shopify_timeout_s: float = Field(default=11.0, gt=0, le=60)
    outbound_allow_hosts: str = ""
    supplier_timeout_s: float = Field(default=60.0, gt=0, le=300)
    smtp_url: str = Field(default="", repr=False)
    mail_from: str = "stockline@localhost"

    port: int = Field(default=8000, ge=0, le=65535)
    log_level: str = "INFO"
    web_concurrency: int = Field(default=2, ge=1)
    web_threads: int = Field(default=32, ge=2)
    web_streams: int = Field(default=32, ge=4)
    web_proxies: int = Field(default=0, ge=0, le=10)
    worker_processes: int = Field(default=2, ge=1)
    worker_threads: int = Field(default=4, ge=1)
    push_threads: int = Field(default=16, ge=1)
    supplier_threads: int = Field(default=8, ge=1)
    metrics_dir: str = ""

    feed_chunk_rows: int = Field(default=1000, ge=1, le=10_000)
    feed_wait_s: float = Field(default=20.0, ge=0, le=60)
    feed_slice_s: float = Field(default=0.5, gt=0)
    body_limit_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    rate_limit_per_s: float = Field(default=200.0, gt=0)
    rate_limit_burst: int = Field(default=2000, ge=1)

    lease_s: float = Field(default=12.0, gt=0)
    push_lease_s: float = Field(default=25.0, gt=0)
    push_slice_s: float = Field(default=5.0, gt=0)
    sweep_interval_s: float = Field(default=2.0, gt=0)
    key_cache_s: float = Field(default=0.5, ge=0, le=1)

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def _postgres(cls, value: str) -> str:
        if value and not value.startswith(POSTGRES_SCHEMES):
            raise ValueError("must be postgresql://user:password@host:port/database")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if not value.startswith(REDIS_SCHEMES):
            raise ValueError("must be redis://host:port/0")
        return value

    @field_validator("broker_url")
    @classmethod
    def _broker(cls, value: str) -> str:
        if value and not value.startswith(BROKER_SCHEMES):
            raise ValueError("must be redis://host:port/1 or amqp://user:password@host/")
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _keys(cls, value: str) -> str:
        for key in value.split(",") if value else ():
            try:
                sound = len(base64.urlsafe_b64decode(key.strip().encode())) == FERNET_KEY_BYTES
            except ValueError:
                sound = False
            if not sound:
                raise ValueError("must be Fernet keys, newest first, with commas between")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: str) -> str:
        if value and not value.startswith(("smtp://", "smtps://")):
            raise ValueError("must be smtp://user:password@host:587 (STARTTLS) or smtps://…:465")
        return value

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must be https://name, the address that the world reaches the web server at")
        return value.rstrip("/")

    @field_validator("shopify_url_template")
    @classmethod
    def _template(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must be https://{shop}")
        return value.rstrip("/")

    @field_validator("log_level")
    @classmethod
    def _log_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            raise ValueError("must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return value.upper()

    @model_validator(mode="after")
    def _defaults(self) -> Self:
        if not self.database_owner_url:
            object.__setattr__(self, "database_owner_url", self.database_url)
        if not self.public_url:
            object.__setattr__(self, "public_url", f"http://127.0.0.1:{self.port}")
        if self.push_lease_s < max(2 * self.shopify_timeout_s, self.shopify_call_s + START_CALL_S):
            raise ValueError("PUSH_LEASE_S must be at least twice SHOPIFY_TIMEOUT_S, and 1.5 s more than it")
        if not self.broker_url:
            object.__setattr__(self, "broker_url", _on_database(self.redis_url, 1))
        return self

    @property
    def shopify_call_s(self) -> float:
        """How long a call to a shop lasts at most: a second longer than its time-out, when its answer's body stalls."""
        return self.shopify_timeout_s + 1


def _on_database(redis_url: str, number: int) -> str:
    """The same Redis instance on another numbered database."""
    scheme, rest = redis_url.split("://", 1)
    address, question, query = rest.partition("?")
    if scheme == "unix":
        return f"unix://{address}?db={number}"
    host = address.split("/", 1)[0]
    return f"{scheme}://{host}/{number}{question}{query}"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; raises SettingsError naming every variable that is wrong."""
    given = {name: environ[name.upper()] for name in Settings.model_fields if environ.get(name.upper())}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        wrong = (
            ": ".join([*(str(name).upper() for name in e["loc"][:1]), e["msg"].removeprefix("Value error, ")])
            for e in error.errors()
        )
        raise SettingsError("; ".join(wrong)) from None


def load_or_exit() -> Settings:
    """For a process's entry point: settings, or one line on stderr and exit code 78 (EX_CONFIG)."""
    try:
        return load()
    except SettingsError as error:
        print(f"stockline: bad configuration: {error}", file=sys.stderr)  # noqa: T201 - before logging exists
        raise SystemExit(78) from None
