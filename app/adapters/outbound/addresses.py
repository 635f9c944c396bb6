"""Which addresses are on the internet, and which are somebody's own machine, network or cloud."""

import ipaddress
import re
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_V4_TOO: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "100.64.0.0/10",  # carriers' own; a cloud's metadata is at 100.100.100.200
            "168.63.129.16/32",  # a public number, and inside one cloud the machine's own host
            "192.0.0.0/24",  # IETF's protocols; a cloud's metadata is at 192.0.0.192
            "192.88.99.0/24",  # 6to4's relays
        ),
    )
)
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
_V6_TOO: Final = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # IETF's protocols, Teredo among them
            "2001:db8::/32",  # documents
            "2002::/16",  # 6to4: an IPv4 address in disguise
            "3fff::/20",  # documents
        ),
    )
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP: Final = (0x00005EFE, 0x02005EFE)
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_HOST_MAX: Final = 253


def is_public(address: Address) -> bool:
    """Whether it is one of the internet's, unicast, in its own right.

    What has an IPv4 address inside goes by that one (mapped, NAT64) or is not one of the internet's (compatible,
    6to4, Teredo, ISATAP, translated): https://www.iana.org/assignments/iana-ipv6-special-registry
    """
    if isinstance(address, ipaddress.IPv4Address):
        return _is_public_v4(address)
    if address.scope_id is not None:
        return False
    inside = address.ipv4_mapped
    if inside is None and address in _NAT64:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return _is_public_v4(inside) if inside is not None else _is_public_v6(address)


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    ordinary = address.is_global and not address.is_multicast and not address.is_reserved
    return ordinary and not any(address in network for network in _V4_TOO)


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    if address not in _GLOBAL_V6 or not address.is_global or address.is_multicast:
        return False
    if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return False
    return not any(address in network for network in _V6_TOO)


def literal(host: str) -> Address | None:
    """The address that a host is, in its one plain spelling; None for a name.

    Raises ValueError for anything else that looks like a number, since resolvers read 0x7f.1, 017700000001 and
    2130706433 as 127.0.0.1, and for what can be no name of a host.
    """
    if ":" in host:
        return ipaddress.IPv6Address(host)
    if _NUMERIC.fullmatch(host):
        return ipaddress.IPv4Address(host)
    if len(host) > _HOST_MAX or not _HOST.fullmatch(host):
        raise ValueError(f"{host[:80]!r} is no name of a host")
    return None


def plain_host(host: str) -> str:
    """A host as it is compared: in small letters, without the dot at its end."""
    return host.lower().removesuffix(".")
