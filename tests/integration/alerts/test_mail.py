"""Mail: one for many alerts, in quiet hours none, and no name that a supplier chose forges a header."""

import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.adapters.postgres.alert_watch import PostgresWatches
from app.adapters.smtp.mailer import checked
from app.adapters.smtp.server import NotEncryptedError, SmtpServer
from app.domain.alerts.alert import AlertKind
from app.domain.alerts.watch import WatchJob
from app.domain.errors import InvalidInputError
from app.domain.work.dispatch import Actor
from tests.alerted import post_office
from tests.integration.alerts.test_watch import sell
from tests.shopkeeper import KEYS


def test_a_mail_says_what_happened_in_text_and_in_html(alerted):
    alerted.mailed("ops@example.com")
    acme = alerted.supplier(name="Acme")
    alerted.stocked(acme, "A", "B")
    alerted.reports(acme, 0)
    alerted.deliver()
    (mail,) = alerted.office.mails
    assert (mail["From"], mail["To"]) == ("Stockline <stock@example.com>", "ops@example.com")
    assert mail["Subject"] == "Stockline: Out of stock (2) at Acme"
    assert "  - A at Acme is out: none available" in alerted.office.texts[0]
    html = mail.get_body(("html",)).get_content()
    assert "<li>B at Acme is out: none available</li>" in html
    assert mail["X-Stockline-Delivery"] in mail["Message-ID"]
    assert alerted.deliveries() == ["delivered"]


@pytest.mark.parametrize(
    "name",
    [
        "Acme\r\nBcc: all@example.com",
        "Größe 漢字 🏍",
        "<script>alert(1)</script>",
        "a" * 5000,
        "\u2028.\n.\r\n.",
    ],
    ids=["line breaks", "unicode", "markup", "long", "separators"],
)
def test_whatever_a_supplier_calls_itself_is_text_and_nothing_else(alerted, name):
    alerted.mailed()
    acme = alerted.supplier(name=name)
    alerted.stocked(acme, "A")
    alerted.reports(acme, 0)
    alerted.deliver()
    (mail,) = alerted.office.mails
    assert mail["Bcc"] is None
    assert alerted.office.recipients == ["ops@example.com"]
    assert len(mail["Subject"]) <= 150
    assert "<script" not in mail.get_body(("html",)).get_content()
    assert " ".join(name.split())[:20] in alerted.office.texts[0]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "a@b@c.com",
        "ops@example.com\r\nBcc: x@example.com",
        "a,b@example.com",
        "Ops <o@example.com>",
        "o@ex ample.com",
        "ö@example.com",
        "x" * 250 + "@example.com",
        "o@\x00.com",
    ],
)
def test_what_is_no_plain_address_is_refused(address):
    with pytest.raises(InvalidInputError):
        checked(address)


def test_an_address_at_a_domain_in_other_letters_is_kept_as_mail_servers_know_it():
    assert checked(" ops@bücher.example ") == "ops@xn--bcher-kva.example"


def test_without_a_mail_server_no_mail_channel_can_be_made(alerted, build):
    without = replace(alerted, stockline=alerted.stockline.over(build(encryption_keys=KEYS)))
    with pytest.raises(InvalidInputError, match="SMTP_URL"):
        without.mailed()


def test_an_address_that_the_mail_server_refuses_is_a_dead_letter_at_once(alerted):
    alerted.mailed()
    alerted.office.refuse = "550 5.1.1 no such user"
    empty_one(alerted)
    alerted.deliver()
    assert alerted.deliveries() == ["dead"]
    assert "550 5.1.1 no such user" in alerted.deliveries("last_error")[0]


def test_a_mail_server_that_is_busy_is_tried_again(alerted):
    alerted.mailed()
    alerted.office.refuse = "451 4.7.1 greylisted"
    empty_one(alerted)
    alerted.deliver()
    assert alerted.deliveries() == ["queued"]
    alerted.office.refuse = None
    alerted.hurry()
    alerted.drain()
    assert alerted.deliveries() == ["delivered"]


def empty_one(alerted, sku="A"):
    acme = alerted.supplier(code=f"code {sku}")
    alerted.stocked(acme, sku)
    alerted.reports(acme, 0)
    return acme


# --- quiet hours ---

BEDTIME = datetime(2036, 11, 20, 23, 0, tzinfo=UTC)
NIGHT = {"quiet_from": time(22), "quiet_until": time(6)}


def at(alerted, now):
    """The tenant's watch by another clock."""
    job = WatchJob(PostgresWatches(alerted.stockline.container.unit_of_work), now=lambda: now)
    return replace(alerted, jobs={Actor.ALERTS_WATCH: (job.run, job.give_up)})


def test_what_happens_in_quiet_hours_is_told_together_when_they_end(alerted):
    alerted.mailed(**NIGHT)
    empty_one(alerted, "A")
    at(alerted, BEDTIME).watch()
    acme = empty_one(alerted, "B")
    alerted.stocked(acme, "C")
    alerted.reports(acme, 3, "C")
    at(alerted, BEDTIME + timedelta(hours=3)).watch()
    assert alerted.deliveries("due_at") == [datetime(2036, 11, 21, 6, 0, tzinfo=UTC)]
    daytime(alerted)
    alerted.hurry()
    alerted.drain()
    (mail,) = alerted.office.mails
    assert mail["Subject"].startswith("Stockline: Out of stock (2), Low stock (1)")


