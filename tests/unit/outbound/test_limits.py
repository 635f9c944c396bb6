"""Nothing that a source does takes more time, memory or trust than it was given."""

import gzip
import itertools
import socket
import ssl
import threading
import time
import zlib

import pytest

from app.adapters.outbound import fetcher
from app.domain.suppliers.source import SourceRefusedError, SourceTransientError
from app.local.simulated.answer import Answer, of_json
from tests.outbound import OTHER, PUBLIC, Web

HOST = "http://api.example"
KEY = {"type": "apiKey", "header": "X-Api-Key", "value": "sesame"}


def refused(web, file) -> str:
    with pytest.raises(SourceRefusedError) as told:
        web.fetch(file)
    return told.value.reason


# --- redirects ---------------------------------------------------------------------------------------------------


def redirecting(target: str, status: int = 302):
    return lambda request: (
        Answer(200, b"[]") if request.path == "/there" else Answer(status, b"", {"Location": target})
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_with_the_key_in_hand(scripted, scripted_port, status):
    scripted.told = redirecting("/there", status)

    assert Web(scripted_port).fetch({"url": f"{HOST}/here", "auth": KEY}).pages == [b"[]"]
    assert [one.headers.get("x-api-key") for one in scripted.asked] == ["sesame", "sesame"]


@pytest.mark.parametrize("target", ["http://other.example/there", "http://api.example:8080/there"])
@pytest.mark.parametrize("auth", [KEY, {"type": "apiKey", "query": "key", "value": "sesame"}])
def test_the_key_stays_behind_when_a_redirect_leads_to_another_origin(scripted, scripted_port, target, auth):
    scripted.told = redirecting(target)
    Web(scripted_port).fetch({"url": f"{HOST}/here", "auth": auth})

    first, second = scripted.asked
    assert "sesame" in repr(first)
    assert "sesame" not in repr(second)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:10.0.0.1]/",
        "http://inside.example/",
        "http://2130706433/",
        "//localhost/",
        "http://api.example:22/",
        "file:///etc/passwd",
        "http://u:p@api.example/",
    ],
)
def test_a_redirect_is_looked_at_as_the_first_address_was(scripted, scripted_port, target):
    scripted.told = redirecting(target)
    web = Web(scripted_port, {"inside.example": [["10.0.0.1"]]})

    assert refused(web, f"{HOST}/here") in {"blocked_address", "bad_url"}
    assert web.lines.asked == [(PUBLIC, 80)]


def test_a_redirect_out_of_tls_is_refused():
    from app.adapters.outbound.exchange import led, place_of

    with pytest.raises(SourceRefusedError, match="from https to http"):
        led(place_of("https://api.example/"), "http://api.example/there")


def test_redirects_end(scripted, scripted_port):
    scripted.told = redirecting("/elsewhere")

    assert refused(Web(scripted_port), f"{HOST}/here") == "bad_redirect"
    assert len(scripted.asked) == 1 + fetcher.REDIRECTS_MAX


def test_a_token_is_not_asked_for_where_a_redirect_leads(scripted, scripted_port):
    scripted.told = redirecting("http://other.example/there", 307)
    auth = {"type": "oauth2", "tokenUrl": f"{HOST}/token", "clientId": "c", "clientSecret": "s"}

    assert refused(Web(scripted_port), {"url": f"{HOST}/", "auth": auth}) == "token_refused"
    assert [one.path for one in scripted.asked] == ["/token"]


# --- DNS rebinding -----------------------------------------------------------------------------------------------


def test_what_was_looked_at_is_what_is_connected_to(scripted, scripted_port):
    web = Web(scripted_port, {"rebind.example": [[PUBLIC], ["127.0.0.1"]]})
    web.fetch("http://rebind.example/")

    assert web.names.asked == ["rebind.example"]
    assert web.lines.asked == [(PUBLIC, 80)]
    assert scripted.asked[0].headers["host"] == "rebind.example"


def test_a_name_that_leads_inside_the_second_time_is_refused_the_second_time(scripted, scripted_port):
    web = Web(scripted_port, {"rebind.example": [[PUBLIC], ["127.0.0.1"]]})
    web.fetch("http://rebind.example/")

    assert refused(web, "http://rebind.example/") == "blocked_address"
    assert web.lines.asked == [(PUBLIC, 80)]


