# SPDX-License-Identifier: GPL-2.0-or-later
"""A call that is being set up outlives the process: bench/setup-kill, once at
the points that differ most."""
import importlib.machinery
import importlib.util
import os
import types

import pytest

from harness.gateway import TOP

# 0: all processes are killed; 1: a worker crashes.
WAYS = (("after-100", 0), ("after-180", 1), ("after-200", 0),
        ("before-ack", 1), ("after-ack", 0))


def load_bench():
    path = os.path.join(TOP, "test", "bench", "setup-kill")
    loader = importlib.machinery.SourceFileLoader("setup_kill", path)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("setup_kill", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module", name="bench")
def fixture_bench(pytestconfig):
    module = load_bench()
    build = os.path.realpath(pytestconfig.getoption("--build"))
    bench = module.Bench(types.SimpleNamespace(build=build, patience=10))
    try:
        bench.start()
        yield bench
    finally:
        bench.stop()


@pytest.mark.parametrize("point,by_signal", WAYS)
def test_a_caller_is_answered_though_the_gateway_dies(bench, point, by_signal):
    before = bench.held()
    outcome, two_legs, hung_up, up = bench.once(point, by_signal)
    assert outcome == "answered"
    assert two_legs <= 5, "two PSAP legs were up together"
    assert hung_up, "the caller's BYE was not answered 200"
    assert up == 0, "a PSAP leg stayed up"
    assert bench.held() == before, "a number is held by no call"
