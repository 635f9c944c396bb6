"""The Flask application: the sections of the contract and, around them, one concern a file."""

from typing import Final

from flask import Flask, Response
from werkzeug.routing import BaseConverter

from app.bootstrap import Container
from app.web import api, conditional, cors, errors, health, observe, openapi, request_ids, storefront
from app.web.context import EXTENSION

SECTIONS: Final = (storefront.api, health.api, openapi.api)


class PartNumberConverter(BaseConverter):
    """A part number in a path: anything, slashes included, first and doubled ones too."""

    part_isolating = False
    regex = ".+"


def create_app(container: Container) -> Flask:
    """The application over a container; opens nothing."""
    app = Flask(__name__, static_url_path="/static", static_folder="static")
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.converters["part"] = PartNumberConverter
    app.extensions[EXTENSION] = container
    app.logger.setLevel(container.settings.log_level)
    app.before_request(_begin)
    app.after_request(_finish)
    errors.install(app)
    api.install(app, SECTIONS)
    openapi.prepare(app.extensions, SECTIONS)
    return app


def _begin() -> Response | None:
    observe.start()
    request_ids.assign()
    return cors.answer_options()


def _finish(response: Response) -> Response:
    request_ids.tell(response)
    cors.open_up(response)
    conditional.keep_private(response)
    response.headers["X-Content-Type-Options"] = "nosniff"
    observe.finish(response)
    return response
