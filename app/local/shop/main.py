"""The demo's shops as a web application: plain pages on an origin of their own, which embed the widget."""

import os
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, make_response, render_template, request

from app.local.demo.catalog import part_number
from app.local.record import MARK
from app.local.shop.site import LANGUAGES, Shop, Site, address, site_of, words

_POLICY = (
    "default-src 'none'; script-src 'self' {stockline}; connect-src {stockline}; style-src 'self';"
    " img-src 'self' https://api.mapbox.com; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create() -> Flask:
    """The application as granian starts it, for the data directory that marks all of its system's processes."""
    return application(Path(os.environ[MARK]))


def application(data_dir: Path) -> Flask:
    """The shops of one system. They read its record at each request: it may be another one after a restart."""
    app = Flask(__name__)
    app.jinja_env.globals.update(address=address, part_number=part_number, languages=words())

    def page(template: str, language: str, status: int = 200, **values: Any) -> Response:
        site = site_of(data_dir)
        if language not in LANGUAGES:
            abort(404)
        if site is None:
            template, status = "loading.html", 503
        text = render_template(template, language=language, words=words()[language], site=site, **values)
        return _guarded(make_response(text, status), site)

    @app.get("/", defaults={"language": ""})
    @app.get("/<language>/")
    def home(language: str) -> Response:
        return page("home.html", language or _preferred())

    @app.get("/<language>/<shop>/")
    def products(language: str, shop: str) -> Response:
        return page("products.html", language, shop=_shop(data_dir, shop))

    @app.get("/<language>/<shop>/dealers")
    def dealers(language: str, shop: str) -> Response:
        return page("dealers.html", language, shop=_shop(data_dir, shop))

    @app.get("/<language>/<shop>/parts/<name>")
    def product(language: str, shop: str, name: str) -> Response:
        here = _shop(data_dir, shop)
        shown = here.product(name) if here else None
        if here and not shown:
            abort(404)
        return page("product.html", language, shop=here, product=shown, chosen=request.args.get("part"))

    @app.errorhandler(404)
    def unknown(_error: Exception) -> Response:
        return page("gone.html", _preferred(), 404)

    return app


def _preferred() -> str:
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def _shop(data_dir: Path, slug: str) -> Shop | None:
    """The shop; None while the demo is loading."""
    site = site_of(data_dir)
    if site and slug not in site.shops:
        abort(404)
    return site.shops[slug] if site else None


def _guarded(response: Response, site: Site | None) -> Response:
    """With the policy that docs/widget.md asks of a page that embeds the widget."""
    response.headers["Content-Security-Policy"] = _POLICY.format(stockline=site.stockline if site else "")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers["Cache-Control"] = "no-cache"
    return response
