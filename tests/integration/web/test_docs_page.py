"""The documentation page: complete, without scripts, without other hosts."""

import re
from html.parser import HTMLParser

from flask.testing import FlaskClient


class Page(HTMLParser):
    """Ids, links and tags of a page; fails on elements that are not closed in order."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in self.VOID:
            self._open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value)
            if name in {"href", "src"}:
                self.links.append(value)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag


def test_every_operation_and_schema_is_on_the_page(client: FlaskClient):
    document = client.get("/api/openapi.json").json
    page = Page(client.get("/api/docs").text)
    operations = {one["operationId"] for item in document["paths"].values() for one in item.values()}
    assert operations <= set(page.ids)
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_every_link_leads_somewhere_here(client: FlaskClient):
    page = Page(client.get("/api/docs").text)
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        else:
            assert link.startswith("/"), link
            assert client.get(link).status_code == 200, link


def test_nothing_runs_and_no_other_host_is_asked(client: FlaskClient):
    response = client.get("/api/docs")
    page = Page(response.text)
    assert not page.tags & {"script", "style", "iframe", "img", "form"}
    assert "style" not in page.attributes
    assert not any(name.startswith("on") for name in page.attributes)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.mimetype == "text/html"
    assert not re.search(r"url\(|@import", client.get("/static/docs.css").text)
