"""A server with a certificate of its own making, and whoever trusts it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.local.simulated.answer import Answer, Request
from app.local.simulated.server import SimulatedServer


class _Empty:
    def answer(self, _request: Request) -> Answer:
        return Answer(200, b"[]")


@contextmanager
def served_with_tls(folder: Path, name: str) -> Iterator[tuple[int, ssl.SSLContext]]:
    """The port of a server that says it is `name`, and a context that trusts its certificate."""
    file = folder / "certificate.pem"
    file.write_bytes(certificate(name))
    server = SimulatedServer("tls", _Empty())
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(file)
    server.socket = secured.wrap_socket(server.socket, server_side=True)
    server.start()
    try:
        yield server.server_port, ssl.create_default_context(cafile=str(file))
    finally:
        server.stop()


def certificate(name: str) -> bytes:
    """Key and certificate, for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(named, named, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    kept = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return kept + made.public_bytes(pem)
