# SPDX-License-Identifier: GPL-2.0-or-later
"""A PSAP of an ESInet is given a location URI, and asks e911d by it."""
import os
import re
import urllib.error
import urllib.request

import pytest

from harness import Gateway, wait_until
from test_profiles import body_of, call, parts, profile

CIVIC = re.compile(r"<civicAddress.*</civicAddress>", re.DOTALL)


@pytest.fixture(name="esinet", scope="module")
def with_held(request):
    gateway = Gateway(os.path.realpath(request.config.getoption("--build")))
    base = f"http://{gateway.address}:8080"
    gateway.sidecar.settings.update({
        "http_listen": f"{gateway.address}:8080", "held": 1,
        "held_uri": base})
    gateway.kamailio.modparams.append(("e911", "i3_location_uri", base))
    with gateway:
        yield gateway


def log_of(gateway):
    with open(gateway.kamailio.log, encoding="utf-8",
              errors="replace") as log:
        return log.read()


def locations(invite):
    head = invite.partition(b"\r\n\r\n")[0].decode()
    return re.findall(r"\r\nGeolocation: <([^>]*)>", head)


def fetch(uri, accept="application/pidf+xml"):
    request = urllib.request.Request(uri, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.headers["Content-Type"], response.read().decode()


def test_the_uri_leads_to_the_place_of_the_call(esinet):
    with profile(esinet, "i3"):
        invite, _ = call(esinet, lambda caller: caller.invite())
    value, reference = locations(invite)
    assert value.startswith("cid:")
    assert re.fullmatch(r"http://[\d.]+:8080/held/[0-9a-f]{128}", reference)
    sent = parts(body_of(invite))["application/pidf+xml"].decode()
    kind, document = fetch(reference)
    assert kind == "application/pidf+xml"
    assert CIVIC.search(document).group() == CIVIC.search(sent).group()
    # Nobody guesses another one.
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(reference[:-1] + ("0" if reference[-1] != "0" else "1"))
    assert refused.value.code == 404


def test_a_pbx_is_given_none(esinet):
    with profile(esinet, "pbx"):
        invite, _ = call(esinet, lambda caller: caller.invite())
    assert not locations(invite)


def test_a_call_without_a_key_goes_out_without_a_reference(esinet):
    """The first calls of a node whose e911d has never run with HELD."""
    key = os.path.join(esinet.state, "location-key")
    os.rename(key, key + ".away")
    esinet.kamailio.stop()
    esinet.kamailio.start()
    try:
        with profile(esinet, "i3"):
            invite, _ = call(esinet, lambda caller: caller.invite())
    finally:
        os.rename(key + ".away", key)
    assert len(locations(invite)) == 1
    wait_until(lambda: "location-key cannot be read" in log_of(esinet),
               "it is told", 30, esinet.services())
