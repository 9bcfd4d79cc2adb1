# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages of docs/platforms are true: what they tell to provision is
provisioned, by an operator, and the calls that they show are placed."""
import contextlib
import os

import pytest

from harness.dns import NameServer
from harness.gateway import TOP
from harness.page import (BareGateway, Differs, Page, as_operator, blocks_of,
                          compare, plain_sql)
from harness.rtpengine import RtpEngine

DOCS = os.path.join(TOP, "docs")
PAGES = os.path.join(DOCS, "platforms")
# What every page has in its order, whatever else it shows.
ESSENTIAL = ["sql run", "sql none", "sh shown", "sip platform-sends",
             "sip psap-gets", "sip psap-sends", "sip platform-gets",
             "sip platform-hears", "sql shown"]
# Pages of platforms that want SRTP, and that have a name instead of an address.
WITH_ENGINE = {"genesys-cloud.md"}
NAMED = {"genesys-cloud.md": ("acme.byoc.usw2.pure.cloud", "203.0.113.20",
                              "voice.example.com")}
NAMES = sorted(name for name in os.listdir(PAGES) if name != "README.md")


@contextlib.contextmanager
def fresh_gateway(request, directory, name):
    """As OPERATIONS leaves it: nothing is provisioned; there is TLS, and where
    the page wants it an rtpengine on the gateway's machine."""
    gateway = BareGateway(os.path.realpath(
        request.config.getoption("--build")), tls=True,
        keep=request.config.getoption("--keep"))
    with contextlib.ExitStack() as stack:
        gateway.dns = stack.enter_context(NameServer())
        gateway.sidecar.settings.update(dns_servers=gateway.dns.address,
                                        dns_interval_s=1)
        if name in WITH_ENGINE:
            engine = RtpEngine("rtpengine", directory, gateway.address, 30000)
            stack.callback(engine.stop)
            engine.start()
            gateway.kamailio.modparams.append(
                ("e911", "media_engine", engine.parameter))
        stack.enter_context(gateway)
        yield gateway
        if request.session.testsfailed:
            gateway.keep = True
            print(f"kept: {gateway.directory}")


def who_answers():
    return blocks_of(os.path.join(DOCS, "OPERATIONS.md"),
                     "### First: who answers")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_true(request, messages, name):
    blocks = blocks_of(os.path.join(PAGES, name))
    kinds = [block.kind for block in blocks]
    with fresh_gateway(request, messages, name) as gateway:
        page = Page(gateway, f"docs/platforms/{name}")
        if name in NAMED:
            host, address, certificate = NAMED[name]
            page.platform_address = page.here(address)
            page.platform_certificate = gateway.authority.issue(
                "platform", certificate)
            gateway.dns.names[host] = [page.platform_address]
        page.play(who_answers())
        page.play(blocks)
        gateway.check_idle()
    assert [k for k in ESSENTIAL if k not in kinds] == []


MANUALS = [os.path.join(DOCS, "OPERATIONS.md"),
           *(os.path.join(PAGES, name) for name in NAMES)]


@pytest.mark.parametrize("path", MANUALS, ids=os.path.basename)
def test_what_else_is_shown_of_sql_can_be_run(gateway, path):
    """By an operator, in the demo town; nothing of it stays."""
    for line, text in plain_sql(path):
        try:
            as_operator(gateway, f"BEGIN;\n{text};\nROLLBACK;\n")
        except Differs as problem:
            raise Differs(f"{path}:{line}: {problem}") from problem


# ---- and a page that is not is found out ----

SHOWN = ["INVITE sip:911@192.0.2.1 SIP/2.0", "Call-ID: ...", "X: 1"]
LIES = {"a header too many": SHOWN[:2], "one too few": SHOWN + ["Y: 2"],
        "another value": SHOWN[:2] + ["X: 2"],
        "another order": [SHOWN[0], SHOWN[2], SHOWN[1]]}


@pytest.mark.parametrize("name", LIES)
def test_lines_that_differ(name):
    compare("it arrives", SHOWN, SHOWN[:1] + ["Call-ID: 1@x", "X: 1"])
    with pytest.raises(Differs):
        compare("it arrives", SHOWN, LIES[name])


def lie(block):
    """The PSAP is said to see the caller's extension."""
    if block.kind == "sip psap-gets":
        block.text = block.text.replace("<sip:+12065550151@", "<sip:2101@")
    return block


def test_a_page_that_lies(request, messages):
    name = "generic-pbx.md"
    with fresh_gateway(request, messages, name) as gateway:
        page = Page(gateway, name)
        page.play(who_answers())
        with pytest.raises(Differs, match="-From: <sip:2101@192.0.2.10"):
            page.play([lie(block) for block in
                       blocks_of(os.path.join(PAGES, name))])
        page.drop()