def test_a_name_that_changes_between_a_redirect_and_its_target_is_looked_at_again(scripted, scripted_port):
    web = Web(scripted_port, {"rebind.example": [[PUBLIC], ["10.0.0.1"]]})
    scripted.told = redirecting("http://rebind.example:8080/there")

    assert refused(web, "http://rebind.example/") == "blocked_address"


def test_a_host_that_is_excepted_is_asked_at_any_port(scripted, scripted_port):
    web = Web(scripted_port, {"warehouse": [["10.0.0.7"]]}, allow=["warehouse", "127.0.0.1"])
    web.fetch("http://warehouse:9999/")

    assert web.lines.asked == [("10.0.0.7", 9999)]


def test_no_other_host_is_excepted_with_it():
    web = Web(1, {"a.warehouse": [["10.0.0.7"]], "warehouse.example": [["10.0.0.7"]]}, allow=["warehouse"])

    assert (
        refused(web, "http://a.warehouse/") == refused(web, "http://warehouse.example/") == "blocked_address"
    )


# --- sizes -------------------------------------------------------------------------------------------------------


def body(content: bytes, **headers: str) -> Answer:
    return Answer(200, content, {name.replace("_", "-"): value for name, value in headers.items()})


def raw_deflate(content: bytes) -> bytes:
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(content) + made.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
        ("gzip", lambda content: gzip.compress(content[:3]) + gzip.compress(content[3:])),
    ],
)
def test_what_is_packed_is_unpacked(scripted, scripted_port, encoding, packed):
    content = b'[{"sku": "A", "qty": 1}]'
    scripted.told = lambda _: body(packed(content), Content_Encoding=encoding)

    assert Web(scripted_port).fetch(HOST).pages == [content]


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("identity", b"x" * 200_001),
        ("gzip", gzip.compress(bytes(50_000_000))),
        ("deflate", zlib.compress(bytes(50_000_000))),
        ("gzip", gzip.compress(b"") * 1_001 + gzip.compress(b"[]")),
    ],
)
def test_what_is_too_much_is_given_up(scripted, scripted_port, encoding, content):
    scripted.told = lambda _: body(content, Content_Encoding=encoding)

    with pytest.raises(
        (SourceRefusedError, SourceTransientError), match=r"more than 200,000|not the compressed"
    ):
        Web(scripted_port, bytes_max=200_000).fetch(HOST)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_an_encoding_that_nobody_asked_for_is_refused(scripted, scripted_port, encoding):
    scripted.told = lambda _: body(gzip.compress(gzip.compress(b"[]")), Content_Encoding=encoding)

    assert refused(Web(scripted_port), HOST) == "refused"


def test_gzip_that_breaks_off_may_hold_the_next_time(scripted, scripted_port):
    scripted.told = lambda _: body(gzip.compress(b"[1, 2, 3]" * 99)[:-9], Content_Encoding="gzip")

    with pytest.raises(SourceTransientError, match="not the compressed data"):
        Web(scripted_port).fetch(HOST)


def test_pages_are_bounded_together(scripted, scripted_port):
    numbers = itertools.count()
    scripted.told = lambda _: of_json([{"sku": str(next(numbers)), "qty": 1, "text": "x" * 10_000}])

    web = Web(scripted_port, bytes_max=50_000)
    assert refused(web, {"url": HOST, "pagination": {"type": "page"}}) == "too_large"
    assert len(scripted.asked) == 5


# --- pages -------------------------------------------------------------------------------------------------------


def test_pages_that_never_end_are_given_up(scripted, scripted_port, monkeypatch):
    monkeypatch.setattr(fetcher, "PAGES_MAX", 7)
    numbers = itertools.count()
    scripted.told = lambda _: of_json([{"sku": str(next(numbers)), "qty": 1}])

    assert refused(Web(scripted_port), {"url": HOST, "pagination": {"type": "page"}}) == "too_many_pages"


def test_pages_that_lead_in_a_circle_are_given_up(scripted, scripted_port):
    scripted.told = lambda _: of_json({"items": [], "next": "same"})
    pagination = {"type": "cursor", "param": "after", "next": "next"}

    file = {"url": HOST, "items": "items", "pagination": pagination}
    assert refused(Web(scripted_port), file) == "too_many_pages"
    assert len(scripted.asked) == 2


