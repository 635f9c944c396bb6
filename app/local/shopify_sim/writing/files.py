"""Files: what is new, what is known, and what happens to names that exist."""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

import uuid
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from app.local.shopify_sim.gids import number
from app.local.shopify_sim.reading.files import file_of
from app.local.shopify_sim.resolving import Arguments, Call, RefusedError, refused, user_error
from app.local.shopify_sim.state import File
from app.local.shopify_sim.writing.draft import Draft
from app.local.shopify_sim.writing.mutation import mutation, unsupported

FILES_MAX = 250
_ALT_MAX = 512
_IMAGES = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".svg", ""}


def is_address(source: str) -> bool:
    """Whether Shopify could fetch it."""
    parts = urlsplit(source)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in source


def made_of(call: Call, given: dict[str, Any], also: dict[int, File]) -> File:
    """A new file of a source; the default for a name that exists is to make another one with a longer name."""
    source, mode = given["originalSource"], given.get("duplicateResolutionMode") or "APPEND_UUID"
    name = given.get("filename") or PurePosixPath(unquote(urlsplit(source).path)).name or "file"
    held = [*call.store.shop.files.values(), *also.values()]
    twin = next((one for one in held if one.filename == name), None)
    if twin and mode == "RAISE_ERROR":
        raise refused(
            "FILENAME_ALREADY_EXISTS", ["filename"], f"A file with the filename {name} already exists."
        )
    if twin and mode == "REPLACE" and given.get("filename"):
        twin.source, twin.updated_at = source, call.now
        return twin
    if twin:
        stem = PurePosixPath(name)
        name = f"{stem.stem}_{uuid.uuid4()}{stem.suffix}"
    image = (given.get("contentType") or "IMAGE") == "IMAGE"
    return File(
        id=call.store.shop.number(),
        media="MediaImage" if image else "GenericFile",
        filename=name,
        source=source,
        alt=given.get("alt") or "",
        created_at=call.now,
        updated_at=call.now,
        ready_at=call.now + call.store.shop.file_s,
        failed=image and PurePosixPath(name).suffix.lower() not in _IMAGES,
    )


def set_files(draft: Draft, given: list[dict[str, Any]], path: list[Any]) -> dict[str, int]:
    """All files of a product anew; by source or id, which file it became. What is left out is gone from the product."""
    sources: dict[str, int] = {}
    numbers: list[int] = []
    for place, one in enumerate(given):
        file = _file(draft, one, [*path, place])
        if file is None:
            continue
        if file.id not in numbers:
            numbers.append(file.id)
        sources[file.gid] = file.id
        if one.get("originalSource"):
            sources[one["originalSource"]] = file.id
    draft.product.files = numbers
    return sources


def _file(draft: Draft, given: dict[str, Any], path: list[Any]) -> File | None:
    if len(given.get("alt") or "") > _ALT_MAX:
        draft.wrong("INVALID_INPUT", [*path, "alt"], f"Alt is too long (maximum is {_ALT_MAX} characters)")
        return None
    if given.get("id"):
        return _known(draft, given, path)
    if not given.get("originalSource") or not is_address(given["originalSource"]):
        draft.wrong("INVALID_INPUT", [*path, "originalSource"], "Image URL is invalid")
        return None
    try:
        file = made_of(draft.call, given, draft.files)
    except RefusedError as error:
        draft.wrong("INVALID_INPUT", [*path, "filename"], error.errors[0]["message"])
        return None
    draft.files[file.id] = file
    return file


def _known(draft: Draft, given: dict[str, Any], path: list[Any]) -> File | None:
    file = file_of(draft.call, given["id"])
    if file is None:
        draft.wrong("NOT_FOUND", [*path, "id"], f"File id {given['id']} does not exist.")
    elif given.get("alt") is not None:
        draft.alts[file.id] = given["alt"]
    return file


@mutation("fileCreate", "files")
def file_create(call: Call, arguments: Arguments) -> dict[str, Any]:
    made: dict[int, File] = {}
    for place, one in enumerate(arguments["files"]):
        path = ["files", place]
        mode = one.get("duplicateResolutionMode")
        if not is_address(one["originalSource"]):
            raise refused("INVALID_IMAGE_SOURCE_URL", [*path, "originalSource"], "Image URL is invalid")
        if mode == "REPLACE" and not one.get("filename"):
            code = "MISSING_FILENAME_FOR_DUPLICATE_MODE_REPLACE"
            raise refused(
                code, path, "Missing filename argument when attempting to use REPLACE duplicate mode."
            )
        if len(one.get("alt") or "") > _ALT_MAX:
            raise refused(
                "ALT_VALUE_LIMIT_EXCEEDED", [*path, "alt"], "The alt value exceeds the maximum limit."
            )
        file = made_of(call, one, made)
        made[file.id] = file
    call.store.shop.files.update(made)
    call.store.touched = True
    return {"files": list(made.values())}


@mutation("fileUpdate", "files")
def file_update(call: Call, arguments: Arguments) -> dict[str, Any]:
    """Alt text, name, source, and which products show it. A file that is not ready cannot be changed."""
    found = [_changeable(call, one, ["files", place]) for place, one in enumerate(arguments["files"])]
    if errors := [error for error, _ in found if error]:
        raise RefusedError(*errors)
    changed = [
        _change(call, file, one) for (_, file), one in zip(found, arguments["files"], strict=True) if file
    ]
    call.store.touched = True
    return {"files": changed}


def _changeable(
    call: Call, given: dict[str, Any], path: list[Any]
) -> tuple[dict[str, Any] | None, File | None]:
    unsupported(given, "previewImageSource")
    file = file_of(call, given["id"])
    if file is None:
        return user_error(
            "FILE_DOES_NOT_EXIST", [*path, "id"], f"File id {given['id']} does not exist."
        ), None
    if file.status(call.now) != "READY":
        return user_error("NON_READY_STATE", [*path, "id"], "Non-ready files cannot be updated."), None
    for name in ("referencesToAdd", "referencesToRemove"):
        for gid in given.get(name) or ():
            if _product(call, gid) is None:
                code, message = "REFERENCE_TARGET_DOES_NOT_EXIST", "The reference target does not exist."
                return user_error(code, [*path, name], message), None
    return None, file


def _change(call: Call, file: File, given: dict[str, Any]) -> File:
    file.alt = given.get("alt", file.alt) or ""
    file.filename = given.get("filename") or file.filename
    file.source = given.get("originalSource") or file.source
    file.updated_at = call.now
    for gid in given.get("referencesToAdd") or ():
        product = _product(call, gid)
        if product and file.id not in product.files:
            product.files.append(file.id)
    for gid in given.get("referencesToRemove") or ():
        if product := _product(call, gid):
            product.files = [one for one in product.files if one != file.id]
            for variant in product.variants:
                variant.files = [one for one in variant.files if one != file.id]
    return file


def _product(call: Call, gid: str) -> Any:
    return call.store.shop.products.get(number(gid, "Product") or 0)
