# SPDX-License-Identifier: GPL-2.0-or-later
"""SRTP toward the PSAP, as its trunk wants it (column "media"): a telephone
on either side, each of which insists on encrypted media of its own kind.  Both
speak a tone, and each must hear the other's."""
import contextlib
import os

import pytest

from harness import Gateway, wait_until
from harness.baresip import Baresip
from harness.rtpengine import RtpEngine

CALLER, PSAP = 440, 1000                   # Hz
USER = "+12065550121"                      # who is known to genesys-cloud

WANTED = "UPDATE e911.trunk SET media = '{}' WHERE name = 'psap-north'"


@pytest.fixture(name="scene")
def fixture_scene(request, tmp_path):
    """A gateway with an engine, a telephone with SDES, and a PSAP that is a
    telephone with what the test names."""
    column, mediaenc = request.param
    gateway = Gateway(os.path.realpath(request.config.getoption("--build")),
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    with contextlib.ExitStack() as stack:
        engine = RtpEngine("rtpengine", str(tmp_path),
                           gateway.block.address(31), 31000)
        stack.callback(engine.stop)
        engine.start()
        gateway.kamailio.modparams.append(
            ("e911", "media_engine", engine.parameter))
        stack.enter_context(gateway)
        gateway.provision(WANTED.format(column))
        phones = {
            name: stack.enter_context(Baresip(
                str(tmp_path / name), gateway.trunks[trunk]["host"],
                gateway.port, frequency, user, media=media, answers=answers))
            for name, trunk, frequency, user, media, answers in (
                ("phone", "genesys-cloud", CALLER, USER, "srtp-mand", False),
                ("psap", "psap-north", PSAP, "911", mediaenc, True))}
        yield gateway, engine, phones["phone"], phones["psap"]
        if request.session.testsfailed:
            gateway.keep = True
            print(f"kept: {gateway.directory}")



@pytest.mark.parametrize("scene", [("sdes", "srtp-mand")], indirect=True)
def test_a_psap_with_keys_in_its_description(scene):
    gateway, engine, phone, psap = scene
    talk(gateway, engine, phone, psap)
    assert psap.said(r"m=audio \d+ RTP/SAVP ")
    assert psap.said(r"a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 ")


@pytest.mark.parametrize("scene", [("dtls", "dtls_srtp")], indirect=True)
def test_a_psap_with_keys_from_a_handshake(scene):
    gateway, engine, phone, psap = scene
    talk(gateway, engine, phone, psap)
    assert psap.said(r"m=audio \d+ UDP/TLS/RTP/SAVP")
    assert psap.said(r"a=fingerprint:(?i:sha-256) ")
    assert psap.said(r"DTLS.*established|dtls_srtp: ---> DTLS-SRTP complete")


def talk(gateway, engine, phone, psap):
    """One call, heard on both sides, over and forgotten everywhere."""
    phone.dial(f"sip:911@{gateway.address}:{gateway.port}")
    wait_until(lambda: psap.hears(CALLER), "the PSAP hears the caller", 30)
    wait_until(lambda: phone.hears(PSAP), "the caller hears the PSAP", 30)
    assert engine.sessions() == 1
    phone.command("hangup")
    wait_until(lambda: not gateway.live_calls(), "no call is left", 30)
    wait_until(lambda: not engine.sessions(), "the engine has forgotten", 30)
    gateway.check_idle()
