import json
from decimal import Decimal

import pytest

from app.domain.catalog.html import sanitised
from app.domain.storefront.part import PartPage
from app.domain.storefront.rendering import answer, packed, part_body, unpacked

PAGE = PartPage(
    "A", None, None, "Näme", None, None, None, None, Decimal("0.3500"), Decimal("1234567890.10"), 1
)


def test_money_and_weight_are_json_numbers():
    body = part_body(PAGE)
    assert b'"price":1234567890.1,' in body
    assert b'"weightKg":0.35,' in body
    assert json.loads(body)["name"] == "Näme"


def test_equal_bodies_have_equal_tags_and_others_do_not():
    assert answer(b"a").etag == answer(b"a").etag
    assert answer(b"a").etag != answer(b"b").etag


def test_an_answer_survives_its_packing():
    assert unpacked(packed(answer(b'{"a":1}'))) == answer(b'{"a":1}')


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<script>x</script>text", "text"),
        ("<b onmouseover=x>b</b>", "<b>b</b>"),
        ('<a href="data:text/html,x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ("<iframe src=//x></iframe><style>*{}</style><svg onload=x>", ""),
        ("<ul><li>1</li></ul>", "<ul><li>1</li></ul>"),
        ("5 < 6 & 7", "5 &lt; 6 &amp; 7"),
        ("<!-- c --><p>p", "<p>p</p>"),
    ],
)
def test_only_the_listed_html_stands(html: str, safe: str):
    assert sanitised(html) == safe
