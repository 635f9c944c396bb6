"""Files and the media of products: images are in processing for a while, as Shopify's are."""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

from typing import Any

from app.local.shopify_sim.gids import parsed
from app.local.shopify_sim.paging import Page
from app.local.shopify_sim.resolving import Arguments, Call, resolves
from app.local.shopify_sim.search import Exactly, Readers, search
from app.local.shopify_sim.state import File, Product, Variant

_READERS: Readers = {
    "": lambda one: one.filename,
    "created_at": lambda one: one.created_at,
    "filename": lambda one: one.filename,
    "id": lambda one: one.id,
    "media_type": lambda one: Exactly("IMAGE" if one.media == "MediaImage" else "GENERIC_FILE"),
    "original_source": lambda one: Exactly(one.source),
    "updated_at": lambda one: one.updated_at,
}
_SORTED_BY = {
    "CREATED_AT": lambda one: one.created_at,
    "FILENAME": lambda one: one.filename.lower(),
    "ID": lambda _: 0,
    "UPDATED_AT": lambda one: one.updated_at,
}
MEDIA = ("MediaImage", "GenericFile")


@resolves("QueryRoot.files")
def files(_: Any, call: Call, arguments: Arguments) -> Page:
    matches = search(arguments.get("query"), _READERS)
    found = [one for one in call.store.shop.files.values() if matches(one)]
    return Page(found, arguments, _SORTED_BY[arguments["sortKey"]])


def file_of(call: Call, gid: str) -> File | None:
    """By its global id."""
    kind, number = parsed(gid)
    found = call.store.shop.files.get(number)
    return found if found and found.media == kind else None


@resolves("Product.media")
def media(source: Product, call: Call, arguments: Arguments) -> Page:
    positions = {one: place for place, one in enumerate(source.files)}
    by_position = arguments["sortKey"] == "POSITION"
    shown = call.store.files_of(source.files)
    return Page(shown, arguments, lambda one: positions[one.id] if by_position else 0)


@resolves("Product.mediaCount")
def media_count(source: Product, call: Call, _: Arguments) -> dict[str, Any]:
    return {"count": len(call.store.files_of(source.files)), "precision": "EXACT"}


@resolves("Product.featuredMedia")
def featured_media(source: Product, call: Call, _: Arguments) -> File | None:
    return next(iter(call.store.files_of(source.files)), None)


@resolves("ProductVariant.media")
def variant_media(source: Variant, call: Call, arguments: Arguments) -> Page:
    return Page(call.store.files_of(source.files), arguments, lambda _: 0)


@resolves(
    "MediaImage.status", "MediaImage.fileStatus", "GenericFile.fileStatus", "File.fileStatus", "Media.status"
)
def status(source: File, call: Call, _: Arguments) -> str:
    return source.status(call.now)


@resolves("MediaImage.image", "ProductVariant.image")
def image(source: Any, call: Call, _: Arguments) -> dict[str, Any] | None:
    """None until it is ready."""
    found = source
    if isinstance(source, Variant):
        found = next(iter(call.store.files_of(source.files)), None)
    if found is None or found.status(call.now) != "READY":
        return None
    return {
        "id": f"gid://shopify/ImageSource/{found.id}",
        "altText": found.alt or None,
        "url": address(found, call),
        "width": 1200,
        "height": 1200,
    }


@resolves("Image.url")
def image_url(source: dict[str, Any], _: Call, __: Arguments) -> str:
    return str(source["url"])


def address(file: File, call: Call) -> str:
    """Where Shopify would keep it."""
    return f"https://cdn.shopify.com/s/files/1/{call.store.shop.id}/files/{file.filename}?v={int(file.created_at)}"


@resolves("GenericFile.url")
def file_url(source: File, call: Call, _: Arguments) -> str | None:
    return address(source, call) if source.status(call.now) == "READY" else None


@resolves("MediaImage.preview", "GenericFile.preview", "File.preview", "Media.preview")
def preview(source: File, call: Call, _: Arguments) -> dict[str, Any]:
    return {"image": image(source, call, {}), "status": source.status(call.now)}


@resolves("MediaImage.originalSource")
def original_source(source: File, _: Call, __: Arguments) -> dict[str, Any]:
    return {"fileSize": None, "url": source.source}


@resolves("MediaImage.mediaContentType", "Media.mediaContentType")
def media_content_type(_: File, __: Call, ___: Arguments) -> str:
    return "IMAGE"


@resolves("MediaImage.mimeType", "GenericFile.mimeType")
def mime_type(source: File, _: Call, __: Arguments) -> str | None:
    ending = source.filename.rpartition(".")[2].lower()
    known = {
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "png": "image/png",
        "webp": "image/webp",
        "gif": "image/gif",
    }
    return known.get(ending)


@resolves("MediaImage.mediaErrors", "MediaImage.mediaWarnings", "Media.mediaErrors", "Media.mediaWarnings")
def no_errors(_: File, __: Call, ___: Arguments) -> list[Any]:
    return []


@resolves("MediaImage.fileErrors", "GenericFile.fileErrors", "File.fileErrors")
def file_errors(source: File, call: Call, _: Arguments) -> list[dict[str, Any]]:
    if source.status(call.now) != "FAILED":
        return []
    return [
        {
            "code": "IMAGE_DOWNLOAD_FAILURE",
            "details": None,
            "message": "Image could not be downloaded. Please verify the url and try again.",
        }
    ]
