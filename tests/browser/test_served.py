"""The files as any page on any origin gets them."""

import gzip

import pytest
from flask import Flask

FILES = {
    "/widget/nearby-stock.js": "text/javascript",
    "/widget/store-locator.js": "text/javascript",
    "/widget/leaflet/leaflet.js": "text/javascript",
    "/widget/leaflet/leaflet.css": "text/css",
}
ZIPPED = {"Accept-Encoding": "gzip, br"}


def test_the_element_is_smaller_than_ten_kilobytes(files: Flask):
    answer = files.test_client().get("/widget/nearby-stock.js", headers=ZIPPED)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 10_000


@pytest.mark.parametrize("path", FILES)
def test_a_file_may_be_loaded_by_any_page(files: Flask, path: str):
    answer = files.test_client().get(path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == f"{FILES[path]}; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("public, max-age=3600")
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", FILES)
def test_both_encodings_are_the_same_file(files: Flask, path: str):
    client = files.test_client()

    plain = client.get(path)
    zipped = client.get(path, headers=ZIPPED)

    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize("accepted", ["gzip;q=0", "br", "identity"])
def test_who_takes_no_gzip_gets_none(files: Flask, accepted: str):
    answer = files.test_client().get("/widget/nearby-stock.js", headers={"Accept-Encoding": accepted})

    assert "Content-Encoding" not in answer.headers


def test_who_has_the_file_does_not_get_it_again(files: Flask):
    client = files.test_client()
    tag = client.get("/widget/nearby-stock.js").headers["ETag"]

    again = client.get("/widget/nearby-stock.js", headers={"If-None-Match": tag} | ZIPPED)

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Access-Control-Allow-Origin"] == "*"


def test_leaflets_licence_goes_with_it(files: Flask):
    answer = files.test_client().get("/static/widget/leaflet/LICENSE")

    assert "BSD 2-Clause" in answer.text
