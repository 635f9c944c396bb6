"""The peers of a cached read: Flask saying hello, and Flask doing one plain GET on the same Redis."""

import os

import redis
from flask import Flask, Response

URL_VARIABLE = "BENCH_REDIS_URL"
HELLO = "/hello"
ONE_GET = "/get/"


def create() -> Flask:
    """Run with the same server flags as ours, so that only the application differs."""
    app = Flask(__name__)
    client = redis.Redis.from_url(os.environ[URL_VARIABLE])

    @app.get(HELLO)
    def hello() -> Response:
        return Response(b'{"hello": "world"}', content_type="application/json")

    @app.get(ONE_GET + "<key>")
    def one_get(key: str) -> Response:
        return Response(client.get("bench:" + key), content_type="application/json")

    return app
