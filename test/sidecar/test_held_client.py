# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio's own module `lost` as a client of our HELD server: by identity,
and by reference.

Its functions say 200, 400 or 500, each of which is true in an `if`."""
import re
import socket
import xml.etree.ElementTree as ElementTree

import pytest

from held import LARKSPUR, PIDF, Locator, parts, validate
from test_lost_client import Client

# A user name and a password stand in the URL of the connection.
CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:{port}
mpath="{modules}"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
loadmodule "http_client.so"
loadmodule "lost.so"
modparam("http_client", "httpcon", "held=>http://SECRETS@127.0.0.1:{lost}/held")
modparam("http_client", "httpcon", "wrong=>http://x:y@127.0.0.1:{lost}/held")
modparam("lost", "location_type", "TYPE")
modparam("lost", "response_time", RESPONSE_TIME)
modparam("lost", "post_request", POST_REQUEST)
request_route {{
    $var(pidf) = "";
    $var(url) = "";
    $var(error) = "";
    if ($rU == "wrong") {{
        lost_held_query("wrong", "sip:4102@a", "$var(pidf)", "$var(url)",
                        "$var(error)");
    }} else if ($rb != "") {{
        lost_held_dereference("$rb", "emergencyDispatch", "civic",
                              "$var(pidf)", "$var(error)");
    }} else if ($rU == "from") {{
        lost_held_query("held", "$var(pidf)", "$var(url)", "$var(error)");
    }} else {{
        lost_held_query("held", "$ru", "$var(pidf)", "$var(url)",
                        "$var(error)");
    }}
    $var(rc) = $rc;
    append_to_reply("X-Held: $var(rc)|$var(url)|$var(error)\\r\\n");
    set_reply_body("$var(pidf)", "application/pidf+xml");
    sl_send_reply("200", "OK");
}}
"""


class Asker(Client):
    def __init__(self, directory, locator, kind="any", time=0, post=0):
        config = CONFIG.replace(
            "SECRETS", f"{LARKSPUR}:{locator.secrets[LARKSPUR]}")
        config = config.replace("TYPE", kind, 1)
        config = config.replace("RESPONSE_TIME", str(time))
        config = config.replace("POST_REQUEST", str(post))
        super().__init__(directory, locator.port, config)

    def locate(self, uri, body=b""):
        """Code, URI, error and the document."""
        reply = self.send(body, urn=uri)
        self.process.check_alive()
        head, _, document = reply.partition("\r\n\r\n")
        code, url, error = re.search(r"X-Held: (.*)\r",
                                     head + "\r").group(1).split("|")
        return code, url, error, document.strip("\0\r\n ")


@pytest.fixture(name="locator")
def running(e911d, postgres):
    locator = Locator(e911d, postgres)
    locator.secret(LARKSPUR)
    # Kamailio follows the URI that it is given.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    e911d.settings["http_listen"] = f"127.0.0.1:{port}"
    e911d.settings["held_uri"] = f"http://127.0.0.1:{port}"
    return locator.start()


@pytest.fixture(name="ask")
def asker(locator):
    made = []

    def make(**options):
        made.append(Asker(locator.e911d.directory, locator, **options))
        return made[-1].locate

    yield make
    for one in made:
        one.process.kill()


def floor_of(document):
    """The document is the answer as it came: the location stands in it."""
    validate("held/held.xsd", document)
    presence = ElementTree.fromstring(document).find(PIDF + "presence")
    validate("pidf-lo/gcs-pidflo.xsd",
             ElementTree.tostring(presence, "unicode"))
    return parts(presence)["FLR"]


def test_kamailio_finds_a_device_by_its_identity(ask):
    locate = ask()
    for uri, floor in (("sip:4102@pbx.example.com", "3"),
                       ("tel:+12065550121", "3"),
                       ("sip:4103@pbx.example.com", "2")):
        code, url, error, document = locate(uri)
        assert (code, error) == ("200", ""), (code, url, error, document)
        assert "/held/" in url
        assert floor_of(document) == floor


def test_kamailio_hears_why_there_is_no_answer(ask):
    locate = ask(time=-1)
    assert locate("sip:4999@pbx.example.com")[::2] == \
        ("500", "locationUnknown")
    # From sip:a@example.org, which is nobody.
    assert locate("sip:from@pbx.example.com")[::2] == \
        ("500", "locationUnknown")
    assert locate("sip:wrong@pbx.example.com")[0] == "400"
    # It is still there.
    assert locate("sip:4102@pbx.example.com")[0] == "200"


@pytest.mark.parametrize("post", [0, 1])
def test_kamailio_follows_a_reference(ask, post):
    locate = ask(kind="locationURI", post=post)
    code, url, error, document = locate("sip:4102@pbx.example.com")
    assert (code, error) == ("200", "") and "/held/" in url
    root = ElementTree.fromstring(document)
    assert parts(root)["FLR"] == "3"
    # A reference that came from elsewhere: a Geolocation header.
    code, _, error, document = locate("sip:x@a", url.encode())
    assert (code, error) == ("202", "")     # 200, and 2: there is a location
    assert parts(ElementTree.fromstring(document))["FLR"] == "3"
    code, _, error, _ = locate("sip:x@a", url[:-1].encode() + b"g")
    assert code in ("400", "500")
