# SPDX-License-Identifier: GPL-2.0-or-later
"""What Prometheus reads of a whole gateway: the module's counters too."""
import os
import re
import signal
import sys

import pytest

from harness import Crowd, wait_until
from harness.gateway import TOP

sys.path.insert(0, os.path.join(TOP, "test", "lib"))
import prometheus  # noqa: E402  (the path comes first)

NUMBER = "+12065550121"
ORGANIZATION = ("E911-Organization-ID: "
                "91100000-0000-4000-8000-000000000001\r\n")
CALLS = 3


@pytest.fixture
def target(own_gateway):
    sidecar = own_gateway.sidecar
    sidecar.stop()
    sidecar.settings.update({
        "metrics_listen": f"{own_gateway.address}:0",
        "kamailio_rpc": own_gateway.kamailio.rpc_socket})
    sidecar.start()

    def port():
        with open(sidecar.log, encoding="utf-8") as log:
            return re.search(r"metrics: listens on '[^']*', port (\d+)",
                             log.read())
    wait_until(port, "e911d listens", 30, [sidecar.process])
    return prometheus.Target(int(port()[1]), own_gateway.address)


def module(families):
    """The module's numbers by the names that e911.stats has for them."""
    return {name[len("e911_module_"):].removesuffix("_total"):
            int(samples[()])
            for name, (_, _, samples) in families.items()
            if name.startswith("e911_module_") and name != "e911_module_up"}


def pids(gateway):
    return sorted(row["PID"] for row in gateway.kamailio.rpc("core.psx"))


def test_the_modules_counters_are_told(own_gateway, target):
    gateway = own_gateway
    where = {name: gateway.trunks[name] for name in ("genesys-cloud",
                                                     "psap-north")}
    caller, psap = (Crowd(name, where[name]["host"], gateway.port,
                          (gateway.address, gateway.port), "udp",
                          gateway.authority) for name in where)
    with caller, psap:
        assert caller.call(range(CALLS), NUMBER, headers=ORGANIZATION) == \
            {200: CALLS}

        def agree():
            """All of them, in a moment in which none changes."""
            before = gateway.kamailio.rpc("e911.stats")
            told = module(target.families())
            after = gateway.kamailio.rpc("e911.stats")
            still = {name for name in before if before[name] == after[name]
                     and name != "journal_last"}
            return (len(still) > 60 and told["calls_started"] == CALLS
                    and set(told) == set(before) - {"journal_last"}
                    and all(told[n] == int(before[n]) for n in still))
        wait_until(agree, "Prometheus reads what Kamailio says", 30,
                   gateway.services())
        families = target.families()
        assert families["e911_module_up"][2] == {(): 1}
        assert families["e911_module_calls_started_total"][0] == "counter"
        assert families["e911_module_calls_active"][0] == "gauge"
        assert families["e911_module_calls_active"][2] == {(): CALLS}
        wait_until(lambda: target.get("/healthz")[0] == 200, "all is well",
                   30, gateway.services())
        text = target.get("/metrics")[2] + target.get("/healthz")[2]
        for secret in (NUMBER, "Reyes", "Larkspur", "Mill St",
                       gateway.address):
            assert secret not in text


def test_a_kamailio_that_does_not_answer_is_down(own_gateway, target):
    gateway = own_gateway

    def up():
        return target.value("e911_module_up")
    wait_until(lambda: up() == 1, "the module is up", 30, gateway.services())
    stopped = pids(gateway)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: up() == 0, "it is silent", 30,
                   [gateway.sidecar.process])
        assert not module(target.families())
        # What e911d knows itself is told all the same.
        assert target.value("e911_directory_usable") == 1
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: up() == 1, "it is back", 30, gateway.services())
    gateway.kamailio.stop()
    wait_until(lambda: up() == 0, "it has ended", 30,
               [gateway.sidecar.process])
    gateway.kamailio.start()
    wait_until(lambda: up() == 1, "it is started", 30, gateway.services())
