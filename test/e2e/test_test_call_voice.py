# SPDX-License-Identifier: GPL-2.0-or-later
"""933 from a telephone over TLS with SRTP that must be (baresip), through
rtpengine: what it writes down is what the agent said."""
import contextlib
import math
import os
import struct

import pytest

from harness import Gateway, wait_until
from harness.baresip import Baresip
from harness.network import free_port
from harness.rtpengine import RtpEngine
from harness.tone import from_ulaw
from test_test_call import Caller

USER = "+12065550121"                      # who is known to genesys-cloud
RATE = 8000
SECONDS = 10            # greeting, number, the beginning of the address


@pytest.fixture(name="gateway")
def fixture_gateway(request, tmp_path):
    gateway = Gateway(os.path.realpath(request.config.getoption("--build")),
                      keep=request.config.getoption("--keep"),
                      forget_soon=True, tls=True)
    agent, port = gateway.block.address(40), free_port()
    gateway.sidecar.settings.update(agent_listen=f"{agent}:{port}",
                                    agent_media_port=42000)
    gateway.kamailio.modparams.append(
        ("e911", "test_agent", f"sip:933@{agent}:{port}"))
    with contextlib.ExitStack() as stack:
        engine = RtpEngine("rtpengine", str(tmp_path),
                           gateway.block.address(30), 30000)
        stack.callback(engine.stop)
        engine.start()
        gateway.engine = engine
        gateway.kamailio.modparams.append(
            ("e911", "media_engine", engine.parameter))
        stack.enter_context(gateway)
        gateway.provision(
            "INSERT INTO e911.trunk_source (source, trunk_id)"
            " SELECT '127.0.0.1', trunk_id FROM e911.trunk"
            " WHERE name = 'genesys-cloud'")
        yield gateway
        if request.session.testsfailed:
            gateway.keep = True
            print(f"kept: {gateway.directory}")


def as_bytes(samples):
    return struct.pack(f"<{len(samples)}h", *samples)


def correlation(one, other):
    product = sum(a * b for a, b in zip(one, other))
    return product / math.sqrt(sum(a * a for a in one)
                               * sum(b * b for b in other))


def test_a_telephone_with_srtp_hears_what_was_said(gateway, tmp_path):
    phone = Baresip(str(tmp_path / "phone"),
                    gateway.trunks["genesys-cloud"]["host"], gateway.port,
                    440, USER, transport="tls",
                    trust=gateway.authority.path("ca.pem"))
    with phone, Caller(gateway) as plain:
        plain.dial(caller=USER)
        phone.dial(f"sip:933@{gateway.address}:{gateway.tls_port}")
        wait_until(lambda: len(plain.ear.said()) > SECONDS * 50,
                   "enough is said", 60)
        said = [from_ulaw(b) for p in plain.ear.said() for b in p]
        wait_until(lambda: len(phone.heard()) >= len(said),
                   "the telephone has heard as much", 60)
        assert phone.said("m=audio .* RTP/SAVP")
        assert phone.said("a=crypto:1 AES_CM_128_HMAC_SHA1_80")
        heard = phone.heard()
        plain.hang_up()
        phone.command("hangup")
        wait_until(lambda: not gateway.live_calls(), "no call is left", 30)
    # Where its first loud packet stands in the recording.
    loud = next(i for i in range(0, len(said), 160)
                if max(map(abs, said[i:i + 160])) > 2000)
    at = as_bytes(heard).find(as_bytes(said[loud:loud + 160]))
    assert at >= 0 and at % 2 == 0
    at = at // 2 - loud
    end = min(len(said), len(heard) - at)
    assert end > (SECONDS - 2) * RATE
    assert correlation(said[loud:end], heard[at + loud:at + end]) >= 0.95
    wait_until(lambda: not gateway.engine.sessions(),
               "the engine has forgotten them", 30)
    gateway.check_idle()
