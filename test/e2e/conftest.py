# SPDX-License-Identifier: GPL-2.0-or-later
"""One gateway for all scenarios; a fresh one for tests that break it.

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


@pytest.fixture(scope="session")
def gateway(request):
    """Shared: tests leave it as they found it."""
    with _gateway(request.config) as running:
        yield running
        if request.session.testsfailed:
            running.keep = True
            print(f"kept: {running.directory}")


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
