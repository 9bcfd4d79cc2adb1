# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTTP service over TLS: which versions, and a certificate that is
replaced while connections go on."""
import http.client
import os
import shutil
import ssl

import pytest

from harness.authority import Authority
from harness.wait import wait_until
from held import LARKSPUR, Locator, basic, device, parts, request


class Secure(Locator):
    def __init__(self, e911d, postgres):
        super().__init__(e911d, postgres)
        self.authority = Authority(os.path.join(e911d.directory, "authority"))
        self.certificate = os.path.join(e911d.directory, "cert.pem")
        self.key = os.path.join(e911d.directory, "key.pem")
        self.issue("one")
        e911d.settings.update({"http_certificate": self.certificate,
                               "http_key": self.key})

    def issue(self, name, which=("certificate", "key")):
        """Put in place as rename(2) does."""
        made = dict(zip(("certificate", "key"),
                        self.authority.issue(name, "127.0.0.1")))
        for one in which:
            shutil.copy(made[one], getattr(self, one) + ".new")
            os.replace(getattr(self, one) + ".new", getattr(self, one))

    def context(self, version=None, ciphers=None):
        context = ssl.create_default_context(
            cafile=self.authority.path("ca.pem"))
        context.check_hostname = False
        if ciphers:
            context.set_ciphers(ciphers)
        if version:
            context.minimum_version = context.maximum_version = version
        return context

    def open(self, **options):
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=30,
            context=self.context(**options))
        connection.connect()
        return connection

    def shown(self):
        """The serial number of the certificate that is shown now."""
        connection = self.open()
        serial = connection.sock.getpeercert()["serialNumber"]
        connection.close()
        return serial


@pytest.fixture(name="secure")
def running(e911d, postgres):
    secure = Secure(e911d, postgres)
    secure.secret(LARKSPUR)
    secure.start()
    secure.tls = secure.context()
    return secure


def floor_over(connection, secure):
    connection.request("POST", "/held",
                       request(device("<uri>sip:4102@a</uri>")),
                       basic(LARKSPUR, secure.secrets[LARKSPUR]))
    response = connection.getresponse()
    assert response.status == 200
    return "<FLR>3</FLR>" in response.read().decode()


OLD = "ALL:@SECLEVEL=0"


def shakes_hands(secure, version):
    """Would this client be content with a server that takes it?"""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(secure.certificate, secure.key)
    server.set_ciphers(OLD)
    server.minimum_version = version
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [secure.context(version, OLD).wrap_bio(back, there),
            server.wrap_bio(there, back, server_side=True)]
    for end in ends * 4:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            pass
    return ends[0].version() == ends[1].version() == version.name.replace(
        "_", ".").replace("TLSv1.0", "TLSv1")


def test_tls_is_1_2_or_1_3(secure):
    for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
                          (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        connection = secure.open(version=version)
        assert connection.sock.version() == name
        assert floor_over(connection, secure)
        connection.close()
    for version in ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1:
        assert shakes_hands(secure, version)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            secure.open(version=version, ciphers=OLD)


def test_nothing_is_answered_in_clear(secure):
    secure.tls = None
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        secure.http("POST", "/held", request())
    secure.tls = secure.context()
    assert parts(secure.ask(LARKSPUR, device("<uri>sip:4102@a</uri>")))


def test_a_new_certificate_is_shown_and_no_connection_lost(secure):
    before = secure.shown()
    connection = secure.open()
    socket = connection.sock
    assert floor_over(connection, secure)
    secure.issue("two")
    secure.e911d.wait_log("shows the new certificate")
    wait_until(lambda: secure.shown() != before, "it is shown", 30,
               [secure.e911d.process])
    # The connection of before, and over the certificate of before.
    assert floor_over(connection, secure) and connection.sock is socket
    connection.close()


def test_a_certificate_that_does_not_fit_is_not_shown(secure):
    before = secure.shown()
    secure.issue("two", ["certificate"])
    secure.e911d.wait_log("the certificate of before is shown")
    assert secure.shown() == before
    secure.issue("three")
    secure.e911d.wait_log("shows the new certificate")
    wait_until(lambda: secure.shown() != before, "it is shown", 30,
               [secure.e911d.process])
    assert secure.e911d.stop()[0] == 0


def test_certificates_that_go_are_no_reason_to_end(secure):
    before = secure.shown()
    os.remove(secure.certificate)
    secure.e911d.wait_log("the certificate of before is shown")
    assert secure.shown() == before
    for number in range(5):
        was = secure.shown()
        secure.issue(f"again{number}")
        wait_until(lambda: secure.shown() != was, "it is shown", 30,
                   [secure.e911d.process])
    assert parts(secure.ask(LARKSPUR, device("<uri>sip:4102@a</uri>")))


def test_a_certificate_that_may_be_read_later_is_shown_then(secure):
    """Neither its bytes nor its time change."""
    before = secure.shown()
    key = secure.key
    secure.issue("two", ["certificate"])
    secure.e911d.wait_log("the certificate of before is shown")
    made = secure.authority.path("two.key")
    stat = os.stat(key)
    with open(made, "rb") as source, open(key, "r+b") as out:
        out.write(source.read())
        out.truncate()
    os.utime(key, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    wait_until(lambda: secure.shown() != before, "it is shown", 30,
               [secure.e911d.process])
    assert secure.e911d.log_text().count("certificate of before") == 1