def test_a_source_that_does_not_count_pages_is_read_once(scripted, scripted_port):
    scripted.told = lambda _: of_json([{"sku": "A", "qty": 1}])

    assert len(Web(scripted_port).fetch({"url": HOST, "pagination": {"type": "page"}}).pages) == 1


def test_a_number_after_the_last_page_may_be_not_found(scripted, scripted_port):
    scripted.told = lambda request: (
        of_json([{"sku": "A", "qty": 1}]) if request.query["page"] == "1" else of_json({}, 404)
    )

    assert len(Web(scripted_port).fetch({"url": HOST, "pagination": {"type": "page"}}).pages) == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://10.0.0.1/2", "blocked_address"),
        ("http://other.example/2", None),
        ("ftp://api.example/2", "bad_url"),
    ],
)
def test_a_link_to_another_host_is_looked_at_and_gets_no_key(scripted, scripted_port, target, reason):
    scripted.told = lambda request: Answer(
        200,
        b"[]",
        {"Link": f'<x>; rel="prev", <{target}>; title="a, b"; rel="next"'} if request.path == "/" else {},
    )
    web = Web(scripted_port)
    file = {"url": HOST, "auth": KEY, "pagination": {"type": "link"}}
    if reason:
        assert refused(web, file) == reason
        return
    assert len(web.fetch(file).pages) == 2
    assert "sesame" not in repr(scripted.asked[1])
    assert web.lines.asked == [(PUBLIC, 80), (OTHER, 80)]


# --- time --------------------------------------------------------------------------------------------------------


def given_up_after(web, url: str = HOST) -> float:
    began = time.monotonic()
    with pytest.raises(SourceTransientError):
        web.fetch(url)
    return time.monotonic() - began


def test_a_body_that_drips_is_given_up_at_the_end_of_its_time(scripted, scripted_port):
    scripted.told = lambda _: Answer(200, b"[" * 1000, drip_s=0.02)

    assert 0.3 <= given_up_after(Web(scripted_port, timeout_s=0.3)) < 1.0


def test_headers_that_drip_are_given_up_at_the_end_of_their_time():
    with Dripping() as port:
        assert 0.3 <= given_up_after(Web(port, timeout_s=0.3)) < 1.0


def test_a_name_that_is_never_resolved_is_given_up():
    web, waiting = Web(1, timeout_s=0.2), threading.Event()
    web.names.__class__ = type("Slow", (type(web.names),), {"__call__": lambda *_: waiting.wait(5) or []})

    assert given_up_after(web) < 1.0
    waiting.set()


class Dripping:
    """Sends a header without end, a letter every 20 ms."""

    def __enter__(self) -> int:
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._drip, daemon=True).start()
        return self._socket.getsockname()[1]

    def _drip(self) -> None:
        line, _ = self._socket.accept()
        with line:
            try:
                line.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while True:
                    line.sendall(b"x")
                    time.sleep(0.02)
            except OSError:
                return

    def __exit__(self, *_) -> None:
        self._socket.close()


# --- certificates ------------------------------------------------------------------------------------------------


def test_a_certificate_of_somebody_else_is_for_a_person_to_mend(scripted_port, tmp_path):
    from tests.certificates import served_with_tls

    with served_with_tls(tmp_path, "elsewhere.example") as (port, trusting):
        assert refused(Web(port), "https://api.example/") == "bad_certificate"
        assert refused(Web(port, tls=trusting), "https://api.example/") == "bad_certificate"


def test_the_name_is_what_tls_goes_by_though_an_address_is_connected_to(tmp_path):
    from tests.certificates import served_with_tls

    with served_with_tls(tmp_path, "api.example") as (port, trusting):
        web = Web(port, tls=trusting)

        assert web.fetch("https://api.example/").pages == [b"[]"]
        assert web.lines.asked == [(PUBLIC, 443)]
    assert trusting.verify_mode is ssl.CERT_REQUIRED


# --- what nobody announced ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_body_whose_length_nobody_announced_is_counted_as_it_comes(encoding):
    from app.adapters.outbound.body import Budget, unfolded

    pieces = [gzip.compress(b"x"), gzip.compress(b"x")] if encoding else [b"x" * 20, b"x" * 20]
    with pytest.raises(SourceRefusedError, match="more than 30 bytes"):
        unfolded(iter(pieces), encoding, Budget(30))
