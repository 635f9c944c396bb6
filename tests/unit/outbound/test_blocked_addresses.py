"""No request goes to an address that is not on the public internet, however it is spelt or reached."""

import ipaddress

import pytest

from app.adapters.outbound.addresses import is_public
from app.domain.suppliers.source import SourceRefusedError
from tests.outbound import PUBLIC, Web

LOOPBACK_SPELT = [
    "127.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "127.1.", "127.000.000.001", "127.0.0.01", "0127.0.0.1",
    "0177.0.0.1", "0177.0.0.01", "0177.1", "0177.0.1", "017700000001", "00000000177.0.0.1", "0x7f.0.0.1", "0x7f.1",
    "0x7F.0x0.0x0.0x1", "0x7f000001", "0X7F000001", "0x0000000007f000001", "2130706433", "2130706433.", "02130706433",
    "127.0.0.2", "127.255.255.255", "127.65535", "127.0.65535", "127.0x0.0.1", "0x7f.0.0.0x1", "0177.0.0.0x1",
    "0", "0.0.0.0", "0.0", "0x0", "00", "0.0.0.0.", "000.000.000.000", "0x00000000", "1", "0.0.0.1", "0.1.2.3",
    "localhost", "LOCALHOST", "LocalHost", "localhost.", "a.localhost", "a.b.localhost.", "localhost.localdomain",
    "ip6-localhost.localdomain", "printer.local", "db.internal", "metadata.google.internal", "nas.home.arpa",
    "%31%32%37.0.0.1", "127.0.0.1%00", "127%2e0%2e0%2e1", "%6cocalhost", "127.0.0.1%2f", "127.0.0.1%20",
    "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "127｡0｡0｡1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "١٢٧.٠.٠.١",  # noqa: RUF001
    "[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[0000::1]", "[::]", "[0::0]", "[::127.0.0.1]", "[::7f00:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0.0.0.0]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:7f00:1::1]", "[2001:0:7f00:1::]", "[2001::80ff:fffe]", "[::1%25lo]", "[fe80::1%25eth0]", "[::1%lo]",
    "127.0.0.1.1", "127..1", "127.0.0.256", "-127.0.0.1", "127.0.0.1-", "127.0.0.1,api.example", "256.256.256.256",
]  # fmt: skip
PRIVATE = [
    "10.0.0.0", "10.0.0.1", "10.1.2.3", "10.255.255.255", "172.16.0.0", "172.16.0.1", "172.20.10.5", "172.31.255.255",
    "192.168.0.0", "192.168.0.1", "192.168.1.1", "192.168.255.255", "169.254.0.0", "169.254.0.1", "169.254.1.1",
    "169.254.169.253", "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.255.255", "100.64.0.0",
    "100.64.0.1", "100.100.100.200", "100.127.255.255", "168.63.129.16", "192.0.0.0", "192.0.0.1", "192.0.0.8",
    "192.0.0.9", "192.0.0.10", "192.0.0.170", "192.0.0.171", "192.0.0.192", "192.0.0.255", "192.0.2.0", "192.0.2.1",
    "192.88.99.0", "192.88.99.1", "198.18.0.0", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.0", "224.0.0.1", "224.0.0.251", "232.1.2.3", "239.255.255.250", "239.255.255.255", "240.0.0.0",
    "240.0.0.1", "250.1.2.3", "255.255.255.254", "255.255.255.255", "0.0.0.0", "0.255.255.255", "127.0.0.1",
]  # fmt: skip
PRIVATE_V6 = [
    "::", "::1", "::2", "::a00:1", "::c0a8:101", "::a9fe:a9fe", "100::", "100::1", "100:0:0:1::1", "fc00::", "fc00::1",
    "fcff::1", "fd00::", "fd00::1", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fdff:ffff::1", "fe80::",
    "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::", "fec0::1", "feff::1", "ff00::", "ff01::1", "ff02::1", "ff02::fb",
    "ff05::2", "ff0e::1", "2001::", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:db8::",
    "2001:db8::1", "2001:1ff:ffff::1", "2002::", "2002:a00:1::1", "2002:a9fe:a9fe::", "2002:c0a8:101::1",
    "2002:808:808::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "8000::1", "e000::1", "1::1", "64:ff9b:1::1",
    "64:ff9b:1::808:808", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::c0a8:1", "64:ff9b::6440:1",
    "64:ff9b::e000:1", "64:ff9b::", "::ffff:10.0.0.1", "::ffff:192.168.0.1", "::ffff:172.16.0.1",
    "::ffff:169.254.169.254", "::ffff:100.64.0.1", "::ffff:224.0.0.1", "::ffff:255.255.255.255", "::ffff:168.63.129.16",
    "::ffff:0:10.0.0.1", "::ffff:0:a9fe:a9fe", "2600::5efe:127.0.0.1", "2600::5efe:a9fe:a9fe", "2600::200:5efe:10.0.0.1",
]  # fmt: skip
OTHERWISE = [
    "http://127.0.0.1:80/", "http://127.0.0.1:8080/", "http://127.0.0.1:22/", "http://api.example:22/",
    "http://api.example:25/", "http://api.example:6379/", "http://api.example:5432/", "http://api.example:2375/",
    "http://api.example:0/", "http://api.example:65536/", "http://api.example:-1/", "http://api.example:8000/",
    "http://user@api.example/", "http://user:pass@api.example/", "http://api.example@127.0.0.1/",
    "http://127.0.0.1@api.example/", "http://127.0.0.1:80@api.example/", "http://@api.example/",
    "http://api.example\\@127.0.0.1/", "http://127.0.0.1\\@api.example/", "http:\\\\127.0.0.1/", "http:/\\127.0.0.1/",
    "http://api.example\t/", "http://api.example /", "http://api.example\n.internal/", "http://\r\n127.0.0.1/",
    "http:///127.0.0.1/", "http:127.0.0.1", "http://", "//127.0.0.1/", "127.0.0.1", "", "http://[::1/", "http://::1/",
    "http://[127.0.0.1]/", "http://[api.example]/", "http://[v1.x]/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_",
    "ftp://127.0.0.1/", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/", "jar:http://127.0.0.1!/", "data:text/plain,a",
    "unix:///run/docker.sock", "http+unix://%2frun%2fdocker.sock/", "javascript:1", "HTTP://127.0.0.1/",
    "hTTps://LOCALHOST/", "https://127.0.0.1/", "https://[::1]/", "http://a..example/", "http://.example/",
    "http://-a.example/", "http://a_b!.example/", f"http://{'a' * 64}.example/", f"http://{'a.' * 127}example/",
]  # fmt: skip


def literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


VECTORS = [
    *(f"http://{host}/stock" for host in LOOPBACK_SPELT),
    *(f"http://{literal(address)}/stock" for address in (*PRIVATE, *PRIVATE_V6)),
    *OTHERWISE,
]


def refused(web: Web, url: str) -> str:
    """Why; an error where a socket was so much as opened."""
    with pytest.raises(SourceRefusedError) as told:
        web.post(url)
    assert web.lines.asked == []
    return told.value.reason


@pytest.mark.parametrize("url", VECTORS)
def test_an_address_that_is_nobodys_supplier_is_refused(url: str):
    assert refused(Web(1), url) in {"blocked_address", "bad_url"}


@pytest.mark.parametrize("address", [*PRIVATE, *PRIVATE_V6])
def test_a_name_that_leads_there_is_refused(address: str):
    web = Web(1, {"shop.example": [[address]], "shop.example.": [[address]]})

    assert refused(web, "https://shop.example/") == "blocked_address"
    assert refused(web, "https://SHOP.example./") == "blocked_address"


def test_there_are_many_of_them():
    assert len(set(VECTORS)) + len({*PRIVATE, *PRIVATE_V6}) >= 400


@pytest.mark.parametrize(
    "found", [[PUBLIC, "10.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "::1"], ["not-an-address"]]
)
def test_one_bad_address_among_good_ones_is_enough(found: list[str]):
    assert refused(Web(1, {"shop.example": [found]}), "https://shop.example/") == "blocked_address"


@pytest.mark.parametrize(
    "address", ["8.8.8.8", PUBLIC, "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_the_internet_is_not_refused(address: str):
    assert is_public(ipaddress.ip_address(address))


def test_a_number_is_never_looked_up_as_a_name():
    web = Web(1)
    for host in LOOPBACK_SPELT:
        refused(web, f"http://{host}/")

    assert web.names.asked == []


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    web = Web()
    with pytest.raises(Exception, match="cannot be reached"):
        web.fetch("http://api.example/")

    assert web.lines.asked == [(PUBLIC, 80)]