def daytime(alerted):
    """The real clock stands outside of everybody's quiet hours."""
    alerted.stockline.sql(
        "UPDATE alert_channel SET quiet_from = NULL, quiet_until = NULL WHERE tenant_id = %s",
        alerted.tenant_id,
    )


def test_what_is_urgent_passes_quiet_hours(alerted):
    alerted.mailed(**NIGHT)
    acme = alerted.supplier()
    alerted.stocked(acme, "A")
    sell(alerted, acme, "A", 30)
    alerted.reports(acme, 20)
    at(alerted, BEDTIME).watch()
    held, urgent = sorted(
        zip(alerted.deliveries("due_at"), alerted.deliveries("urgent"), strict=True), reverse=True
    )
    assert held == (datetime(2036, 11, 21, 6, 0, tzinfo=UTC), False)
    assert urgent[1]
    assert urgent[0] < BEDTIME + timedelta(minutes=1)


def test_a_try_that_falls_into_quiet_hours_waits_for_their_end(alerted):
    now = datetime.now(UTC)
    alerted.mailed(
        quiet_from=(now - timedelta(hours=1)).time(), quiet_until=(now + timedelta(hours=1)).time()
    )
    empty_one(alerted)
    alerted.watch()
    alerted.hurry()
    alerted.drain()
    assert alerted.office.raw == []
    assert alerted.deliveries("due_at")[0] > now + timedelta(minutes=59)
    assert alerted.deliveries("tries") == [0]


# --- the daily report ---


def reporter(alerted, **wanted):
    channel = alerted.mailed(daily_report_at=time(7), alerts=(), **wanted)
    alerted.stockline.sql("UPDATE alert_channel SET report_due_at = now() WHERE id = %s", channel.id)
    return channel


def test_a_report_tells_how_stock_and_sources_stand(alerted):
    acme = alerted.supplier(name="Acme")
    alerted.stocked(acme, "A", "B", "C")
    alerted.reports(acme, 0, "A")
    alerted.reports(acme, 5, "B")
    alerted.watch()
    alerted.stockline.sql(
        "UPDATE supplier SET created_at = now() - interval '9 days', failures = 3, last_error = 'it answers 500'"
        " WHERE id = %s",
        acme,
    )
    alerted.stockline.sql(
        "INSERT INTO purchase_order (tenant_id, supplier_id, number) VALUES (%s, %s, 1)",
        alerted.tenant_id,
        acme,
    )
    reporter(alerted)
    alerted.watch()
    (mail,) = alerted.office.mails
    assert mail["Subject"] == "Stockline: daily report, 1 out, 1 low, 0 short"
    text = alerted.office.texts[0]
    for line in ("in stock: 1", "low: 1", "out: 1", "A at Acme is out", "Acme: it answers 500", "draft: 1"):
        assert line in text


def test_a_day_has_one_report_however_many_clocks_run(alerted):
    channel = reporter(alerted)
    work = alerted.stockline.container.work
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: work.sweep(), range(8)))
    alerted.drain()
    alerted.stockline.sql("UPDATE alert_channel SET report_due_at = now() WHERE id = %s", channel.id)
    alerted.watch()
    assert len(alerted.office.raw) == 1
    after = alerted.stockline.container.alerts.channel(alerted.tenant_id, channel.id)
    assert after.reported_on == datetime.now(UTC).date()
    assert after.report_due_at > datetime.now(UTC)


def test_a_report_that_the_mail_server_did_not_take_is_tried_again(alerted):
    reporter(alerted)
    alerted.office.refuse = "451 later"
    alerted.watch()
    alerted.office.refuse = None
    alerted.hurry()
    alerted.drain()
    assert len(alerted.office.raw) == 1


def test_who_wants_no_report_gets_none(alerted):
    alerted.mailed()
    alerted.watch()
    assert alerted.office.raw == []


# --- the way to the mail server ---


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A server's, and a client's context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=path)


def letter():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "x"
    message.set_content("x")
    return message


def test_a_server_that_can_is_spoken_to_in_tls_before_anything_is_said(certificate):
    server, client = certificate
    with post_office(tls_context=server, require_starttls=True) as office:
        SmtpServer(f"smtp://127.0.0.1:{office.port}", tls=client).hand_over(
            letter(), "a@example.com", "b@example.com"
        )
        assert len(office.raw) == 1


def test_smtps_is_tls_from_the_first_byte(certificate):
    server, client = certificate
    with post_office(ssl_context=server) as office:
        SmtpServer(f"smtps://127.0.0.1:{office.port}", tls=client).hand_over(
            letter(), "a@example.com", "b@example.com"
        )
        assert len(office.raw) == 1


def test_a_server_whose_certificate_is_not_trusted_gets_nothing(certificate):
    with post_office(tls_context=certificate[0]) as office:
        with pytest.raises(ssl.SSLError):
            SmtpServer(f"smtp://127.0.0.1:{office.port}").hand_over(
                letter(), "a@example.com", "b@example.com"
            )
        assert office.raw == []


def test_a_password_does_not_cross_a_network_in_the_clear(monkeypatch):
    with post_office() as office:
        monkeypatch.setattr("app.adapters.smtp.server._OWN_MACHINE", frozenset())
        server = SmtpServer(f"smtp://user:secret@127.0.0.1:{office.port}")
        with pytest.raises(NotEncryptedError):
            server.hand_over(letter(), "a@example.com", "b@example.com")


def test_only_the_kinds_that_a_mail_wants_reach_it(alerted):
    alerted.mailed(alerts=(AlertKind.BACK,))
    empty_one(alerted)
    alerted.deliver()
    assert alerted.office.raw == []
