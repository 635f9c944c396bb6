"""Shops on disk: one JSON file each, replaced in one step, so that a restart finds them again."""

import os
from pathlib import Path

import msgspec

from app.local.shopify_sim.state import Shop

_ENDING = ".shop.json"


def load(directory: Path) -> list[Shop]:
    """All that were kept, without the answers that hold more than JSON can."""
    shops = [
        msgspec.json.decode(path.read_bytes(), type=Shop) for path in sorted(directory.glob(f"*{_ENDING}"))
    ]
    for shop in shops:
        shop.answered = {
            key: one for key, one in shop.answered.items() if one.mutation != "inventoryActivate"
        }
    return shops


def save(directory: Path, shop: Shop) -> None:
    """Keep one. They hold client secrets of made-up apps, and are for their owner alone all the same."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{shop.domain}{_ENDING}"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(shop))
    draft.replace(path)


def forget(directory: Path, domain: str) -> None:
    """The shop is gone."""
    (directory / f"{domain}{_ENDING}").unlink(missing_ok=True)
