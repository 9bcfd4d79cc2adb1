# SPDX-License-Identifier: GPL-2.0-or-later
"""One gateway for all scenarios; a fresh one after a test that failed, and for
tests that break it.

    --build DIR    what is tested (default: build/debug of this tree)
    --keep         keep the gateway's directory and print it
"""
import os
import sys

import pytest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)

from harness import Gateway  # noqa: E402  (the path comes first)


def pytest_addoption(parser):
    parser.addoption("--build", default=os.path.join(
        HERE, "..", "..", "build", "debug"),
        help="build directory with e911.so and e911d")
    parser.addoption("--keep", action="store_true",
                     help="keep the gateway's directory")


def _gateway(config):
    return Gateway(os.path.realpath(config.getoption("--build")),
                   keep=config.getoption("--keep"), forget_soon=True)


class Shared:
    """The gateway that tests share, until one of them fails: what a failed
    test leaves behind must not fail the next one."""

    def __init__(self, config):
        self.config, self.running, self.failed = config, None, 0

    def get(self, failed):
        if self.running and failed != self.failed:
            self.stop(keep=True)
        self.failed = failed
        if not self.running:
            self.running = _gateway(self.config).__enter__()
        return self.running

    def stop(self, keep):
        if self.running and keep:
            self.running.keep = True
            print(f"kept: {self.running.directory}")
        running, self.running = self.running, None
        if running:
            running.stop()


@pytest.fixture(scope="session")
def shared(request):
    kept = Shared(request.config)
    yield kept
    kept.stop(keep=request.session.testsfailed != kept.failed)


@pytest.fixture
def gateway(request, shared):
    """Shared: tests leave it as they found it."""
    return shared.get(request.session.testsfailed)


@pytest.fixture
def own_gateway(request):
    """For one test alone, which may stop, kill and damage its parts."""
    with _gateway(request.config) as running:
        yield running
        if request.session.testsfailed:
            running.keep = True
            print(f"kept: {running.directory}")


@pytest.fixture
def messages(request, tmp_path):
    """Directory for what the peers of this test sent and received."""
    return str(tmp_path)
